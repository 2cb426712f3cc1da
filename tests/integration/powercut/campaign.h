// SPDX-License-Identifier: LicenseRef-Project
// The real bristle-dataplane on a disk whose power is cut again and again under load.
#pragma once

#include "tests/integration/powercut/disk_mount.h"
#include "tests/integration/powercut/load.h"
#include "tests/integration/powercut/plan.h"
#include "tests/integration/powercut/program.h"
#include "tests/integration/powercut/volatile_disk.h"
#include "tests/support/temporary_directory.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace integration {
class HttpClient;
}

namespace powercut {

/// What a campaign printed and proves.
struct Totals {
  std::uint64_t cuts = 0;
  std::uint64_t kills = 0;  ///< Of the program alone, between the cuts.
  std::map<std::string, std::uint64_t> cuts_at;
  std::uint64_t acknowledged = 0;
  std::uint64_t missing = 0;
  std::uint64_t twice = 0;
  std::uint64_t unknown = 0;
  std::uint64_t vanished = 0;  ///< Read as durable once, and gone or another record later.
  std::uint64_t unanswered = 0;
  std::uint64_t unreadable = 0;  ///< Comparisons that met an error in the log.
  std::uint64_t records_read = 0;
  std::uint64_t receipts_asked = 0;
  std::uint64_t receipts_unknown = 0;  ///< Given with an answer, denied after the cut.
  std::uint64_t failed_starts = 0;     ///< The program ended by itself.
  std::uint64_t reported_losses = 0;   ///< Starts whose recovery says that the disk lost something.
  CutCounters disk;
  std::string said;  ///< What shows the last failure: the program's words, or a receipt's answer.
};

std::ostream& operator<<(std::ostream& out, const Totals& totals);

/// Owner: a test. Thread: the test's; clients have their own.
class Campaign {
 public:
  explicit Campaign(std::uint64_t seed, Lie lie = Lie::none);
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;
  Campaign(Campaign&&) = delete;
  Campaign& operator=(Campaign&&) = delete;
  ~Campaign();

  /// Starts the program upon what survived, compares, loads it, cuts the power or only kills it.
  void round();
  /// Starts it a last time, reads all that the log must still hold again, and compares; the disk
  /// is empty afterwards.
  void settle();

  [[nodiscard]] const Totals& totals() const noexcept { return totals_; }

 private:
  bool start(const Plan* plan);
  void cut_under_load(const Plan& plan);
  void send_until_cut(integration::HttpClient& client, RequestMaker maker);
  void write_back_until_cut();
  void pull_plug(std::string_view where, bool is_only_killed);
  [[nodiscard]] std::filesystem::path event_log() const { return home_.path() / "disk" / "log"; }
  void read_log();
  void ask_for_receipts();
  [[nodiscard]] std::string segments_kept() const;
  void consume(bool is_all_stored);
  Knowledge::Findings compare();
  void empty_disk();

  std::mt19937_64 random_;
  Lie lie_;
  Deck deck_;
  support::TemporaryDirectory home_;
  std::unique_ptr<VolatileDisk> disk_;
  std::unique_ptr<DiskMount> mount_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<Knowledge> knowledge_;
  std::map<format::Sequence, Fingerprint> found_;
  format::Sequence needed_from_ = 0;  // what lies before may be gone from the log
  std::uint64_t missing_ = 0;         // at worst, since the disk was empty
  std::uint64_t rounds_ = 0;
  std::atomic<std::int64_t> answers_left_ = 0;  // until the power goes just after one
  Totals totals_;
};

}  // namespace powercut
