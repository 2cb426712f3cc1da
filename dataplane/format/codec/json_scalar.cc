// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/json_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace format::codec {
namespace {

/// Whole numbers of so many digits fit 64 bits.
constexpr std::ptrdiff_t kSafeDigits = 18;
/// Powers of ten that a double has for certain, and the first one it has not.
constexpr std::int64_t kSafeExponent = 307;
constexpr std::int64_t kInfiniteExponent = 309;
/// Above any exponent that the digits of a body could make up for.
constexpr std::int64_t kExponentMax = std::int64_t{1} << 40U;

constexpr std::size_t kUnitEscapeBytes = 6;  // \uXXXX
constexpr std::uint32_t kBadUnit = ~0U;

constexpr bool is_digit(char character) noexcept { return character >= '0' && character <= '9'; }

constexpr std::array<bool, 256> make_number_ends() {
  std::array<bool, 256> ends{};
  for (const auto character : std::string_view(" \t\n\r,:[]{}")) {
    ends[static_cast<unsigned char>(character)] = true;
  }
  return ends;
}
constexpr auto kScalarEnds = make_number_ends();

bool ends_scalar(char character) noexcept {
  return kScalarEnds[static_cast<unsigned char>(character)];
}

const char* skip_digits(const char* text) noexcept {
  while (is_digit(*text)) {
    ++text;
  }
  return text;
}

bool fits_64_bits(std::string_view number) noexcept {
  const auto* const end = number.data() + number.size();
  std::uint64_t positive = 0;
  std::int64_t negative = 0;
  const auto failure = number.front() == '-' ? std::from_chars(number.data(), end, negative).ec
                                             : std::from_chars(number.data(), end, positive).ec;
  return failure == std::errc();
}

/// The exponent at `text`, behind its `e`; `text` then stands behind it.
std::int64_t read_exponent(const char*& text) noexcept {
  const auto is_negative = *text == '-';
  text += is_negative || *text == '+' ? 1 : 0;
  std::int64_t exponent = 0;
  for (; is_digit(*text); ++text) {
    exponent = std::min(exponent * 10 + (*text - '0'), kExponentMax);
  }
  return is_negative ? -exponent : exponent;
}

/// A double has a number of this size. The number is one by its grammar.
bool is_finite(std::string_view number, std::int64_t exponent) noexcept {
  const auto mantissa = number.substr(0, number.find_first_of("eE"));
  const auto first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) {
    return true;
  }
  const auto point = std::min(mantissa.find('.'), mantissa.size());
  const auto distance = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  const auto magnitude = exponent + (distance > 0 ? distance - 1 : distance);
  if (magnitude <= kSafeExponent || magnitude >= kInfiniteExponent) {
    return magnitude <= kSafeExponent;
  }
  double value = 0;
  const auto failure = std::from_chars(number.data(), number.data() + number.size(), value).ec;
  return failure == std::errc() && std::isfinite(value);
}

/// Numbers that are long or have an exponent; `point` stands behind the whole digits.
[[gnu::noinline]] bool is_rare_number(const char* start, const char* point) noexcept {
  const auto* next = point;
  if (*next == '.') {
    next = skip_digits(++next);
    if (next == point + 1) {
      return false;
    }
  }
  std::int64_t exponent = 0;
  const auto has_exponent = *next == 'e' || *next == 'E';
  if (has_exponent) {
    ++next;
    exponent = read_exponent(next);
    if (!is_digit(next[-1])) {
      return false;
    }
  }
  const std::string_view number(start, static_cast<std::size_t>(next - start));
  return ends_scalar(*next) && (next == point ? fits_64_bits(number) : is_finite(number, exponent));
}

bool is_number(const char* start) noexcept {
  const auto* const digits = start + (*start == '-' ? 1 : 0);
  const auto* next = skip_digits(digits);
  if (next == digits || (*digits == '0' && next != digits + 1)) {
    return false;
  }
  const auto* const point = next;
  if (*next == '.') {
    next = skip_digits(next + 1);
  }
  if (ends_scalar(*next) && point - digits <= kSafeDigits) {
    return next != point + 1;
  }
  return is_rare_number(start, point);
}

template <std::size_t Size>
bool is_literal(const char* text, const char (&literal)[Size]) noexcept {
  return std::memcmp(text, literal, Size - 1) == 0 && ends_scalar(text[Size - 1]);
}

