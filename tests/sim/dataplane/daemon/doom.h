// SPDX-License-Identifier: LicenseRef-Project
// Where a simulated machine stops, and the trace of everything that left it before: the same seed
// leaves the same trace.
#pragma once

#include "dataplane/sys/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sim {

// X(name): the places at the seams of the machine where a life can end. `began`: the operation has
// been handed over, its starter is not told any more; `ended`: it has happened, and nobody is told.
#define BRISTLE_SIM_POINTS(X)                                        \
  X(creation_began)                                                  \
  X(creation_ended)                                                  \
  X(header_began)                                                    \
  X(header_ended)                                                    \
  X(flush_began)                                                     \
  X(flush_ended)                                                     \
  X(rotation_began)                                                  \
  X(rotation_ended)                                                  \
  X(sealing_began)                                                   \
  X(sealing_ended)                                                   \
  X(removal_began)                                                   \
  X(removal_ended)                                                   \
  X(recovery_read)  /* a read of the recovery, refused */            \
  X(recovery_cut)   /* before the torn tail is cut */                \
  X(recovery_ended) /* after it was cut, before anything else */     \
  X(receiving)      /* a connection was asked to receive */          \
  X(answer_queued)  /* an answer is about to be sent and is not */   \
  X(answer_left)    /* an answer has left, its sender is not told */ \
  X(closing)        /* a connection is about to be closed and is not */

enum class Point : std::uint8_t {
#define BRISTLE_SIM_POINT(name) name,
  BRISTLE_SIM_POINTS(BRISTLE_SIM_POINT)
#undef BRISTLE_SIM_POINT
      count
};
inline constexpr std::size_t kPointCount = static_cast<std::size_t>(Point::count);

inline constexpr std::array<std::string_view, kPointCount> kPointNames = {
#define BRISTLE_SIM_POINT_NAME(name) #name,
    BRISTLE_SIM_POINTS(BRISTLE_SIM_POINT_NAME)
#undef BRISTLE_SIM_POINT_NAME
};

/// A running hash (FNV-1a) of what happened and when.
class Trace {
 public:
  explicit Trace(const dp::sys::SimClock& clock) noexcept : clock_(clock) {}

  void note(std::uint64_t what, std::uint64_t value) noexcept {
    mix(clock_.monotonic_ns());
    mix(what);
    mix(value);
  }
  void note(std::uint64_t what, std::string_view bytes) noexcept {
    note(what, bytes.size());
    for (const char byte : bytes) {
      hash_ = (hash_ ^ static_cast<unsigned char>(byte)) * kPrime;
    }
  }
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

 private:
  static constexpr std::uint64_t kPrime = 0x100000001b3;
  void mix(std::uint64_t value) noexcept {
    for (int byte = 0; byte < 8; ++byte, value >>= 8U) {
      hash_ = (hash_ ^ (value & 0xffU)) * kPrime;
    }
  }

  const dp::sys::SimClock& clock_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

/// Ends one life at a named point. What the machine does afterwards, until its thread notices, does
/// not leave it.
class Doom {
 public:
  explicit Doom(Trace& trace) noexcept : trace_(trace) {}

  /// The life ends when `point` is passed for the `nth` time, counted from 1.
  void arm(Point point, std::uint32_t nth) noexcept {
    armed_ = point;
    left_ = nth;
  }
  /// Notes `point`; whether the machine is dead, since now or before.
  bool passes(Point point) noexcept {
    if (is_dead_) {
      return true;
    }
    trace_.note(static_cast<std::uint64_t>(point), passed_[static_cast<std::size_t>(point)]++);
    if (point == armed_ && left_ > 0) {
      --left_;
      is_dead_ = left_ == 0;
    }
    return is_dead_;
  }
  [[nodiscard]] bool is_dead() const noexcept { return is_dead_; }
  /// The point at which it died; only when it is dead.
  [[nodiscard]] Point died_at() const noexcept { return armed_; }

 private:
  Trace& trace_;
  Point armed_ = Point::count;
  std::uint32_t left_ = 0;
  bool is_dead_ = false;
  std::array<std::uint64_t, kPointCount> passed_{};
};

}  // namespace sim
