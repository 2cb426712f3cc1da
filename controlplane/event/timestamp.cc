// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/timestamp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>

namespace cp::event {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMinuteUs = 60 * kSecondUs;
constexpr std::int64_t kHourUs = 60 * kMinuteUs;
constexpr std::int64_t kDayUs = 24 * kHourUs;
constexpr std::int64_t kFutureUsMax = 23 * kHourUs;
constexpr std::int64_t kYear0Us = -719528 * kDayUs;           // 0000-01-01T00:00:00Z
constexpr std::int64_t kYear10000Us = 2932897 * kDayUs;       // 10000-01-01T00:00:00Z
constexpr std::int64_t kOffsetMsMax = 1'000'000'000'000'000;  // 31 000 years, safe to multiply

/// A cursor over the text; every method consumes only when it succeeds.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  bool take(char expected) noexcept {
    if (rest_.empty() || rest_.front() != expected) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool take_any(std::string_view allowed) noexcept {
    return !rest_.empty() && allowed.find(rest_.front()) != std::string_view::npos &&
           take(rest_.front());
  }

  /// Between `least` and `most` digits as a number.
  std::optional<int> digits(std::size_t least, std::size_t most) noexcept {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      value = value * 10 + (rest_[count] - '0');
      ++count;
    }
    if (count < least) {
      return std::nullopt;
    }
    rest_.remove_prefix(count);
    return value;
  }

  /// Letters up to the next other character.
  std::string_view word() noexcept {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
    const auto found = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(found.size());
    return found;
  }

  void skip_spaces() noexcept {
    while (take_any(" \t")) {
    }
  }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> day_us(int year, int month, int day) noexcept {
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days{date}.time_since_epoch().count() * kDayUs;
}

/// `.123456789` or `,123`: any number of digits, cut to microseconds.
std::optional<std::int64_t> fraction_us(Scanner& scanner) noexcept {
  if (!scanner.take_any(".,")) {
    return 0;
  }
  std::int64_t value = 0;
  std::int64_t unit = kSecondUs / 10;
  std::size_t count = 0;
  while (const auto digit = scanner.digits(1, 1)) {
    value += *digit * unit;
    unit /= 10;
    ++count;
  }
  if (count == 0) {
    return std::nullopt;
  }
  return value;
}

/// `HH:MM[:SS[.f]]`; a leap second counts as the last one of its minute.
std::optional<std::int64_t> clock_us(Scanner& scanner, bool needs_seconds) noexcept {
  const auto hour = scanner.digits(1, 2);
  if (!hour || *hour > 23 || !scanner.take(':')) {
    return std::nullopt;
  }
  const auto minute = scanner.digits(2, 2);
  if (!minute || *minute > 59) {
    return std::nullopt;
  }
  const std::int64_t whole = *hour * kHourUs + *minute * kMinuteUs;
  if (!scanner.take(':')) {
    return needs_seconds ? std::nullopt : std::optional(whole);
  }
  const auto second = scanner.digits(2, 2);
  if (!second || *second > 60) {
    return std::nullopt;
  }
  const auto fraction = fraction_us(scanner);
  if (!fraction) {
    return std::nullopt;
  }
  return whole + std::min(*second, 59) * kSecondUs + *fraction;
}

/// `Z`, `UTC`, `GMT`, `+HH`, `+HHMM`, `+HH:MM`: what to subtract to get UTC.
std::optional<std::int64_t> zone_us(Scanner& scanner) noexcept {
  if (scanner.take_any("Zz")) {
    return 0;
  }
  const bool is_west = scanner.take('-');
  if (!is_west && !scanner.take('+')) {
    const auto name = scanner.word();
    return name == "UTC" || name == "GMT" || name == "UT" ? std::optional<std::int64_t>(0)
                                                          : std::nullopt;
  }
  const auto hour = scanner.digits(2, 2);
  if (!hour || *hour > 23) {
    return std::nullopt;
  }
  const bool has_colon = scanner.take(':');
  const auto minute = scanner.digits(2, 2);
  if ((!minute && has_colon) || minute.value_or(0) > 59) {
    return std::nullopt;
  }
  const std::int64_t east = *hour * kHourUs + minute.value_or(0) * kMinuteUs;
  return is_west ? -east : east;
}

/// The rest after a date: nothing (midnight), or a time and perhaps a zone.
std::optional<std::int64_t> finish_date(std::optional<std::int64_t> day,
                                        Scanner& scanner) noexcept {
  if (!day || scanner.at_end()) {
    return day;
  }
  if (!scanner.take_any("Tt ")) {
    return std::nullopt;
  }
  const auto clock = clock_us(scanner, false);
  if (!clock) {
    return std::nullopt;
  }
  scanner.skip_spaces();
  const auto zone = scanner.at_end() ? std::optional<std::int64_t>(0) : zone_us(scanner);
  if (!zone || !scanner.at_end()) {
    return std::nullopt;
  }
  return *day + *clock - *zone;
}

