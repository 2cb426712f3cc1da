// SPDX-License-Identifier: LicenseRef-Project
// What stands behind the HTTP sessions: a router, services that see whole requests, and streaming
// routes that take over the body and the answer (the proxy).
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/http/answer.h"
#include "dataplane/http/request.h"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace dp::http {

class Session;

/// The right to answer one request, now or later. A value: copy it freely, keep it past the end of
/// the connection; a call on an exchange that is over (answered, or its connection gone) does
/// nothing. Thread: the owner's core. May be used inside and outside of the callbacks below.
class Exchange {
 public:
  Exchange() = default;

  /// The connection stands and this request has not been answered completely.
  [[nodiscard]] bool is_open() const noexcept;

  /// The client's address in text, without port; empty for unix sockets and once the connection is
  /// gone.
  [[nodiscard]] std::string_view peer_address() const noexcept;

  /// Answers with bytes that outlive the connection. Pipelined answers leave in the order of the
  /// requests.
  void answer(const StaticAnswer& answer) const noexcept;

  /// The same with more header lines, each complete with CRLF; they are copied.
  void answer(const StaticAnswer& answer, std::string_view more_fields) const noexcept;

  /// Answers with a copy of `answer`.
  void answer(const Answer& answer) const noexcept;

  /// Answers a CORS preflight: 200, empty, `methods` allowed, the requested headers mirrored from
  /// `request`.
  void answer_preflight(const Request& request, std::string_view methods) const noexcept;

  // The rest is for a StreamingRoute's exchange only.

  /// Sends raw response bytes (status line, fields, body with its transfer coding), copied.
  void send(base::Bytes bytes) const noexcept;

  /// Response bytes not yet taken by the kernel; a sender stops above its own mark and waits for
  /// `writable`.
  [[nodiscard]] std::size_t send_backlog_bytes() const noexcept;

  /// After `body` took less than it was given: show the rest and what came since.
  void resume_body() const noexcept;

  /// The response is complete. The connection serves the next request when `is_keep_alive` and the
  /// request's body has been read; otherwise it closes after sending.
  void finish(bool is_keep_alive) const noexcept;

  /// Cuts the connection: the response cannot be completed. `client_gone` is not called.
  void abort() const noexcept;

 private:
  friend class Session;
  Exchange(Session& session, std::uint32_t generation, std::uint32_t ticket) noexcept
      : session_(&session), generation_(generation), ticket_(ticket) {}

  Session* session_ = nullptr;
  std::uint32_t generation_ = 0;
  std::uint32_t ticket_ = 0;
};

/// Why a body never reached its service.
enum class Refusal : std::uint8_t {
  body_too_large,  ///< Answered after draining up to one more limit, so that the connection stays
                   ///< usable.
  body_stalled,    ///< The client stopped sending; the connection closes.
  overloaded,      ///< Not awaited: what comes of it is dropped.
};

/// Serves requests that are complete in memory.
class Service {
 public:
  /// Must answer through `exchange`, now or later. Called on the shard's core.
  virtual void handle(const Request& request, Exchange exchange) noexcept = 0;

  /// Whether the large body (WorkLine::kLightBodyBytes) of a request for this service is worth
  /// waiting for. Asked when its head has come; else it is refused as `overloaded`.
  [[nodiscard]] virtual bool awaits(std::size_t /*body_bytes*/) noexcept { return true; }

  /// The body of a request for this service never became complete. Counts it and gives the answer
  /// (413, 408, 503).
  virtual const StaticAnswer& refuse(Refusal refusal) noexcept = 0;

 protected:
  ~Service() = default;
};

/// One request being streamed; owned by its StreamingRoute, until `client_gone`, `Exchange::finish`
/// or `Exchange::abort`.
class RequestStream {
 public:
  /// A piece of the body, transfer coding removed. Returns how much was taken; less than given
  /// stops receiving from the client until `Exchange::resume_body`.
  virtual std::size_t body(base::Bytes piece) noexcept = 0;

  /// The whole body has been delivered. Called for requests without a body too.
  virtual void body_finished() noexcept = 0;

  /// All that was sent has left; a paused sender may continue.
  virtual void writable() noexcept = 0;

  /// The client's connection is gone, or its body was malformed, stalled or too large; the last
  /// call.
  virtual void client_gone() noexcept = 0;

 protected:
  ~RequestStream() = default;
};

/// Takes over requests as soon as their head is complete.
class StreamingRoute {
 public:
  /// Every earlier answer of this connection has been sent. Returns who takes the body, or nullptr
  /// after answering through `exchange` (a body is then discarded). `Expect: 100-continue` has been
  /// served.
  virtual RequestStream* open(const Request& head, Exchange exchange) noexcept = 0;

 protected:
  ~StreamingRoute() = default;
};

/// Where a request goes: exactly one of the two.
struct Route {
  Service* service = nullptr;
  StreamingRoute* stream = nullptr;
  std::uint64_t body_bytes_max =
      std::numeric_limits<std::uint64_t>::max();  ///< After removing transfer coding.
};

/// Chooses by the head alone (`Request::body` is empty yet).
class Router {
 public:
  virtual Route route(const Request& head) noexcept = 0;

 protected:
  ~Router() = default;
};

}  // namespace dp::http
