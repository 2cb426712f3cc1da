// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/scan.h"

#include "dataplane/format/privacy/internal/characters.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace format::privacy {
namespace {

using internal::is_alphanumeric;
using internal::is_digit;
using internal::is_letter;

constexpr std::string_view kAddressName = "$ip";
constexpr std::size_t kFingerprintBytes = sizeof(std::uint32_t);
constexpr std::size_t kIbanReach = 72;  // an IBAN with a separator behind every character

// Classes of bytes; one bit each. Some share a bit with bytes that cannot stand there.
constexpr std::uint8_t kDigit = 0x80;
constexpr std::uint8_t kQuote = 0x20;
constexpr std::uint8_t kKeyEnd = 0x10;   // what may follow the quote of a key: colon, white space
constexpr std::uint8_t kSpecial = 0x4c;  // % + @ backslash

/// A byte is of a class when both of its halves are.
struct NibbleTables {
  std::array<std::uint8_t, 16> low{};
  std::array<std::uint8_t, 16> high{};

  constexpr NibbleTables() {
    const auto add = [this](std::uint8_t bit, unsigned from_low, unsigned to_low, unsigned at) {
      for (auto place = from_low; place <= to_low; ++place) {
        low[place] |= bit;
      }
      high[at] |= bit;
    };
    add(kDigit, 0, 9, 3);
    add(kQuote, 2, 2, 2);
    add(kKeyEnd, 0, 0, 2);
    add(kKeyEnd, 9, 10, 0);
    add(kKeyEnd, 13, 13, 0);
    add(kKeyEnd, 10, 10, 3);
    add(0x40, 5, 5, 2);    // %
    add(0x40, 11, 11, 2);  // +
    add(0x08, 0, 0, 4);    // @
    add(0x04, 12, 12, 5);  // backslash
  }
};
constexpr NibbleTables kTables;

constexpr std::uint8_t class_of(char character) noexcept {
  const auto byte = static_cast<unsigned char>(character);
  return byte >= 0x80
             ? std::uint8_t{0}
             : static_cast<std::uint8_t>(kTables.low[byte & 0xfU] & kTables.high[byte >> 4U]);
}

std::uint32_t fingerprint_of(const char* end) noexcept {
  std::uint32_t last = 0;
  std::memcpy(&last, end - sizeof(last), sizeof(last));
  // The last three bytes; the one before them may be anything.
  return ((last >> 8U) * 0x9e3779b1U) >> 20U;
}

char at(std::string_view text, std::size_t place) noexcept {
  return place < text.size() ? text[place] : '\0';
}

std::size_t digits_from(std::string_view text, std::size_t place) noexcept {
  auto end = place;
  while (end < text.size() && is_digit(text[end])) {
    ++end;
  }
  return end - place;
}

bool is_phone_separator(char character) noexcept {
  return std::string_view(" -./()").find(character) != std::string_view::npos;
}

/// Two letters and two digits begin a word within reach before `place`.
bool may_be_inside_iban(std::string_view text, std::size_t place) noexcept {
  const auto stop = place > kIbanReach ? place - kIbanReach : 0;
  auto begin = place;
  while (begin > stop) {
    const auto before = text[begin - 1];
    if (before == '\\') {
      return true;
    }
    if (!is_alphanumeric(before) && before != ' ' && before != '-') {
      break;
    }
    --begin;
    if (is_letter(text[begin]) && is_letter(at(text, begin + 1)) && is_digit(at(text, begin + 2)) &&
        is_digit(at(text, begin + 3)) &&
        (begin == 0 || !is_alphanumeric(text[begin - 1]) || at(text, begin - 2) == '\\')) {
      return true;
    }
  }
  return false;
}

}  // namespace

BodyScan::BodyScan(const Policy& policy) : policy_(policy) {
  const auto denies = policy.name_mode == NameMode::deny;
  is_always_ = policy.name_mode == NameMode::allow || (denies && policy.names.has_prefixes());
  add_name(kAddressName);
  if (denies) {
    for (const auto& name : policy.names.exact()) {
      add_name(name);
    }
  }
}

