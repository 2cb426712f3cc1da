// SPDX-License-Identifier: LicenseRef-Project
// Bodies of session recordings as SDKs make them, for tests of capture, worker and the whole way.
#pragma once

#include "tests/support/compression.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace support {

/// What JavaScript's JSON.stringify makes of the string whose code points are the bytes: how
/// posthog-js sends gzip inside of an item (`cv` "2024-10").
inline std::string latin1_json(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kShortNames = "\"\\bfnrt";
  std::string json = "\"";
  for (const auto character : bytes) {
    const auto byte = static_cast<unsigned char>(character);
    if (const auto index = kShort.find(character); index != std::string_view::npos) {
      json += '\\';
      json += kShortNames[index];
    } else if (byte < 0x20) {
      json += "\\u00";
      json += kDigits[byte >> 4U];
      json += kDigits[byte & 15U];
    } else if (byte < 0x80) {
      json += character;
    } else {
      json += static_cast<char>(0xc0U | (byte >> 6U));
      json += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return json + '"';
}

/// A full snapshot with every byte there is.
inline std::string item_of_every_byte(std::string_view timestamp) {
  std::string bytes = "\x1f\x8b\x08";
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
  }
  return R"({"type":2,"data":)" + latin1_json(bytes) + R"(,"timestamp":)" + std::string(timestamp) +
         R"(,"cv":"2024-10"})";
}

inline std::string gzip(std::string_view text) { return deflate(text, DeflateForm::gzip); }

/// A recorded body of tests/wire/recordings. Tests run in the root of the tree.
inline std::string recorded_body(std::string_view name) {
  std::ifstream file(std::filesystem::path("tests/wire/recordings") / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace support
