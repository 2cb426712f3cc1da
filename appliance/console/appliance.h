// SPDX-License-Identifier: LicenseRef-Project
// What the console asks of the appliance service: string arguments in, JSON or a reason out.
#pragma once

#include <string>
#include <vector>

namespace ap::console {

/// One method of the service: `noun` is the last word of the interface (`Services`).
struct Call {
  std::string noun;
  std::string method;
  std::vector<std::string> arguments;

  bool operator==(const Call&) const = default;
};

/// Why a call was not answered. `unavailable`: no bus or no service at the moment.
enum class Trouble { none, invalid, refused, not_found, failed, timed_out, denied, unavailable };

/// JSON when `trouble` is none, else a sentence for people. `field` names the wrong setting of an
/// `invalid` answer when the service said it.
struct Answer {
  Trouble trouble = Trouble::none;
  std::string text;
  std::string field;
};

/// The appliance service. Implementations: BusAppliance (real), a fake in the tests.
/// Thread: the worker's only; a call may block until its time limit. Never throws.
class Appliance {
 public:
  virtual ~Appliance() = default;

  virtual Answer call(const Call& call) = 0;
};

}  // namespace ap::console
