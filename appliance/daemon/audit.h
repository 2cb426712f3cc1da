// SPDX-License-Identifier: LicenseRef-Project
// Who did what, kept for good: one line of JSON per action in a file, and one in the journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

namespace ap::daemon {

struct AuditLine {
  std::uint32_t uid = 0;
  std::string noun;
  std::string action;
  std::string argument;
  std::string result;
};

/// Appends to `<root>/var/log/bristle/audit.jsonl`, durable before the call returns, and keeps four
/// older files. Owner: main. Threads: any.
/// Bounds: a line holds at most 1 KiB of argument and of result each.
/// Failure: a file that cannot be written does not stop the action; the journal says so.
class Audit {
 public:
  static constexpr std::uintmax_t kFileBytesMax = 4U << 20U;
  static constexpr int kOlderFiles = 4;
  static constexpr std::size_t kLinesMax = 1000;

  explicit Audit(const std::filesystem::path& root, std::uintmax_t file_bytes_max = kFileBytesMax);

  void write(const AuditLine& line);

  /// {"entries":[{"time","caller","uid","noun","action","argument","result"}]}, newest last;
  /// `lines` 1 to 1000.
  std::string read(const std::string& lines);

 private:
  void append(const std::string& text);
  void rotate();
  [[nodiscard]] std::filesystem::path older(int number) const;

  std::filesystem::path path_;
  std::uintmax_t file_bytes_max_;
  std::mutex mutex_;
};

/// The user's name, or `uid 1234` for a number without one.
std::string user_name(std::uint32_t uid);

}  // namespace ap::daemon
