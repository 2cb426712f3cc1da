// SPDX-License-Identifier: LicenseRef-Project
// Speaks HTTP/1.1 on one connection: cuts requests out of the byte stream, hands them to their
// route, and sends the answers in the order of the requests, however late they come.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/http/chunked.h"
#include "dataplane/http/request_parser.h"
#include "dataplane/http/service.h"
#include "dataplane/http/work_line.h"
#include "dataplane/stream/connection.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dp::http {

class SessionPool;

/// Requests of one connection that may wait for their answers; more stay unread.
inline constexpr std::uint32_t kPipelineMax = 16;

/// Body bytes that are skipped to keep a connection whose streamed request was answered before its
/// body was read.
inline constexpr std::uint64_t kSkippedBytesMax = std::uint64_t{1} << 20;

/// Bytes of a body that must come within `Timeouts::body_ms`; fewer are a stall, or somebody who
/// wants to hold the connection.
inline constexpr std::size_t kBodyProgressBytes = 4096;

/// Bodies up to here are always taken; beyond it they share `SessionContext::held_bytes_max`.
inline constexpr std::size_t kSmallBodyBytes = std::size_t{64} << 10;

/// Timeouts of one connection. A silent connection closes between one and two times `idle_ms` after
/// its last request.
struct Timeouts {
  std::uint32_t head_ms =
      15'000;  ///< From the first byte of a head to its blank line; then 408 and close.
  std::uint32_t body_ms =
      30'000;  ///< For kBodyProgressBytes of a body, or its rest; then 408 and close.
  std::uint32_t idle_ms = 120'000;
};

/// What the sessions of a shard saw. One writer; read by `/metrics` on the same core.
struct SessionCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  ///< The pool was empty.
  std::uint64_t requests = 0;             ///< Heads parsed.
  std::uint64_t malformed = 0;            ///< 400: head or transfer coding not HTTP/1.x.
  std::uint64_t head_too_large = 0;       ///< 431.
  std::uint64_t head_timed_out = 0;       ///< 408.
  std::uint64_t body_timed_out = 0;       ///< 408.
  std::uint64_t body_too_large = 0;       ///< 413.
  std::uint64_t body_without_room = 0;    ///< 503: `held_bytes_max` was reached.
  std::uint64_t idle_closed = 0;
};

/// What the sessions of one shard share: route table, parser memory, the answers sessions give
/// themselves.
struct SessionContext {
  explicit SessionContext(Router& router, Timeouts timeouts = {});

  Router& router;
  Timeouts timeouts;
  WorkLine* line = nullptr;  ///< Where large requests wait; without it they are served at once.
  bool may_move = false;     ///< Whether connections may go on in another process.
  std::size_t held_bytes_max = std::size_t{256} << 20;  ///< Of unfinished bodies, all sessions.
  std::size_t held_bytes = 0;
  SessionCounters counters;
  RequestParser parser;
  StaticAnswer malformed;
  StaticAnswer head_too_large;
  StaticAnswer timed_out;
  StaticAnswer body_too_large;
  StaticAnswer without_room;
};