/// `YYYY-MM-DD…` or `YYYY/MM/DD…`.
std::optional<std::int64_t> parse_year_first(std::string_view text, char separator) noexcept {
  Scanner scanner(text);
  const auto year = scanner.digits(4, 4);
  if (!year || !scanner.take(separator)) {
    return std::nullopt;
  }
  const auto month = scanner.digits(1, 2);
  if (!month || !scanner.take(separator)) {
    return std::nullopt;
  }
  const auto day = scanner.digits(1, 2);
  if (!day) {
    return std::nullopt;
  }
  return finish_date(day_us(*year, *month, *day), scanner);
}

/// `MM/DD/YYYY…`, the order of the United States.
std::optional<std::int64_t> parse_month_first(std::string_view text) noexcept {
  Scanner scanner(text);
  const auto month = scanner.digits(1, 2);
  if (!month || !scanner.take('/')) {
    return std::nullopt;
  }
  const auto day = scanner.digits(1, 2);
  if (!day || !scanner.take('/')) {
    return std::nullopt;
  }
  const auto year = scanner.digits(4, 4);
  if (!year) {
    return std::nullopt;
  }
  return finish_date(day_us(*year, *month, *day), scanner);
}

std::optional<int> month_number(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};
  if (name.size() < 3) {
    return std::nullopt;
  }
  for (std::size_t index = 0; index < kMonths.size(); ++index) {
    const auto same = [](char left, char right) { return left == (right | 0x20); };
    if (std::equal(kMonths[index].begin(), kMonths[index].end(), name.begin(), same)) {
      return static_cast<int>(index) + 1;
    }
  }
  return std::nullopt;
}

/// RFC 2822: `[Fri, ]14 Jul 2017 02:40[:00] +0000`.
std::optional<std::int64_t> parse_mail_date(std::string_view text) noexcept {
  Scanner scanner(text);
  if (!scanner.word().empty() && !scanner.take(',')) {
    return std::nullopt;
  }
  scanner.skip_spaces();
  const auto day = scanner.digits(1, 2);
  scanner.skip_spaces();
  const auto month = month_number(scanner.word());
  scanner.skip_spaces();
  const auto year = scanner.digits(4, 4);
  if (!day || !month || !year) {
    return std::nullopt;
  }
  return finish_date(day_us(*year, *month, *day), scanner);
}

/// Digits only: seconds up to 11 of them, milliseconds up to 14.
std::optional<std::int64_t> parse_number(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) {
    return std::nullopt;
  }
  const auto whole = static_cast<std::size_t>(end - text.data());
  Scanner scanner(text.substr(whole));
  const auto fraction = fraction_us(scanner);
  if (!fraction || !scanner.at_end() || whole < 9 || whole > 14) {
    return std::nullopt;
  }
  return whole <= 11 ? value * kSecondUs + *fraction : value * 1000 + *fraction / 1000;
}

/// `YYYY-MM-DDTHH:MM:SS[.f]` and a zone.
std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
  Scanner scanner(text);
  const auto year = scanner.digits(4, 4);
  if (!year || !scanner.take('-')) {
    return std::nullopt;
  }
  const auto month = scanner.digits(2, 2);
  if (!month || !scanner.take('-')) {
    return std::nullopt;
  }
  const auto day = scanner.digits(2, 2);
  if (!day || !scanner.take_any("Tt ")) {
    return std::nullopt;
  }
  const auto date = day_us(*year, *month, *day);
  const auto clock = clock_us(scanner, true);
  if (!date || !clock || scanner.at_end()) {
    return std::nullopt;
  }
  const auto zone = zone_us(scanner);
  if (!zone || !scanner.at_end()) {
    return std::nullopt;
  }
  return *date + *clock - *zone;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

std::optional<std::int64_t> parse_zoned_timestamp(std::string_view text) noexcept {
  return parse_rfc3339(trim(text));
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) noexcept {
  const auto trimmed = trim(text);
  if (trimmed.empty()) {
    return std::nullopt;
  }
  if (auto time = parse_rfc3339(trimmed)) {
    return time;
  }
  for (const char separator : {'-', '/'}) {
    if (auto time = parse_year_first(trimmed, separator)) {
      return time;
    }
  }
  if (auto time = parse_month_first(trimmed)) {
    return time;
  }
  if (auto time = parse_number(trimmed)) {
    return time;
  }
  return parse_mail_date(trimmed);
}

std::int64_t within_calendar_us(std::int64_t time_us) noexcept {
  return time_us < kYear0Us || time_us >= kYear10000Us ? 0 : time_us;
}

std::int64_t bounded_event_time_us(std::int64_t time_us, std::int64_t received_us) noexcept {
  return within_calendar_us(time_us - received_us > kFutureUsMax ? received_us : time_us);
}

std::int64_t event_timestamp_us(const TimestampInputs& inputs) noexcept {
  std::int64_t time = inputs.received_us;
  if (inputs.offset_ms) {
    time = inputs.received_us - std::clamp(*inputs.offset_ms, -kOffsetMsMax, kOffsetMsMax) * 1000;
  } else if (const auto sent = parse_timestamp(inputs.timestamp)) {
    const bool corrects_skew = inputs.sent_at_us && !inputs.ignores_sent_at;
    time = corrects_skew ? *sent - (*inputs.sent_at_us - inputs.received_us) : *sent;
  }
  return bounded_event_time_us(time, inputs.received_us);
}

}  // namespace cp::event
