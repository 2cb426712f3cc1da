// SPDX-License-Identifier: LicenseRef-Project
// The journal, read in bounded pieces: by unit, by a word in the text, from a cursor on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ap::services {

struct LogEntry {
  std::string cursor;
  std::uint64_t time_us = 0;
  int priority = 6;
  std::string unit;
  std::string message;
};

/// What to read. No cursor: the newest `lines` entries; else those after it, oldest first.
struct LogQuery {
  std::vector<std::string> units;
  bool is_kernel = false;  ///< The kernel's messages of this boot instead of units.
  std::string filter;      ///< Part of the message, capital letters or not; empty: everything.
  std::string cursor;
  std::size_t lines = 100;
};

/// `next` is the cursor to go on from: the last entry looked at, also when the filter dropped it.
struct LogPage {
  std::vector<LogEntry> entries;
  std::string next;
};

/// Reads logs. Implementations: SystemJournal, FakeJournal (tests). Throws exec::Failure.
class Journal {
 public:
  static constexpr std::size_t kLinesMax = 1000;
  static constexpr std::size_t kScannedMax = 50'000;     ///< Entries looked at by one call.
  static constexpr std::size_t kMessageBytesMax = 4096;  ///< Longer messages are cut.
  static constexpr std::size_t kPageBytesMax = 512U << 10U;

  virtual ~Journal() = default;
  virtual LogPage read(const LogQuery& query) = 0;
};

/// The journal of this machine, opened for every call; `directory` empty: where journald keeps it.
std::unique_ptr<Journal> open_journal(const std::filesystem::path& directory = {});

/// True when `text` contains `part`, letters of ASCII compared without case.
bool contains_ignoring_case(const std::string& text, const std::string& part);

}  // namespace ap::services
