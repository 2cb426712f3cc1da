// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/consumer_watch.h"

#include "dataplane/base/check.h"
#include "dataplane/format/ledger_state.h"
#include "dataplane/format/watermark.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace dp::daemon {

ConsumerWatch::ConsumerWatch(std::filesystem::path event_log, std::span<LogPlace> places,
                             LedgerBoard& ledger)
    : event_log_(std::move(event_log)),
      places_(places),
      ledger_(ledger),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(stop_ >= 0);
  look();
  thread_ = std::thread([this] { run(); });
}

ConsumerWatch::~ConsumerWatch() {
  CHECK(::eventfd_write(stop_, 1) == 0);
  thread_.join();
  ::close(stop_);
}

bool ConsumerWatch::waits_out_interval() const {
  pollfd stop{stop_, POLLIN, 0};
  return ::poll(&stop, 1, static_cast<int>(kInterval.count())) <= 0;
}

void ConsumerWatch::run() {
  while (waits_out_interval()) {
    look();
  }
}

void ConsumerWatch::look() {
  look_at_watermarks();
  look_at_ledger();
}

void ConsumerWatch::look_at_watermarks() {
  const auto consumers = format::read_consumers(event_log_);
  if (!consumers) {
    return;
  }
  for (std::uint32_t shard = 0; shard < places_.size(); ++shard) {
    places_[shard].needed_from.store(format::released_below(*consumers, shard),
                                     std::memory_order_release);
    places_[shard].stored.store(
        format::watermark_of(*consumers, format::kWorkerConsumerName, shard),
        std::memory_order_release);
  }
}

/// What cannot be read leaves the last word standing; its time tells how old that is.
void ConsumerWatch::look_at_ledger() {
  const auto state = format::read_ledger_state(event_log_);
  if (!state) {
    return;
  }
  constexpr auto kRelaxed = std::memory_order_relaxed;
  ledger_.unbalanced_minutes.store(state->unbalanced_minutes, kRelaxed);
  ledger_.unaccounted_events.store(state->unaccounted_events, kRelaxed);
  ledger_.waiting_since_s.store(static_cast<std::uint64_t>(state->waiting_since_s), kRelaxed);
  ledger_.checked_s.store(static_cast<std::uint64_t>(state->checked_s), kRelaxed);
}

}  // namespace dp::daemon
