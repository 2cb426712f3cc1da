// SPDX-License-Identifier: LicenseRef-Project
// The one place that includes libpqxx. Internal to controlplane/db.
#pragma once

// Distributions build libpqxx 7.8 as C++17. Its headers, read as C++20, would ask for exception
// constructors with a std::source_location that such a library does not have, and the program would
// not link (jtv/libpqxx issue 760).
#include <version>
#undef __cpp_lib_source_location

#include <pqxx/pqxx>
