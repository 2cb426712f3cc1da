// SPDX-License-Identifier: LicenseRef-Project
// What bounds a session: time, the memory of unfinished bodies, and whether it can go elsewhere.
#include "dataplane/http/session.h"

#include <utility>

namespace dp::http {

/// A body that trickles in must not hold its connection for ever: only a real step restarts the
/// clock.
void Session::progressed(std::size_t bytes) noexcept {
  progress_bytes_ += bytes;
  if (progress_bytes_ >= kBodyProgressBytes) {
    arm(Timer::body);
  }
}

/// Notes that `bytes` of the unfinished body are in memory. False when a large body must give way.
bool Session::hold(std::size_t bytes) noexcept {
  context_->held_bytes += bytes - held_bytes_;
  held_bytes_ = bytes;
  if (bytes <= kSmallBodyBytes || context_->held_bytes <= context_->held_bytes_max) {
    return true;
  }
  ++context_->counters.body_without_room;
  return false;
}

void Session::release_held() noexcept { context_->held_bytes -= std::exchange(held_bytes_, 0); }

/// Nothing of what waits for the peer has been taken for a whole idle time.
bool Session::is_peer_stuck() const noexcept {
  return !is_active_ && connection_->send_backlog_bytes() > 0;
}

void Session::idle_timed_out() noexcept {
  const auto is_busy = is_active_ || stream_ != nullptr || pending_count() > 0;
  if (is_busy && !is_peer_stuck()) {
    arm(Timer::idle);
    return;
  }
  ++context_->counters.idle_closed;
  lose_stream();
  close();
}

void Session::timed_out(stream::Connection& /*connection*/) noexcept {
  if (state_ == State::closing && timer_ != Timer::idle) {
    connection_->abort();  // The peer does not take its last answer.
    return;
  }
  if (timer_ == Timer::idle) {
    idle_timed_out();
    return;
  }
  if (is_paused_) {
    arm(timer_);  // We are the ones who make it wait.
    return;
  }
  if (timer_ == Timer::head) {
    ++context_->counters.head_timed_out;
    fail(context_->timed_out);
    return;
  }
  ++context_->counters.body_timed_out;
  if (service_ != nullptr && (state_ != State::discard || owes_refusal_)) {
    refuse_body(Refusal::body_stalled, false);
  } else {
    refuse_stream(context_->timed_out);
  }
}

/// A request that was not begun, or whose body is still kept by the connection, begins anew where
/// the connection goes. What was consumed in pieces does not.
stream::Movability Session::movability() const noexcept {
  using stream::Movability;
  if (!context_->may_move || stream_ != nullptr) {
    return Movability::staying;
  }
  switch (state_) {
    case State::head:
      return pending_count() == 0 ? Movability::movable : Movability::answering;
    case State::body:
      return pending_count() == 1 ? Movability::movable : Movability::answering;
    case State::chunks:
    case State::discard:
      return Movability::receiving;
    case State::streaming:
    case State::answering:
      break;
    case State::closing:
      return pending_count() > 0 ? Movability::answering : Movability::staying;
  }
  return Movability::staying;
}

}  // namespace dp::http
