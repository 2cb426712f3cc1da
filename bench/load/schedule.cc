// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/schedule.h"

#include <cmath>

namespace load {

Schedule::Schedule(double rate_per_second, Spacing spacing, std::uint64_t seed)
    : gap_ns_(1e9 / rate_per_second), spacing_(spacing), random_(seed) {}

void Schedule::advance() noexcept {
  // The gaps of a Poisson process are exponential; 1 - u is never 0.
  next_ += spacing_ == Spacing::fixed ? gap_ns_ : -std::log(1.0 - random_.unit()) * gap_ns_;
}

}  // namespace load
