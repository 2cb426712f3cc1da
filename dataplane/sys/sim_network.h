// SPDX-License-Identifier: LicenseRef-Project
// Sockets of the simulation: peers in memory, bytes in pieces of any size, slow windows, resets,
// all from one seed.
#pragma once

#include "dataplane/sys/network.h"
#include "dataplane/sys/sim_events.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace dp::sys {

/// A network whose other end is the test. Thread: the simulation's only one.
class SimNetwork final : public Network {
 public:
  SimNetwork(SimEvents& events, std::uint64_t seed);
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;
  SimNetwork(SimNetwork&&) = delete;
  SimNetwork& operator=(SimNetwork&&) = delete;
  ~SimNetwork();

  /// The other end: a client connects to a listening descriptor (any number the shard accepts on)
  /// and gets the descriptor that the shard will see, which names the connection here too.
  std::int32_t peer_connect(std::int32_t listening_descriptor);
  void peer_send(std::int32_t descriptor, std::string_view bytes);
  void peer_finish(std::int32_t descriptor);
  void peer_reset(std::int32_t descriptor);
  /// The next `count` connections find no descriptor: accepting stands still, they wait.
  void refuse_accepts(std::uint32_t count, std::int32_t error) noexcept;
  /// A peer that does not read fills its window: what is sent to it does not end.
  void peer_set_reading(std::int32_t descriptor, bool is_reading);
  /// What has arrived at the peer.
  [[nodiscard]] const std::string& peer_received(std::int32_t descriptor) const;
  /// Whether the shard has finished sending or closed.
  [[nodiscard]] bool peer_sees_end(std::int32_t descriptor) const;
  /// Bytes are no longer split beyond need: as over a good line, for simulations of load.
  void stop_splitting() noexcept { is_splitting_ = false; }
  /// Whether a path can be connected to; connections out appear under a descriptor like any other.
  void set_unix_listener(std::string_view path, bool is_listening);

  void accept(std::int32_t descriptor, AcceptListener& listener) noexcept override;
  void stop_accepting() noexcept override;
  [[nodiscard]] bool is_accepting() const noexcept override { return is_accepting_; }
  void connect_unix(std::string_view path, ConnectCompletion& completion) noexcept override;
  void start_receiving(Socket& socket) noexcept override;
  void receive_by_piece(Socket& socket, bool is_wanted) noexcept override;
  [[nodiscard]] bool receive_into(Socket& socket, base::MutableBytes to) noexcept override;
  [[nodiscard]] bool skip(Socket& socket, std::size_t bytes) noexcept override;
  void stop_receiving(Socket& socket) noexcept override;
  void send(Socket& socket, base::Bytes bytes) noexcept override;
  void finish_sending(Socket& socket) noexcept override;
  void close(Socket& socket) noexcept override;
  void discard(std::int32_t descriptor) noexcept override;
  std::size_t peer_address(const Socket& socket, char* to) const noexcept override;

 private:
  struct Link;
  struct Operation;

  Link& link(std::int32_t descriptor) const;
  std::int32_t open_link();
  void schedule(std::unique_ptr<Operation> operation);
  void arrive(std::int32_t descriptor, std::int32_t listening_descriptor);
  void accepted(std::int32_t descriptor, std::int32_t listening_descriptor);
  void finish(Operation& operation);
  std::size_t some_of(std::size_t bytes);
  void want_delivery(Link& link);
  void deliver(Link& link);
  std::size_t take_some(Link& link);
  bool begin_to_take(Socket& socket, base::MutableBytes to, std::size_t bytes);
  void close_when_quiet(Link& link);
  void end_stalled_send(Link& link);

  SimEvents& events_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Link>> links_;
  std::map<std::int32_t, AcceptListener*> listeners_;
  std::map<std::int32_t, std::vector<std::int32_t>> backlogs_;  // of listeners that stand still
  std::uint32_t refused_accepts_ = 0;
  std::int32_t accept_error_ = 0;
  std::map<std::string, bool, std::less<>> unix_listeners_;
  std::vector<std::unique_ptr<Operation>> under_way_;
  bool is_accepting_ = true;
  bool is_splitting_ = true;
};

}  // namespace dp::sys
