// SPDX-License-Identifier: LicenseRef-Project
// The simulated disk and network as one life of a machine sees them: every operation passes a named
// point, and nothing happens any more once the machine is dead.
#pragma once

#include "dataplane/daemon/log_board.h"
#include "dataplane/sys/clock.h"
#include "dataplane/sys/sim_disk.h"
#include "dataplane/sys/sim_network.h"
#include "tests/sim/dataplane/daemon/doom.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace sim {

/// Passes operations on to the disk and their ends back, both only while the machine lives. Checks
/// that no removal leaves before `place` says that the segment is let go.
class WatchedDisk final : public dp::sys::LogDisk {
 public:
  WatchedDisk(dp::sys::SimDisk& disk, Doom& doom, Trace& trace,
              const dp::daemon::LogPlace& place) noexcept;
  WatchedDisk(const WatchedDisk&) = delete;
  WatchedDisk& operator=(const WatchedDisk&) = delete;
  WatchedDisk(WatchedDisk&&) = delete;
  WatchedDisk& operator=(WatchedDisk&&) = delete;
  ~WatchedDisk();

  /// A group was refused and no new segment has taken its place: a power cut now may bring it back
  /// (docs/formats/event-log.md, "Which segment holds a sequence").
  [[nodiscard]] bool is_refusal_open() const noexcept { return is_refusal_open_; }
  /// Whether an operation of the recovery was refused on purpose.
  [[nodiscard]] bool has_refused_recovery() const noexcept { return has_refused_recovery_; }

  /// The turn is over: what it prepared leaves.
  void turn_ended();
  /// Removals in turns that began a write, too: such a write takes along what is prepared.
  [[nodiscard]] std::uint64_t removals_beside_writes() const noexcept {
    return removals_beside_writes_;
  }

  base::Result<std::vector<std::string>> list() override;
  base::Result<std::size_t> read(const std::string& name, std::uint64_t offset,
                                 base::MutableBytes to) override;
  base::Result<void> sync_and_cut(const std::string& name, std::uint64_t bytes) override;
  base::Result<base::MutableBytes> map(const std::string& name, std::size_t bytes) override;
  base::Result<std::uint64_t> bytes_taken(const std::string& name) override;
  void create(const char* name, std::uint64_t bytes,
              dp::sys::Completion& completion) noexcept override;
  void write_and_sync(dp::sys::LogFile file, base::Bytes bytes, std::uint64_t offset,
                      dp::sys::Completion& completion) noexcept override;
  void rename_and_sync(const char* from, const char* to,
                       dp::sys::Completion& completion) noexcept override;
  void release_and_close(dp::sys::LogFile file, std::uint64_t begin, std::uint64_t end,
                         dp::sys::Completion& completion) noexcept override;
  void remove(const char* name, dp::sys::Completion& completion) noexcept override;
  void read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                  dp::sys::Completion& completion) noexcept override;
  [[nodiscard]] bool is_direct() const noexcept override { return true; }
  [[nodiscard]] bool syncs_by_itself() const noexcept override { return true; }

 private:
  class Watch;
  dp::sys::Completion& watch(Point ended, dp::sys::Completion& completion);
  void ended(Watch& watch, std::int32_t result);
  base::Error refuse_recovery() noexcept;
  void let_removal_leave();

  dp::sys::SimDisk& disk_;
  Doom& doom_;
  Trace& trace_;
  const dp::daemon::LogPlace& place_;
  std::optional<format::Sequence> prepared_removal_;  // the segment's first sequence
  bool has_written_ = false;                          // in this turn
  bool has_removed_ = false;                          // likewise
  std::uint64_t removals_beside_writes_ = 0;
  bool is_refusal_open_ = false;
  bool has_refused_recovery_ = false;
  std::vector<std::unique_ptr<Watch>> under_way_;
};

/// Passes calls on to the network while the machine lives.
class WatchedNetwork final : public dp::sys::Network {
 public:
  WatchedNetwork(dp::sys::SimNetwork& network, Doom& doom, Trace& trace) noexcept
      : network_(network), doom_(doom), trace_(trace) {}

  void accept(std::int32_t descriptor, dp::sys::AcceptListener& listener) noexcept override;
  void stop_accepting() noexcept override;
  [[nodiscard]] bool is_accepting() const noexcept override { return network_.is_accepting(); }
  void connect_unix(std::string_view path,
                    dp::sys::ConnectCompletion& completion) noexcept override;
  void start_receiving(dp::sys::Socket& socket) noexcept override;
  void receive_by_piece(dp::sys::Socket& socket, bool is_wanted) noexcept override;
  [[nodiscard]] bool receive_into(dp::sys::Socket& socket, base::MutableBytes to) noexcept override;
  [[nodiscard]] bool skip(dp::sys::Socket& socket, std::size_t bytes) noexcept override;
  void stop_receiving(dp::sys::Socket& socket) noexcept override;
  void send(dp::sys::Socket& socket, base::Bytes bytes) noexcept override;
  void finish_sending(dp::sys::Socket& socket) noexcept override;
  void close(dp::sys::Socket& socket) noexcept override;
  void discard(std::int32_t descriptor) noexcept override;
  std::size_t peer_address(const dp::sys::Socket& socket, char* to) const noexcept override;

 private:
  dp::sys::SimNetwork& network_;
  Doom& doom_;
  Trace& trace_;
};

/// The machine's clock as a shard reads it; on a slow machine time passes between two looks.
class WatchedClock final : public dp::sys::Clock {
 public:
  WatchedClock(dp::sys::SimClock& clock, std::uint32_t slow_percent, std::uint64_t seed)
      : clock_(clock), slow_percent_(slow_percent), random_(seed) {}

  void set_slow_percent(std::uint32_t percent) noexcept { slow_percent_ = percent; }
  [[nodiscard]] std::uint64_t monotonic_ns() const noexcept override;
  [[nodiscard]] std::int64_t realtime_us() const noexcept override { return clock_.realtime_us(); }

 private:
  dp::sys::SimClock& clock_;
  std::uint32_t slow_percent_;
  mutable std::mt19937_64 random_;
};

}  // namespace sim
