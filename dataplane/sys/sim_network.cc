// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/sim_network.h"

#include "dataplane/base/check.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dp::sys {
namespace {

constexpr std::int32_t kFirstDescriptor = 1000;
constexpr std::uint64_t kDelayNsMax = 500'000;
constexpr std::size_t kPieceBytesMax = 4096;
constexpr std::string_view kPeerAddress = "192.0.2.7";

}  // namespace

// One connection, both ends.
struct SimNetwork::Link {
  std::int32_t descriptor = -1;
  Socket* socket = nullptr;  // while the shard uses it
  std::string to_shard;
  std::string at_peer;
  bool has_peer_finished = false;
  bool is_reset = false;
  bool has_shard_finished = false;
  bool is_closed = false;
  bool is_delivery_scheduled = false;
  bool is_peer_reading = true;
  std::unique_ptr<Operation> stalled_send;  // while the peer does not read
  base::MutableBytes to;                    // where `receive_into` puts bytes; empty for `skip`
  std::size_t take_bytes = 0;               // what either takes at most
};

struct SimNetwork::Operation final : public Completion {
  enum class Kind : std::uint8_t { accepted, connected, deliver, sent, closed };

  Operation(SimNetwork& owner, Kind what, std::int32_t which) noexcept
      : network(owner), kind(what), descriptor(which) {}
  void completed(std::int32_t /*result*/) noexcept override { network.finish(*this); }

  SimNetwork& network;
  Kind kind;
  std::int32_t descriptor;
  std::int32_t listening_descriptor = -1;
  ConnectCompletion* connect = nullptr;
  std::int32_t result = 0;
};

SimNetwork::SimNetwork(SimEvents& events, std::uint64_t seed) : events_(events), random_(seed) {}
SimNetwork::~SimNetwork() = default;

SimNetwork::Link& SimNetwork::link(std::int32_t descriptor) const {
  return *links_.at(static_cast<std::size_t>(descriptor - kFirstDescriptor));
}

std::int32_t SimNetwork::open_link() {
  links_.push_back(std::make_unique<Link>());
  links_.back()->descriptor = kFirstDescriptor + static_cast<std::int32_t>(links_.size()) - 1;
  return links_.back()->descriptor;
}

void SimNetwork::schedule(std::unique_ptr<Operation> operation) {
  events_.schedule(1 + random_() % kDelayNsMax, *operation, 0);
  under_way_.push_back(std::move(operation));
}

std::int32_t SimNetwork::peer_connect(std::int32_t listening_descriptor) {
  const std::int32_t descriptor = open_link();
  arrive(descriptor, listening_descriptor);
  return descriptor;
}

void SimNetwork::arrive(std::int32_t descriptor, std::int32_t listening_descriptor) {
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::accepted, descriptor);
  operation->listening_descriptor = listening_descriptor;
  schedule(std::move(operation));
}

void SimNetwork::refuse_accepts(std::uint32_t count, std::int32_t error) noexcept {
  refused_accepts_ = count;
  accept_error_ = error;
}

void SimNetwork::peer_send(std::int32_t descriptor, std::string_view bytes) {
  Link& target = link(descriptor);
  if (!target.has_peer_finished && !target.is_reset) {
    target.to_shard += bytes;
    want_delivery(target);
  }
}

void SimNetwork::peer_finish(std::int32_t descriptor) {
  link(descriptor).has_peer_finished = true;
  want_delivery(link(descriptor));
}

void SimNetwork::peer_reset(std::int32_t descriptor) {
  link(descriptor).is_reset = true;
  end_stalled_send(link(descriptor));
  want_delivery(link(descriptor));
}

void SimNetwork::peer_set_reading(std::int32_t descriptor, bool is_reading) {
  Link& target = link(descriptor);
  target.is_peer_reading = is_reading;
  if (is_reading) {
    end_stalled_send(target);
  }
}

// The window opens, or nobody waits for it any more.
void SimNetwork::end_stalled_send(Link& target) {
  if (target.stalled_send == nullptr) {
    return;
  }
  if (target.is_reset || (target.socket != nullptr && target.socket->is_closing)) {
    target.stalled_send->result = target.is_reset ? -EPIPE : -ECANCELED;
  }
  schedule(std::move(target.stalled_send));
}

const std::string& SimNetwork::peer_received(std::int32_t descriptor) const {
  return link(descriptor).at_peer;
}

bool SimNetwork::peer_sees_end(std::int32_t descriptor) const {
  return link(descriptor).has_shard_finished || link(descriptor).is_closed;
}

