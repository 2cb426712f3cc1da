// SPDX-License-Identifier: LicenseRef-Project
// The screens by their number keys.
#pragma once

#include "appliance/console/actions.h"
#include "appliance/console/desk.h"

#include <memory>
#include <optional>
#include <string>

namespace ap::console {

/// Keys that scroll or move a selection: changes `position` by lines or pages of `rows`.
/// Returns false for other keys. The caller bounds the result.
bool move_by_key(const Key& key, int rows, int& position);

/// Draws a line where data will stand, or why (`error`) they can not be shown.
void draw_missing(Canvas& canvas, const Area& area, const std::string& error);

std::unique_ptr<Screen> overview_screen();
std::unique_ptr<Screen> services_screen();
std::unique_ptr<Screen> network_screen();
std::unique_ptr<Screen> firewall_screen();
std::unique_ptr<Screen> users_screen();
std::unique_ptr<Screen> audit_screen();
std::unique_ptr<Screen> power_screen();

/// The logs; `show_unit` changes what it reads (empty: all of ours).
class LogScreen : public Screen {
 public:
  virtual void show_unit(const std::string& unit) = 0;
};

std::unique_ptr<LogScreen> log_screen();

/// `start`, `stop`, `restart` of a service, in words.
Action service_action(const Service& service, const std::string& verb);

}  // namespace ap::console
