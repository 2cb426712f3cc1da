// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/bus_appliance.h"

#include <chrono>

namespace ap::console {
namespace {

// Reading must stay short, because the next question waits behind it; an action may run a tool.
constexpr std::chrono::seconds kReadTimeout{6};
constexpr std::chrono::seconds kActTimeout{40};

Trouble trouble_of(exec::FailureKind kind) {
  switch (kind) {
    case exec::FailureKind::invalid:
      return Trouble::invalid;
    case exec::FailureKind::refused:
      return Trouble::refused;
    case exec::FailureKind::not_found:
      return Trouble::not_found;
    case exec::FailureKind::timed_out:
      return Trouble::timed_out;
    case exec::FailureKind::failed:
      break;
  }
  return Trouble::failed;
}

}  // namespace

Answer BusAppliance::call(const Call& call) {
  const bool reads = call.method == "Describe" || call.method == "Read" || call.method == "ReadLog";
  try {
    return {
        Trouble::none,
        client_->call(call.noun, call.method, call.arguments, reads ? kReadTimeout : kActTimeout),
        {}};
  } catch (const bus::Unavailable& failure) {
    return {Trouble::unavailable, failure.what(), {}};
  } catch (const bus::AccessDenied& failure) {
    return {Trouble::denied, failure.what(), {}};
  } catch (const exec::Failure& failure) {
    return {trouble_of(failure.kind()), failure.what(), failure.field()};
  }
}

}  // namespace ap::console
