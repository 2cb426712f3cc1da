// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <span>

namespace ap::console {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15, East Asian Width W and F, in the blocks a terminal shows.
constexpr std::array kWide{
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0x4DBF},
    Range{0x4E00, 0xA4CF},   Range{0xA960, 0xA97C},   Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF01, 0xFF60},
    Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F}, Range{0x1F680, 0x1F6FF},
    Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

// Combining marks, joiners, variation selectors and every bidirectional control.
constexpr std::array kNone{Range{0x00AD, 0x00AD}, Range{0x0300, 0x036F}, Range{0x0483, 0x0489},
                           Range{0x0591, 0x05BD}, Range{0x0610, 0x061C}, Range{0x064B, 0x065F},
                           Range{0x1AB0, 0x1AFF}, Range{0x1DC0, 0x1DFF}, Range{0x200B, 0x200F},
                           Range{0x2028, 0x202E}, Range{0x2060, 0x206F}, Range{0x20D0, 0x20FF},
                           Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}, Range{0xFEFF, 0xFEFF},
                           Range{0xFFF9, 0xFFFB}, Range{0xE000, 0xF8FF}, Range{0xE0000, 0x10FFFF}};

constexpr char32_t kMalformed = 0xB7;

bool within(std::span<const Range> ranges, char32_t glyph) noexcept {
  return std::ranges::any_of(
      ranges, [glyph](const Range& range) { return glyph >= range.first && glyph <= range.last; });
}

// Reads one code point at `at` and moves behind it; kMalformed for a byte that starts none.
char32_t next_point(std::string_view utf8, std::size_t& at) noexcept {
  const auto lead = static_cast<unsigned char>(utf8[at++]);
  if (lead < 0x80) {
    return lead;
  }
  const int more = lead >= 0xF0 && lead < 0xF5 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC2 ? 1 : 0;
  if (more == 0 || lead >= 0xF5 || at + static_cast<std::size_t>(more) > utf8.size()) {
    return kMalformed;
  }
  char32_t point = lead & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(utf8[at + static_cast<std::size_t>(i)]);
    if ((byte & 0xC0U) != 0x80U) {
      return kMalformed;
    }
    point = (point << 6U) | (byte & 0x3FU);
  }
  constexpr std::array<char32_t, 4> kLeast{0, 0x80, 0x800, 0x10000};
  if (point < kLeast[static_cast<std::size_t>(more)] || (point >= 0xD800 && point <= 0xDFFF) ||
      point > 0x10FFFF) {
    return kMalformed;
  }
  at += static_cast<std::size_t>(more);
  return point;
}

void append_safe(std::u32string& text, char32_t point) {
  if (point == '\n' || point == '\t' || point == '\r') {
    text += U' ';
  } else if (point < 0x20 || point == 0x7F) {
    text += U'^';
    text += static_cast<char32_t>(point ^ 0x40U);
  } else if (point >= 0x80 && point < 0xA0) {
    text += kMalformed;
  } else if (columns(point) > 0) {
    text += point;
  }
}

