// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/storage_identity.h"

#include "appliance/boot/storage.h"
#include "appliance/exec/failure.h"
#include "appliance/raid/esp.h"
#include "appliance/settings/files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace ap::boot {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMachineIdPath = "data/state/machine-id";
constexpr std::size_t kMachineIdDigits = 32;

/// The disks of the mirror whose ESP the kernel knows, the server's own first.
std::vector<const raid::Disk*> disks_with_esp(const raid::Storage& storage) {
  std::vector<const raid::Disk*> disks;
  for (const raid::Disk& disk : storage.disks) {
    const raid::Partition* esp = disk.partition("esp");
    if (disk.role == raid::DiskRole::member && esp != nullptr &&
        disk.kernel_partitions.count(esp->number) > 0) {
      disks.push_back(&disk);
    }
  }
  std::stable_sort(disks.begin(), disks.end(), [](const raid::Disk* left, const raid::Disk* right) {
    return left->is_own && !right->is_own;
  });
  return disks;
}

std::optional<std::string> machine_id_in(const fs::path& path) {
  std::string text = settings::read_text(path).value_or("");
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  const bool is_valid = text.size() == kMachineIdDigits &&
                        text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_valid ? std::optional(text) : std::nullopt;
}

}  // namespace

void read_seed(exec::Runner& runner, const raid::Storage& storage, const fs::path& root) {
  const fs::path folder = root / fs::path(kSeedFolder).relative_path();
  fs::create_directories(folder);
  for (const char* name : {"seed.toml", "authorized_keys"}) {
    for (const raid::Disk* disk : disks_with_esp(storage)) {
      const auto content = raid::read_esp_file(runner, {disk->partition_device("esp"), 0},
                                               std::string("/bristle/") + name);
      if (content) {
        settings::write_atomically(folder / name, *content);
        break;
      }
    }
  }
}

std::vector<std::string> keep_machine_id(const raid::Storage& storage, const fs::path& root) {
  const fs::path kept = root / kMachineIdPath;
  auto id = machine_id_in(kept);
  if (!id) {
    id = machine_id_in(root / "etc/machine-id");
    if (!id) {
      return {"the system has no machine id yet"};
    }
    settings::write_atomically(kept, *id + "\n");
  }
  return set_boot_variables(storage, {{"machine_id", *id}});
}

std::vector<std::string> set_boot_variables(const raid::Storage& storage,
                                            const raid::GrubEnvironment& variables) {
  std::vector<std::string> trouble;
  for (const raid::Disk* disk : disks_with_esp(storage)) {
    try {
      raid::BlockFile esp(disk->partition_device("esp"), raid::BlockFile::Access::write);
      raid::update_grub_environment(esp, 0, variables);
    } catch (const exec::Failure& failure) {  // the other disk's copy still counts
      trouble.push_back("the boot environment of disk " + disk->serial +
                        " was not written: " + failure.what());
    }
  }
  return trouble;
}

}  // namespace ap::boot
