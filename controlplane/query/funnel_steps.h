// SPDX-License-Identifier: LicenseRef-Project
// The ordered funnel of one actor: which step was reached and how long each one took
// (analytics.md 4.4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cp::query {

inline constexpr std::size_t kFunnelStepsMax = 20;

/// An event of an actor: when, and bit k set when it matches step k (from 0).
struct FunnelEvent {
  std::int64_t micros = 0;
  std::uint32_t steps = 0;
};

/// How far an actor came. `times[k]` is when step k was fulfilled in the attempt that came
/// furthest.
struct FunnelProgress {
  std::size_t steps_reached = 0;  ///< 0: not even the first
  std::array<std::int64_t, kFunnelStepsMax> times{};
};

/// Evaluates one actor's events, ascending by time, then by `steps`. Every new first step starts a
/// new attempt, a later step inherits the start of the attempt it continues, the window is
/// inclusive and counts from the first step. Events of the same time may fulfil their steps in any
/// order, each event once an attempt. Pure; no allocation beyond a few events of equal time.
FunnelProgress evaluate_funnel(std::span<const FunnelEvent> events, std::size_t steps_count,
                               std::int64_t window_micros);

}  // namespace cp::query
