// SPDX-License-Identifier: LicenseRef-Project
// bristle-flush-probe DIRECTORY SECONDS: how long one 4 KiB write and its fdatasync take into a
// file whose blocks are allocated and written, which is the least that a durable answer waits for.
// Prints one line of JSON.
#include "bench/load/histogram.h"
#include "bench/load/socket.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kBlocks = 4096;  // 16 MiB, written round and round

struct alignas(kBlockBytes) Block {
  std::array<char, kBlockBytes> bytes{};
};

bool write_block(int file, const Block& block, std::size_t number) {
  const auto offset = static_cast<off_t>(number % kBlocks * kBlockBytes);
  return pwrite(file, block.bytes.data(), kBlockBytes, offset) == static_cast<ssize_t>(kBlockBytes);
}

int complain(const char* what) {
  std::perror(what);
  return 70;
}

int probe(const std::string& path, double seconds) {
  const load::Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600));
  if (!file.is_open()) {
    return complain("open");
  }
  static Block block;
  block.bytes.fill('x');
  for (std::size_t number = 0; number < kBlocks; ++number) {
    if (!write_block(file.number(), block, number)) {
      return complain("write");
    }
  }
  load::Histogram histogram;
  const auto end = load::now_ns() + static_cast<std::uint64_t>(seconds * 1e9);
  fsync(file.number());
  for (std::size_t number = 0; load::now_ns() < end; ++number) {
    const auto begin = load::now_ns();
    if (!write_block(file.number(), block, number) || fdatasync(file.number()) != 0) {
      return complain("fdatasync");
    }
    histogram.record((load::now_ns() - begin) / 1000);
  }
  std::printf("{\"count\":%llu,\"p50\":%llu,\"p99\":%llu,\"p99.9\":%llu,\"max\":%llu}\n",
              static_cast<unsigned long long>(histogram.count()),
              static_cast<unsigned long long>(histogram.percentile(50)),
              static_cast<unsigned long long>(histogram.percentile(99)),
              static_cast<unsigned long long>(histogram.percentile(99.9)),
              static_cast<unsigned long long>(histogram.max()));
  return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  double seconds = 0;
  if (argument_count == 3) {
    const std::string_view text = arguments[2];
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  if (seconds <= 0) {
    std::fputs("usage: bristle-flush-probe DIRECTORY SECONDS\n", stderr);
    return 64;
  }
  const auto path = std::string(arguments[1]) + "/flush-probe";
  const auto code = probe(path, seconds);
  unlink(path.c_str());
  return code;
}
