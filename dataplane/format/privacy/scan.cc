// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/scan.h"

#include "dataplane/format/privacy/internal/characters.h"
#include "dataplane/format/privacy/internal/suspicion.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace format::privacy {
namespace {

using internal::is_digit;
using internal::kRunDigitsMax;
using internal::kRunDigitsMin;

constexpr std::string_view kAddressName = "$ip";
constexpr unsigned kFilterBits = 12;
constexpr std::string_view kSigns = "@%+\\";

/// Where the filter keeps keys that end, with their quote, in the four bytes at `text`.
std::uint32_t filter_place_of(const char* text) noexcept {
  std::uint32_t last = 0;
  std::memcpy(&last, text, sizeof(last));
  return (last * 0x9e3779b1U) >> (32U - kFilterBits);
}

bool is_white_space(char character) noexcept {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r';
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
  choose_letters();
}

/// Looks for a place near the end of names where their letters are few and can be told by their low
/// halves: most keys are passed by that alone. Where there is none, the quote lets all keys
/// through.
void BodyScan::choose_letters() {
  letter_distance_ = 1;
  letters_ = {};
  letters_['"' & 0xf] = '"';
  const auto& names = policy_.names.exact();
  auto fewest = letters_.size();
  for (const std::size_t distance : {3U, 4U, 2U}) {
    std::array<char, 16> table{};
    const auto is_told = [&table, distance](std::string_view name) {
      const auto key = '"' + std::string(name);
      const auto letter = key.size() < distance - 1 ? '\x80' : key[key.size() - (distance - 1)];
      auto& entry = table[static_cast<unsigned char>(letter) & 0xfU];
      const auto is_free = entry == 0 || entry == letter;
      entry = letter;
      return is_free && static_cast<unsigned char>(letter) < 0x80;
    };
    const auto are_told =
        is_told(kAddressName) &&
        (policy_.name_mode != NameMode::deny || std::all_of(names.begin(), names.end(), is_told));
    const auto letters =
        table.size() - static_cast<std::size_t>(std::count(table.begin(), table.end(), '\0'));
    if (are_told && letters < fewest) {
      fewest = letters;
      letter_distance_ = distance;
      letters_ = table;
    }
  }
}

void BodyScan::add_name(std::string_view name) {
  const auto is_escapable = [](char character) {
    return character == '/' || character == '"' || character == '\\' || character < 0x20 ||
           character == 0x7f;  // all beyond ASCII is below zero
  };
  has_escapable_names_ =
      has_escapable_names_ || std::any_of(name.begin(), name.end(), is_escapable);
  const auto insert = [this](const std::string& end) {
    filter_[filter_place_of(end.data() + end.size() - sizeof(std::uint32_t))] = 1;
  };
  if (name.size() > 1) {
    insert('"' + std::string(name) + '"');
    return;
  }
  for (const auto leading : std::string_view("{, \n\r\t")) {
    insert(leading + ('"' + std::string(name) + '"'));
  }
}

/// `colon` may be the one behind a key.
bool BodyScan::is_key_suspect(std::string_view json, std::size_t colon) const noexcept {
  auto quote = colon;
  while (quote > 0 && is_white_space(json[quote - 1])) {
    --quote;
  }
  if (quote == 0 || json[quote - 1] != '"') {
    return false;
  }
  --quote;
  const auto is_named = [json, quote](std::string_view name) {
    return quote > name.size() && json[quote - name.size() - 1] == '"' &&
           json.substr(quote - name.size(), name.size()) == name;
  };
  const auto& names = policy_.names.exact();
  return is_named(kAddressName) ||
         (policy_.name_mode == NameMode::deny && std::any_of(names.begin(), names.end(), is_named));
}

bool BodyScan::is_sign_suspect(std::string_view json, std::size_t place) const noexcept {
  return internal::is_sign_suspect(policy_, json, place) ||
         (has_escapable_names_ && json[place] == '\\');
}

bool BodyScan::may_offend_portable(std::string_view json) const noexcept {
  if (is_always_ || !policy_.is_active || json.empty()) {
    return policy_.is_active && !json.empty();
  }
  std::size_t digits = 0;  // before the place
  for (std::size_t place = 0; place <= json.size(); ++place) {
    const auto character = place < json.size() ? json[place] : '\0';
    if (is_digit(character)) {
      ++digits;
      continue;
    }
    if (digits >= kRunDigitsMin && digits <= kRunDigitsMax &&
        internal::is_run_suspect(policy_, json, place - digits, digits)) {
      return true;
    }
    digits = 0;
    if ((character == ':' && is_key_suspect(json, place)) ||
        (kSigns.find(character) != std::string_view::npos && is_sign_suspect(json, place))) {
      return true;
    }
  }
  return false;
}

#ifdef __AVX2__

namespace {

constexpr std::size_t kBlockBytes = 64;
/// Bytes before a block that may be read: a key's end, what a run of digits is joined to.
constexpr std::size_t kLeadBytes = 8;

__m256i load(const char* text) noexcept {
  __m256i bytes;
  std::memcpy(&bytes, text, sizeof(bytes));
  return bytes;
}

std::uint64_t mask_of(__m256i first, __m256i second) noexcept {
  const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(first));
  const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(second));
  return std::uint64_t{high} << 32U | low;
}