void SimNetwork::set_unix_listener(std::string_view path, bool is_listening) {
  unix_listeners_[std::string(path)] = is_listening;
}

void SimNetwork::accept(std::int32_t descriptor, AcceptListener& listener) noexcept {
  listeners_[descriptor] = &listener;
  if (const auto waiting = backlogs_.extract(descriptor)) {
    for (const std::int32_t each : waiting.mapped()) {
      arrive(each, descriptor);
    }
  }
}

void SimNetwork::accepted(std::int32_t descriptor, std::int32_t listening_descriptor) {
  if (const auto backlog = backlogs_.find(listening_descriptor); backlog != backlogs_.end()) {
    backlog->second.push_back(descriptor);
    return;
  }
  const auto listener = listeners_.find(listening_descriptor);
  if (!is_accepting_ || listener == listeners_.end()) {
    link(descriptor).is_closed = true;
    return;
  }
  if (refused_accepts_ > 0) {
    --refused_accepts_;
    backlogs_[listening_descriptor].push_back(descriptor);
    listener->second->accept_failed(-accept_error_);
    return;
  }
  listener->second->descriptor_accepted(descriptor);
}

void SimNetwork::stop_accepting() noexcept { is_accepting_ = false; }

void SimNetwork::connect_unix(std::string_view path, ConnectCompletion& completion) noexcept {
  const auto found = unix_listeners_.find(path);
  const bool is_listening = found != unix_listeners_.end() && found->second;
  const std::int32_t descriptor = is_listening ? open_link() : -1;
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::connected, descriptor);
  operation->connect = &completion;
  operation->result = is_listening ? descriptor : -ECONNREFUSED;
  schedule(std::move(operation));
}

// From one to all of them.
std::size_t SimNetwork::some_of(std::size_t bytes) {
  return is_splitting_ ? 1 + random_() % bytes : bytes;
}

void SimNetwork::want_delivery(Link& target) {
  const bool has_news = !target.to_shard.empty() || target.has_peer_finished || target.is_reset;
  Socket* socket = target.socket;
  if (has_news && socket != nullptr && !socket->is_closing && socket->is_receive_wanted &&
      !socket->is_receive_over && !target.is_delivery_scheduled) {
    target.is_delivery_scheduled = true;
    socket->is_receive_armed = true;
    schedule(std::make_unique<Operation>(*this, Operation::Kind::deliver, target.descriptor));
  }
}

// One piece of random size, or the end; like the kernel, also shortly after receiving was stopped.
void SimNetwork::deliver(Link& target) {
  Socket& socket = *target.socket;
  target.is_delivery_scheduled = false;
  socket.is_receive_armed = false;
  if (socket.is_closing) {
    close_when_quiet(target);
    return;
  }
  const bool is_taking = std::exchange(socket.is_taking, false);
  const bool is_over = target.is_reset || (target.to_shard.empty() && target.has_peer_finished);
  if (is_taking) {
    socket.is_receive_over = is_over;
    socket.listener->bytes_taken(is_over ? 0 : take_some(target));
    if (socket.is_closing) {
      return;
    }
    if (!is_over) {
      want_delivery(target);
      return;
    }
  }
  if (target.is_reset) {
    socket.is_receive_over = true;
    socket.listener->receive_ended(-ECONNRESET);
    return;
  }
  if (target.to_shard.empty()) {
    socket.is_receive_over = true;
    socket.listener->receive_ended(0);
    return;
  }
  const std::size_t most = is_splitting_ && random_() % 2 != 0 ? 16 : kPieceBytesMax;
  const std::size_t length = some_of(std::min(target.to_shard.size(), most));
  std::string piece = target.to_shard.substr(0, length);
  target.to_shard.erase(0, length);
  piece.append(kReceivePaddingBytes, '\0');
  socket.listener->bytes_received(base::as_bytes(std::string_view(piece).substr(0, length)));
  want_delivery(target);
}

// Any number of the bytes that `receive_into` or `skip` wants.
std::size_t SimNetwork::take_some(Link& target) {
  const std::size_t most = std::min(target.to_shard.size(), target.take_bytes);
  if (most == 0) {
    return 0;
  }
  const std::size_t count = random_() % 2 == 0 ? most : some_of(most);
  if (!target.to.empty()) {
    std::memcpy(target.to.data(), target.to_shard.data(), count);
  }
  target.to_shard.erase(0, count);
  return count;
}

