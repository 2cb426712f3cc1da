// SPDX-License-Identifier: LicenseRef-Project
// Sends the corpus by the schedule and times every answer from when its request was meant to leave.
#pragma once

#include "bench/load/answer_reader.h"
#include "bench/load/crowd.h"
#include "bench/load/figures.h"
#include "bench/load/socket.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace load {

/// One run. Owner and thread: main. Bounds: `Options::connections` requests at once; a request that
/// finds none free waits, and its waiting is part of its latency: no send is ever skipped.
/// Failure: without a server at the start `run` returns false; later losses are counted.
class Driver {
 public:
  Driver(const Options& options, const Corpus& corpus);

  /// Warm-up, window, drain.
  bool run();

  [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
  /// The requests of the corpus that were answered with 2xx at least once.
  [[nodiscard]] const std::vector<bool>& acknowledged() const noexcept { return acknowledged_; }

 private:
  struct Connection {
    Descriptor socket;
    bool is_busy = false;
    bool is_connecting = false;
    bool wants_to_write = false;
    std::uint32_t item = 0;
    std::uint64_t intended = 0;
    std::size_t sent = 0;
    std::string received;  ///< Only of an answer that came in pieces.
  };

  bool open_connections();
  void plan_phases();
  void loop();
  void enter_phases(std::uint64_t now);
  void launch_waiting();
  void launch_due(std::uint64_t now);
  void launch_closed_loop(std::uint64_t now);
  void launch(std::uint64_t intended, bool has_waited);
  void begin_request(std::uint32_t index, std::uint64_t intended);
  void write(std::uint32_t index);
  void handle(std::uint32_t index, bool is_writable);
  void read(std::uint32_t index);
  void finish(std::uint32_t index, const Answer& answer);
  void lose(std::uint32_t index);
  void release(std::uint32_t index);
  [[nodiscard]] bool is_in_window(std::uint64_t time) const;
  [[nodiscard]] bool is_over(std::uint64_t now) const;
  [[nodiscard]] std::uint64_t next_deadline() const;

  const Options& options_;
  const Corpus& corpus_;
  Poller poller_;
  Crowd crowd_;
  Schedule schedule_;
  Figures figures_;
  std::vector<Connection> connections_;
  std::deque<std::uint32_t> free_;     ///< First in, first out: every connection is used.
  std::deque<std::uint64_t> waiting_;  ///< Intended times of requests without a connection.
  std::vector<bool> acknowledged_;
  std::uint64_t launched_ = 0;  ///< Requests taken from the corpus.
  std::uint64_t in_flight_ = 0;
  std::uint64_t start_ = 0;
  std::uint64_t window_begin_ = 0;
  std::uint64_t window_end_ = 0;
  std::uint64_t drain_end_ = 0;
  double cpu_begin_ = 0;
  bool is_measuring_ = false;
  bool is_measured_ = false;
  bool is_gone_ = false;
};

}  // namespace load