std::string number_text(double value, std::string_view unit) {
  const int decimals = value >= 100 || value == std::floor(value) ? 0 : value >= 10 ? 1 : 2;
  const double scale = decimals == 0 ? 1 : decimals == 1 ? 10 : 100;
  const auto scaled = static_cast<std::uint64_t>(std::llround(value * scale));
  const auto whole = scaled / static_cast<std::uint64_t>(scale);
  const auto part = scaled % static_cast<std::uint64_t>(scale);
  std::string text = std::to_string(whole);
  if (part != 0) {
    std::string digits = std::to_string(part);
    digits.insert(0, static_cast<std::size_t>(decimals) - digits.size(), '0');
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text.append(" ").append(unit);
}

std::string scaled_text(double bytes, double step, std::span<const std::string_view> units) {
  std::size_t unit = 0;
  double value = std::isfinite(bytes) && bytes > 0 ? bytes : 0;
  while (value >= step * 0.9995 && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  return number_text(unit == 0 ? std::floor(value) : value, units[unit]);
}

std::string two_digits(std::int64_t value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

struct CivilTime {
  std::chrono::year_month_day date{};
  std::chrono::hh_mm_ss<std::chrono::seconds> clock;
};

CivilTime civil(std::int64_t time_us) {
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds{time_us}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  return {std::chrono::year_month_day{day},
          std::chrono::hh_mm_ss{std::chrono::floor<std::chrono::seconds>(time - day)}};
}

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::u32string decode(std::string_view utf8) {
  std::u32string text;
  text.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    append_safe(text, next_point(utf8, at));
  }
  return text;
}

std::string encode(std::u32string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  const auto tail = [&utf8](char32_t bits) { utf8 += static_cast<char>(0x80U | (bits & 0x3FU)); };
  for (const char32_t point : text) {
    if (point < 0x80) {
      utf8 += static_cast<char>(point);
    } else if (point < 0x800) {
      utf8 += static_cast<char>(0xC0U | (point >> 6U));
      tail(point);
    } else if (point < 0x10000) {
      utf8 += static_cast<char>(0xE0U | (point >> 12U));
      tail(point >> 6U);
      tail(point);
    } else {
      utf8 += static_cast<char>(0xF0U | (point >> 18U));
      tail(point >> 12U);
      tail(point >> 6U);
      tail(point);
    }
  }
  return utf8;
}

int columns(char32_t glyph) noexcept {
  if (glyph < 0x300) {
    return glyph == 0xAD ? 0 : 1;
  }
  return within(kNone, glyph) ? 0 : within(kWide, glyph) ? 2 : 1;
}

int columns(std::u32string_view text) noexcept {
  int sum = 0;
  for (const char32_t glyph : text) {
    sum += columns(glyph);
  }
  return sum;
}

int columns(std::string_view utf8) { return columns(decode(utf8)); }

std::string clipped(std::string_view utf8, int width) {
  const std::u32string text = decode(utf8);
  if (columns(text) <= width) {
    return encode(text);
  }
  std::u32string kept;
  int used = 1;
  for (const char32_t glyph : text) {
    used += columns(glyph);
    if (used > width) {
      break;
    }
    kept += glyph;
  }
  return width > 0 ? encode(kept + U'…') : std::string{};
}

std::vector<std::string> wrapped(std::string_view utf8, int width) {
  width = std::max(width, 2);
  std::u32string rest = decode(utf8);
  std::vector<std::string> lines;
  while (columns(rest) > width) {
    std::size_t end = 0;
    for (int used = columns(rest[0]); used <= width; used += columns(rest[end])) {
      ++end;
    }
    const std::size_t space = rest.rfind(U' ', end);
    const bool at_space = space != std::u32string::npos && space > 0;
    lines.push_back(encode(std::u32string_view(rest).substr(0, at_space ? space : end)));
    rest.erase(0, at_space ? space + 1 : end);
  }
  lines.push_back(encode(rest));
  return lines;
}

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) {
    digits.insert(at - 3, 1, ',');
  }
  return digits;
}

std::string size_text(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  return scaled_text(bytes, 1000, kUnits);
}

std::string memory_text(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  return scaled_text(bytes, 1024, kUnits);
}

std::string duration_text(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    std::string_view name;
  };
  constexpr std::array kUnits{Unit{86'400, " d"}, Unit{3'600, " h"}, Unit{60, " min"},
                              Unit{1, " s"}};
  seconds = std::max<std::int64_t>(seconds, 0);
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    if (seconds < kUnits[i].seconds) {
      continue;
    }
    std::string text = std::to_string(seconds / kUnits[i].seconds).append(kUnits[i].name);
    const std::int64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    return rest == 0 ? text : text + " " + std::to_string(rest).append(kUnits[i + 1].name);
  }
  return std::to_string(seconds) + " s";
}

std::string clock_text(std::int64_t time_us) {
  const CivilTime time = civil(time_us);
  return two_digits(time.clock.hours().count()) + ":" + two_digits(time.clock.minutes().count()) +
         ":" + two_digits(time.clock.seconds().count());
}

std::string date_text(std::int64_t time_us) {
  const CivilTime time = civil(time_us);
  const unsigned month = static_cast<unsigned>(time.date.month());
  return std::string(kMonths[month - 1]) + " " +
         two_digits(static_cast<unsigned>(time.date.day())) + " " +
         clock_text(time_us).substr(0, 5);
}

std::string iso_text(std::string_view iso) {
  const auto digits = [iso](std::size_t at, std::size_t count) {
    return std::ranges::all_of(iso.substr(at, count), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (iso.size() < 19 || iso[4] != '-' || (iso[10] != 'T' && iso[10] != ' ') || !digits(5, 2)) {
    return std::string(iso);
  }
  const int number = (iso[5] - '0') * 10 + (iso[6] - '0');
  const auto month = static_cast<std::size_t>(number);
  if (month < 1 || month > kMonths.size()) {
    return std::string(iso);
  }
  return std::string(kMonths[month - 1])
      .append(" ")
      .append(iso.substr(8, 2))
      .append(" ")
      .append(iso.substr(11, 8));
}

}  // namespace ap::console