bool SimNetwork::begin_to_take(Socket& socket, base::MutableBytes to, std::size_t bytes) {
  Link& target = link(socket.descriptor);
  if (socket.is_receive_armed || socket.is_receive_over || socket.is_closing ||
      !socket.is_receive_wanted) {
    return false;
  }
  socket.is_receive_armed = true;
  socket.is_taking = true;
  target.to = to;
  target.take_bytes = bytes;
  want_delivery(target);
  return true;
}

void SimNetwork::receive_by_piece(Socket& socket, bool is_wanted) noexcept {
  socket.is_one_piece_wanted = is_wanted;  // pieces are all there is here
}

bool SimNetwork::receive_into(Socket& socket, base::MutableBytes to) noexcept {
  return begin_to_take(socket, to, to.size());
}

bool SimNetwork::skip(Socket& socket, std::size_t bytes) noexcept {
  return begin_to_take(socket, {}, bytes);
}

void SimNetwork::start_receiving(Socket& socket) noexcept {
  Link& target = link(socket.descriptor);
  target.socket = &socket;
  socket.is_receive_wanted = true;
  want_delivery(target);
}

void SimNetwork::stop_receiving(Socket& socket) noexcept {
  Link& target = link(socket.descriptor);
  socket.is_receive_wanted = false;
  if (socket.is_taking && !target.is_delivery_scheduled) {
    target.is_delivery_scheduled = true;  // it ends, with nothing or with a little more
    schedule(std::make_unique<Operation>(*this, Operation::Kind::deliver, target.descriptor));
  }
}

void SimNetwork::send(Socket& socket, base::Bytes bytes) noexcept {
  CHECK(!socket.is_send_in_flight && !socket.is_closing && !bytes.empty());
  socket.is_send_in_flight = true;
  Link& target = link(socket.descriptor);
  target.socket = &socket;
  auto operation = std::make_unique<Operation>(*this, Operation::Kind::sent, socket.descriptor);
  // Short sends happen; nothing is sent to a peer that is gone.
  const std::size_t count = random_() % 4 == 0 ? some_of(bytes.size()) : bytes.size();
  operation->result = target.is_reset ? -EPIPE : static_cast<std::int32_t>(count);
  if (!target.is_reset) {
    target.at_peer += base::as_text(bytes.first(count));
  }
  if (target.is_peer_reading || target.is_reset) {
    schedule(std::move(operation));
  } else {
    target.stalled_send = std::move(operation);
  }
}

void SimNetwork::finish_sending(Socket& socket) noexcept {
  link(socket.descriptor).has_shard_finished = true;
}

void SimNetwork::close(Socket& socket) noexcept {
  Link& target = link(socket.descriptor);
  target.socket = &socket;
  if (!socket.is_closing) {
    socket.is_closing = true;
    end_stalled_send(target);
    close_when_quiet(target);
  }
}

void SimNetwork::close_when_quiet(Link& target) {
  Socket& socket = *target.socket;
  if (!target.is_delivery_scheduled && !socket.is_send_in_flight && !socket.is_close_started) {
    socket.is_close_started = true;
    schedule(std::make_unique<Operation>(*this, Operation::Kind::closed, target.descriptor));
  }
}

void SimNetwork::discard(std::int32_t descriptor) noexcept { link(descriptor).is_closed = true; }

std::size_t SimNetwork::peer_address(const Socket& /*socket*/, char* to) const noexcept {
  std::memcpy(to, kPeerAddress.data(), kPeerAddress.size());
  return kPeerAddress.size();
}

void SimNetwork::finish(Operation& operation) {
  const auto mine = std::find_if(under_way_.begin(), under_way_.end(),
                                 [&](const auto& each) { return each.get() == &operation; });
  const std::unique_ptr<Operation> done = std::move(*mine);
  under_way_.erase(mine);
  switch (done->kind) {
    case Operation::Kind::accepted:
      accepted(done->descriptor, done->listening_descriptor);
      break;
    case Operation::Kind::connected:
      done->connect->connect_done(done->result);
      break;
    case Operation::Kind::deliver:
      deliver(link(done->descriptor));
      break;
    case Operation::Kind::sent: {
      Link& target = link(done->descriptor);
      target.socket->is_send_in_flight = false;
      if (target.socket->is_closing) {
        close_when_quiet(target);
      } else {
        target.socket->listener->send_done(done->result);
      }
      break;
    }
    case Operation::Kind::closed: {
      Link& target = link(done->descriptor);
      Socket& socket = *std::exchange(target.socket, nullptr);
      target.is_closed = true;
      socket.descriptor = -1;
      socket.listener->socket_closed();
      break;
    }
  }
}

}  // namespace dp::sys
