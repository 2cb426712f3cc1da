// SPDX-License-Identifier: LicenseRef-Project
// The answering half of a session: exchanges, the order of pipelined answers, streams.
#include "dataplane/base/check.h"
#include "dataplane/http/session.h"

#include <algorithm>
#include <array>
#include <utility>

namespace dp::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kClose = "connection: close\r\n";
constexpr std::string_view kKeepAlive = "connection: keep-alive\r\n";
constexpr std::string_view kAllowOrigin = "access-control-allow-origin: ";
constexpr std::string_view kLineEnd = "\r\n";
/// A slot that had to hold more gives its memory back.
constexpr std::size_t kSlotTextKeptBytes = 256;
/// Ready bytes with a few more fields up to here are joined before they are sent.
constexpr std::size_t kJoinedBytesMax = 1024;

/// Empty for the default of HTTP/1.1.
std::string_view connection_field(bool is_keep_alive, bool is_http_1_0) noexcept {
  if (!is_keep_alive) {
    return kClose;
  }
  return is_http_1_0 ? kKeepAlive : std::string_view{};
}

}  // namespace

bool Exchange::is_open() const noexcept {
  return session_ != nullptr && session_->find_pending(generation_, ticket_) != nullptr;
}

std::string_view Exchange::peer_address() const noexcept {
  return is_open() ? session_->connection_->peer_address() : std::string_view{};
}

void Exchange::answer(const StaticAnswer& answer) const noexcept { this->answer(answer, {}); }

void Exchange::answer(const StaticAnswer& answer, std::string_view more_fields) const noexcept {
  if (session_ == nullptr) {
    return;
  }
  if (auto* pending = session_->find_pending(generation_, ticket_)) {
    session_->answer(ticket_, *pending, answer, more_fields);
  }
}

void Exchange::answer(const Answer& answer) const noexcept {
  if (session_ == nullptr) {
    return;
  }
  if (auto* pending = session_->find_pending(generation_, ticket_)) {
    session_->answer(ticket_, *pending, answer);
  }
}

void Exchange::answer_preflight(const Request& request, std::string_view methods) const noexcept {
  std::string fields = "access-control-allow-methods: ";
  fields.append(methods).append(kLineEnd);
  if (!request.access_control_request_headers.empty()) {
    fields.append("access-control-allow-headers: ");
    fields.append(request.access_control_request_headers).append(kLineEnd);
  }
  answer(Answer{200, {}, {}, fields});
}

void Exchange::send(base::Bytes bytes) const noexcept {
  if (is_open()) {
    session_->has_stream_sent_ = true;
    session_->connection_->send(bytes);
  }
}

std::size_t Exchange::send_backlog_bytes() const noexcept {
  return is_open() ? session_->connection_->send_backlog_bytes() : 0;
}

void Exchange::resume_body() const noexcept {
  if (is_open() && session_->state_ == Session::State::streaming) {
    session_->arm(Session::Timer::body);
    session_->resume();
  }
}

void Exchange::finish(bool is_keep_alive) const noexcept {
  if (is_open()) {
    session_->stream_finished(is_keep_alive);
  }
}

void Exchange::abort() const noexcept {
  if (is_open()) {
    session_->stream_ = nullptr;
    session_->pop_pending();
    session_->state_ = Session::State::closing;
    session_->connection_->abort();
  }
}

std::uint32_t Session::open_pending(const Request& request) noexcept {
  auto& pending = pending_[next_ticket_ % kPipelineMax];
  DCHECK(!pending.is_open);
  pending.ready_static = nullptr;
  pending.is_open = true;
  pending.is_ready = false;
  pending.is_keep_alive = request.is_keep_alive;
  pending.is_http_1_0 = request.is_http_1_0;
  pending.is_head = request.method == Method::head;
  pending.text.assign(request.origin);
  return next_ticket_++;
}

Session::Pending* Session::find_pending(std::uint32_t generation, std::uint32_t ticket) noexcept {
  if (generation != generation_ || ticket - first_ticket_ >= pending_count()) {
    return nullptr;
  }
  auto& pending = pending_[ticket % kPipelineMax];
  return pending.is_open && !pending.is_ready ? &pending : nullptr;
}

void Session::answer(std::uint32_t ticket, Pending& pending, const StaticAnswer& answer,
                     std::string_view more_fields) noexcept {
  is_active_ = true;
  pending.is_ready = true;
  if (ticket == first_ticket_) {
    pending.ready_static = &answer;
    send_ready(more_fields);
  } else if (more_fields.empty()) {
    pending.ready_static = &answer;
  } else {
    pending.text = joined(pending, answer, more_fields);
  }
}

/// The answer as one piece, for one that waits for an earlier one.
std::string Session::joined(const Pending& pending, const StaticAnswer& answer,
                            std::string_view more_fields) {
  std::string text(base::as_text(answer.fields()));
  text.append(more_fields);
  if (!pending.text.empty()) {
    text.append(kAllowOrigin).append(pending.text).append(kLineEnd);
  }
  text.append(connection_field(pending.is_keep_alive, pending.is_http_1_0));
  return text.append(base::as_text(rest_of(pending, answer)));
}

void Session::answer(std::uint32_t ticket, Pending& pending, const Answer& answer) noexcept {
  is_active_ = true;
  std::string rendered;
  append_fields(rendered, answer);
  if (!pending.text.empty()) {
    rendered.append(kAllowOrigin).append(pending.text).append(kLineEnd);
  }
  rendered.append(connection_field(pending.is_keep_alive, pending.is_http_1_0)).append(kLineEnd);
  if (!pending.is_head) {
    rendered.append(answer.body);
  }
  pending.text = std::move(rendered);
  pending.is_ready = true;
  if (ticket == first_ticket_) {
    send_ready({});
  }
}