void BodyScan::add_name(std::string_view name) {
  has_names_ = true;
  has_escapable_names_ =
      has_escapable_names_ || std::any_of(name.begin(), name.end(), [](char character) {
        return character == '/' || character == '"' || character == '\\' || character < 0x20 ||
               character == 0x7f;
      });
  const auto insert = [this](std::string_view key) {
    const auto bit = fingerprint_of(key.data() + key.size());
    filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  };
  if (name.size() > 1) {
    insert("  \"" + std::string(name));
    return;
  }
  for (const auto before : std::string_view("{, \n\r\t")) {
    insert(std::string("  ") + before + "\"" + std::string(name));
  }
}

bool BodyScan::is_in_filter(const char* quote) const noexcept {
  const auto bit = fingerprint_of(quote);
  return (filter_[bit / 64] >> (bit % 64) & 1U) != 0;
}

bool BodyScan::is_key_suspect(std::string_view json, std::size_t quote) const noexcept {
  if (quote >= kFingerprintBytes && !is_in_filter(json.data() + quote)) {
    return false;
  }
  const auto is_named = [json, quote](std::string_view name) {
    return quote > name.size() && json[quote - name.size() - 1] == '"' &&
           json.substr(quote - name.size(), name.size()) == name;
  };
  const auto& names = policy_.names.exact();
  return is_named(kAddressName) || std::any_of(names.begin(), names.end(), is_named);
}

bool BodyScan::is_special_suspect(std::string_view json, std::size_t place) const noexcept {
  const auto next = at(json, place + 1);
  const auto after = at(json, place + 2);
  switch (json[place]) {
    case '@':
      return policy_.of(Pattern::email) != Action::keep &&
             (is_alphanumeric(next) || next == '\\' || static_cast<unsigned char>(next) >= 0x80);
    case '%':
      return (next == '4' && after == '0' && policy_.of(Pattern::email) != Action::keep) ||
             (next == '2' && (after == 'B' || after == 'b') &&
              policy_.of(Pattern::phone) != Action::keep);
    case '+':
      return policy_.of(Pattern::phone) != Action::keep && next >= '1' && next <= '9';
    default:
      // An escaped ASCII character; some names may hide behind any escape.
      return has_escapable_names_ || (json.substr(place + 1, 3) == "u00" &&
                                      at(json, place + 4) >= '2' && at(json, place + 4) <= '7');
  }
}

bool BodyScan::are_digits_suspect(std::string_view json, std::size_t place) const noexcept {
  if (place > 0 && is_digit(json[place - 1])) {
    return false;
  }
  const auto count = digits_from(json, place);
  if (count < 4) {
    return false;
  }
  const auto first = json[place];
  const auto behind = at(json, place + count);
  if ((behind == ' ' || behind == '-') && digits_from(json, place + count + 1) >= 4) {
    return true;
  }
  if (count >= 8 &&
      ((count >= 13 && first >= '2' && first <= '6') || may_be_inside_iban(json, place))) {
    return true;
  }
  if (first == '0' && json[place + 1] == '0' && is_phone_separator(behind)) {
    return true;
  }
  const auto before = place >= 5 ? json[place - 1] : '\0';
  return count == 4 && (before == '-' || before == ' ') && is_digit(json[place - 2]) &&
         is_digit(json[place - 3]) && is_digit(json[place - 4]);
}

bool BodyScan::is_place_suspect(std::string_view json, std::size_t place) const noexcept {
  const auto kind = class_of(json[place]);
  if ((kind & kSpecial) != 0) {
    return is_special_suspect(json, place);
  }
  if ((kind & kDigit) != 0) {
    return are_digits_suspect(json, place);
  }
  return (kind & kQuote) != 0 && (class_of(at(json, place + 1)) & kKeyEnd) != 0 &&
         is_key_suspect(json, place);
}

bool BodyScan::may_offend_portable(std::string_view json) const noexcept {
  if (is_always_ || !policy_.is_active) {
    return policy_.is_active;
  }
  for (std::size_t place = 0; place < json.size(); ++place) {
    if (class_of(json[place]) != 0 && is_place_suspect(json, place)) {
      return true;
    }
  }
  return false;
}

#ifdef __AVX2__

/// The classes of 64 bytes as bit masks.
struct internal::BlockMasks {
  std::uint64_t digits;
  std::uint64_t quotes;
  std::uint64_t key_ends;
  bool has_special;
};

namespace {

using internal::BlockMasks;

constexpr std::size_t kBlockBytes = 64;

__m256i classes_of(const char* text, __m256i low, __m256i high) noexcept {
  __m256i bytes;
  std::memcpy(&bytes, text, sizeof(bytes));
  const auto halves = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
  return _mm256_and_si256(_mm256_shuffle_epi8(low, bytes), _mm256_shuffle_epi8(high, halves));
}

std::uint64_t mask_of(__m256i first, __m256i second) noexcept {
  const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(first));
  const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(second));
  return std::uint64_t{high} << 32U | low;
}