/// One connection's HTTP state. Owner: SessionPool. Thread: the shard's core. Bounds: kPipelineMax
/// unanswered requests, kHeadBytesMax per head, the route's limit per body. Failure: a malformed
/// request is answered 400 and the connection closes; nothing a peer sends stops the process.
class Session final : public stream::ConnectionHandler {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) = delete;
  Session& operator=(Session&&) = delete;
  ~Session() = default;

  /// Binds a pooled session to a new connection.
  void start(SessionContext& context, SessionPool& pool, stream::Connection& connection) noexcept;

  std::size_t received(stream::Connection& connection, base::Bytes bytes) noexcept override;
  void skipped(stream::Connection& connection, std::size_t bytes) noexcept override;
  void writable(stream::Connection& connection) noexcept override;
  void peer_finished(stream::Connection& connection) noexcept override;
  void timed_out(stream::Connection& connection) noexcept override;
  void closed(stream::Connection& connection) noexcept override;
  [[nodiscard]] stream::Movability movability() const noexcept override;

  // For the WorkLine.
  [[nodiscard]] WorkLinePlace& place_in_line() noexcept { return place_; }
  /// The request at whose end the session joined the line is served now.
  void take_turn() noexcept;

 private:
  friend class Exchange;
  friend class SessionPool;

  /// What the bytes shown next belong to.
  enum class State : std::uint8_t {
    head,       ///< A request line, fields, the blank line.
    body,       ///< A body of known length, kept by the connection until complete.
    chunks,     ///< A chunked body, collected in `collected_`.
    discard,    ///< The rest of a body nobody wants.
    streaming,  ///< A body on its way to `stream_`.
    answering,  ///< The streamed body is complete, its answer is not.
    closing,    ///< Whatever comes is ignored; the connection closes after sending.
  };

  enum class Timer : std::uint8_t { idle, head, body };

  /// One request that has not been answered, or whose answer waits for an earlier one.
  struct Pending {
    const StaticAnswer* ready_static = nullptr;
    bool is_open = false;
    bool is_ready = false;
    bool is_keep_alive = true;
    bool is_http_1_0 = false;
    bool is_head = false;
    std::string
        text;  ///< The request's Origin until ready, then the rendered answer (unless static).
  };

  // Reading: each consumes from the front of `bytes` and returns how much, 0 to wait for more.
  std::size_t step(base::Bytes bytes) noexcept;
  std::size_t read_head(base::Bytes bytes) noexcept;
  std::size_t begin_request(base::Bytes bytes, const Request& request) noexcept;
  std::size_t begin_service(base::Bytes bytes, const Request& request) noexcept;
  std::size_t begin_stream(const Request& request, StreamingRoute& route) noexcept;
  std::size_t begin_discard(const Request& request) noexcept;
  std::size_t read_body(base::Bytes bytes) noexcept;
  std::size_t read_chunks(base::Bytes bytes) noexcept;
  std::size_t read_discarded(base::Bytes bytes) noexcept;
  std::size_t read_discarded_chunks(base::Bytes bytes) noexcept;
  std::size_t read_streamed(base::Bytes bytes) noexcept;
  std::size_t read_streamed_chunks(base::Bytes bytes) noexcept;

  // Turns of the state machine.
  void dispatch(const Request& request) noexcept;
  void collected_is_complete() noexcept;
  [[nodiscard]] bool discarded(std::uint64_t bytes, bool is_complete) noexcept;
  void discard_is_over(bool is_complete) noexcept;
  void skip_discarded() noexcept;
  void body_is_complete(bool is_keep_alive) noexcept;
  void stream_body_is_complete() noexcept;
  void discard_rest_of_body(std::uint64_t drain_bytes_max) noexcept;
  void discard_rest_of_chunks() noexcept;
  void refuse_body(Refusal refusal, bool is_keep_alive) noexcept;
  void refuse_stream(const StaticAnswer& answer) noexcept;
  void fail(const StaticAnswer& answer) noexcept;
  void close() noexcept;

  // Answering.
  std::uint32_t open_pending(const Request& request) noexcept;
  [[nodiscard]] Pending* find_pending(std::uint32_t generation, std::uint32_t ticket) noexcept;
  [[nodiscard]] std::uint32_t pending_count() const noexcept {
    return next_ticket_ - first_ticket_;
  }
  void answer(std::uint32_t ticket, Pending& pending, const StaticAnswer& answer,
              std::string_view more_fields) noexcept;
  void answer(std::uint32_t ticket, Pending& pending, const Answer& answer) noexcept;
  void send_ready(std::string_view more_fields) noexcept;
  void send_static(const Pending& pending, const StaticAnswer& answer,
                   std::string_view more_fields) noexcept;
  static std::string joined(const Pending& pending, const StaticAnswer& answer,
                            std::string_view more_fields);
  static base::Bytes rest_of(const Pending& pending, const StaticAnswer& answer) noexcept;
  void pop_pending() noexcept;
  void pay_continue() noexcept;
  void stream_finished(bool is_keep_alive) noexcept;
  void lose_stream() noexcept;

  // Large requests (session_line.cc).
  [[nodiscard]] bool waits_in_line(std::size_t all_bytes) noexcept;
  void leave_line() noexcept;
  [[nodiscard]] bool is_body_wanted(std::uint64_t body_bytes) noexcept;
  std::size_t refuse_at_head(const Request& request) noexcept;

  // Limits (session_limits.cc).
  void progressed(std::size_t bytes) noexcept;
  [[nodiscard]] bool hold(std::size_t bytes) noexcept;
  void release_held() noexcept;
  [[nodiscard]] bool is_peer_stuck() const noexcept;
  void idle_timed_out() noexcept;

  // Flow and time.
  void arm(Timer timer) noexcept;
  void pause() noexcept;
  void resume() noexcept;

  // Hot: touched by every request.
  SessionContext* context_ = nullptr;
  stream::Connection* connection_ = nullptr;
  std::uint32_t generation_ = 1;
  std::uint32_t first_ticket_ = 0;  ///< Oldest request without a sent answer.
  std::uint32_t next_ticket_ = 0;
  State state_ = State::head;
  Timer timer_ = Timer::idle;
  bool is_active_ = false;      ///< Something happened since the idle timer was armed.
  bool is_paused_ = false;      ///< We asked the connection to stop receiving.
  bool owes_continue_ = false;  ///< `100 Continue` waits for earlier answers.
  bool is_peer_finished_ = false;
  std::size_t scanned_bytes_ = 0;  ///< Of an incomplete head: no blank line ends within these.

  // Cold: bodies that come in pieces, streams.
  SessionPool* pool_ = nullptr;
  Service* service_ = nullptr;
  RequestStream* stream_ = nullptr;
  WorkLinePlace place_;
  bool has_turn_ = false;  ///< The request in line is to be served.
  bool is_body_chunked_ = false;
  bool is_body_keep_alive_ = true;
  bool owes_refusal_ = false;          ///< The discarded body's request is still to be answered.
  bool has_stream_sent_ = false;       ///< Response bytes of the stream have left.
  std::uint32_t body_ticket_ = 0;      ///< Of the request whose body is being read.
  std::size_t head_bytes_ = 0;         ///< Of the request whose body is being read.
  std::uint64_t body_bytes_left_ = 0;  ///< Of a body of known length.
  std::uint64_t body_bytes_max_ = 0;
  std::uint64_t drain_bytes_left_ = 0;  ///< Before we give up discarding.
  std::size_t progress_bytes_ = 0;      ///< Of the body, since its timer was armed.
  std::size_t held_bytes_ = 0;          ///< Of the unfinished body, as far as it has come.
  ChunkedReader chunked_;
  std::vector<std::byte>
      collected_;  ///< Head and decoded body of a chunked request; empty otherwise.
  std::array<Pending, kPipelineMax> pending_;
};

/// The sessions of one shard; memory grows with the connections and is kept. Owner and thread: the
/// shard. Beyond `sessions_max` a connection is refused.
class SessionPool final : public stream::Acceptor {
 public:
  SessionPool(SessionContext& context, std::uint32_t sessions_max);

  stream::ConnectionHandler* accepted(stream::Connection& connection) noexcept override;

 private:
  friend class Session;
  void release(Session& session) noexcept;
  void grow() noexcept;

  SessionContext& context_;
  std::uint32_t sessions_max_;
  std::uint32_t sessions_ = 0;
  std::vector<std::unique_ptr<Session[]>> blocks_;
  std::vector<Session*> free_;
};

}  // namespace dp::http