__m256i find_digits(__m256i bytes) noexcept {
  // '0' to '9' become the ten greatest numbers.
  return _mm256_cmpgt_epi8(_mm256_add_epi8(bytes, _mm256_set1_epi8(0x7f - '9')),
                           _mm256_set1_epi8(0x7f - 10));
}

/// Every byte that stands at the place of the table which its low half names.
__m256i find_in_table(__m256i table, __m256i bytes) noexcept {
  return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, bytes), bytes);
}

__m256i table_of(const std::array<char, 16>& table) noexcept {
  __m128i half;
  std::memcpy(&half, table.data(), sizeof(half));
  return _mm256_broadcastsi128_si256(half);
}

/// BodyScan's, made ready for comparing.
struct Letters {
  __m256i table;
  __m256i quote;
  std::ptrdiff_t distance;
};

/// Colons behind a quote whose key has one of `letters`, `distance` before the colon; those behind
/// white space (and an exclamation mark, or what is no ASCII), too.
__m256i find_key_ends(__m256i bytes, const char* text, const Letters& letters) noexcept {
  // A match is -1 and makes the quote one less.
  const auto leading =
      _mm256_add_epi8(find_in_table(letters.table, load(text - letters.distance)), load(text - 1));
  return _mm256_and_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(':')),
                          _mm256_cmpgt_epi8(letters.quote, leading));
}

constexpr std::array<char, 16> kSignTable = {'@', 0, 0, 0,   0,    '%', 0, 0,
                                             0,   0, 0, '+', '\\', 0,   0, 0};

/// Digits of a block, those with one, and those with three before them.
struct Digits {
  std::uint64_t all = 0;
  std::uint64_t pairs = 0;
  std::uint64_t fours = 0;
};

/// As much of the digits of a block as the next one, at `text`, needs: of its last eight bytes.
Digits digits_before(const char* text) noexcept {
  std::array<char, sizeof(__m256i)> bytes{};
  std::memcpy(bytes.data(), text - kLeadBytes, kLeadBytes);
  const auto found =
      static_cast<std::uint32_t>(_mm256_movemask_epi8(find_digits(load(bytes.data()))));
  Digits digits;
  digits.all = std::uint64_t{found} << (kBlockBytes - kLeadBytes);
  digits.pairs = digits.all & digits.all * 2;
  digits.fours = digits.pairs & digits.pairs * 4;
  return digits;
}

std::uint64_t lowest_of(std::uint64_t bits) noexcept { return bits & (0 - bits); }

