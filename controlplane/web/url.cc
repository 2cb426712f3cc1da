// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/url.h"

#include <algorithm>
#include <array>

namespace cp::web {
namespace {

int hex_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  if (digit >= 'A' && digit <= 'F') {
    return digit - 'A' + 10;
  }
  return -1;
}

bool is_unreserved(char letter) noexcept {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_' ||
         letter == '~';
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (letter == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
        hex_value(text[at + 2]) >= 0) {
      decoded.push_back(static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2])));
      at += 2;
    } else {
      decoded.push_back(letter == '+' && plus_is_space ? ' ' : letter);
    }
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char letter : text) {
    if (is_unreserved(letter)) {
      encoded.push_back(letter);
    } else {
      const auto byte = static_cast<unsigned char>(letter);
      encoded.push_back('%');
      encoded.push_back(kDigits[byte >> 4U]);
      encoded.push_back(kDigits[byte & 15U]);
    }
  }
  return encoded;
}

QueryParameters parse_query(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    if (!pair.empty()) {
      const auto equals = std::min(pair.find('='), pair.size());
      const auto value = equals < pair.size() ? pair.substr(equals + 1) : std::string_view{};
      parameters.emplace_back(percent_decode(pair.substr(0, equals), true),
                              percent_decode(value, true));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return parameters;
}

std::string format_query(const QueryParameters& parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    if (!query.empty()) {
      query.push_back('&');
    }
    query.append(percent_encode(name)).append("=").append(percent_encode(value));
  }
  return query;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (end > 0) {
      segments.push_back(percent_decode(path.substr(0, end)));
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

}  // namespace cp::web
