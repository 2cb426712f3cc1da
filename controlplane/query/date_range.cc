// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/date_range.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace cp::query {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr std::int64_t kHourSeconds = 3'600;
constexpr std::int64_t kDaySeconds = 86'400;

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

// A local date and time of day.
struct Local {
  sys_days date;
  std::int64_t micros = 0;  // since 00:00

  [[nodiscard]] year_month_day ymd() const { return year_month_day(date); }
};

Local to_local(Micros moment, const TimeZone& zone) {
  const std::int64_t seconds = floor_divide(moment, kSecondMicros);
  const std::int64_t local = zone.to_local(seconds);
  const std::int64_t day = floor_divide(local, kDaySeconds);
  return Local{sys_days(days(static_cast<int>(day))),
               (local - day * kDaySeconds) * kSecondMicros + (moment - seconds * kSecondMicros)};
}

Micros to_moment(const Local& local, const TimeZone& zone) {
  const std::int64_t seconds = floor_divide(local.micros, kSecondMicros);
  const std::int64_t utc =
      zone.to_utc(local.date.time_since_epoch().count() * kDaySeconds + seconds);
  return utc * kSecondMicros + (local.micros - seconds * kSecondMicros);
}

// The same day of the month, or the month's last one.
sys_days clamped(year_month month, std::chrono::day day) {
  const auto last = (month / std::chrono::last).day();
  return sys_days(month / std::min(day, last));
}

sys_days add_months(sys_days date, std::int64_t count) {
  const year_month_day from(date);
  return clamped(from.year() / from.month() + months(static_cast<int>(count)), from.day());
}

sys_days week_start(sys_days date, bool starts_monday) {
  const std::chrono::weekday first = starts_monday ? std::chrono::Monday : std::chrono::Sunday;
  return date - (std::chrono::weekday(date) - first);
}

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// Takes a number of `least` to `most` digits off the front.
std::optional<std::int64_t> take_number(std::string_view& text, std::size_t least,
                                        std::size_t most) {
  std::size_t size = 0;
  while (size < text.size() && size < most && is_digit(text[size])) {
    ++size;
  }
  if (size < least) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + size, value);
  text.remove_prefix(size);
  return value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

// hh:mm[:ss[.ffffff]], in microseconds.
std::optional<std::int64_t> take_time(std::string_view& text) {
  const auto hour = take_number(text, 1, 2);
  if (!hour || *hour > 23 || !take(text, ":")) {
    return std::nullopt;
  }
  const auto minute = take_number(text, 2, 2);
  if (!minute || *minute > 59) {
    return std::nullopt;
  }
  std::int64_t micros = (*hour * 60 + *minute) * 60 * kSecondMicros;
  if (!take(text, ":")) {
    return micros;
  }
  const auto second = take_number(text, 2, 2);
  if (!second || *second > 59) {
    return std::nullopt;
  }
  micros += *second * kSecondMicros;
  if (!take(text, ".")) {
    return micros;
  }
  std::int64_t unit = kSecondMicros / 10;
  if (text.empty() || !is_digit(text.front())) {
    return std::nullopt;
  }
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), unit /= 10) {
    micros += (text.front() - '0') * unit;
  }
  return micros;
}

// Z or ±hh[:]mm, in seconds; the whole rest of the text.
std::optional<std::int64_t> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") {
    return 0;
  }
  const bool is_west = text.starts_with('-');
  if (!is_west && !text.starts_with('+')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, 2);
  take(text, ":");
  const auto minutes = take_number(text, 2, 2);
  if (!hours || !text.empty()) {
    return std::nullopt;
  }
  const std::int64_t seconds = (*hours * 60 + minutes.value_or(0)) * 60;
  return is_west ? -seconds : seconds;
}

