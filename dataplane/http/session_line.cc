// SPDX-License-Identifier: LicenseRef-Project
// How a session keeps large requests waiting, or refuses them by their heads.
#include "dataplane/http/session.h"

#include <utility>

namespace dp::http {

/// Whether the complete request of a body of known length has to wait; it joins the line when it is
/// not in it. `all_bytes` are those that came, with what follows the request.
bool Session::waits_in_line(std::size_t all_bytes) noexcept {
  if (body_bytes_left_ <= WorkLine::kLightBodyBytes || context_->line == nullptr ||
      std::exchange(has_turn_, false)) {
    return false;
  }
  if (!place_.is_in_line()) {
    arm(Timer::idle);
    context_->line->join(*this, body_bytes_left_);
  }
  if (all_bytes > head_bytes_ + body_bytes_left_) {
    pause();  // What is pipelined behind it stays in the kernel.
  }
  return true;
}

void Session::leave_line() noexcept {
  if (place_.is_in_line()) {
    context_->line->leave(*this);
  }
}

void Session::take_turn() noexcept {
  has_turn_ = true;
  resume();
  connection_->show_unconsumed();
  has_turn_ = false;
}

/// Whether the body is worth waiting for.
bool Session::is_body_wanted(std::uint64_t body_bytes) noexcept {
  if (body_bytes <= WorkLine::kLightBodyBytes || context_->line == nullptr) {
    return true;
  }
  if (!service_->awaits(body_bytes)) {
    return false;
  }
  context_->line->expect(body_bytes);
  return true;
}

/// Answers at once and lets the body pass by unkept.
std::size_t Session::refuse_at_head(const Request& request) noexcept {
  const auto head_bytes = head_bytes_;
  if (request.expects_continue) {
    refuse_body(Refusal::overloaded, false);
    return head_bytes;
  }
  owes_refusal_ = false;
  discard_rest_of_body(request.content_length);
  Exchange(*this, generation_, body_ticket_).answer(service_->refuse(Refusal::overloaded));
  return head_bytes;
}

}  // namespace dp::http
