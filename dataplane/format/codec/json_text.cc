// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace format::codec {
namespace {

using simdjson::dom::element_type;

template <typename Number>
void append_number(Number number, std::string& out) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// NOLINTNEXTLINE(misc-no-recursion): kJsonDepthMax bounds it.
void append_array(simdjson::dom::array array, std::string& out) {
  out += '[';
  auto is_first = true;
  for (const auto item : array) {
    if (!std::exchange(is_first, false)) {
      out += ',';
    }
    append_sorted_json(item, out);
  }
  out += ']';
}

// NOLINTNEXTLINE(misc-no-recursion): kJsonDepthMax bounds it.
void append_object(simdjson::dom::object object, std::string& out) {
  std::vector<std::pair<std::string_view, simdjson::dom::element>> members;
  for (const auto member : object) {
    members.emplace_back(member.key, member.value);
  }
  std::sort(members.begin(), members.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  out += '{';
  auto is_first = true;
  for (const auto& [key, value] : members) {
    if (!std::exchange(is_first, false)) {
      out += ',';
    }
    append_json_string(key, out);
    out += ':';
    append_sorted_json(value, out);
  }
  out += '}';
}

}  // namespace

/// Shortest text that reads back as the same number, with a fraction or an exponent without '+'
/// (`1e21`, `5.0`).
void append_json_number(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out.append("null");
    return;
  }
  const auto start = out.size();
  append_number(number, out);
  const auto exponent = out.find('e', start);
  if (exponent == std::string::npos) {
    if (out.find('.', start) == std::string::npos) {
      out += ".0";
    }
    return;
  }
  auto digits = exponent + 1;
  if (out[digits] == '+') {
    out.erase(digits, 1);
  } else if (out[digits] == '-') {
    ++digits;
  }
  while (out[digits] == '0' && digits + 1 < out.size()) {
    out.erase(digits, 1);
  }
}

void append_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kShortNames = "\"\\bfnrt";
  out += '"';
  for (const auto character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (const auto index = kShort.find(character); index != std::string_view::npos) {
      out += '\\';
      out += kShortNames[index];
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0xfU];
    } else {
      out += character;
    }
  }
  out += '"';
}

// NOLINTNEXTLINE(misc-no-recursion): kJsonDepthMax bounds it.
void append_sorted_json(simdjson::dom::element value, std::string& out) {
  switch (value.type()) {
    case element_type::ARRAY:
      append_array(value.get_array().value_unsafe(), out);
      break;
    case element_type::OBJECT:
      append_object(value.get_object().value_unsafe(), out);
      break;
    case element_type::INT64:
      append_number(value.get_int64().value_unsafe(), out);
      break;
    case element_type::UINT64:
      append_number(value.get_uint64().value_unsafe(), out);
      break;
    case element_type::DOUBLE:
      append_json_number(value.get_double().value_unsafe(), out);
      break;
    case element_type::STRING:
      append_json_string(value.get_string().value_unsafe(), out);
      break;
    case element_type::BOOL:
      out += value.get_bool().value_unsafe() ? "true" : "false";
      break;
    default:
      out += "null";
      break;
  }
}

}  // namespace format::codec