std::optional<ParsedDate> parse_absolute(std::string_view text, const TimeZone& zone) {
  const auto year = take_number(text, 4, 4);
  if (!year || !take(text, "-")) {
    return std::nullopt;
  }
  const auto month = take_number(text, 1, 2);
  if (!month || !take(text, "-")) {
    return std::nullopt;
  }
  const auto day = take_number(text, 1, 2);
  if (!day) {
    return std::nullopt;
  }
  const year_month_day date = std::chrono::year(static_cast<int>(*year)) /
                              std::chrono::month(static_cast<unsigned>(*month)) /
                              std::chrono::day(static_cast<unsigned>(*day));
  if (!date.ok()) {
    return std::nullopt;
  }
  Local local{sys_days(date), 0};
  if (!text.empty()) {
    if (!take(text, "T") && !take(text, " ")) {
      return std::nullopt;
    }
    const auto time = take_time(text);
    if (!time) {
      return std::nullopt;
    }
    local.micros = *time;
  }
  if (text.empty()) {
    return ParsedDate{to_moment(local, zone), false, false};
  }
  const auto offset = parse_offset(text);
  if (!offset) {
    return std::nullopt;
  }
  return ParsedDate{to_moment(local, TimeZone()) - *offset * kSecondMicros, false, false};
}

// Start and End of a relative date: `dStart`, `-1mEnd`, …
bool place(Local& local, char kind, std::string_view position) {
  if (position.empty()) {
    return true;
  }
  const bool is_start = position == "Start";
  if (!is_start && position != "End") {
    return false;
  }
  const year_month_day date = local.ymd();
  switch (kind) {
    case 'h': {
      const std::int64_t hour = local.micros / (kHourSeconds * kSecondMicros);
      local.micros = (hour * kHourSeconds + (is_start ? 0 : kHourSeconds)) * kSecondMicros -
                     (is_start ? 0 : 1);
      return true;
    }
    case 'd':
      local.micros = is_start ? 0 : kDaySeconds * kSecondMicros - 1;
      return true;
    case 'm':
      local.date = clamped(date.year() / date.month(), std::chrono::day(is_start ? 1 : 31));
      return true;
    case 'y':
      local.date = is_start ? sys_days(date.year() / 1 / 1) : sys_days(date.year() / 12 / 31);
      return true;
    default:
      return false;
  }
}

std::optional<ParsedDate> parse_relative(std::string_view text, const Calendar& calendar,
                                         bool is_start) {
  take(text, "-");
  const std::int64_t count = take_number(text, 1, 5).value_or(0);
  if (text.empty()) {
    return std::nullopt;
  }
  const char kind = text.front();
  text.remove_prefix(1);
  if (kind == 'h' || kind == 'M' || kind == 's') {
    const std::int64_t unit = kind == 'h' ? kHourSeconds : kind == 'M' ? 60 : 1;
    Local local = to_local(calendar.now - count * unit * kSecondMicros, calendar.zone);
    if (!place(local, kind, text)) {
      return std::nullopt;
    }
    // The hour has to be floored where it may occur twice, so only a placed time goes back by date.
    const Micros moment = text.empty() ? calendar.now - count * unit * kSecondMicros
                                       : to_moment(local, calendar.zone);
    return ParsedDate{is_start && kind == 'h' ? floor_to(Interval::hour, moment, calendar) : moment,
                      true, true};
  }
  Local local = to_local(calendar.now, calendar.zone);
  switch (kind) {
    case 'd':
      local.date -= days(static_cast<int>(count));
      break;
    case 'w':
      local.date -= days(static_cast<int>(count * 7));
      break;
    case 'q':
      local.date -= days(static_cast<int>(count * 13 * 7));
      break;
    case 'm':
      local.date = add_months(local.date, -count);
      break;
    case 'y':
      local.date = add_months(local.date, -count * 12);
      break;
    default:
      return std::nullopt;
  }
  if (!place(local, kind, text)) {
    return std::nullopt;
  }
  const bool is_day_end = kind == 'd' && text == "End";
  if (is_start && !is_day_end) {
    local.micros = 0;
  }
  return ParsedDate{to_moment(local, calendar.zone), true, false};
}

}  // namespace

std::optional<ParsedDate> parse_date(std::string_view text, const Calendar& calendar,
                                     bool is_start) {
  if (auto absolute = parse_absolute(text, calendar.zone)) {
    return absolute;
  }
  return parse_relative(text, calendar, is_start);
}

