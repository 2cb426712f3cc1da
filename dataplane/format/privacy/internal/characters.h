// SPDX-License-Identifier: LicenseRef-Project
// Classes of characters that patterns are made of, without a locale.
#pragma once

#include <cstddef>
#include <string_view>

namespace format::privacy::internal {

constexpr bool is_digit(char character) noexcept { return character >= '0' && character <= '9'; }
constexpr bool is_letter(char character) noexcept {
  const auto lower = static_cast<char>(character | 0x20);
  return lower >= 'a' && lower <= 'z';
}
constexpr bool is_alphanumeric(char character) noexcept {
  return is_digit(character) || is_letter(character);
}
constexpr bool is_hexadecimal(char character) noexcept {
  const auto lower = static_cast<char>(character | 0x20);
  return is_digit(character) || (lower >= 'a' && lower <= 'f');
}

/// Eight digits in a row, or four, one space or hyphen, and four: every card and every IBAN has
/// them (their bank and account numbers), and hardly anything else of an event does.
constexpr bool has_long_digits(std::string_view text) noexcept {
  std::size_t run = 0;
  std::size_t group_before = 0;
  for (const auto character : text) {
    if (is_digit(character)) {
      ++run;
      if (run >= 8 || (run >= 4 && group_before >= 4)) {
        return true;
      }
      continue;
    }
    group_before = character == ' ' || character == '-' ? run : 0;
    run = 0;
  }
  return false;
}

}  // namespace format::privacy::internal