base::Bytes Session::rest_of(const Pending& pending, const StaticAnswer& answer) noexcept {
  return pending.is_head ? answer.rest().first(kLineEnd.size()) : answer.rest();
}

void Session::send_static(const Pending& pending, const StaticAnswer& answer,
                          std::string_view more_fields) noexcept {
  const auto connection = connection_field(pending.is_keep_alive, pending.is_http_1_0);
  const bool is_plain = pending.text.empty() && connection.empty() && !pending.is_head;
  if (is_plain && more_fields.empty()) {
    connection_->send_static(answer.whole());
    return;
  }
  std::array<std::byte, kJoinedBytesMax> joined;
  const std::size_t bytes = answer.whole().size() + more_fields.size();
  if (is_plain && bytes <= joined.size()) {  // one piece is one send, and cheaper than three
    auto* to = std::copy_n(answer.fields().data(), answer.fields().size(), joined.data());
    to = std::copy_n(base::as_bytes(more_fields).data(), more_fields.size(), to);
    std::copy_n(answer.rest().data(), answer.rest().size(), to);
    connection_->send(base::Bytes(joined.data(), bytes));
    return;
  }
  connection_->send_static(answer.fields());
  connection_->send(base::as_bytes(more_fields));
  if (!pending.text.empty()) {
    connection_->send(base::as_bytes(kAllowOrigin));
    connection_->send(base::as_bytes(pending.text));
    connection_->send(base::as_bytes(kLineEnd));
  }
  if (!connection.empty()) {
    connection_->send(base::as_bytes(connection));
  }
  connection_->send_static(rest_of(pending, answer));
}

void Session::pop_pending() noexcept {
  auto& pending = pending_[first_ticket_ % kPipelineMax];
  pending.is_open = false;
  if (pending.text.capacity() > kSlotTextKeptBytes) {
    std::string().swap(pending.text);
  }
  ++first_ticket_;
}

/// Sends every answer whose turn has come; `more_fields` belong to the first one.
void Session::send_ready(std::string_view more_fields) noexcept {
  auto is_last = false;
  while (pending_count() > 0 && !is_last) {
    const auto& pending = pending_[first_ticket_ % kPipelineMax];
    if (!pending.is_ready) {
      break;
    }
    if (pending.ready_static != nullptr) {
      send_static(pending, *pending.ready_static, std::exchange(more_fields, {}));
    } else {
      connection_->send(base::as_bytes(pending.text));
    }
    is_last = !pending.is_keep_alive;
    pop_pending();
  }
  if (is_last || (is_peer_finished_ && !is_paused_ && pending_count() == 0)) {
    close();
    return;
  }
  pay_continue();
  if (state_ == State::head) {
    resume();
  }
}

/// `100 Continue` may only go out when no final answer of an earlier request can follow it.
void Session::pay_continue() noexcept {
  if (owes_continue_ && first_ticket_ == body_ticket_) {
    owes_continue_ = false;
    connection_->send_static(base::as_bytes(kContinue));
  }
}

/// Answers a request whose body will not be used any more.
void Session::refuse_body(Refusal refusal, bool is_keep_alive) noexcept {
  const auto& refused = service_ != nullptr ? service_->refuse(refusal) : context_->body_too_large;
  owes_refusal_ = false;
  collected_.clear();
  body_is_complete(is_keep_alive);
  if (auto* pending = find_pending(generation_, body_ticket_)) {
    pending->is_keep_alive = pending->is_keep_alive && is_keep_alive;
    answer(body_ticket_, *pending, refused, {});
  } else if (!is_keep_alive && pending_count() == 0) {
    close();
  }
}

/// The body broke off or is too large: tells the client unless part of an answer has left, and
/// closes.
void Session::refuse_stream(const StaticAnswer& refused) noexcept {
  const auto has_sent = stream_ != nullptr && has_stream_sent_;
  lose_stream();
  owes_refusal_ = false;
  release_held();
  std::vector<std::byte>().swap(collected_);
  state_ = State::closing;
  auto* pending = has_sent ? nullptr : find_pending(generation_, body_ticket_);
  if (pending == nullptr) {
    close();
    return;
  }
  pending->is_keep_alive = false;
  answer(body_ticket_, *pending, refused, {});
}

/// Answers bytes that are no request, after all earlier answers, and closes.
void Session::fail(const StaticAnswer& refused) noexcept {
  state_ = State::closing;
  Request request;
  request.is_keep_alive = false;
  const auto ticket = open_pending(request);
  answer(ticket, pending_[ticket % kPipelineMax], refused, {});
}

void Session::close() noexcept {
  state_ = State::closing;
  resume();
  arm(Timer::body);
  connection_->close_after_sending();
}

void Session::stream_finished(bool is_keep_alive) noexcept {
  stream_ = nullptr;
  is_active_ = true;
  pop_pending();
  if (!is_keep_alive || !is_body_keep_alive_ || is_peer_finished_) {
    close();
    return;
  }
  if (state_ == State::answering || (!is_body_chunked_ && body_bytes_left_ == 0)) {
    body_is_complete(true);
  } else {
    owes_refusal_ = false;
    discard_rest_of_body(kSkippedBytesMax);
  }
  resume();
}

void Session::lose_stream() noexcept {
  if (auto* stream = std::exchange(stream_, nullptr)) {
    stream->client_gone();
  }
}

}  // namespace dp::http
