// SPDX-License-Identifier: LicenseRef-Project
// The overview as lines: health first, then capture, addresses, arrays, disks, budgets.
#pragma once

#include "appliance/console/lines.h"
#include "appliance/console/model.h"

namespace ap::console {

/// The health banner: the boot phase when it is not `ready`, then the problems in their order, the
/// first with its advice, or that all is well.
Lines banner_lines(const Health& health, int width);

/// Everything of the overview below one another; the empty lines go when `rows` do not suffice.
Lines overview_lines(const Health& health, int width, int rows);

/// Every problem with its advice.
Lines problem_lines(const Health& health, int width);

}  // namespace ap::console
