// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/http/work_line.h"

#include "dataplane/base/check.h"
#include "dataplane/http/session.h"

#include <algorithm>

namespace dp::http {

void WorkLine::join(Session& session, std::size_t bytes) noexcept {
  auto& place = session.place_in_line();
  DCHECK(!place.is_in_line_ && bytes > 0);
  place.is_in_line_ = true;
  place.bytes_ = bytes;
  place.previous_ = last_;
  place.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->place_in_line().next_) = &session;
  last_ = &session;
  waiting_bytes_ += bytes;
}

void WorkLine::leave(Session& session) noexcept {
  auto& place = session.place_in_line();
  DCHECK(place.is_in_line_);
  (place.previous_ == nullptr ? first_ : place.previous_->place_in_line().next_) = place.next_;
  (place.next_ == nullptr ? last_ : place.next_->place_in_line().previous_) = place.previous_;
  place.is_in_line_ = false;
  waiting_bytes_ -= place.bytes_;
}

void WorkLine::learn(std::size_t bytes, std::uint64_t spent_ns) noexcept {
  const auto cost = std::min((spent_ns << kCostShift) / bytes, kCostMax);
  cost_ = (cost_ * 7 + cost) / 8;
}

std::uint32_t WorkLine::poll(std::uint64_t /*now_ns*/, std::uint32_t budget) noexcept {
  coming_bytes_ /= 2;
  if (first_ == nullptr) {
    return 0;
  }
  std::uint32_t work = 0;
  const auto began_ns = clock_.monotonic_ns();
  auto now_ns = began_ns;
  while (first_ != nullptr && now_ns - began_ns < kTurnNsMax) {
    auto& session = *first_;
    const auto bytes = session.place_in_line().bytes_;
    leave(session);
    session.take_turn();
    const auto then_ns = clock_.monotonic_ns();
    learn(bytes, then_ns - now_ns);
    now_ns = then_ns;
    ++work;
  }
  return first_ != nullptr ? budget : std::min(work, budget - 1);
}

}  // namespace dp::http