Micros floor_to(Interval interval, Micros moment, const Calendar& calendar) {
  if (interval == Interval::hour) {
    const std::int64_t seconds = floor_divide(moment, kSecondMicros);
    const std::int64_t local = calendar.zone.to_local(seconds);
    return (seconds - (local - floor_divide(local, kHourSeconds) * kHourSeconds)) * kSecondMicros;
  }
  Local local = to_local(moment, calendar.zone);
  local.micros = 0;
  if (interval == Interval::week) {
    local.date = week_start(local.date, calendar.week_starts_monday);
  }
  if (interval == Interval::month) {
    local.date = clamped(local.ymd().year() / local.ymd().month(), std::chrono::day(1));
  }
  return to_moment(local, calendar.zone);
}

Micros step(Interval interval, Micros start, std::int64_t count, const Calendar& calendar) {
  if (interval == Interval::hour) {
    return start + count * kHourSeconds * kSecondMicros;
  }
  // A day may start at 01:00 where midnight is skipped; the date is what steps.
  Local local = to_local(start, calendar.zone);
  local.micros = 0;
  if (interval == Interval::day) {
    local.date += days(static_cast<int>(count));
  }
  if (interval == Interval::week) {
    local.date += days(static_cast<int>(count * 7));
  }
  if (interval == Interval::month) {
    local.date = add_months(local.date, count);
  }
  return to_moment(local, calendar.zone);
}

Micros end_of_day(Micros moment, const Calendar& calendar) {
  Local local = to_local(moment, calendar.zone);
  local.micros = 0;
  local.date += days(1);
  return to_moment(local, calendar.zone) - 1;
}

std::vector<Micros> axis(Interval interval, Micros from, Micros to, const Calendar& calendar,
                         std::size_t count_max) {
  std::vector<Micros> points;
  const Micros start = floor_to(interval, from, calendar);
  for (Micros point = start; point <= to && points.size() <= count_max;) {
    points.push_back(point);
    point = step(interval, start, static_cast<std::int64_t>(points.size()), calendar);
  }
  return points;
}

namespace {

struct Fields {
  int year;
  unsigned month;
  unsigned day;
  unsigned hour;
  unsigned minute;
  unsigned second;
  unsigned micros;
};

Fields fields(Micros moment, const TimeZone& zone) {
  const Local local = to_local(moment, zone);
  const year_month_day date = local.ymd();
  const auto seconds = static_cast<unsigned>(local.micros / kSecondMicros);
  return Fields{static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60,
                static_cast<unsigned>(local.micros % kSecondMicros)};
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

std::string date_text(const Fields& at) {
  return padded(at.year, 4) + "-" + padded(at.month, 2) + "-" + padded(at.day, 2);
}

std::string time_text(const Fields& at) {
  return padded(at.hour, 2) + ":" + padded(at.minute, 2) + ":" + padded(at.second, 2);
}

}  // namespace

std::string day_text(Interval interval, Micros moment, const Calendar& calendar) {
  const Fields at = fields(moment, calendar.zone);
  return interval == Interval::hour ? date_text(at) + " " + time_text(at) : date_text(at);
}

std::string label_text(Interval interval, Micros moment, const Calendar& calendar) {
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Fields at = fields(moment, calendar.zone);
  std::string date =
      std::to_string(at.day) + "-" + kMonths[at.month - 1] + "-" + std::to_string(at.year);
  if (interval != Interval::hour) {
    return date;
  }
  return date + " " + padded(at.hour, 2) + ":" + padded(at.minute, 2);
}

std::string iso_text(Micros moment, const Calendar& calendar) {
  const Fields at = fields(moment, calendar.zone);
  std::string text = date_text(at) + "T" + time_text(at);
  if (at.micros > 0) {
    text += "." + padded(at.micros, 6);
  }
  const std::int64_t offset = calendar.zone.offset_at(floor_divide(moment, kSecondMicros));
  if (offset == 0) {
    return text + "Z";
  }
  const std::int64_t minutes = (offset < 0 ? -offset : offset) / 60;
  return text + (offset < 0 ? "-" : "+") + padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2);
}

std::string sql_moment(Micros moment) {
  const Fields at = fields(moment, TimeZone());
  return "toDateTime64('" + date_text(at) + " " + time_text(at) + "." + padded(at.micros, 6) +
         "', 6, 'UTC')";
}

}  // namespace cp::query
