// SPDX-License-Identifier: LicenseRef-Project
// Clients that burden a server without asking much: silent connections, and slow ones that send a
// request byte by byte.
#pragma once

#include "bench/load/socket.h"

#include <cstdint>
#include <string>
#include <vector>

namespace load {

/// Holds connections open and reopens those the server ends. Owner and thread: the driver.
/// Bounds: `idle + slow` sockets. Failure: a connection that cannot be opened counts as closed.
class Crowd {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::uint32_t idle = 0;
    std::uint32_t slow = 0;
    std::uint64_t interval_ns = 0;  ///< Between two bytes of one slow connection.
    std::string request;            ///< What the slow ones send, over and over.
  };

  Crowd(Options options, Poller& poller);

  /// Opens every connection. False when one could not be opened.
  bool open();

  /// Sends the bytes that are due; returns when the next one is.
  std::uint64_t drip(std::uint64_t now);

  /// Something came on a connection: an answer, or its end.
  void receive(std::uint32_t index);

  /// Connections the server ended.
  [[nodiscard]] std::uint64_t closed() const noexcept { return closed_; }

 private:
  struct Member {
    Descriptor socket;
    std::size_t sent = 0;
  };

  bool open_member(std::uint32_t index);
  void send_byte(Member& member);

  Options options_;
  Poller& poller_;
  std::vector<Member> members_;  ///< The slow ones first.
  std::uint64_t closed_ = 0;
  std::uint64_t next_drip_ = 0;
  std::uint32_t turn_ = 0;
};

}  // namespace load
