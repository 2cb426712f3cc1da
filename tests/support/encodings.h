// SPDX-License-Identifier: LicenseRef-Project
// What clients wrap their bodies in.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace support {

/// Standard base64 with padding.
inline std::string base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t index = 0; index < text.size(); index += 3) {
    std::uint32_t bits = 0;
    for (std::size_t offset = 0; offset < 3; ++offset) {
      const auto byte = index + offset < text.size()
                            ? static_cast<unsigned char>(text[index + offset])
                            : static_cast<unsigned char>(0);
      bits = (bits << 8U) | byte;
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      const auto is_padding = index + digit > text.size();
      out += is_padding ? '=' : kAlphabet[(bits >> (18U - 6U * digit)) & 63U];
    }
  }
  return out;
}

/// As JavaScript's encodeURIComponent, but for a few marks it leaves alone.
inline std::string url_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const auto character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (std::isalnum(byte) != 0) {
      out += character;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

/// `text` that many times.
inline std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int round = 0; round < times; ++round) {
    out.append(text);
  }
  return out;
}

}  // namespace support
