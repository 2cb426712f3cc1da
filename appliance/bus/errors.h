// SPDX-License-Identifier: LicenseRef-Project
// Failures and the error names they have on the bus; one table for both directions.
#pragma once

#include "appliance/exec/failure.h"

#include <string>
#include <string_view>

namespace ap::bus {

/// Name of the service, prefix of its interfaces and errors.
inline constexpr const char* kServiceName = "org.bristle.Appliance1";
inline constexpr const char* kServicePath = "/org/bristle/Appliance1";
inline constexpr const char* kAccessDenied = "org.freedesktop.DBus.Error.AccessDenied";

/// `org.bristle.Appliance1.Error.Invalid` and so on.
std::string error_name(exec::FailureKind kind);

/// The sentence that travels: the field in front when the text does not name it already.
std::string error_text(const exec::Failure& failure);

/// Throws the failure that an error answer means.
[[noreturn]] void throw_error(std::string_view name, const std::string& text);

}  // namespace ap::bus
