// SPDX-License-Identifier: LicenseRef-Project
// Commands that go on for a while: logs that are followed, actions that are waited for.
#pragma once

#include "appliance/cli/commands.h"

#include <string>
#include <vector>

namespace ap::cli {

/// `bristle logs`: the newest lines, and with -f what comes after them.
int run_logs(const Options& options, Context& context);

/// Starts an operation and waits for its end, printing each new step. 0 when it is done, 1 when it
/// failed.
int run_operation(const Options& options, Context& context, const std::string& noun,
                  const std::string& method, const std::vector<std::string>& arguments);

}  // namespace ap::cli
