// SPDX-License-Identifier: LicenseRef-Project
// Goal: no bytes of an ESP make the reader leave it or go on for ever; what it finds lies on the
// device. Input: the first bytes of the device; the rest is zeros.
#include "appliance/raid/fat.h"
#include "dataplane/base/check.h"
#include "tests/support/memory_disk.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr std::size_t kDeviceBytes = std::size_t{1} << 20U;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  std::vector<std::byte> device(kDeviceBytes);
  std::memcpy(device.data(), data, std::min(bytes, device.size()));
  const support::MemoryDisk memory(device);
  const ap::raid::BlockFile file(memory.path(), ap::raid::BlockFile::Access::read);
  const auto runs = ap::raid::find_fat_file(file, 0, "/grub/grubenv");
  for (const auto& run : runs.value_or(std::vector<ap::raid::FileRun>())) {
    CHECK(run.offset + run.bytes <= kDeviceBytes);
  }
  return 0;
}
