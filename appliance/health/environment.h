// SPDX-License-Identifier: LicenseRef-Project
// The product's settings as its units get them, and the kernel's little files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ap::health {

/// The environment of the product's units: /usr/lib/bristle/environment, then what the boot
/// rendered, then what the operator of a plain server wrote; the later file wins.
std::map<std::string, std::string> read_environment(const std::filesystem::path& root);

/// At most 64 KiB of a file without white space at its end; empty when it cannot be read.
std::string read_small_file(const std::filesystem::path& path);

/// The value of `name` in lines of `name value` or `name: value`, first match; nothing if absent.
std::optional<double> number_after(std::string_view text, std::string_view name);

/// The value of `name=` on the kernel's command line; empty when absent.
std::string kernel_parameter(const std::filesystem::path& root, std::string_view name);

}  // namespace ap::health
