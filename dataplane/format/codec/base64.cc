// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace format::codec {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kGuessBytes = 128;
constexpr std::uint8_t kInvalid = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kInvalid);
  for (std::size_t index = 0; index < kAlphabet.size(); ++index) {
    values[static_cast<unsigned char>(kAlphabet[index])] = static_cast<std::uint8_t>(index);
  }
  return values;
}
constexpr auto kValues = make_values();

std::uint32_t value_of(char character) noexcept {
  return kValues[static_cast<unsigned char>(character)];
}

bool looks_like(std::string_view text, bool allows_space) noexcept {
  if (text.empty() || text.size() % 4 != 0) {
    return false;
  }
  const auto start = text.substr(0, kGuessBytes);
  return std::all_of(start.begin(), start.end(), [allows_space](char character) {
    return value_of(character) != kInvalid || character == '=' ||
           (allows_space && character == ' ');
  });
}

/// Decodes whole groups of four without padding; false on a foreign character.
bool decode_groups(std::string_view text, char*& out) noexcept {
  for (std::size_t index = 0; index < text.size(); index += 4) {
    const auto first = value_of(text[index]);
    const auto second = value_of(text[index + 1]);
    const auto third = value_of(text[index + 2]);
    const auto fourth = value_of(text[index + 3]);
    if (((first | second | third | fourth) & 0xc0U) != 0) {
      return false;
    }
    const auto bits = (first << 18U) | (second << 12U) | (third << 6U) | fourth;
    *out++ = static_cast<char>(bits >> 16U);
    *out++ = static_cast<char>((bits >> 8U) & 0xffU);
    *out++ = static_cast<char>(bits & 0xffU);
  }
  return true;
}

/// Decodes the last group, which may end in one or two '='.
bool decode_last_group(std::string_view group, char*& out) noexcept {
  const auto padding = group.ends_with("==") ? 2U : group.ends_with('=') ? 1U : 0U;
  std::array<char, 4> filled{group[0], group[1], padding == 2 ? 'A' : group[2],
                             padding >= 1 ? 'A' : group[3]};
  if (!decode_groups({filled.data(), filled.size()}, out)) {
    return false;
  }
  out -= padding;
  return true;
}

}  // namespace

int base64_value(char character) noexcept {
  const auto value = value_of(character);
  return value == kInvalid ? -1 : static_cast<int>(value);
}

bool looks_like_base64(std::string_view text) noexcept { return looks_like(text, false); }

bool looks_like_base64_with_spaces(std::string_view text) noexcept {
  return looks_like(text, true);
}

bool decode_base64(std::string_view text, std::size_t padding, std::vector<char>& out,
                   std::string_view& decoded) {
  if (text.size() % 4 != 0) {
    return false;
  }
  const auto bytes_max = text.size() / 4 * 3;
  if (out.size() < bytes_max + padding) {
    out.resize(bytes_max + padding);
  }
  auto* end = out.data();
  if (!text.empty()) {
    const auto groups = text.substr(0, text.size() - 4);
    if (!decode_groups(groups, end) || !decode_last_group(text.substr(groups.size()), end)) {
      return false;
    }
  }
  decoded = {out.data(), static_cast<std::size_t>(end - out.data())};
  return true;
}

void append_base64(std::string_view bytes, std::string& out) {
  const auto byte_at = [bytes](std::size_t index) {
    return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0U;
  };
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t index = 0; index < bytes.size(); index += 3) {
    const auto group = byte_at(index) << 16U | byte_at(index + 1) << 8U | byte_at(index + 2);
    out += kAlphabet[group >> 18U];
    out += kAlphabet[(group >> 12U) & 63U];
    out += index + 1 < bytes.size() ? kAlphabet[(group >> 6U) & 63U] : '=';
    out += index + 2 < bytes.size() ? kAlphabet[group & 63U] : '=';
  }
}

}  // namespace format::codec
