// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/crowd.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <limits>

namespace load {

Crowd::Crowd(Options options, Poller& poller)
    : options_(std::move(options)), poller_(poller), members_(options_.slow + options_.idle) {}

bool Crowd::open() {
  for (std::uint32_t index = 0; index < members_.size(); ++index) {
    if (!open_member(index)) {
      return false;
    }
    // Every other slow client has sent its head already and is slow in the body.
    if (index < options_.slow && index % 2 == 1) {
      auto& member = members_[index];
      member.sent = options_.request.find("\r\n\r\n") + 4;
      send(member.socket.number(), options_.request.data(), member.sent, MSG_NOSIGNAL);
    }
  }
  return true;
}

bool Crowd::open_member(std::uint32_t index) {
  auto& member = members_[index];
  member.sent = 0;
  member.socket = Descriptor();
  member.socket = connect_now(options_.port);
  if (!member.socket.is_open()) {
    return false;
  }
  poller_.watch(member.socket, {Tag::Kind::crowd, index}, false);
  return true;
}

void Crowd::send_byte(Member& member) {
  if (!member.socket.is_open()) {
    return;
  }
  send(member.socket.number(), &options_.request[member.sent], 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  member.sent = (member.sent + 1) % options_.request.size();
}

std::uint64_t Crowd::drip(std::uint64_t now) {
  if (options_.slow == 0) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  if (next_drip_ == 0) {
    next_drip_ = now;
  }
  while (next_drip_ <= now) {
    send_byte(members_[turn_]);
    turn_ = (turn_ + 1) % options_.slow;
    next_drip_ += options_.interval_ns / options_.slow;
  }
  return next_drip_;
}

void Crowd::receive(std::uint32_t index) {
  auto& member = members_[index];
  std::array<char, 4096> bytes;  // NOLINT(*-member-init): recv fills it.
  const auto received = recv(member.socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (received > 0 || (received < 0 && (errno == EAGAIN || errno == EINTR))) {
    return;
  }
  ++closed_;
  open_member(index);
}

}  // namespace load