BlockMasks masks_of(const char* text, __m256i low, __m256i high) noexcept {
  const auto first = classes_of(text, low, high);
  const auto second = classes_of(text + 32, low, high);
  const auto shifted = [&first, &second](int bits) {
    return mask_of(_mm256_slli_epi16(first, bits), _mm256_slli_epi16(second, bits));
  };
  const auto either = _mm256_or_si256(first, second);
  return {mask_of(first, second), shifted(2), shifted(3),
          _mm256_testz_si256(either, _mm256_set1_epi8(static_cast<char>(kSpecial))) == 0};
}

__m256i table_of(const std::array<std::uint8_t, 16>& table) noexcept {
  __m128i half;
  std::memcpy(&half, table.data(), sizeof(half));
  return _mm256_broadcastsi128_si256(half);
}

/// Four digits that can be part of nothing: neither many, nor followed or led by what joins groups.
bool are_harmless(std::string_view json, std::size_t place, std::uint64_t digits,
                  unsigned bit) noexcept {
  const auto count = static_cast<unsigned>(std::countr_one(digits >> bit));
  if (count >= 8 || bit + count >= kBlockBytes || place == 0) {
    return false;
  }
  const auto joins = [](char character) { return character == ' ' || character == '-'; };
  const auto before = json[place - 1];
  // Behind the last digit stands a character of the text: a string or an object ends there.
  const auto behind = at(json, place + count);
  if (joins(behind) && bit + count + 5 < kBlockBytes) {
    if ((digits >> (bit + count + 1) & 0xfU) == 0xfU) {
      return false;
    }
  } else if (joins(behind)) {
    return false;
  }
  return !(count == 4 && joins(before)) && (json[place] != '0' || json[place + 1] != '0');
}

}  // namespace

bool BodyScan::is_block_suspect(std::string_view json, std::size_t start,
                                const BlockMasks& masks) const noexcept {
  // What the next block begins with is taken for the worst.
  const auto pairs = masks.digits & (masks.digits >> 1U | std::uint64_t{1} << 63U);
  const auto runs = pairs & (pairs >> 2U | std::uint64_t{3} << 62U) & ~(masks.digits << 1U);
  for (auto rest = runs; rest != 0; rest &= rest - 1) {
    const auto bit = static_cast<unsigned>(std::countr_zero(rest));
    if (!are_harmless(json, start + bit, masks.digits, bit) &&
        are_digits_suspect(json, start + bit)) {
      return true;
    }
  }
  const auto keys = masks.quotes & (masks.key_ends >> 1U | std::uint64_t{1} << 63U);
  for (auto rest = keys; rest != 0; rest &= rest - 1) {
    const auto quote = start + static_cast<std::size_t>(std::countr_zero(rest));
    if ((quote < kFingerprintBytes || is_in_filter(json.data() + quote)) &&
        is_key_suspect(json, quote)) {
      return true;
    }
  }
  return masks.has_special && has_suspect_special(json, start);
}

bool BodyScan::has_suspect_special(std::string_view json, std::size_t start) const noexcept {
  const auto end = std::min(start + kBlockBytes, json.size());
  for (auto place = start; place < end; ++place) {
    if ((class_of(json[place]) & kSpecial) != 0 && is_special_suspect(json, place)) {
      return true;
    }
  }
  return false;
}

bool BodyScan::may_offend(std::string_view json) const noexcept {
  if (is_always_ || !policy_.is_active) {
    return policy_.is_active;
  }
  const auto low = table_of(kTables.low);
  const auto high = table_of(kTables.high);
  std::size_t start = 0;
  for (; json.size() - start >= kBlockBytes; start += kBlockBytes) {
    if (is_block_suspect(json, start, masks_of(json.data() + start, low, high))) {
      return true;
    }
  }
  std::array<char, kBlockBytes> rest{};
  std::memcpy(rest.data(), json.data() + start, json.size() - start);
  return json.size() > start && is_block_suspect(json, start, masks_of(rest.data(), low, high));
}

#else

bool BodyScan::may_offend(std::string_view json) const noexcept {
  return may_offend_portable(json);
}

#endif

}  // namespace format::privacy
