// SPDX-License-Identifier: LicenseRef-Project
// One shard: a ring, a log partition, a listener, and the services between them, run by one thread.
#pragma once

#include "dataplane/capture/acknowledger.h"
#include "dataplane/capture/intake.h"
#include "dataplane/daemon/daemon_settings.h"
#include "dataplane/daemon/heartbeat.h"
#include "dataplane/daemon/listeners.h"
#include "dataplane/daemon/log_board.h"
#include "dataplane/daemon/metrics.h"
#include "dataplane/daemon/probes.h"
#include "dataplane/flags/service.h"
#include "dataplane/stream/tcp_transport.h"
#include "dataplane/sys/clock.h"
#include "dataplane/sys/event_queue.h"
#include "dataplane/sys/handover.h"
#include "dataplane/sys/log_disk.h"
#include "dataplane/sys/network.h"
#include "dataplane/tenant/store.h"
#include "dataplane/wal/writer.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dp::daemon {

/// What the shards of the process share; outlives them.
struct Process {
  const DaemonSettings& settings;
  const Listeners& listeners;
  tenant::Store& tenants;
  std::span<CounterPage> pages;  ///< One per shard.
  std::span<LogPlace> logs;      ///< One per shard.
  /// By shard: the connections of the last process, taken by the shard.
  std::span<std::vector<sys::HandedConnection>> handed;
  const LedgerBoard* ledger = nullptr;  ///< Nothing where no worker is heard.
};

/// What a shard stands on: the kernel, or a simulation of it. Everything outlives the shard.
struct Machine {
  sys::EventQueue& events;
  sys::LogDisk& disk;
  sys::Network& network;
  const sys::Clock& clock;
  capture::WallClockUs wall_clock_us;
  flags::WallClockMs wall_clock_ms;
  std::uint64_t entropy;
};

/// How much a shard takes at once. A simulation makes it small, so that every bound is met.
struct ShardSizes {
  std::size_t group_bytes_max = wal::Writer::Options{}.group_bytes_max;
  std::uint32_t waiters_max = capture::Acknowledger::kWaitersMax;
  stream::TcpTransport::Options transport;
};

/// One shard. Owner: the main thread, which opens it, starts a thread that calls `run`, and may
/// call the functions below it from anywhere. Everything else happens on that thread.
/// Failure: what cannot be opened is told in words; once running, a shard fails only by answering
/// 503.
class Shard final : public Turning {
 public:
  /// Recovers the log partition and takes over its listeners; the first shard serves the metrics
  /// listeners, too. Blocking. On failure returns nullptr and says in `failure` what could not be
  /// done; on success `summary` says what the log holds.
  static std::unique_ptr<Shard> open(const Process& process, std::uint32_t index,
                                     std::string& failure, std::string& summary);

  /// The same on any machine; `open` calls it with the kernel's. For simulations, which drive the
  /// shard by `turn`.
  static std::unique_ptr<Shard> assemble(const Process& process, std::uint32_t index,
                                         const Machine& machine, const ShardSizes& sizes,
                                         base::Result<wal::Recovery>& recovery);

  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  Shard(Shard&&) = delete;
  Shard& operator=(Shard&&) = delete;
  ~Shard();

  /// Serves until a requested stop is complete: no new connections, what is in flight is answered,
  /// and open connections move to the process that follows; for at most kDrainMsMax.
  void run() noexcept;

  /// One turn of `run` that waits at most `wait_ns_max`; returns the work done.
  std::uint32_t turn(std::uint64_t wait_ns_max) noexcept;

  /// Begins an orderly stop. `handover_line` is the sending end of the line to the process that
  /// follows, open until `run` returns; -1: nobody follows. Any thread.
  void request_stop(int handover_line) noexcept;

  /// Whether events were accepted at the end of the last turn. Any thread.
  [[nodiscard]] bool is_accepting() const noexcept;

  [[nodiscard]] std::uint64_t turns() const noexcept override;
  void wake() noexcept override;

  static constexpr std::uint64_t kDrainMsMax = 5'000;

 private:
  class State;
  struct Kernel;
  explicit Shard(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<Kernel> kernel_;  ///< What `open` opened; the state stands on it.
  std::unique_ptr<State> state_;
};

}  // namespace dp::daemon
