// SPDX-License-Identifier: LicenseRef-Project
// Where the settings of this box lie, and what serves when they are missing or broken.
#pragma once

#include "appliance/settings/settings.h"

#include <filesystem>

namespace ap::settings {

inline constexpr const char* kSettingsPath = "/data/state/appliance.toml";
/// Copied from the ESP at each boot.
inline constexpr const char* kSeedPath = "/run/bristle/seed/seed.toml";

/// Where loaded settings came from.
enum class Source { file, seed, defaults };

struct Loaded {
  Settings settings;
  std::vector<std::string> warnings;
  Source source = Source::defaults;
};

/// The settings in force below `root`: appliance.toml, else the seed, else the defaults; what could
/// not be read is a warning.
Loaded load(const std::filesystem::path& root);

/// Makes `settings` those that the next boot finds.
void save(const std::filesystem::path& root, const Settings& settings);

/// `path` of the box below `root`.
std::filesystem::path below(const std::filesystem::path& root, const std::filesystem::path& path);

}  // namespace ap::settings
