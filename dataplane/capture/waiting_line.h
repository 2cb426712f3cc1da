// SPDX-License-Identifier: LicenseRef-Project
// Requests waiting for the log, in the order of their records: a ring of fixed size.
#pragma once

#include "dataplane/base/check.h"
#include "dataplane/capture/minute_counts.h"
#include "dataplane/capture/outcome.h"
#include "dataplane/format/log_record.h"
#include "dataplane/http/service.h"

#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dp::capture {

struct Waiter;

/// Answers the waiters whose answer is no row of outcome.h.
class Answerer {
 public:
  /// What `waiter` waited for has been decided: its record is durable when `outcome` is
  /// `waiter.success`, otherwise the log has refused or lost it. Counts what it answers. Called
  /// once per waiter, also when its connection is gone. `receipt_line` is the header line of a
  /// durable record's receipt, complete with CRLF.
  virtual void answer(const Waiter& waiter, Outcome outcome,
                      std::string_view receipt_line) noexcept = 0;

 protected:
  ~Answerer() = default;
};

/// One appended record whose client has not been answered.
struct Waiter {
  http::Exchange exchange;
  format::Sequence sequence = 0;
  std::uint32_t event_count = 0;
  std::uint32_t body_bytes = 0;
  Outcome success = Outcome::accepted;  ///< What it is answered once it is durable.
  std::uint32_t ticket = 0;             ///< The answerer's own.
  Answerer* answerer = nullptr;         ///< Who answers, unless the row of the outcome does.
  CountRef counted{};                   ///< Set by the Acknowledger.
};
static_assert(sizeof(Waiter) <= 56);

/// First in, first out; sequences grow from front to back. Owner and thread: one shard. Never
/// allocates after construction.
class WaitingLine {
 public:
  /// `capacity` is rounded up to a power of two.
  explicit WaitingLine(std::uint32_t capacity) : waiters_(std::bit_ceil(capacity)) {}

  [[nodiscard]] bool is_full() const noexcept { return size() == waiters_.size(); }
  [[nodiscard]] bool is_empty() const noexcept { return first_ == end_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return end_ - first_; }

  void push(const Waiter& waiter) noexcept {
    DCHECK(!is_full());
    at(end_++) = waiter;
  }

  /// The oldest and the newest; not when empty.
  [[nodiscard]] const Waiter& front() noexcept { return at(first_); }
  [[nodiscard]] const Waiter& back() noexcept { return at(end_ - 1); }

  void pop_front() noexcept { ++first_; }
  void pop_back() noexcept { --end_; }

 private:
  Waiter& at(std::uint32_t index) noexcept { return waiters_[index & (waiters_.size() - 1)]; }

  std::vector<Waiter> waiters_;
  std::uint32_t first_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace dp::capture
