// SPDX-License-Identifier: LicenseRef-Project
// What the running rescue system knows that the new system will need: its network, its SSH keys.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/settings/settings.h"

#include <filesystem>
#include <string>

namespace ap::flash {

/// Fills the public port from the interface of the default route: MAC, IPv4 and its gateway, the
/// global IPv6 prefix. What the rescue system lacks stays as it is. Runs `ip -json`.
void take_network(exec::Runner& runner, settings::PublicPort& port);

/// The keys of ~/.ssh/authorized_keys below `home`, without comments and options that would not
/// work on the box; empty when there are none.
std::string take_ssh_keys(const std::filesystem::path& home);

/// One public key in OpenSSH's form, or the content of a file of them. Throws Failure(invalid)
/// when it is neither.
std::string ssh_keys_of(const std::string& key_or_file);

}  // namespace ap::flash
