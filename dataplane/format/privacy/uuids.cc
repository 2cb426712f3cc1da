// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/internal/uuids.h"

#include "dataplane/format/privacy/internal/characters.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#ifdef __AVX2__
#include "dataplane/format/privacy/internal/vectors.h"
#endif

namespace format::privacy::internal {
namespace {

constexpr std::array<std::size_t, 4> kHyphens = {8, 13, 18, 23};

bool has_room(std::string_view text, std::size_t place) noexcept {
  const auto end = place + kUuidBytes;
  return end <= text.size() && (end == text.size() || !is_alphanumeric(text[end]));
}

char before(std::string_view text, std::size_t place, std::size_t distance) noexcept {
  return place >= distance ? text[place - distance] : '\0';
}

/// What stands before `begin` cannot reach into a UUID there.
bool is_cut_off(std::string_view text, std::size_t begin) noexcept {
  const auto leading = before(text, begin, 1);
  return !is_alphanumeric(leading) && leading != '-' && leading != '\\' &&
         !(leading == ' ' && is_alphanumeric(before(text, begin, 2)));
}

}  // namespace

bool is_uuid_at_portable(std::string_view text, std::size_t place) noexcept {
  if (!has_room(text, place)) {
    return false;
  }
  const auto uuid = text.substr(place, kUuidBytes);
  for (std::size_t index = 0; index < kUuidBytes; ++index) {
    const auto is_hyphen = std::find(kHyphens.begin(), kHyphens.end(), index) != kHyphens.end();
    if (is_hyphen ? uuid[index] != '-' : !is_hexadecimal(uuid[index])) {
      return false;
    }
  }
  return true;
}

bool is_in_uuid_portable(std::string_view text, std::size_t place) noexcept {
  for (auto begin = place; place - begin < kUuidBytes; --begin) {
    if (is_uuid_at_portable(text, begin) && is_cut_off(text, begin)) {
      return true;
    }
    if (begin == 0) {
      break;
    }
  }
  return false;
}

#ifdef __AVX2__

namespace {

std::uint32_t find_hyphens(__m256i bytes) noexcept {
  return static_cast<std::uint32_t>(
      _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('-'))));
}

/// 32 bytes are hexadecimal digits, but hyphens where `hyphens` has a bit.
bool has_shape(const char* text, std::uint32_t hyphens) noexcept {
  const auto bytes = load_vector(text);
  const auto lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
  const auto digits = _mm256_or_si256(find_among(bytes, '9', 10), find_among(lower, 'f', 6));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(digits)) == ~hyphens &&
         find_hyphens(bytes) == hyphens;
}

}  // namespace

bool is_uuid_at(std::string_view text, std::size_t place) noexcept {
  constexpr std::uint32_t kHyphenBits = 1U << 8U | 1U << 13U | 1U << 18U | 1U << 23U;
  constexpr std::size_t kSecond = kUuidBytes - sizeof(__m256i);
  return has_room(text, place) && has_shape(text.data() + place, kHyphenBits) &&
         has_shape(text.data() + place + kSecond, kHyphenBits >> kSecond);
}

bool is_in_uuid(std::string_view text, std::size_t place) noexcept {
  constexpr std::size_t kWindow = 2 * sizeof(__m256i);
  constexpr auto kBegins = (std::uint64_t{1} << kUuidBytes) - 1;
  const auto window = place - (kUuidBytes - 1);
  if (place < kUuidBytes - 1 || window + kWindow > text.size()) {
    return is_in_uuid_portable(text, place);
  }
  const auto hyphens = std::uint64_t{find_hyphens(load_vector(text.data() + window + 32))} << 32U |
                       find_hyphens(load_vector(text.data() + window));
  auto begins = kBegins & hyphens >> kHyphens[0] & hyphens >> kHyphens[1] & hyphens >> kHyphens[2] &
                hyphens >> kHyphens[3];
  for (; begins != 0; begins &= begins - 1) {
    const auto begin = window + static_cast<std::size_t>(std::countr_zero(begins));
    if (is_uuid_at(text, begin) && is_cut_off(text, begin)) {
      return true;
    }
  }
  return false;
}

#else

bool is_uuid_at(std::string_view text, std::size_t place) noexcept {
  return is_uuid_at_portable(text, place);
}

bool is_in_uuid(std::string_view text, std::size_t place) noexcept {
  return is_in_uuid_portable(text, place);
}

#endif

}  // namespace format::privacy::internal
