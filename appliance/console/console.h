// SPDX-License-Identifier: LicenseRef-Project
// `bristle console`: the operator's terminal console, an unprivileged client of the appliance
// service.
#pragma once

#include "appliance/console/appliance.h"

#include <functional>
#include <memory>

namespace ap::console {

struct Options {
  bool is_ascii = false;
  bool is_monochrome = false;
};

/// Runs until the operator leaves or a signal ends it; the terminal is as before then. Returns the
/// exit code. Throws exec::Failure when there is no usable terminal.
/// `q` leaves it, except where it is the machine's own console (started by systemd, no SSH).
/// NO_COLOR in the environment is as `is_monochrome`. The shell is offered to SSH logins only
/// (SSH_CONNECTION).
int run(const Options& options);

}  // namespace ap::console
