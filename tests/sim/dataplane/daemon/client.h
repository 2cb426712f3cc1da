// SPDX-License-Identifier: LicenseRef-Project
// One connection of a simulated client: sends requests in pieces, reads answers slowly, breaks off,
// and knows which answer belongs to which request.
#pragma once

#include "dataplane/sys/sim_network.h"
#include "tests/sim/dataplane/daemon/requests.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace sim {

/// Answers that clients have read, by status.
using StatusCounts = std::map<int, std::uint64_t>;

/// Checks of every answer: it belongs to the oldest request that has none (its origin is mirrored),
/// it comes once, nothing follows the last answer of a session, and it is what that request gets
/// from a dataplane that is well or a refusal that may always come.
class Client {
 public:
  /// `is_strict`: nothing but what a dataplane that is well answers.
  Client(dp::sys::SimNetwork& network, std::int32_t descriptor, StatusCounts& statuses,
         bool is_strict)
      : network_(network), descriptor_(descriptor), statuses_(statuses), is_strict_(is_strict) {}

  /// Queues a request behind the others.
  void ask(Attempt& attempt);
  /// Hands up to `bytes` of what is queued to the network.
  void send(std::size_t bytes);
  /// Takes the answers that have come, and notes the end of the connection.
  void read();
  /// Half close, reset, slow reading.
  void finish();
  void reset();
  void set_reading(bool is_reading) { network_.peer_set_reading(descriptor_, is_reading); }
  /// The connection is gone: whoever waits gets no answer.
  void end();

  [[nodiscard]] bool is_over() const noexcept { return is_over_; }
  [[nodiscard]] bool has_finished() const noexcept { return has_finished_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return asked_.size(); }
  [[nodiscard]] bool has_unsent() const noexcept { return sent_ < outbox_.size(); }

  /// The receipt of the newest acknowledgement; empty before the first.
  [[nodiscard]] const std::string& receipt() const noexcept { return receipt_; }

 private:
  struct Asked {
    Attempt* attempt;
    std::uint64_t begin;  // in what this connection sends
    std::uint64_t end;
  };
  struct Answer {
    int status = 0;
    std::string_view head;
    std::string_view body;
  };

  [[nodiscard]] bool next_answer(Answer& answer);
  void take(const Answer& answer);
  void check(const Attempt& attempt, const Answer& answer) const;
  static void check_body(const Attempt& attempt, const Answer& answer);
  [[nodiscard]] static std::string_view field(std::string_view head, std::string_view name);

  dp::sys::SimNetwork& network_;
  std::int32_t descriptor_;
  StatusCounts& statuses_;
  bool is_strict_;
  std::deque<Asked> asked_;
  std::string outbox_;
  std::size_t sent_ = 0;
  std::uint64_t dropped_ = 0;  // bytes of the outbox that were sent and let go
  std::size_t read_ = 0;
  std::string receipt_;
  bool has_finished_ = false;
  bool is_session_over_ = false;
  bool is_over_ = false;
};

}  // namespace sim
