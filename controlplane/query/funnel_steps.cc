// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/funnel_steps.h"

#include <algorithm>

namespace cp::query {
namespace {

// An attempt that has fulfilled some step: when it began, and when and by which event each step
// was.
struct Attempt {
  bool exists = false;
  std::int64_t start = 0;
  std::array<std::int64_t, kFunnelStepsMax> times{};
  std::array<std::size_t, kFunnelStepsMax> events{};
};

class Evaluation {
 public:
  Evaluation(std::size_t steps_count, std::int64_t window_micros)
      : steps_count_(steps_count), window_micros_(window_micros) {}

  // One event advances from its highest step down, so it can not fulfil two steps of one attempt.
  void process(const FunnelEvent& event, std::size_t index) {
    for (std::size_t step = steps_count_; step > 0; --step) {
      if ((event.steps >> (step - 1) & 1U) != 0) {
        advance(step, event.micros, index, false);
      }
    }
  }

  // Events of one time that match different steps: in the order of the steps, each event once.
  void process_together(std::span<const FunnelEvent> events, std::size_t first_index) {
    for (std::size_t step = 1; step <= steps_count_; ++step) {
      for (std::size_t offset = 0; offset < events.size() && !is_complete(); ++offset) {
        if ((events[offset].steps >> (step - 1) & 1U) == 0) {
          continue;
        }
        advance(step, events[offset].micros, first_index + offset, true);
      }
    }
  }

  [[nodiscard]] bool is_complete() const { return best_.steps_reached == steps_count_; }
  [[nodiscard]] const FunnelProgress& best() const { return best_; }

 private:
  // `step` counts from 1; attempts_[step] is the newest attempt that has fulfilled it.
  void advance(std::size_t step, std::int64_t micros, std::size_t index, bool once_per_event) {
    Attempt next;
    if (step == 1) {
      next.exists = true;
      next.start = micros;
    } else {
      const Attempt& previous = attempts_[step - 1];
      if (!previous.exists || micros - previous.start > window_micros_) {
        return;
      }
      const auto used = previous.events.begin() + static_cast<std::ptrdiff_t>(step - 1);
      if (once_per_event && std::find(previous.events.begin(), used, index) != used) {
        return;
      }
      next = previous;
    }
    const Attempt& current = attempts_[step];
    if (current.exists && current.start == next.start) {
      return;
    }
    next.times[step - 1] = micros;
    next.events[step - 1] = index;
    attempts_[step] = next;
    if (step > best_.steps_reached) {
      best_ = FunnelProgress{step, next.times};
    }
  }

  std::size_t steps_count_;
  std::int64_t window_micros_;
  std::array<Attempt, kFunnelStepsMax + 1> attempts_{};
  FunnelProgress best_;
};

}  // namespace

FunnelProgress evaluate_funnel(std::span<const FunnelEvent> events, std::size_t steps_count,
                               std::int64_t window_micros) {
  Evaluation evaluation(std::min(steps_count, kFunnelStepsMax), window_micros);
  for (std::size_t first = 0; first < events.size() && !evaluation.is_complete();) {
    std::size_t last = first + 1;
    bool is_uniform = true;
    for (; last < events.size() && events[last].micros == events[first].micros; ++last) {
      is_uniform = is_uniform && events[last].steps == events[first].steps;
    }
    if (!is_uniform) {
      evaluation.process_together(events.subspan(first, last - first), first);
    } else {
      for (std::size_t index = first; index < last && !evaluation.is_complete(); ++index) {
        evaluation.process(events[index], index);
      }
    }
    first = last;
  }
  return evaluation.best();
}

}  // namespace cp::query
