// SPDX-License-Identifier: LicenseRef-Project
// A disk that tells the truth about what it has synced and nothing more: torn writes, lost writes,
// refusals, crashes.
#pragma once

#include "dataplane/sys/log_disk.h"
#include "dataplane/sys/sim_events.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace dp::sys {

/// What is on the platters and what only the page cache knows. Outlives the machines that use it:
/// crash it, then attach the next life's events. Thread: the simulation's only one.
class SimDisk final : public LogDisk {
 public:
  explicit SimDisk(std::uint64_t seed);
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;
  SimDisk(SimDisk&&) = delete;
  SimDisk& operator=(SimDisk&&) = delete;
  ~SimDisk();

  /// The queue on which operations end; once per life of the machine.
  void attach(SimEvents& events) noexcept;

  /// The process is gone, the kernel lives on: everything written stays, operations under way may
  /// or may not happen.
  void kill();
  /// The power is gone: of everything not synced, each sector may or may not be there; names
  /// likewise.
  void cut_power();

  /// The next `count` group writes are refused with `error`; their bytes may be on the disk or not.
  void refuse_writes(std::uint32_t count, std::int32_t error) noexcept;
  /// The next `count` renames are refused.
  void refuse_renames(std::uint32_t count, std::int32_t error) noexcept;
  /// Creating files fails with ENOSPC while this is set.
  void set_full(bool is_full) noexcept;
  /// Operations take a random time up to this.
  void set_delay_ns_max(std::uint64_t delay_ns) noexcept;

  /// Writes what readers would see into a real directory, so that format::LogReader can be run on
  /// it.
  void export_to(const std::filesystem::path& directory) const;

  base::Result<std::vector<std::string>> list() override;
  base::Result<std::size_t> read(const std::string& name, std::uint64_t offset,
                                 base::MutableBytes to) override;
  base::Result<void> sync_and_cut(const std::string& name, std::uint64_t bytes) override;
  base::Result<base::MutableBytes> map(const std::string& name, std::size_t bytes) override;
  void create(const char* name, std::uint64_t bytes, Completion& completion) noexcept override;
  void write_and_sync(LogFile file, base::Bytes bytes, std::uint64_t offset,
                      Completion& completion) noexcept override;
  void rename_and_sync(const char* from, const char* to, Completion& completion) noexcept override;
  void release_and_close(LogFile file, std::uint64_t begin, std::uint64_t end,
                         Completion& completion) noexcept override;
  void remove(const char* name, Completion& completion) noexcept override;
  void read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                  Completion& completion) noexcept override;
  base::Result<std::uint64_t> bytes_taken(const std::string& name) override;
  [[nodiscard]] bool is_direct() const noexcept override { return true; }
  [[nodiscard]] bool syncs_by_itself() const noexcept override { return true; }

 private:
  using Content = std::vector<std::byte>;
  // A file: what readers see, what survives, and the writes in between.
  struct File {
    Content visible;
    Content durable;
    std::vector<std::pair<std::uint64_t, Content>> unsynced;
    Content older_page;  // of a mapping: some earlier state that was written back
  };
  using Directory = std::map<std::string, std::size_t>;  // to an index in files_

  struct Operation;

  [[nodiscard]] bool chance(std::uint32_t percent) { return random_() % 100 < percent; }
  void start(std::unique_ptr<Operation> operation, std::int32_t result);
  void finish(Operation& operation, std::int32_t result);
  static void apply(Content& content, std::uint64_t offset, base::Bytes bytes);
  void maybe_write_back(const File& file, Content& survivor);
  void move_name(const std::string& from, const std::string& to);
  std::size_t add_file(Content content);

  std::mt19937_64 random_;
  SimEvents* events_ = nullptr;
  Directory names_;
  Directory durable_names_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<std::unique_ptr<Operation>> under_way_;
  std::uint32_t refused_writes_ = 0;
  std::int32_t write_error_ = 0;
  std::uint32_t refused_renames_ = 0;
  std::int32_t rename_error_ = 0;
  bool is_full_ = false;
  std::uint64_t delay_ns_max_ = 1'000'000;
};

}  // namespace dp::sys
