// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace format::codec {
namespace {

constexpr std::size_t kGuessBytes = 128;
constexpr std::array<std::string_view, 4> kFormKeys = {"data=", "_=", "ip=", "compression="};
/// 2021-01-01T00:00:00Z; earlier values are seconds or nonsense (capture-protocol 3).
constexpr std::int64_t kSentAtMillisecondsMin = 1'609'459'200'000;

struct CompressionName {
  std::string_view name;
  Compression compression;
};
constexpr std::array<CompressionName, 6> kCompressionNames = {{{"gzip", Compression::gzip},
                                                               {"gzip-js", Compression::gzip},
                                                               {"lz64", Compression::lz64},
                                                               {"lz-string", Compression::lz64},
                                                               {"base64", Compression::base64},
                                                               {"b64", Compression::base64}}};

char to_lower(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                              : character;
}

int hexadecimal_value(char character) noexcept {
  if (character >= '0' && character <= '9') {
    return character - '0';
  }
  const auto lower = to_lower(character);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::int64_t parse_sent_at(std::string_view value) noexcept {
  std::int64_t milliseconds = 0;
  const auto* end = value.data() + value.size();
  const auto [stop, failure] = std::from_chars(value.data(), end, milliseconds);
  const auto is_number = failure == std::errc() && stop == end;
  return is_number && milliseconds >= kSentAtMillisecondsMin ? milliseconds : 0;
}

}  // namespace

FormPair next_pair(std::string_view& rest) noexcept {
  const auto end = rest.find('&');
  const auto pair = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos) {
    return {pair, {}};
  }
  return {pair.substr(0, equals), pair.substr(equals + 1)};
}

bool looks_like_form(std::string_view text) noexcept {
  const auto start = text.substr(0, kGuessBytes);
  for (std::size_t from = 0; from < start.size();) {
    const auto piece = start.substr(from);
    if (std::any_of(kFormKeys.begin(), kFormKeys.end(),
                    [piece](std::string_view key) { return piece.starts_with(key); })) {
      return true;
    }
    const auto separator = start.find('&', from);
    if (separator == std::string_view::npos) {
      return false;
    }
    from = separator + 1;
  }
  return false;
}

std::string_view decode_form_value(std::string_view value, std::size_t padding,
                                   std::vector<char>& out) {
  if (out.size() < value.size() + padding) {
    out.resize(value.size() + padding);
  }
  auto* end = out.data();
  for (std::size_t index = 0; index < value.size(); ++index) {
    auto character = value[index];
    if (character == '+') {
      character = ' ';
    } else if (character == '%' && index + 2 < value.size()) {
      const auto high = hexadecimal_value(value[index + 1]);
      const auto low = hexadecimal_value(value[index + 2]);
      if (high >= 0 && low >= 0) {
        character = static_cast<char>(high * 16 + low);
        index += 2;
      }
    }
    *end++ = character;
  }
  return {out.data(), static_cast<std::size_t>(end - out.data())};
}

Compression compression_of_parameter(std::string_view value) noexcept {
  for (const auto& [name, compression] : kCompressionNames) {
    if (std::equal(value.begin(), value.end(), name.begin(), name.end(),
                   [](char left, char right) { return to_lower(left) == right; })) {
      return compression;
    }
  }
  return Compression::none;
}

Compression compression_of_header(std::string_view value) noexcept {
  if (value.empty()) {
    return Compression::none;  // most requests; spares six comparisons
  }
  for (const auto& [name, compression] : kCompressionNames) {
    if (value == name) {
      return compression;
    }
  }
  return Compression::none;
}

QueryParameters scan_query(std::string_view query) noexcept {
  QueryParameters parameters;
  while (!query.empty()) {
    const auto [name, value] = next_pair(query);
    if (name == "data") {
      parameters.data = value;
    } else if (name == "compression") {
      parameters.compression = compression_of_parameter(value);
    } else if (name == "_" || name == "sent_at") {
      parameters.sent_at_ms = parse_sent_at(value);
    } else if (name == "beacon") {
      parameters.is_beacon = value == "1";
    }
  }
  return parameters;
}

}  // namespace format::codec
