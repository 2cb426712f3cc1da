// SPDX-License-Identifier: LicenseRef-Project
// Addresses as operators write them: IPv4, IPv6, with and without a prefix length, MAC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ap::settings {

/// An IPv4 address, numerically, with the length of its network's prefix.
struct Ipv4Prefix {
  std::uint32_t address = 0;
  unsigned length = 32;
};

/// Dotted quad; nothing else.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);

/// `a.b.c.d/n`.
std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text);

bool is_ipv6(std::string_view text);

/// `x::y/n`.
bool is_ipv6_prefix(std::string_view text);

/// `aa:bb:cc:dd:ee:ff` of one station: neither zero nor a group's.
bool is_mac(std::string_view text);

/// An address of either family, alone or with a prefix length.
bool is_source(std::string_view text);

std::string to_text(std::uint32_t address);

/// `10.1.1.30` of `10.1.1.30/24`; the text itself without a slash.
std::string host_of(std::string_view prefix);

/// `10.1.1.0/24` of `10.1.1.30/24`. Throws std::invalid_argument for what is no prefix.
std::string network_of(std::string_view prefix);

}  // namespace ap::settings
