// SPDX-License-Identifier: LicenseRef-Project
// The units an operator sees, in their order, with names for people and what may be done to them.
#pragma once

#include <string_view>
#include <vector>

namespace ap::services {

enum class Verb { start, stop, restart, reset_failed };

/// One unit of the fixed list. `effects` of stopping and restarting are what a plan says.
struct CatalogueEntry {
  std::string_view unit;
  std::string_view title;
  bool may_stop = false;
  bool may_restart = false;
  bool is_image_only = false;  ///< Makes no sense on a plain server.
  bool is_oneshot = false;     ///< Rests as `inactive` when all is well.
  std::string_view when_stopped;
  std::string_view when_restarted;
  /// Stopped before the unit itself, because they would start it again.
  std::vector<std::string_view> sockets = {};
};

/// Every unit, ours first.
const std::vector<CatalogueEntry>& catalogue();

/// The entry of `unit`. Throws Failure `not_found`.
const CatalogueEntry& entry_of(std::string_view unit);

/// `start`, `stop`, `restart` or `reset-failed`. Throws Failure `invalid`.
Verb parse_verb(std::string_view word);

/// True when the catalogue allows it: whatever may restart may also start.
bool is_allowed(const CatalogueEntry& entry, Verb verb);

}  // namespace ap::services
