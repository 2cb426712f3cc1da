// SPDX-License-Identifier: LicenseRef-Project
// The one table of appliance.toml's keys; reading, printing, comparing and changing walk over it.
#pragma once

#include "appliance/settings/settings.h"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ap::settings {

using Reference = std::variant<std::string*, std::int64_t*, std::vector<std::string>*>;

/// One key: the table it stands in (empty: none), its name, and where its value lies.
struct Field {
  std::string_view table;
  std::string_view key;
  Reference (*reference)(Settings& settings);

  /// `vswitch.vlan`, or `hostname`.
  [[nodiscard]] std::string name() const;

  /// A pointer to the value, for reading.
  [[nodiscard]] Reference read(const Settings& settings) const;
};

/// Every key but `version`, in the order of the file.
std::span<const Field> fields();

/// Throws Failure `invalid` with all of `problems`, if there are any.
void refuse(const std::vector<Problem>& problems);

/// What a value of this kind is called in a message.
std::string_view expected_kind(const Reference& reference);

}  // namespace ap::settings
