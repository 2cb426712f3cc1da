// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/storage.h"

#include "appliance/boot/storage_identity.h"
#include "appliance/exec/failure.h"
#include "appliance/raid/mirror.h"
#include "appliance/settings/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ap::boot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStepsMax = 48;
constexpr std::chrono::hours kFileSystemCheckTime{2};
constexpr std::chrono::minutes kToolTime{2};
constexpr const char* kVarFactory = "usr/share/bristle/var-factory";
constexpr int kCheckRepaired = 1;      // fsck.ext4: errors were corrected
constexpr int kCheckWantsRestart = 2;  // only meant for a mounted root

/// One run of the step. Owner: prepare_storage.
class Preparation {
 public:
  Preparation(exec::Runner& runner, const fs::path& root) : runner_(runner), root_(root) {}

  StorageResult run() {
    try {
      settle();
      complete_mirror();
      read_seed(runner_, storage_, root_);
      mount_data();
      mount_var();
      keep_identity();
    } catch (const std::exception& error) {  // the boot goes on without its data
      recover(error.what());
    }
    return std::move(result_);
  }

 private:
  /// A busy machine may not have named every device within a minute; the disks are there first.
  void settle() {
    exec::Command command;
    command.arguments = {"udevadm", "settle", "--timeout=60"};
    command.timeout = kToolTime;
    static_cast<void>(runner_.run(command));
  }

  void require(std::vector<std::string> arguments) {
    exec::Command command;
    command.arguments = std::move(arguments);
    command.timeout = kToolTime;
    runner_.require(command);
  }

  /// systemd mounts for everybody, so this step needs neither the right to nor their namespace.
  void mount(const std::string& type, const std::string& options, const std::string& what,
             const fs::path& where) {
    require({"systemd-mount", "--quiet", "--no-ask-password", "--fsck=no", "--type=" + type,
             "--options=" + options, what, where.string()});
  }

  [[nodiscard]] fs::path below(const char* path) const {
    return root_ / fs::path(path).relative_path();
  }

  void complete_mirror() {
    raid::Scope scope;
    scope.may_create_data = true;
    std::optional<raid::Step> before;
    for (std::size_t count = 0; count < kStepsMax; ++count) {
      storage_ = raid::read_storage(runner_, root_);
      const auto blank = raid::adoptable(storage_);
      if (blank && scope.leave.count(*blank) == 0) {
        scope.adopt.insert(*blank);
      }
      const auto step = raid::next_step(storage_, scope);
      if (!step) {
        note_strangers();
        return;
      }
      take(*step, step == before, scope);
      before = step;
    }
    throw exec::Failure(exec::FailureKind::failed, "the mirror did not become whole");
  }

  /// Does one step; trouble with a disk the server can do without only leaves that disk out.
  void take(const raid::Step& step, bool had_no_effect, raid::Scope& scope) {
    try {
      if (had_no_effect) {
        throw exec::Failure(exec::FailureKind::failed, "it had no effect");
      }
      raid::apply(runner_, storage_, step, root_);
      result_.steps.push_back(step.text);
    } catch (const exec::Failure& failure) {
      const raid::Disk* disk = storage_.by_serial(step.serial);
      if (disk == nullptr || disk->is_own) {
        throw exec::Failure(failure.kind(), "cannot " + step.text + ": " + failure.what());
      }
      scope.leave.insert(step.serial);
      result_.alerts.push_back("cannot " + step.text + ": " + failure.what());
    }
  }

  void note_strangers() {
    for (const raid::Disk& disk : storage_.disks) {
      if (disk.role == raid::DiskRole::foreign) {
        result_.alerts.push_back("disk " + disk.serial + " is not used: it " + disk.text);
      }
    }
  }

  [[nodiscard]] bool is_mounted(const std::string& at) const {
    std::ifstream mounts(root_ / "proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
      std::istringstream words(line);
      std::string word;
      words >> word >> word >> word >> word >> word;
      if (word == at) {
        return true;
      }
    }
    return false;
  }

  void mount_data() {
    if (is_mounted("/data")) {
      return;
    }
    const raid::Array* data = storage_.active(raid::kData);
    if (data == nullptr) {
      throw exec::Failure(exec::FailureKind::failed, "the array data is not there");
    }
    const std::string device = (root_ / "dev" / data->kernel).string();
    exec::Command check;
    check.arguments = {"fsck.ext4", "-p", device};
    check.timeout = kFileSystemCheckTime;
    const exec::Outcome outcome = runner_.run(check);
    if ((outcome.exit_status & ~(kCheckRepaired | kCheckWantsRestart)) != 0) {
      throw exec::Failure(exec::FailureKind::failed,
                          "the file system of data is damaged (fsck.ext4 exit status " +
                              std::to_string(outcome.exit_status) + "): " + outcome.output);
    }
    mount("ext4", "noatime,nodev", device, below("/data"));
    result_.steps.push_back("mount /data");
  }

  /// /data/var begins as a copy of what the packages keep in /var; complete or not there at all.
  void mount_var() {
    const fs::path var = below("/data/var");
    if (!fs::exists(var)) {
      const fs::path fresh = below("/data/var.new");
      fs::remove_all(fresh);
      fs::create_directories(fresh);
      require({"cp", "-a", (root_ / kVarFactory).string() + "/.", fresh.string()});
      require({"sync", "-f", fresh.string()});
      fs::rename(fresh, var);
      require({"sync", "-f", var.string()});
      result_.steps.push_back("fill /var");
    }
    if (!is_mounted("/var")) {
      mount("none", "bind", var.string(), below("/var"));
      result_.steps.push_back("mount /var");
    }
    for (const char* folder : {"/data/state", "/data/state/ssh", "/data/state/firstboot"}) {
      fs::create_directories(below(folder));
    }
  }

  void keep_identity() {
    for (std::string& alert : keep_machine_id(storage_, root_)) {
      result_.alerts.push_back(std::move(alert));
    }
    const fs::path marker = below("/data/state/firstboot/storage");
    if (!fs::exists(marker)) {
      settings::write_atomically(marker, "");
    }
  }

  void recover(const std::string& reason) {
    result_.recovery = reason;
    for (const char* at : {"/var", "/data"}) {
      if (is_mounted(at)) {
        require({"systemd-umount", "--quiet", "--no-ask-password", below(at).string()});
      }
    }
    fs::create_directories(below("/run/bristle"));
    settings::write_atomically(below(kRecoveryPath), reason + "\n");
    mount("tmpfs", "mode=0755,size=50%", "data", below("/data"));
    try {
      read_seed(runner_, storage_, root_);
    } catch (const exec::Failure& failure) {  // without a seed there is still the console
      result_.alerts.push_back(std::string("the seed cannot be read: ") + failure.what());
    }
    mount_var();
  }

  exec::Runner& runner_;
  fs::path root_;
  raid::Storage storage_;
  StorageResult result_;
};

}  // namespace

StorageResult prepare_storage(exec::Runner& runner, const fs::path& root) {
  return Preparation(runner, root).run();
}

}  // namespace ap::boot
