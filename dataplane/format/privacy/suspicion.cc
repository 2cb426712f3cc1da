// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/internal/suspicion.h"

#include "dataplane/format/privacy/internal/characters.h"
#include "dataplane/format/privacy/internal/pieces.h"
#include "dataplane/format/privacy/internal/uuids.h"
#include "dataplane/format/privacy/patterns.h"

#include <algorithm>
#include <array>

namespace format::privacy::internal {
namespace {

/// Bytes of an IBAN with a separator behind every character.
constexpr std::size_t kIbanReach = 72;
constexpr std::size_t kCardDigitsMin = 14;
constexpr std::size_t kCardDigitsMax = 19;
constexpr std::size_t kLongRunDigits = 8;
constexpr std::size_t kPhoneDigitsMin = 8;
constexpr std::size_t kEscapeBytes = 6;  // \u0041

char at(std::string_view text, std::size_t place) noexcept {
  return place < text.size() ? text[place] : '\0';
}

char before(std::string_view text, std::size_t place, std::size_t distance) noexcept {
  return place >= distance ? text[place - distance] : '\0';
}

bool is_joint(char character) noexcept { return character == ' ' || character == '-'; }

bool is_phone_separator(char character) noexcept {
  return std::string_view(" -./()").find(character) != std::string_view::npos;
}

/// Digits in a row that end before `end`.
std::size_t digits_before(std::string_view text, std::size_t end) noexcept {
  auto begin = end;
  while (begin > 0 && is_digit(text[begin - 1]) && end - begin < kRunDigitsMax) {
    --begin;
  }
  return end - begin;
}

/// Two letters and two digits begin the word that `place` is in, or one joined to it.
bool may_be_inside_iban(std::string_view text, std::size_t place) noexcept {
  const auto stop = place > kIbanReach ? place - kIbanReach : 0;
  auto begin = place;
  while (true) {
    while (begin > stop && is_alphanumeric(text[begin - 1])) {
      --begin;
    }
    const auto leading = before(text, begin, 1);
    // Behind an escape the word begins later than it seems.
    if (leading == '\\' || (is_letter(at(text, begin)) && is_letter(at(text, begin + 1)) &&
                            is_digit(at(text, begin + 2)) && is_digit(at(text, begin + 3)))) {
      return true;
    }
    if (begin <= stop || !is_joint(leading)) {
      return false;
    }
    --begin;
  }
}

/// Digits around `place`, groups of them joined by one space or hyphen each.
std::size_t joined_digits(std::string_view json, std::size_t place) noexcept {
  const auto belongs = [json](std::size_t where, std::size_t beyond) {
    return is_digit(json[where]) || (is_joint(json[where]) && is_digit(at(json, beyond)));
  };
  auto begin = place;
  std::size_t count = 0;
  for (; begin > 0 && belongs(begin - 1, begin - 2) && count < kCardDigitsMin; --begin) {
    count += is_digit(json[begin - 1]) ? 1U : 0U;
  }
  for (auto end = place; end < json.size() && belongs(end, end + 1) && count < kCardDigitsMin;
       ++end) {
    count += is_digit(json[end]) ? 1U : 0U;
  }
  return count;
}

/// The run continues a group of digits before it: a card or an IBAN in groups, `415-555-2671`.
bool is_continuation_suspect(std::string_view json, std::size_t place, std::size_t count) noexcept {
  const auto group = digits_before(json, place - 1);
  if (group >= kRunDigitsMin) {
    return joined_digits(json, place) >= kCardDigitsMin || may_be_inside_iban(json, place);
  }
  return group == 3 && count == 4 && is_joint(before(json, place, 5));
}

bool is_long_run_suspect(const Policy& policy, std::string_view json, std::size_t place,
                         std::size_t count) noexcept {
  const auto is_card = count >= kCardDigitsMin && count <= kCardDigitsMax &&
                       find_pattern(json.substr(place, count), policy);
  return is_card || may_be_inside_iban(json, place);
}

/// An address may end in what follows its at sign.
bool is_domain_suspect(std::string_view rest) noexcept {
  const auto* const stop = std::find_if_not(rest.begin(), rest.end(), is_domain_character);
  return (stop != rest.end() && *stop == '\\') || domain_bytes(rest) != 0;
}

/// `place` is where the plus sign or what stands for it begins, of `bytes`.
bool is_plus_suspect(std::string_view json, std::size_t place, std::size_t bytes) noexcept {
  const auto is_escaped =
      before(json, place, 2) == '\\' || before(json, place, kEscapeBytes) == '\\';
  if (is_alphanumeric(before(json, place, 1)) && !is_escaped) {
    return false;
  }
  std::size_t digits = 0;
  for (auto end = place + bytes; end < json.size() && digits < kPhoneDigitsMin; ++end) {
    if (json[end] == '\\') {
      return true;
    }
    if (!is_digit(json[end]) && !is_phone_separator(json[end])) {
      return false;
    }
    digits += is_digit(json[end]) ? 1U : 0U;
  }
  return digits == kPhoneDigitsMin;
}

bool is_at_sign_suspect(std::string_view json, std::size_t place, std::size_t bytes) noexcept {
  return is_local_character(before(json, place, 1)) &&
         is_domain_suspect(json.substr(place + bytes));
}

/// An escape that hides an ASCII character, or whose digits run into others.
bool is_escape_suspect(std::string_view json, std::size_t place) noexcept {
  if (at(json, place + 1) != 'u') {
    return false;
  }
  const auto is_ascii =
      json.substr(place + 2, 2) == "00" && at(json, place + 4) >= '2' && at(json, place + 4) <= '7';
  return is_ascii || is_digit(at(json, place + kEscapeBytes));
}

}  // namespace

bool is_run_suspect(const Policy& policy, std::string_view json, std::size_t place,
                    std::size_t count) noexcept {
  const auto behind = at(json, place + count);
  const auto is_zero_zero = json[place] == '0' && json[place + 1] == '0' &&
                            json[place + 2] != '0' &&
                            (is_phone_separator(behind) || behind == '\\');
  const auto is_joined = is_joint(before(json, place, 1)) && is_digit(before(json, place, 2));
  const auto is_long = count >= kLongRunDigits;
  // Most are in a UUID: that is asked first, the rest costs more.
  return (is_zero_zero || is_joined || is_long) && !is_in_uuid(json, place) &&
         (is_zero_zero || (is_joined && is_continuation_suspect(json, place, count)) ||
          (is_long && is_long_run_suspect(policy, json, place, count)));
}

bool is_sign_suspect(const Policy& policy, std::string_view json, std::size_t place) noexcept {
  const auto code = json.substr(place + 1, 2);
  const auto wants_email = policy.of(Pattern::email) != Action::keep;
  const auto wants_phone = policy.of(Pattern::phone) != Action::keep;
  switch (json[place]) {
    case '@':
      return wants_email && is_at_sign_suspect(json, place, 1);
    case '%':
      return code == "40"
                 ? wants_email && is_at_sign_suspect(json, place, 3)
                 : (code == "2B" || code == "2b") && wants_phone && is_plus_suspect(json, place, 3);
    case '+':
      return wants_phone && is_plus_suspect(json, place, 1);
    default:
      return is_escape_suspect(json, place);
  }
}

}  // namespace format::privacy::internal
