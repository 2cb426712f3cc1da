// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/rfc3339.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace format::codec {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kMinuteUs = 60 * kSecondUs;
constexpr std::int64_t kHourUs = 60 * kMinuteUs;
constexpr std::int64_t kDayUs = 24 * kHourUs;

/// Takes the text apart from the front; every failure sticks.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool is_at_end() const noexcept { return is_good_ && rest_.empty(); }

  /// Exactly `count` digits; 0 after a failure.
  int digits(std::size_t count) noexcept {
    int value = 0;
    for (std::size_t index = 0; index < count; ++index) {
      value = value * 10 + (next_is_digit() ? rest_.front() - '0' : 0);
      take(next_is_digit());
    }
    return value;
  }

  /// One of `allowed`; returns which, or NUL.
  char one_of(std::string_view allowed) noexcept {
    const auto found =
        is_good_ && !rest_.empty() && allowed.find(rest_.front()) != std::string_view::npos;
    const auto character = found ? rest_.front() : '\0';
    take(found);
    return character;
  }

  /// `.` and at least one digit, or nothing.
  std::int64_t fraction_us() noexcept {
    if (rest_.empty() || rest_.front() != '.') {
      return 0;
    }
    take(true);
    is_good_ = is_good_ && next_is_digit();
    std::int64_t value = 0;
    for (auto unit = kSecondUs / 10; is_good_ && next_is_digit(); unit /= 10) {
      value += (rest_.front() - '0') * unit;
      take(true);
    }
    return value;
  }

 private:
  [[nodiscard]] bool next_is_digit() const noexcept {
    return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
  }

  void take(bool is_right) noexcept {
    is_good_ = is_good_ && is_right;
    if (is_good_) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  bool is_good_ = true;
};

/// How far east of UTC the zone at the end of the text is; nothing when it is none.
std::optional<std::int64_t> read_zone_us(Cursor& cursor) noexcept {
  const auto sign = cursor.one_of("Zz+-");
  if (sign != '+' && sign != '-') {
    return 0;
  }
  const auto hours = cursor.digits(2);
  cursor.one_of(":");
  const auto minutes = cursor.digits(2);
  if (hours > 23 || minutes > 59) {
    return std::nullopt;
  }
  const auto east = hours * kHourUs + minutes * kMinuteUs;
  return sign == '-' ? -east : east;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
  Cursor cursor(text);
  const auto year = cursor.digits(4);
  cursor.one_of("-");
  const auto month = static_cast<unsigned>(cursor.digits(2));
  cursor.one_of("-");
  const auto day = static_cast<unsigned>(cursor.digits(2));
  cursor.one_of("Tt ");
  const auto hour = cursor.digits(2);
  cursor.one_of(":");
  const auto minute = cursor.digits(2);
  cursor.one_of(":");
  const auto second = cursor.digits(2);
  const auto fraction = cursor.fraction_us();
  const auto zone = read_zone_us(cursor);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!cursor.is_at_end() || !zone || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days{date}.time_since_epoch().count() * kDayUs + hour * kHourUs +
         minute * kMinuteUs + std::min(second, 59) * kSecondUs + fraction - *zone;
}

}  // namespace format::codec
