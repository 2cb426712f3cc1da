// SPDX-License-Identifier: LicenseRef-Project
// A change of the settings that undoes itself unless somebody who is still connected confirms it.
#pragma once

#include "appliance/exec/runner.h"
#include "appliance/settings/settings.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ap::settings {

/// Puts settings to work on the running box. The implementation is ap::boot::SystemActivation.
class Activation {
 public:
  virtual ~Activation() = default;

  /// What `activate` would do, in sentences.
  virtual std::vector<std::string> steps(const Settings& from, const Settings& to) = 0;

  /// Brings the box from one to the other. Throws the first Failure; what was done until then
  /// stays.
  virtual void activate(const Settings& from, const Settings& to) = 0;

  /// Brings it back to `to`: goes through with every step whatever the others do. Returns what
  /// failed, in sentences.
  virtual std::vector<std::string> restore(const Settings& from, const Settings& to) = 0;
};

struct Plan {
  std::vector<Change> changes;
  std::vector<std::string> steps;
  std::vector<std::string> warnings;
};

/// {"changes":[{"field","from","to"}],"steps":[],"warnings":[]}
std::string to_json(const Plan& plan);

/// Changes of one noun ("network", "firewall"). At most one change of any noun waits at a time.
/// Owner: the noun. Threads: any; a lock file orders this process and `bristle-boot revert-<noun>`.
/// Failure: a change that cannot be put to work is undone at once and thrown. Going back always
/// ends the change; steps of it that failed are thrown afterwards.
/// The candidate lies in /run: a reboot, too, brings the old settings back.
class Proposal {
 public:
  /// `tables` are the tables of appliance.toml that this noun may change.
  Proposal(std::filesystem::path root, exec::Runner& runner, Activation& activation,
           std::string noun, std::vector<std::string> tables);

  /// What `apply` would do with the JSON `patch`. Throws Failure `invalid` that names the key.
  [[nodiscard]] Plan plan(std::string_view patch) const;

  /// Arms the revert, then puts the change to work. Throws `refused` while another change waits.
  void apply(std::string_view patch);

  /// Makes the waiting change permanent. Throws `refused` when none waits.
  void confirm();

  /// Goes back to the settings before the waiting change; false when none waits. Throws `failed`
  /// when it went back but not every step worked.
  bool revert();

  /// Seconds until the waiting change of this noun reverts; nothing when none waits.
  [[nodiscard]] std::optional<int> seconds_left() const;

  /// The waiting settings if there are any, else the permanent ones.
  [[nodiscard]] Settings in_effect() const;

 private:
  void refuse_while_any_waits();
  void arm();
  void disarm();
  std::vector<std::string> withdraw(const Settings& candidate);
  [[nodiscard]] std::filesystem::path candidate_path() const;
  [[nodiscard]] std::filesystem::path deadline_path() const;
  [[nodiscard]] std::optional<Settings> candidate() const;

  std::filesystem::path root_;
  exec::Runner& runner_;
  Activation& activation_;
  std::string noun_;
  std::vector<std::string> tables_;
};

/// The settings that the box runs by, whatever noun has a change waiting.
Settings settings_in_effect(const std::filesystem::path& root);

}  // namespace ap::settings