/// One digit each of the runs of four and more that are worth a question: they go on after a joint,
/// begin with two zeros, or are long.
std::uint64_t find_remarkable_runs(const char* text, const Digits& digits,
                                   std::uint64_t fours_before) noexcept {
  std::uint64_t runs = 0;
  const auto fourths = digits.fours & ~(digits.fours * 2 + (fours_before >> 63U));
  for (auto rest = fourths; rest != 0; rest &= rest - 1) {
    std::uint16_t first_two = 0;
    std::memcpy(&first_two, text + std::countr_zero(rest) - 3, sizeof(first_two));
    runs |= first_two == 0x3030 ? lowest_of(rest) : 0;
  }
  // There is a digit two bytes before the run, or in the block before.
  for (auto rest = fourths & (digits.all << 5U | 0x1f); rest != 0; rest &= rest - 1) {
    const auto* const joint = text + std::countr_zero(rest) - 4;
    runs |= (*joint == ' ' || *joint == '-') && is_digit(joint[-1]) ? lowest_of(rest) : 0;
  }
  const auto eights = digits.fours & (digits.fours << 4U | fours_before >> 60U);
  if (eights != 0) [[unlikely]] {
    runs |= eights & ~(eights << 1U);
  }
  return runs;
}

/// Of the colons behind keys, those whose key may be a name of the policy.
std::uint64_t find_names(const char* text, std::uint64_t keys,
                         const std::uint8_t* filter) noexcept {
  std::uint64_t names = 0;
  for (; keys != 0; keys &= keys - 1) {
    const auto* const colon = text + std::countr_zero(keys);
    const auto is_asked =
        filter[filter_place_of(colon - sizeof(std::uint32_t))] != 0 || colon[-1] != '"';
    names |= is_asked ? lowest_of(keys) : 0;
  }
  return names;
}

/// Whole blocks, one after the other; at least kLeadBytes before the first may be read.
struct Blocks {
  const char* text = nullptr;
  const char* end = nullptr;
  const char* json = nullptr;  ///< Where the JSON would begin.
  Digits before{};             ///< Of the block before.
};

}  // namespace

/// Walks over the blocks of a text and stops at those where a question has to be asked.
struct BodyScan::Walk {
  std::array<Blocks, 3> parts;
  std::size_t part = 0;
  // Of the block where the walk stopped: one digit of each remarkable run, colons, and whether
  // there is a sign.
  std::uint64_t runs = 0;
  std::uint64_t colons = 0;
  bool has_signs = false;
};

/// Goes on to the next block with a question; false at the end. No call is made on the way, so
/// that all constants stay in registers.
bool BodyScan::find_question(Walk& walk) const noexcept {
  const auto signs = table_of(kSignTable);
  const Letters letters{table_of(letters_), _mm256_set1_epi8(quote_),
                        static_cast<std::ptrdiff_t>(letter_distance_)};
  const auto* const filter = filter_.data();
  for (; walk.part < walk.parts.size(); ++walk.part) {
    auto& blocks = walk.parts[walk.part];
    auto before = blocks.before;
    for (const auto* text = blocks.text; text != blocks.end; text += kBlockBytes) {
      const auto first = load(text);
      const auto second = load(text + 32);
      Digits digits;
      digits.all = mask_of(find_digits(first), find_digits(second));
      digits.pairs = digits.all & (digits.all * 2 + (before.all >> 63U));
      digits.fours = digits.pairs & (digits.pairs * 4 + (before.pairs >> 62U));
      std::uint64_t runs = 0;
      if (digits.fours != 0) {
        runs = find_remarkable_runs(text, digits, before.fours);
      }
      before = digits;
      const auto first_keys = find_key_ends(first, text, letters);
      const auto second_keys = find_key_ends(second, text + 32, letters);
      const auto found = _mm256_or_si256(find_in_table(signs, first), find_in_table(signs, second));
      const auto keys = _mm256_or_si256(first_keys, second_keys);
      if ((static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_or_si256(found, keys))) | runs) ==
          0) {
        continue;
      }
      const auto colons = find_names(text, mask_of(first_keys, second_keys), filter);
      const auto signed_bytes = static_cast<std::uint32_t>(_mm256_movemask_epi8(found));
      if ((runs | colons | signed_bytes) != 0) {
        blocks.text = text;
        blocks.before = before;
        walk.runs = runs;
        walk.colons = colons;
        walk.has_signs = signed_bytes != 0;
        return true;
      }
    }
  }
  return false;
}

