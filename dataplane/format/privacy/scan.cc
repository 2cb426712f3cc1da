// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/scan.h"

#include "dataplane/format/privacy/internal/characters.h"
#include "dataplane/format/privacy/internal/suspicion.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __AVX2__
#include "dataplane/format/privacy/internal/vectors.h"
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
}

void BodyScan::add_name(std::string_view name) {
  const auto is_escapable = [](char character) {
    return character == '/' || character == '"' || character == '\\' || character < 0x20 ||
           character == 0x7f;  // all beyond ASCII is below zero
  };
  has_escapable_names_ =
      has_escapable_names_ || std::any_of(name.begin(), name.end(), is_escapable);
  name_ends_.add(name);
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

using internal::load_vector;

constexpr std::size_t kBlockBytes = 64;
/// What a run of digits has before it is found seven bytes later, so that is how far each block
/// reaches back into the one before it: no block needs to know of another.
constexpr std::size_t kOverlap = 7;
constexpr std::size_t kStride = kBlockBytes - kOverlap;
/// Bytes before a block that are read: a key's end.
constexpr std::size_t kLeadBytes = 1 + internal::NameEnds::kPlaces;

std::uint64_t mask_of(__m256i first, __m256i second) noexcept {
  const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(first));
  const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(second));
  return std::uint64_t{high} << 32U | low;
}

__m256i find_digits(__m256i bytes) noexcept { return internal::find_among(bytes, '9', 10); }

/// Every byte that stands at the place of the table which its low half names.
__m256i find_in_table(__m256i table, __m256i bytes) noexcept {
  return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, bytes), bytes);
}

template <typename Entry>
__m256i table_of(const std::array<Entry, 16>& table) noexcept {
  __m128i half;
  std::memcpy(&half, table.data(), sizeof(half));
  return _mm256_broadcastsi128_si256(half);
}

/// BodyScan's, made ready for comparing.
struct Names {
  __m256i last;
  __m256i second_last;
  __m256i third_last;
  __m256i limit;  ///< What stands before a colon and is less may belong to a name.
};

/// Colons behind the quote of a key that ends like a name; those behind white space (and an
/// exclamation mark, or what is no ASCII), too.
__m256i find_name_ends(__m256i bytes, const char* text, const Names& names) noexcept {
  const auto last_two =
      _mm256_and_si256(_mm256_shuffle_epi8(names.last, load_vector(text - 2)),
                       _mm256_shuffle_epi8(names.second_last, load_vector(text - 3)));
  const auto groups =
      _mm256_and_si256(last_two, _mm256_shuffle_epi8(names.third_last, load_vector(text - 4)));
  // -1 where no name ends: the quote becomes one more.
  const auto is_other = _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
  const auto leading = _mm256_sub_epi8(load_vector(text - 1), is_other);
  return _mm256_and_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(':')),
                          _mm256_cmpgt_epi8(names.limit, leading));
}

constexpr std::array<char, 16> kSignTable = {'@', 0, 0, 0,   0,    '%', 0, 0,
                                             0,   0, 0, '+', '\\', 0,   0, 0};

std::uint64_t lowest_of(std::uint64_t bits) noexcept { return bits & (0 - bits); }

/// A digit or several of each run of four and more that is worth a question: it begins with two
/// zeros, there are three digits and one other character before it, or it is long. Without a
/// branch, since every second block has a run that is none of these.
std::uint64_t find_remarkable_runs(std::uint64_t digits, std::uint64_t zeros) noexcept {
  const auto pairs = digits & digits << 1U;
  const auto threes = pairs & pairs << 1U;
  const auto fours = pairs & pairs << 2U;
  const auto fourths = fours & ~(fours << 1U);
  const auto lead_by_zeros = (zeros & zeros << 1U) << 2U;
  return (fourths & (lead_by_zeros | threes << 5U)) | (fours & fours << 4U);
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

/// Blocks, each kStride behind the one before; kLeadBytes before the first may be read.
struct Blocks {
  const char* text = nullptr;
  const char* end = nullptr;   ///< None begins here or later.
  const char* json = nullptr;  ///< Where the JSON would begin.
};

}  // namespace

/// Walks over the blocks of a text and stops at those where a question has to be asked.
struct BodyScan::Walk {
  std::array<Blocks, 3> parts;
  std::size_t part = 0;
  // Of the block where the walk stopped: digits of each remarkable run, colons, and whether there
  // is a sign.
  std::uint64_t runs = 0;
  std::uint64_t colons = 0;
  bool has_signs = false;
};

/// Goes on to the next block with a question; false at the end. No call is made on the way, so
/// that all constants stay in registers.
bool BodyScan::find_question(Walk& walk) const noexcept {
  const auto signs = table_of(kSignTable);
  const auto zero = _mm256_set1_epi8('0');
  const Names names{table_of(name_ends_.groups_at(0)), table_of(name_ends_.groups_at(1)),
                    table_of(name_ends_.groups_at(2)),
                    _mm256_set1_epi8(name_ends_.tells_apart() ? '"' + 1 : '"' + 2)};
  const auto* const filter = filter_.data();
  for (; walk.part < walk.parts.size(); ++walk.part) {
    auto& blocks = walk.parts[walk.part];
    for (const auto* text = blocks.text; text < blocks.end; text += kStride) {
      const auto first = load_vector(text);
      const auto second = load_vector(text + 32);
      const auto runs = find_remarkable_runs(
          mask_of(find_digits(first), find_digits(second)),
          mask_of(_mm256_cmpeq_epi8(first, zero), _mm256_cmpeq_epi8(second, zero)));
      const auto first_keys = find_name_ends(first, text, names);
      const auto second_keys = find_name_ends(second, text + 32, names);
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
  blocks.text += kStride;
  for (auto rest = walk.runs & ~(walk.runs << 1U); rest != 0; rest &= rest - 1) {
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
  for (auto rest = mask_of(find_in_table(signs, load_vector(text)),
                           find_in_table(signs, load_vector(text + 32)));
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
  // What the first block reads before the text is zeros: it is copied. The last one ends where the
  // text does.
  constexpr std::size_t kCopied = 2 * kStride;
  std::array<char, kLeadBytes + kOverlap + kCopied> head{};
  auto* const copy = head.data() + kLeadBytes + kOverlap;
  std::memcpy(copy, json.data(), std::min(json.size(), kCopied));
  Walk walk;
  if (json.size() <= kCopied) {
    walk.parts[0] = {copy - kOverlap, copy + json.size() - kOverlap, copy};
  } else {
    const auto* const last = json.data() + json.size() - kBlockBytes;
    walk.parts[0] = {copy - kOverlap, copy, copy};
    walk.parts[1] = {json.data() + kStride - kOverlap, last, json.data()};
    walk.parts[2] = {last, last + 1, json.data()};
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
