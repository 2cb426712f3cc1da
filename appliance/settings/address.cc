// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/settings/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace ap::settings {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

std::optional<unsigned> parse_length(std::string_view text, unsigned maximum) {
  unsigned length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
      length > maximum || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  return length;
}

std::uint32_t mask_of(unsigned length) {
  return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
}

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  in_addr address{};
  if (text.size() >= INET_ADDRSTRLEN ||
      inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) {
    return std::nullopt;
  }
  return ntohl(address.s_addr);
}

std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto address = parse_ipv4(text.substr(0, slash));
  const auto length = parse_length(text.substr(slash + 1), 32);
  if (!address || !length) {
    return std::nullopt;
  }
  return Ipv4Prefix{*address, *length};
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return text.size() < INET6_ADDRSTRLEN &&
         inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_ipv6_prefix(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && is_ipv6(text.substr(0, slash)) &&
         parse_length(text.substr(slash + 1), 128).has_value();
}

bool is_mac(std::string_view text) {
  if (text.size() != 17 || text == "00:00:00:00:00:00") {
    return false;
  }
  for (std::size_t index = 0; index < text.size(); ++index) {
    const bool is_colon = index % 3 == 2;
    if (is_colon ? text[index] != ':' : kHexDigits.find(text[index]) == std::string_view::npos) {
      return false;
    }
  }
  return std::string_view("13579bdfBDF").find(text[1]) == std::string_view::npos;
}

bool is_source(std::string_view text) {
  return parse_ipv4(text) || parse_ipv4_prefix(text) || is_ipv6(text) || is_ipv6_prefix(text);
}

std::string to_text(std::uint32_t address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  const in_addr network_order{htonl(address)};
  inet_ntop(AF_INET, &network_order, text.data(), text.size());
  return text.data();
}

std::string host_of(std::string_view prefix) {
  return std::string(prefix.substr(0, prefix.find('/')));
}

std::string network_of(std::string_view prefix) {
  const auto parsed = parse_ipv4_prefix(prefix);
  if (!parsed) {
    throw std::invalid_argument("no IPv4 prefix: " + std::string(prefix));
  }
  return to_text(parsed->address & mask_of(parsed->length)) + "/" + std::to_string(parsed->length);
}

}  // namespace ap::settings
