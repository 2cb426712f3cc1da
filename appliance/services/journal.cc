// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/services/journal.h"

#include "appliance/exec/failure.h"

#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

namespace ap::services {
namespace {

using exec::Failure;
using exec::FailureKind;

struct JournalDeleter {
  void operator()(sd_journal* journal) const noexcept { sd_journal_close(journal); }
};
using JournalHandle = std::unique_ptr<sd_journal, JournalDeleter>;

int checked(int result, const char* what) {
  if (result < 0) {
    throw Failure(FailureKind::failed,
                  std::string("the journal cannot be read (") + what +
                      "): " + std::error_code(-result, std::generic_category()).message());
  }
  return result;
}

void match(sd_journal* journal, const std::string& field, const std::string& value) {
  const std::string term = field + "=" + value;
  checked(sd_journal_add_match(journal, term.data(), term.size()), "match");
}

// What a unit says itself, and what the service manager says about it.
void match_units(sd_journal* journal, const std::vector<std::string>& units) {
  for (const auto& unit : units) {
    match(journal, "_SYSTEMD_UNIT", unit);
  }
  checked(sd_journal_add_disjunction(journal), "match");
  match(journal, "_PID", "1");
  for (const auto& unit : units) {
    match(journal, "UNIT", unit);
  }
}

void match_kernel(sd_journal* journal) {
  sd_id128_t boot{};
  checked(sd_id128_get_boot(&boot), "boot");
  std::array<char, SD_ID128_STRING_MAX> text{};
  match(journal, "_BOOT_ID", sd_id128_to_string(boot, text.data()));
  match(journal, "_TRANSPORT", "kernel");
}

std::string field(sd_journal* journal, const char* name) {
  const void* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(journal, name, &data, &size) < 0) {
    return {};
  }
  const std::string_view text(static_cast<const char*>(data), size);
  const auto equals = text.find('=');
  return std::string(
      text.substr(equals == std::string_view::npos ? 0 : equals + 1, Journal::kMessageBytesMax));
}

std::string cursor_of(sd_journal* journal) {
  char* cursor = nullptr;
  checked(sd_journal_get_cursor(journal, &cursor), "cursor");
  const std::unique_ptr<char, decltype(&std::free)> owned(cursor, &std::free);
  return cursor;
}

int priority_of(sd_journal* journal) {
  const std::string text = field(journal, "PRIORITY");
  int priority = 6;
  std::from_chars(text.data(), text.data() + text.size(), priority);
  return std::clamp(priority, 0, 7);
}

LogEntry entry_at(sd_journal* journal, std::string message) {
  LogEntry entry;
  entry.cursor = cursor_of(journal);
  checked(sd_journal_get_realtime_usec(journal, &entry.time_us), "time");
  entry.priority = priority_of(journal);
  entry.unit = field(journal, "_SYSTEMD_UNIT");
  if (const std::string about = field(journal, "UNIT");
      !about.empty() && field(journal, "_PID") == "1") {
    entry.unit = about;
  }
  entry.message = std::move(message);
  return entry;
}

class SystemJournal final : public Journal {
 public:
  explicit SystemJournal(std::filesystem::path directory) : directory_(std::move(directory)) {}

  LogPage read(const LogQuery& query) override {
    const JournalHandle journal = open();
    checked(sd_journal_set_data_threshold(journal.get(), kMessageBytesMax + 64), "threshold");
    if (query.is_kernel) {
      match_kernel(journal.get());
    } else {
      match_units(journal.get(), query.units);
    }
    return query.cursor.empty() ? newest(journal.get(), query) : after(journal.get(), query);
  }

 private:
  [[nodiscard]] JournalHandle open() const {
    sd_journal* journal = nullptr;
    const int result = directory_.empty()
                           ? sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY)
                           : sd_journal_open_directory(&journal, directory_.c_str(), 0);
    checked(result, "open");
    return JournalHandle(journal);
  }

  // Backwards from the end until there are enough.
  static LogPage newest(sd_journal* journal, const LogQuery& query) {
    LogPage page;
    std::size_t bytes = 0;
    checked(sd_journal_seek_tail(journal), "seek");
    for (std::size_t scanned = 0; scanned < kScannedMax; ++scanned) {
      if (checked(sd_journal_previous(journal), "step") == 0) {
        break;
      }
      if (page.next.empty()) {
        page.next = cursor_of(journal);
      }
      std::string message = field(journal, "MESSAGE");
      if (!contains_ignoring_case(message, query.filter)) {
        continue;
      }
      bytes += message.size();
      if (bytes > kPageBytesMax || page.entries.size() >= query.lines) {
        break;
      }
      page.entries.push_back(entry_at(journal, std::move(message)));
    }
    std::reverse(page.entries.begin(), page.entries.end());
    return page;
  }

  static LogPage after(sd_journal* journal, const LogQuery& query) {
    LogPage page;
    page.next = query.cursor;
    if (sd_journal_seek_cursor(journal, query.cursor.c_str()) < 0) {
      throw Failure(FailureKind::invalid, "the journal does not know this cursor", "cursor");
    }
    std::size_t bytes = 0;
    for (std::size_t scanned = 0; scanned < kScannedMax; ++scanned) {
      if (checked(sd_journal_next(journal), "step") == 0) {
        break;
      }
      // The entry of the cursor itself comes first, unless it was rotated away.
      if (scanned == 0 && sd_journal_test_cursor(journal, query.cursor.c_str()) > 0) {
        continue;
      }
      std::string message = field(journal, "MESSAGE");
      if (page.entries.size() >= query.lines || bytes + message.size() > kPageBytesMax) {
        break;
      }
      page.next = cursor_of(journal);
      if (contains_ignoring_case(message, query.filter)) {
        bytes += message.size();
        page.entries.push_back(entry_at(journal, std::move(message)));
      }
    }
    return page;
  }

  std::filesystem::path directory_;
};

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

}  // namespace

bool contains_ignoring_case(const std::string& text, const std::string& part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char left, char right) { return lower(left) == lower(right); }) !=
             text.end() ||
         part.empty();
}

std::unique_ptr<Journal> open_journal(const std::filesystem::path& directory) {
  return std::make_unique<SystemJournal>(directory);
}

}  // namespace ap::services
