// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/ledger_state.h"

#include "dataplane/base/descriptor.h"
#include "dataplane/format/format_error.h"
#include "dataplane/format/watermark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>

namespace format {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTitle = "bristle-ledger 1";
// Far beyond what is real, far below what calendars and sums cannot hold.
constexpr std::int64_t kTimeMax = std::int64_t{1} << 36U;
constexpr std::int64_t kCountMax = std::int64_t{1} << 53U;

base::Unexpected bad_value() noexcept {
  return base::unexpected(make_error(FormatError::bad_value));
}

/// Cuts `text` at a character's start and replaces what would end the line.
std::string one_line(std::string_view text) {
  if (text.size() > kProjectNameBytesMax) {
    std::size_t length = kProjectNameBytesMax;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
      --length;
    }
    text = text.substr(0, length);
  }
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char character) { return static_cast<unsigned char>(character) < 0x20U; }, ' ');
  return line;
}

/// Takes words and numbers off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : text_(text) {}

  bool take(std::string_view word) noexcept {
    if (!text_.starts_with(word)) {
      return false;
    }
    text_.remove_prefix(word.size());
    return true;
  }

  template <typename Number>
  bool take_number(std::string_view before, Number& number, std::string_view after) noexcept {
    if (!take(before)) {
      return false;
    }
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc{}) {
      return false;
    }
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return take(after);
  }

  std::optional<std::string_view> take_line() noexcept {
    const auto end = text_.find('\n');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const auto line = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return line;
  }

  [[nodiscard]] bool is_empty() const noexcept { return text_.empty(); }

 private:
  std::string_view text_;
};

bool is_time(std::int64_t time) noexcept { return time >= 0 && time <= kTimeMax; }

bool take_imbalance(Cursor& cursor, LedgerState& state) {
  NamedImbalance found;
  if (!cursor.take_number("minute ", found.minute, " ") ||
      !cursor.take_number("project ", found.project_id, " ") ||
      !cursor.take_number("missing ", found.missing, " name ")) {
    return false;
  }
  const auto name = cursor.take_line();
  if (!is_time(found.minute) || found.project_id < 0 || found.missing < -kCountMax ||
      found.missing > kCountMax || !name || name->size() > kProjectNameBytesMax ||
      state.imbalances.size() == kNamedImbalancesMax) {
    return false;
  }
  found.project_name = *name;
  state.imbalances.push_back(std::move(found));
  return true;
}

}  // namespace

std::string encode_ledger_state(const LedgerState& state) {
  std::string text(kTitle);
  const auto add = [&text](std::string_view name, const std::string& number,
                           std::string_view after) {
    text += name;
    text += number;
    text += after;
  };
  add("\nchecked ", std::to_string(state.checked_s), "\n");
  add("waiting-since ", std::to_string(state.waiting_since_s), "\n");
  add("unbalanced-minutes ", std::to_string(state.unbalanced_minutes), "\n");
  add("unaccounted-events ", std::to_string(state.unaccounted_events), "\n");
  const auto named = std::min(state.imbalances.size(), kNamedImbalancesMax);
  for (std::size_t index = 0; index < named; ++index) {
    const auto& item = state.imbalances[index];
    add("minute ", std::to_string(item.minute), " ");
    add("project ", std::to_string(item.project_id), " ");
    add("missing ", std::to_string(item.missing), " name ");
    text += one_line(item.project_name);
    text += '\n';
  }
  return text;
}

base::Result<LedgerState> decode_ledger_state(std::string_view text) {
  Cursor cursor(text);
  LedgerState state;
  if (text.size() > kLedgerStateBytesMax || !cursor.take(kTitle) ||
      !cursor.take_number("\nchecked ", state.checked_s, "\n") ||
      !cursor.take_number("waiting-since ", state.waiting_since_s, "\n") ||
      !cursor.take_number("unbalanced-minutes ", state.unbalanced_minutes, "\n") ||
      !cursor.take_number("unaccounted-events ", state.unaccounted_events, "\n")) {
    return bad_value();
  }
  if (!is_time(state.checked_s) || !is_time(state.waiting_since_s)) {
    return bad_value();
  }
  while (!cursor.is_empty()) {
    if (!take_imbalance(cursor, state)) {
      return bad_value();
    }
  }
  return state;
}

base::Result<void> publish_ledger_state(const fs::path& event_log, const LedgerState& state) {
  const fs::path directory = event_log / kConsumersDirectoryName;
  std::error_code failed;
  fs::create_directories(directory, failed);
  if (failed) {
    return base::unexpected(base::Error::from_errno(failed.value()));
  }
  const std::string text = encode_ledger_state(state);
  const fs::path preparing = directory / (std::string(kLedgerStateName) + ".preparing");
  const base::Descriptor file(
      ::open(preparing.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  // The dataplane reads it as a member of the group, whatever our umask.
  if (file.number() < 0 || ::fchmod(file.number(), 0640) != 0 ||
      ::write(file.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(preparing.c_str(), (directory / kLedgerStateName).c_str()) != 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  return {};
}

base::Result<LedgerState> read_ledger_state(const fs::path& event_log) {
  const auto path = event_log / kConsumersDirectoryName / kLedgerStateName;
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, kLedgerStateBytesMax + 1> buffer{};
  const ssize_t size = file.number() < 0 ? -1 : ::read(file.number(), buffer.data(), buffer.size());
  if (size < 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  return decode_ledger_state({buffer.data(), static_cast<std::size_t>(size)});
}

}  // namespace format
