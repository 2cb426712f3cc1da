// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/reactor/timer_wheel.h"

#include "dataplane/base/check.h"

#include <algorithm>
#include <bit>

namespace dp::reactor {
namespace {

constexpr std::uint64_t kNothingArmed = ~std::uint64_t{0};

void unlink(TimerLink& link) noexcept {
  link.previous->next = link.next;
  link.next->previous = link.previous;
  link.previous = nullptr;
  link.next = nullptr;
}

void link_before(TimerLink& head, TimerLink& link) noexcept {
  link.previous = head.previous;
  link.next = &head;
  head.previous->next = &link;
  head.previous = &link;
}

}  // namespace

Timer::~Timer() {
  if (is_armed()) {
    unlink(*this);
  }
}

TimerWheel::TimerWheel(std::uint64_t now_ms) noexcept : position_ms_(now_ms), observed_ms_(now_ms) {
  for (auto& level : slots_) {
    for (TimerLink& head : level) {
      head.previous = &head;
      head.next = &head;
    }
  }
}

void TimerWheel::arm(Timer& timer, std::uint64_t delay_ms) noexcept {
  disarm(timer);
  timer.due_ms_ = observed_ms_ + std::max<std::uint64_t>(delay_ms, 1);
  place(timer);
}

void TimerWheel::disarm(Timer& timer) noexcept {
  if (timer.is_armed()) {
    unlink(timer);
  }
}

// Level n holds what is due within 64^(n+1) ms of the wheel's position, in slots of 64^n ms.
void TimerWheel::place(Timer& timer) noexcept {
  constexpr std::uint64_t kSpanMs = (std::uint64_t{1} << (kSlotBits * kLevels)) - 1;
  timer.due_ms_ = std::clamp(timer.due_ms_, position_ms_ + 1, position_ms_ + kSpanMs);
  const std::uint64_t delay = timer.due_ms_ - position_ms_;
  const auto bits = static_cast<std::size_t>(63 - std::countl_zero(delay));
  const std::size_t level = bits / kSlotBits;
  const std::size_t slot = (timer.due_ms_ >> (kSlotBits * level)) % kSlots;
  occupied_[level] |= std::uint64_t{1} << slot;
  link_before(slots_[level][slot], timer);
}

void TimerWheel::observe(std::uint64_t now_ms) noexcept {
  observed_ms_ = std::max(observed_ms_, now_ms);
}

// Distance to the next moment at which a slot must be fired or cascaded.
std::uint64_t TimerWheel::ms_to_next_slot() const noexcept {
  std::uint64_t nearest = kNothingArmed;
  for (std::size_t level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) {
      continue;
    }
    const std::size_t shift = kSlotBits * level;
    const std::uint64_t current = position_ms_ >> shift;
    // Slot `current` itself was emptied when the wheel got there, so it comes last.
    const auto first = static_cast<int>((current + 1) % kSlots);
    const auto steps =
        static_cast<std::uint64_t>(std::countr_zero(std::rotr(occupied_[level], first))) + 1;
    nearest = std::min(nearest, ((current + steps) << shift) - position_ms_);
  }
  return nearest;
}

std::uint64_t TimerWheel::idle_ms() const noexcept {
  const std::uint64_t next = ms_to_next_slot();
  if (next == kNothingArmed) {
    return kNothingArmed;
  }
  const std::uint64_t due = position_ms_ + next;
  return due > observed_ms_ ? due - observed_ms_ : 0;
}

Timer* TimerWheel::take_first(std::size_t level, std::size_t slot) noexcept {
  TimerLink& head = slots_[level][slot];
  if (head.next == &head) {
    occupied_[level] &= ~(std::uint64_t{1} << slot);
    return nullptr;
  }
  auto* timer = static_cast<Timer*>(head.next);
  unlink(*timer);
  return timer;
}

// At the start of a coarser slot its timers move to finer ones.
void TimerWheel::cascade() noexcept {
  for (std::size_t level = 1; level < kLevels; ++level) {
    const std::size_t shift = kSlotBits * level;
    if ((position_ms_ & ((std::uint64_t{1} << shift) - 1)) != 0) {
      return;
    }
    const std::size_t slot = (position_ms_ >> shift) % kSlots;
    // What is due right now goes to the slot that is fired next; everything else moves down.
    while (Timer* timer = take_first(level, slot)) {
      if (timer->due_ms_ <= position_ms_) {
        const std::size_t now_slot = position_ms_ % kSlots;
        occupied_[0] |= std::uint64_t{1} << now_slot;
        link_before(slots_[0][now_slot], *timer);
      } else {
        place(*timer);
      }
    }
  }
}

std::uint32_t TimerWheel::fire_slot() noexcept {
  // Only what is here now: a listener that arms 64 ms ahead reuses this very slot's bit one level
  // up.
  TimerLink due;
  TimerLink& head = slots_[0][position_ms_ % kSlots];
  if (head.next == &head) {
    occupied_[0] &= ~(std::uint64_t{1} << (position_ms_ % kSlots));
    return 0;
  }
  due.next = head.next;
  due.previous = head.previous;
  due.next->previous = &due;
  due.previous->next = &due;
  head.next = &head;
  head.previous = &head;
  occupied_[0] &= ~(std::uint64_t{1} << (position_ms_ % kSlots));
  std::uint32_t fired = 0;
  while (due.next != &due) {
    auto* timer = static_cast<Timer*>(due.next);
    unlink(*timer);
    DCHECK(timer->due_ms_ <= observed_ms_);
    timer->listener_->timer_fired(*timer);
    ++fired;
  }
  return fired;
}

std::uint32_t TimerWheel::fire_due() noexcept {
  std::uint32_t fired = 0;
  while (position_ms_ < observed_ms_) {
    position_ms_ += std::min(ms_to_next_slot(), observed_ms_ - position_ms_);
    cascade();
    fired += fire_slot();
  }
  return fired;
}

}  // namespace dp::reactor
