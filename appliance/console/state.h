// SPDX-License-Identifier: LicenseRef-Project
// What the console knows at the moment; owned by the app, written by answers, read by every screen.
#pragma once

#include "appliance/console/model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ap::console {

/// The newest value of something polled, and why it could not be refreshed (empty: it was).
template <typename Value>
struct Fresh {
  std::optional<Value> value;
  std::string error;
};

/// A network or firewall change that reverts by itself unless somebody keeps it.
struct Commit {
  std::string noun;
  std::int64_t deadline_ms = 0;
  bool is_hidden = false;
};

struct State {
  std::int64_t now_ms = 0;  ///< Monotonic.
  std::int64_t now_us = 0;  ///< Since 1970.
  bool is_connected = false;
  std::int64_t lost_since_ms = 0;
  std::string lost_reason;
  bool may_leave = false;
  bool may_open_shell = false;
  Fresh<Health> health;
  Fresh<std::vector<Service>> services;
  Fresh<Network> network;
  Fresh<Firewall> firewall;
  Fresh<std::vector<AuditEntry>> audit;
  std::optional<Commit> commit;
};

}  // namespace ap::console
