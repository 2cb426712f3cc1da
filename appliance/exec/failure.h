// SPDX-License-Identifier: LicenseRef-Project
// The one exception of the appliance: what an operator's request failed with, in words for people.
#pragma once

#include <stdexcept>
#include <string>

namespace ap::exec {

/// What kind of failure it is; the D-Bus service turns it into an error name, a program into an
/// exit code.
enum class FailureKind {
  invalid,    ///< A value of the caller is malformed or out of range; `field` names it.
  refused,    ///< Understood, but not allowed in this state; the text says what would allow it.
  not_found,  ///< The named unit, disk or operation does not exist.
  failed,     ///< A tool or the system said no; the text carries its words.
  timed_out,  ///< A tool did not end in its time.
};

/// Thrown behind a request boundary (a D-Bus call, a console action, a program's main), caught
/// there and nowhere else.
class Failure : public std::runtime_error {
 public:
  Failure(FailureKind kind, const std::string& text, std::string field = {})
      : std::runtime_error(text), kind_(kind), field_(std::move(field)) {}

  [[nodiscard]] FailureKind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& field() const noexcept { return field_; }

 private:
  FailureKind kind_;
  std::string field_;
};

}  // namespace ap::exec