/// The four hexadecimal digits at `text`, or kBadUnit.
std::uint32_t read_unit(const char* text) noexcept {
  std::uint32_t unit = 0;
  for (std::size_t index = 0; index < 4; ++index) {
    const auto character = text[index];
    const auto letter = static_cast<unsigned char>(character | 0x20);
    if (is_digit(character)) {
      unit = unit << 4U | static_cast<std::uint32_t>(character - '0');
    } else if (letter >= 'a' && letter <= 'f') {
      unit = unit << 4U | static_cast<std::uint32_t>(letter - 'a' + 10);
    } else {
      return kBadUnit;
    }
  }
  return unit;
}

constexpr bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >> 10U == 0x36U; }
constexpr bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >> 10U == 0x37U; }

/// One character of an escaped string.
struct Escape {
  std::uint32_t point = 0;
  std::size_t bytes = 0;  ///< Of the escape; 0 when JSON has no such one.
};

Escape read_unicode_escape(const char* text) noexcept {
  const auto unit = read_unit(text + 2);
  if (unit == kBadUnit || is_low_surrogate(unit)) {
    return {};
  }
  if (!is_high_surrogate(unit)) {
    return {unit, kUnitEscapeBytes};
  }
  const auto* const second = text + kUnitEscapeBytes;
  if (second[0] != '\\' || second[1] != 'u') {
    return {};
  }
  const auto low = read_unit(second + 2);
  if (low == kBadUnit || !is_low_surrogate(low)) {
    return {};
  }
  return {0x10000U + ((unit & 0x3ffU) << 10U) + (low & 0x3ffU), 2 * kUnitEscapeBytes};
}

Escape read_escape(const char* text) noexcept {
  if (const auto meaning = kShortEscapes[static_cast<unsigned char>(text[1])]; meaning != 0) {
    return {static_cast<std::uint32_t>(meaning), 2};
  }
  return text[1] == 'u' ? read_unicode_escape(text) : Escape();
}

/// Writes `point` as UTF-8, which is never longer than its escape; returns the end.
char* put_utf8(std::uint32_t point, char* out) noexcept {
  if (point < 0x80) {
    *out++ = static_cast<char>(point);
    return out;
  }
  const auto continuation = [point](unsigned shift) {
    return static_cast<char>(0x80U | (point >> shift & 0x3fU));
  };
  if (point < 0x800) {
    *out++ = static_cast<char>(0xc0U | point >> 6U);
  } else {
    if (point < 0x10000) {
      *out++ = static_cast<char>(0xe0U | point >> 12U);
    } else {
      *out++ = static_cast<char>(0xf0U | point >> 18U);
      *out++ = continuation(12);
    }
    *out++ = continuation(6);
  }
  *out++ = continuation(0);
  return out;
}

}  // namespace

simdjson::error_code check_scalar(const char* text) noexcept {
  if (*text == '-' || is_digit(*text)) {
    return is_number(text) ? simdjson::SUCCESS : simdjson::NUMBER_ERROR;
  }
  switch (*text) {
    case 't':
      return is_literal(text, "true") ? simdjson::SUCCESS : simdjson::T_ATOM_ERROR;
    case 'f':
      return is_literal(text, "false") ? simdjson::SUCCESS : simdjson::F_ATOM_ERROR;
    case 'n':
      return is_literal(text, "null") ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
    default:
      return simdjson::TAPE_ERROR;
  }
}

std::size_t escape_bytes(const char* text) noexcept { return read_escape(text).bytes; }

std::string_view unescape(std::string_view raw, TextArena& arena) {
  auto next = raw.find('\\');
  if (next == std::string_view::npos) {
    return raw;
  }
  auto* const room = arena.allocate(raw.size());
  auto* out = room;
  while (next != std::string_view::npos) {
    out = std::copy_n(raw.data(), next, out);
    const auto escape = read_escape(raw.data() + next);
    out = put_utf8(escape.point, out);
    raw.remove_prefix(next + escape.bytes);
    next = raw.find('\\');
  }
  out = std::copy_n(raw.data(), raw.size(), out);
  return {room, static_cast<std::size_t>(out - room)};
}

}  // namespace format::codec
