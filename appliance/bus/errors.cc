// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/bus/errors.h"

#include "appliance/bus/client.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ap::bus {
namespace {

using exec::Failure;
using exec::FailureKind;

constexpr std::string_view kPrefix = "org.bristle.Appliance1.Error.";
constexpr std::array<std::pair<FailureKind, std::string_view>, 5> kNames{{
    {FailureKind::invalid, "Invalid"},
    {FailureKind::refused, "Refused"},
    {FailureKind::not_found, "NotFound"},
    {FailureKind::failed, "Failed"},
    {FailureKind::timed_out, "TimedOut"},
}};

bool is_field_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
         character == '_' || character == '.';
}

// What stands before the first colon, when it looks like the name of a setting.
std::string field_of(const std::string& text) {
  const auto colon = text.find(": ");
  if (colon == std::string::npos || colon == 0) {
    return {};
  }
  const std::string field = text.substr(0, colon);
  return std::all_of(field.begin(), field.end(), is_field_character) ? field : std::string{};
}

bool is_absent_service(std::string_view name) {
  return name == "org.freedesktop.DBus.Error.ServiceUnknown" ||
         name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
         name == "org.freedesktop.DBus.Error.Disconnected" ||
         name.starts_with("org.freedesktop.DBus.Error.Spawn.") ||
         name == "org.freedesktop.systemd1.LoadFailed" ||
         name == "org.freedesktop.systemd1.NoSuchUnit";
}

}  // namespace

std::string error_name(FailureKind kind) {
  for (const auto& [named, name] : kNames) {
    if (named == kind) {
      return std::string(kPrefix) + std::string(name);
    }
  }
  return std::string(kPrefix) + "Failed";
}

std::string error_text(const Failure& failure) {
  std::string text = failure.what();
  if (failure.field().empty() || text.starts_with(failure.field())) {
    return text;
  }
  return failure.field() + ": " + text;
}

void throw_error(std::string_view name, const std::string& text) {
  if (name.starts_with(kPrefix)) {
    const std::string_view word = name.substr(kPrefix.size());
    for (const auto& [kind, known] : kNames) {
      if (known == word) {
        throw Failure(kind, text, kind == FailureKind::invalid ? field_of(text) : std::string{});
      }
    }
  }
  if (name == kAccessDenied ||
      name == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") {
    throw AccessDenied(text);
  }
  if (is_absent_service(name)) {
    throw Unavailable("the appliance service does not answer: " + text);
  }
  if (name == "org.freedesktop.DBus.Error.NoReply" ||
      name == "org.freedesktop.DBus.Error.Timeout" || name == "System.Error.ETIMEDOUT") {
    throw Failure(FailureKind::timed_out, "the appliance service did not answer in time");
  }
  if (name == "org.freedesktop.DBus.Error.UnknownMethod" ||
      name == "org.freedesktop.DBus.Error.UnknownInterface" ||
      name == "org.freedesktop.DBus.Error.UnknownObject") {
    throw Failure(FailureKind::not_found, text);
  }
  throw Failure(FailureKind::failed, text);
}

}  // namespace ap::bus
