// SPDX-License-Identifier: LicenseRef-Project
// The moments at which a campaign cuts the power.
#pragma once

#include "tests/integration/powercut/disk_mount.h"

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace powercut {

/// One moment. `count` of CutPoints are counted from the begin of the start or of the load.
struct Plan {
  /// What has to go on for the moment to come.
  enum class During : std::uint8_t {
    start,     ///< Every start.
    load,      ///< Requests of all sizes.
    rotation,  ///< So many large ones that segments fill up.
    recovery,  ///< As `load`, but the program is only killed there; when the next one has shown
               ///< what it found, the power goes.
    answers,   ///< As `load`; the client cuts when it has the `count`-th 200.
  };

  std::string_view text;
  During during = During::answers;
  CutPoint point;
  std::uint32_t count = 1;  ///< In the table: at most.
};

/// Deals all plans in random order, then all again; each time with another count.
class Deck {
 public:
  Plan next(std::mt19937_64& random);

 private:
  std::vector<Plan> left_;
};

}  // namespace powercut
