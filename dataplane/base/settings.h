// SPDX-License-Identifier: LicenseRef-Project
// Settings come from environment variables, and those that are unset from the credentials systemd
// hands over. A malformed value stops the process with one clear line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Reads typed settings from the environment and remembers every complaint, so that one start shows
/// them all. A setting that is unset or empty there is read from the file of its name in
/// $CREDENTIALS_DIRECTORY, when that exists: one line of at most 4096 bytes. Use at start-up only,
/// on the main thread.
///
///     base::Settings settings;
///     const auto shards = settings.number("BRISTLE_SHARDS", 1, 1, 64);
///     settings.exit_if_invalid();
class Settings {
 public:
  /// The value of `name`, or `fallback` when it is unset or empty.
  std::string text(const char* name, std::string_view fallback);

  /// The value of `name`; unset or empty is a complaint.
  std::string required_text(const char* name);

  /// The value of `name` when set and not empty.
  std::optional<std::string> optional_text(const char* name);

  /// A whole number within [minimum, maximum].
  std::uint64_t number(const char* name, std::uint64_t fallback, std::uint64_t minimum,
                       std::uint64_t maximum);

  /// `true`/`1` or `false`/`0`.
  bool flag(const char* name, bool fallback);

  /// Adds a complaint about `name` that a caller's own check found.
  void complain(const char* name, std::string_view expected);

  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }

  /// Prints every complaint to standard error and exits with 78 (EX_CONFIG), which systemd does not
  /// restart on.
  void exit_if_invalid() const;

 private:
  std::optional<std::string> credential(const char* name);

  std::vector<std::string> complaints_;
};

}  // namespace base
