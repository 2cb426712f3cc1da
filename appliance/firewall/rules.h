// SPDX-License-Identifier: LicenseRef-Project
// The packet filter of the box as nftables text and in words, both pure functions of the settings.
#pragma once

#include "appliance/settings/files.h"
#include "appliance/settings/settings.h"

#include <string>
#include <vector>

namespace ap::firewall {

inline constexpr const char* kRulesPath = "/run/bristle/firewall.nft";

/// The whole ruleset; loading it replaces the previous one in one transaction.
std::string render_rules(const settings::Settings& settings);

/// One thing that may come in, for people.
struct Rule {
  std::string text;
  std::string port;       ///< `22`, `80`, or empty.
  std::string from;       ///< A network, or `anywhere`.
  std::string interface;  ///< Empty: any.
};

/// What may come in, in the order of the chain.
std::vector<Rule> rules_in_words(const settings::Settings& settings);

}  // namespace ap::firewall
