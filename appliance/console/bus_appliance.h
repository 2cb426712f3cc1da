// SPDX-License-Identifier: LicenseRef-Project
// The appliance service over the system bus.
#pragma once

#include "appliance/bus/client.h"
#include "appliance/console/appliance.h"

#include <memory>

namespace ap::console {

/// Turns the exceptions of a bus client into answers. Thread: the worker's.
class BusAppliance final : public Appliance {
 public:
  explicit BusAppliance(std::unique_ptr<bus::Client> client) : client_(std::move(client)) {}

  Answer call(const Call& call) override;

 private:
  std::unique_ptr<bus::Client> client_;
};

}  // namespace ap::console
