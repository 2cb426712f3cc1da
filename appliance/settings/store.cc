// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/settings/store.h"

#include "appliance/exec/failure.h"
#include "appliance/settings/files.h"

#include <optional>

namespace ap::settings {
namespace {

/// Reads one file; a missing one is silent, a broken one a warning.
std::optional<Parsed> try_file(const std::filesystem::path& path,
                               std::vector<std::string>& warnings) {
  const auto text = read_text(path);
  if (!text) {
    return std::nullopt;
  }
  try {
    return parse_toml(*text);
  } catch (const exec::Failure& failure) {
    warnings.push_back(path.filename().string() + " is not used: " + failure.what());
    return std::nullopt;
  }
}

}  // namespace

std::filesystem::path below(const std::filesystem::path& root, const std::filesystem::path& path) {
  return root / path.relative_path();
}

Loaded load(const std::filesystem::path& root) {
  Loaded loaded;
  auto found = try_file(below(root, kSettingsPath), loaded.warnings);
  loaded.source = Source::file;
  if (!found) {
    found = try_file(below(root, kSeedPath), loaded.warnings);
    loaded.source = Source::seed;
  }
  if (!found) {
    loaded.source = Source::defaults;
    loaded.warnings.emplace_back(
        "no usable settings: the public address comes by DHCP and the vSwitch address is " +
        loaded.settings.vswitch.address);
    return loaded;
  }
  loaded.settings = std::move(found->settings);
  loaded.warnings.insert(loaded.warnings.end(), found->warnings.begin(), found->warnings.end());
  return loaded;
}

void save(const std::filesystem::path& root, const Settings& settings) {
  write_atomically(below(root, kSettingsPath), to_toml(settings));
}

}  // namespace ap::settings
