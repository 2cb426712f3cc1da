// SPDX-License-Identifier: LicenseRef-Project
// Everything of /run that depends on the operator's settings and on the machine: one pure function.
#pragma once

#include "appliance/boot/machine.h"
#include "appliance/settings/files.h"
#include "appliance/settings/settings.h"

namespace ap::boot {

inline constexpr const char* kEnvironmentPath = "/run/bristle/environment";
inline constexpr const char* kChronyPath = "/run/bristle/chrony/bristle.sources";

/// Every rendered file by its path: networkd units, firewall rules, sshd's and chrony's part, the
/// product's environment, PostgreSQL's sizes, and drop-ins of sockets, services and slices.
settings::FileSet render(const settings::Settings& settings, const Machine& machine);

}  // namespace ap::boot
