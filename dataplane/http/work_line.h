// SPDX-License-Identifier: LicenseRef-Project
// The line in which large requests of a shard wait for their services: one after the other, a few
// milliseconds per turn of the loop, so that the log, the answers and small requests come in
// between.
#pragma once

#include "dataplane/reactor/reactor.h"
#include "dataplane/sys/clock.h"

#include <cstddef>
#include <cstdint>

namespace dp::http {

class Session;
class WorkLine;

/// What a session brings to stand in line.
class WorkLinePlace {
 public:
  [[nodiscard]] bool is_in_line() const noexcept { return is_in_line_; }

 private:
  friend class WorkLine;
  Session* previous_ = nullptr;
  Session* next_ = nullptr;
  std::size_t bytes_ = 0;
  bool is_in_line_ = false;
};

/// First come, first served. Owner and thread: one shard; add it to the reactor before whatever its
/// requests leave work for (the log's writer). Bounds: a turn takes kTurnNsMax and one request
/// more; its length is bounded by whoever refuses newcomers by `expected_wait_ns`. Allocates
/// nothing: sessions bring their place.
class WorkLine final : public reactor::Poller {
 public:
  /// Bodies up to here are served where they come: waiting would cost more than they do.
  static constexpr std::size_t kLightBodyBytes = std::size_t{16} << 10;
  /// A few batches of 1,000 events. A durable answer takes three turns or four, so it is short; a
  /// turn itself costs microseconds.
  static constexpr std::uint64_t kTurnNsMax = 2'000'000;

  explicit WorkLine(const sys::Clock& clock) noexcept : clock_(clock) {}

  /// How long a request that came now would wait, as the last ones let expect: for those in line,
  /// and for bodies of which the heads have just come.
  [[nodiscard]] std::uint64_t expected_wait_ns() const noexcept {
    return ((waiting_bytes_ + coming_bytes_) * cost_) >> kCostShift;
  }

  /// A body of so many bytes is awaited, or was served without standing in line.
  void expect(std::size_t bytes) noexcept { coming_bytes_ += bytes; }

  /// `session` has a complete request with so many bytes of body; it is told when its turn has
  /// come.
  void join(Session& session, std::size_t bytes) noexcept;
  void leave(Session& session) noexcept;

  [[nodiscard]] bool is_empty() const noexcept { return first_ == nullptr; }

  std::uint32_t poll(std::uint64_t now_ns, std::uint32_t budget) noexcept override;

 private:
  /// Costs are kept in 1/256 ns per byte.
  static constexpr unsigned kCostShift = 8;
  /// What a byte of a gzip batch takes at first guess, and at most: one body that inflates to a
  /// thousand times its size says nothing about the next.
  static constexpr std::uint64_t kCostAtFirst = std::uint64_t{8} << kCostShift;
  static constexpr std::uint64_t kCostMax = std::uint64_t{64} << kCostShift;

  void learn(std::size_t bytes, std::uint64_t spent_ns) noexcept;

  const sys::Clock& clock_;
  Session* first_ = nullptr;
  Session* last_ = nullptr;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t coming_bytes_ = 0;  ///< Fades by half each turn: slow senders must not keep it up.
  std::uint64_t cost_ = kCostAtFirst;  ///< Moving average.
};

}  // namespace dp::http