/// Asks about the block where `walk` stopped, and steps over it.
bool BodyScan::is_block_suspect(std::string_view json, Walk& walk) const noexcept {
  auto& blocks = walk.parts[walk.part];
  const auto* const text = blocks.text;
  const auto place = [start = text - blocks.json](std::uint64_t bits) {
    return static_cast<std::size_t>(start + std::countr_zero(bits));
  };
  blocks.text += kBlockBytes;
  for (auto rest = walk.runs; rest != 0; rest &= rest - 1) {
    if (is_run_suspect(json, place(rest))) {
      return true;
    }
  }
  for (auto rest = walk.colons; rest != 0; rest &= rest - 1) {
    if (is_key_suspect(json, place(rest))) {
      return true;
    }
  }
  if (!walk.has_signs) {
    return false;
  }
  const auto signs = table_of(kSignTable);
  for (auto rest = mask_of(find_in_table(signs, load(text)), find_in_table(signs, load(text + 32)));
       rest != 0; rest &= rest - 1) {
    if (is_sign_suspect(json, place(rest))) {
      return true;
    }
  }
  return false;
}

/// The run of digits that `place` belongs to. A very long one is nothing.
bool BodyScan::is_run_suspect(std::string_view json, std::size_t place) const noexcept {
  auto begin = place;
  while (begin > 0 && is_digit(json[begin - 1]) && place - begin < kRunDigitsMax) {
    --begin;
  }
  auto end = place;
  while (end < json.size() && is_digit(json[end]) && end - begin <= kRunDigitsMax) {
    ++end;
  }
  const auto count = end - begin;
  return count >= kRunDigitsMin && count <= kRunDigitsMax &&
         internal::is_run_suspect(policy_, json, begin, count);
}

bool BodyScan::may_offend(std::string_view json) const noexcept {
  if (is_always_ || !policy_.is_active || json.empty()) {
    return policy_.is_active && !json.empty();
  }
  // The bytes before the first block are zeros: it is copied. The last one begins in the one before
  // it.
  std::array<char, kLeadBytes + 2 * kBlockBytes> head{};
  auto* const copy = head.data() + kLeadBytes;
  const auto* const end = json.data() + json.size();
  Walk walk;
  if (json.size() < kLeadBytes + kBlockBytes) {
    std::memcpy(copy, json.data(), json.size());
    walk.parts[0] = {copy, copy + (json.size() <= kBlockBytes ? 1 : 2) * kBlockBytes, copy};
  } else {
    const auto* const rest = json.data() + json.size() / kBlockBytes * kBlockBytes;
    std::memcpy(copy, json.data(), kBlockBytes);
    walk.parts[0] = {copy, copy + kBlockBytes, copy};
    const auto* const second = json.data() + kBlockBytes;
    walk.parts[1] = {second, rest, json.data(), digits_before(second)};
    if (rest != end) {
      const auto* const last = end - kBlockBytes;
      walk.parts[2] = {last, end, json.data(), digits_before(last)};
    }
  }
  while (find_question(walk)) {
    if (is_block_suspect(json, walk)) {
      return true;
    }
  }
  return false;
}

#else

bool BodyScan::may_offend(std::string_view json) const noexcept {
  return may_offend_portable(json);
}

#endif

}  // namespace format::privacy
