// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/clock.h"

#include <ctime>

namespace dp::sys {
namespace {

timespec read_clock(clockid_t clock) noexcept {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time;
}

}  // namespace

std::uint64_t SystemClock::monotonic_ns() const noexcept {
  const timespec time = read_clock(CLOCK_MONOTONIC);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::int64_t SystemClock::realtime_us() const noexcept {
  const timespec time = read_clock(CLOCK_REALTIME);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace dp::sys
