// SPDX-License-Identifier: LicenseRef-Project
// Calls the appliance service over the system bus: strings in, one string of JSON out.
#pragma once

#include "appliance/exec/failure.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ap::bus {

/// The service or polkit said that this user may not do that.
class AccessDenied final : public exec::Failure {
 public:
  explicit AccessDenied(const std::string& text) : Failure(exec::FailureKind::refused, text) {}
};

/// There is no bus, or nobody answers under the service's name.
class Unavailable final : public exec::Failure {
 public:
  explicit Unavailable(const std::string& text) : Failure(exec::FailureKind::failed, text) {}
};

/// The appliance service as a caller sees it. Implementations: the one of `open`, and fakes.
/// Owner: one thread at a time. Failure: every call throws exec::Failure; its kind comes from the
/// error's name, its field is what an `invalid` answer begins with (`vswitch.vlan: ...`).
class Client {
 public:
  virtual ~Client() = default;

  /// A client of the system bus, or of DBUS_SYSTEM_BUS_ADDRESS. Connects on the first call and
  /// again after the bus was lost.
  static std::unique_ptr<Client> open();

  /// Calls org.bristle.Appliance1.<noun>.<method>. Throws Unavailable, AccessDenied or Failure.
  virtual std::string call(std::string_view noun, std::string_view method,
                           const std::vector<std::string>& arguments,
                           std::chrono::milliseconds timeout = std::chrono::seconds(10)) = 0;
};

}  // namespace ap::bus
