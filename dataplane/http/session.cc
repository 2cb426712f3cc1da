// SPDX-License-Identifier: LicenseRef-Project
// The reading half of a session: bytes to requests. The answering half is session_answer.cc.
#include "dataplane/http/session.h"

#include "dataplane/base/check.h"

#include <algorithm>

namespace dp::http {
namespace {

/// What a Connection keeps for us unless told otherwise (stream/connection.h).
constexpr std::size_t kKeptBytesDefault = std::size_t{64} << 10;
/// A peer that sends requests but does not read its answers is stopped here.
constexpr std::size_t kSendBacklogBytesMax = std::size_t{64} << 10;
/// Vectorised parsers may read this far behind a body (stream::ConnectionHandler::received).
constexpr std::size_t kPaddingBytes = 64;
constexpr std::size_t kCollectedKeptBytes = std::size_t{64} << 10;

std::uint64_t doubled(std::uint64_t bytes) noexcept {
  return bytes > std::numeric_limits<std::uint64_t>::max() / 2
             ? std::numeric_limits<std::uint64_t>::max()
             : bytes * 2;
}

Answer plain(std::uint16_t status, std::string_view text) noexcept {
  return {status, "text/plain; charset=utf-8", text, {}};
}

/// Phones count failures; this one tells them to wait instead.
Answer busy() noexcept {
  auto answer = plain(503, "transient error, please retry");
  answer.fields = "retry-after: 30\r\n";
  return answer;
}

}  // namespace

SessionContext::SessionContext(Router& routes, Timeouts limits)
    : router(routes),
      timeouts(limits),
      malformed(plain(400, "malformed request")),
      head_too_large(plain(431, "request header fields too large")),
      timed_out(plain(408, "client stopped sending data")),
      body_too_large(plain(413, "request body too large")),
      without_room(busy()) {}

void Session::start(SessionContext& context, SessionPool& pool,
                    stream::Connection& connection) noexcept {
  context_ = &context;
  pool_ = &pool;
  connection_ = &connection;
  service_ = nullptr;
  stream_ = nullptr;
  first_ticket_ = 0;
  next_ticket_ = 0;
  state_ = State::head;
  is_active_ = false;
  is_paused_ = false;
  owes_continue_ = false;
  is_peer_finished_ = false;
  scanned_bytes_ = 0;
  held_bytes_ = 0;
  arm(Timer::idle);
}

std::size_t Session::received(stream::Connection& /*connection*/, base::Bytes bytes) noexcept {
  is_active_ = true;
  std::size_t consumed = 0;
  while (consumed < bytes.size() && !is_paused_) {
    const auto count = step(bytes.subspan(consumed));
    if (count == 0) {
      break;
    }
    consumed += count;
  }
  if (state_ == State::discard) {
    skip_discarded();
  }
  if (is_peer_finished_ && !is_paused_ && state_ == State::head && pending_count() == 0) {
    close();
  }
  return consumed;
}

std::size_t Session::step(base::Bytes bytes) noexcept {
  switch (state_) {
    case State::head:
      return read_head(bytes);
    case State::body:
      return read_body(bytes);
    case State::chunks:
      return read_chunks(bytes);
    case State::discard:
      return read_discarded(bytes);
    case State::streaming:
      return is_body_chunked_ ? read_streamed_chunks(bytes) : read_streamed(bytes);
    case State::answering:
      pause();
      return 0;
    case State::closing:
      return bytes.size();
  }
  return bytes.size();
}

std::size_t Session::read_head(base::Bytes bytes) noexcept {
  const auto first = static_cast<char>(bytes.front());
  if (first == '\r' || first == '\n') {
    return 1;  // Empty lines between requests (RFC 9112 section 2.2).
  }
  if (pending_count() == kPipelineMax || connection_->send_backlog_bytes() > kSendBacklogBytesMax) {
    pause();
    return 0;
  }
  const auto head_bytes = find_head_end(bytes, scanned_bytes_);
  if (head_bytes > kHeadBytesMax || (head_bytes == 0 && bytes.size() > kHeadBytesMax)) {
    ++context_->counters.head_too_large;
    fail(context_->head_too_large);
    return bytes.size();
  }
  if (head_bytes == 0) {
    scanned_bytes_ = bytes.size();
    if (timer_ != Timer::head) {
      arm(Timer::head);
    }
    return 0;
  }
  scanned_bytes_ = 0;
  Request request;
  const auto status = context_->parser.parse(bytes.first(head_bytes), request);
  if (status != ParseStatus::ok) {
    const auto is_large = status == ParseStatus::too_large;
    ++(is_large ? context_->counters.head_too_large : context_->counters.malformed);
    fail(is_large ? context_->head_too_large : context_->malformed);
    return bytes.size();
  }
  return begin_request(bytes, request);
}

std::size_t Session::begin_request(base::Bytes bytes, const Request& request) noexcept {
  const auto route = context_->router.route(request);
  if (route.stream != nullptr && pending_count() > 0) {
    pause();  // A stream writes raw bytes, so every earlier answer must have left.
    return 0;
  }
  ++context_->counters.requests;
  service_ = route.service;
  body_bytes_max_ = route.body_bytes_max;
  head_bytes_ = request.head.size();
  is_body_chunked_ = request.is_chunked;
  is_body_keep_alive_ = request.is_keep_alive;
  body_bytes_left_ = request.content_length;
  body_ticket_ = open_pending(request);
  chunked_ = ChunkedReader();
  if (request.content_length > body_bytes_max_) {
    return begin_discard(request);
  }
  if (route.stream != nullptr) {
    return begin_stream(request, *route.stream);
  }
  return begin_service(bytes, request);
}

std::size_t Session::begin_service(base::Bytes bytes, const Request& request) noexcept {
  if (request.is_chunked) {
    state_ = State::chunks;
    collected_.assign(request.head.begin(), request.head.end());
    owes_continue_ = request.expects_continue;
    pay_continue();
    arm(Timer::body);
    return head_bytes_;
  }
  const auto total = head_bytes_ + request.content_length;
  if (!is_body_wanted(request.content_length)) {
    return refuse_at_head(request);
  }
  if (bytes.size() >= total && !waits_in_line(bytes.size())) {
    auto complete = request;
    complete.body = bytes.subspan(head_bytes_, total - head_bytes_);
    dispatch(complete);
    return total;
  }
  state_ = State::body;
  connection_->expect_bytes(total + kKeptBytesDefault);
  if (request.content_length > WorkLine::kLightBodyBytes) {
    connection_->await_bytes(total);
  }
  if (place_.is_in_line()) {
    return 0;
  }
  owes_continue_ = request.expects_continue && bytes.size() == head_bytes_;
  pay_continue();
  arm(Timer::body);
  held_bytes_ = bytes.size();
  context_->held_bytes += held_bytes_;
  return 0;
}

std::size_t Session::begin_discard(const Request& request) noexcept {
  ++context_->counters.body_too_large;
  owes_refusal_ = true;
  if (request.expects_continue) {
    refuse_body(Refusal::body_too_large, false);
    return head_bytes_;
  }
  // Beyond twice the limit the connection is given up, however fast the body comes.
  is_body_keep_alive_ &= request.content_length <= doubled(body_bytes_max_);
  discard_rest_of_body(doubled(body_bytes_max_));
  return head_bytes_;
}

std::size_t Session::begin_stream(const Request& request, StreamingRoute& route) noexcept {
  const auto has_body = request.is_chunked || request.content_length > 0;
  owes_continue_ = request.expects_continue && has_body;
  pay_continue();
  has_stream_sent_ = false;
  const auto head_bytes = head_bytes_;
  state_ = State::streaming;
  auto* stream = route.open(request, Exchange(*this, generation_, body_ticket_));
  if (stream == nullptr || state_ != State::streaming) {
    // Answered instead. Should it not have been, the client would wait for ever.
    owes_refusal_ = false;
    if (state_ == State::streaming) {
      discard_rest_of_body(kSkippedBytesMax);
      if (!has_body) {
        discard_is_over(true);
      }
    }
    return head_bytes;
  }
  stream_ = stream;
  if (!has_body) {
    stream_body_is_complete();
  } else {
    arm(Timer::body);
  }
  return head_bytes;
}

void Session::dispatch(const Request& request) noexcept {
  auto& service = *service_;
  const Exchange exchange(*this, generation_, body_ticket_);
  body_is_complete(request.is_keep_alive);
  service.handle(request, exchange);
}

void Session::body_is_complete(bool is_keep_alive) noexcept {
  owes_continue_ = false;
  release_held();
  state_ = is_keep_alive ? State::head : State::closing;
  if (timer_ != Timer::idle) {
    arm(Timer::idle);
  }
}

std::size_t Session::read_body(base::Bytes bytes) noexcept {
  const std::size_t total = head_bytes_ + body_bytes_left_;
  if (bytes.size() < total) {
    owes_continue_ = false;
    progressed(bytes.size() - held_bytes_);
    if (hold(bytes.size())) {
      return 0;
    }
    refuse_stream(context_->without_room);
    return bytes.size();
  }
  if (waits_in_line(bytes.size())) {
    return 0;
  }
  connection_->expect_bytes(kKeptBytesDefault);
  Request request;
  CHECK(context_->parser.parse(bytes.first(head_bytes_), request) == ParseStatus::ok);
  request.body = bytes.subspan(head_bytes_, total - head_bytes_);
  dispatch(request);
  return total;
}

std::size_t Session::read_chunks(base::Bytes bytes) noexcept {
  owes_continue_ = false;
  const auto step = chunked_.read(bytes);
  switch (step.status) {
    case ChunkedReader::Status::data:
      collected_.insert(collected_.end(), step.data.begin(), step.data.end());
      progressed(step.data.size());
      if (collected_.size() - head_bytes_ > body_bytes_max_) {
        discard_rest_of_chunks();
      } else if (!hold(collected_.size())) {
        refuse_stream(context_->without_room);
        return bytes.size();
      }
      break;
    case ChunkedReader::Status::finished:
      collected_is_complete();
      break;
    case ChunkedReader::Status::malformed:
      ++context_->counters.malformed;
      refuse_stream(context_->malformed);
      return bytes.size();
    case ChunkedReader::Status::more:
      break;
  }
  return step.consumed;
}

void Session::discard_rest_of_chunks() noexcept {
  const std::uint64_t seen = collected_.size() - head_bytes_;
  ++context_->counters.body_too_large;
  std::vector<std::byte>().swap(collected_);
  owes_refusal_ = true;
  if (seen >= doubled(body_bytes_max_)) {
    discard_is_over(false);
  } else {
    discard_rest_of_body(doubled(body_bytes_max_) - seen);
  }
}

void Session::collected_is_complete() noexcept {
  const auto body_bytes = collected_.size() - head_bytes_;
  if (!is_body_wanted(body_bytes)) {
    refuse_body(Refusal::overloaded, is_body_keep_alive_);
    return;
  }
  collected_.resize(collected_.size() + kPaddingBytes);
  const base::Bytes all(collected_);
  Request request;
  CHECK(context_->parser.parse(all.first(head_bytes_), request) == ParseStatus::ok);
  request.body = all.subspan(head_bytes_, body_bytes);
  dispatch(request);
  if (collected_.capacity() > kCollectedKeptBytes) {
    std::vector<std::byte>().swap(collected_);
  } else {
    collected_.clear();
  }
}

void Session::discard_rest_of_body(std::uint64_t drain_bytes_max) noexcept {
  release_held();
  state_ = State::discard;
  drain_bytes_left_ = drain_bytes_max;
  arm(Timer::body);
}

std::size_t Session::read_discarded(base::Bytes bytes) noexcept {
  if (is_body_chunked_) {
    return read_discarded_chunks(bytes);
  }
  const auto count = std::min<std::uint64_t>(body_bytes_left_, bytes.size());
  body_bytes_left_ -= count;
  return discarded(count, body_bytes_left_ == 0) ? count : bytes.size();
}

std::size_t Session::read_discarded_chunks(base::Bytes bytes) noexcept {
  const auto step = chunked_.read(bytes);
  if (step.status == ChunkedReader::Status::malformed) {
    discard_is_over(false);
    return bytes.size();
  }
  const auto is_complete = step.status == ChunkedReader::Status::finished;
  return discarded(step.data.size(), is_complete) ? step.consumed : bytes.size();
}

/// So much of an unwanted body has gone by. False when it is too much, and the connection closes.
bool Session::discarded(std::uint64_t bytes, bool is_complete) noexcept {
  if (is_complete) {
    discard_is_over(true);
    return true;
  }
  if (bytes >= drain_bytes_left_) {
    discard_is_over(false);
    return false;
  }
  drain_bytes_left_ -= bytes;
  progressed(bytes);
  return true;
}

/// What is left of a body nobody wants need not come this far.
void Session::skip_discarded() noexcept {
  if (!is_body_chunked_) {
    connection_->skip_bytes(std::min(body_bytes_left_, drain_bytes_left_));
  }
}

void Session::skipped(stream::Connection& /*connection*/, std::size_t bytes) noexcept {
  is_active_ = true;
  body_bytes_left_ -= bytes;
  static_cast<void>(discarded(bytes, body_bytes_left_ == 0));
  if (state_ == State::discard) {
    skip_discarded();
  }
}

void Session::discard_is_over(bool is_complete) noexcept {
  const auto keeps = is_complete && is_body_keep_alive_;
  if (owes_refusal_) {
    refuse_body(Refusal::body_too_large, keeps);
    return;
  }
  body_is_complete(keeps);
  if (!keeps && pending_count() == 0) {
    close();
  }
}

std::size_t Session::read_streamed(base::Bytes bytes) noexcept {
  const auto size = std::min<std::uint64_t>(body_bytes_left_, bytes.size());
  const auto taken = stream_->body(bytes.first(size));
  if (state_ != State::streaming) {
    // Finished or aborted from inside; what was given counts as read.
    body_bytes_left_ -= size;
    if (state_ == State::discard && body_bytes_left_ == 0) {
      discard_is_over(true);
    }
    return size;
  }
  body_bytes_left_ -= taken;
  if (body_bytes_left_ == 0) {
    stream_body_is_complete();
  } else if (taken < size) {
    pause();
  } else {
    progressed(taken);
  }
  return taken;
}

std::size_t Session::read_streamed_chunks(base::Bytes bytes) noexcept {
  const auto step = chunked_.read(bytes);
  if (step.status == ChunkedReader::Status::finished) {
    stream_body_is_complete();
    return step.consumed;
  }
  if (step.status == ChunkedReader::Status::malformed) {
    ++context_->counters.malformed;
    refuse_stream(context_->malformed);
    return bytes.size();
  }
  if (step.data.empty()) {
    return step.consumed;
  }
  if (step.data.size() > body_bytes_max_) {
    ++context_->counters.body_too_large;
    refuse_stream(context_->body_too_large);
    return bytes.size();
  }
  const auto taken = stream_->body(step.data);
  if (state_ != State::streaming) {
    return step.consumed;
  }
  body_bytes_max_ -= taken;
  const auto refused = step.data.size() - taken;
  chunked_.unread(refused);
  if (refused > 0) {
    pause();
  } else {
    progressed(taken);
  }
  return step.consumed - refused;
}

void Session::stream_body_is_complete() noexcept {
  owes_continue_ = false;
  state_ = State::answering;
  arm(Timer::idle);
  stream_->body_finished();
}

void Session::arm(Timer timer) noexcept {
  const auto& timeouts = context_->timeouts;
  timer_ = timer;
  switch (timer) {
    case Timer::idle:
      is_active_ = false;
      connection_->set_timeout(timeouts.idle_ms);
      break;
    case Timer::head:
      connection_->set_timeout(timeouts.head_ms);
      break;
    case Timer::body:
      progress_bytes_ = 0;
      connection_->set_timeout(timeouts.body_ms);
      break;
  }
}

void Session::pause() noexcept {
  if (!is_paused_) {
    is_paused_ = true;
    connection_->pause_receiving();
  }
}

void Session::resume() noexcept {
  if (is_paused_) {
    is_paused_ = false;
    connection_->resume_receiving();
  }
}

void Session::writable(stream::Connection& /*connection*/) noexcept {
  is_active_ = true;
  if (stream_ != nullptr) {
    stream_->writable();
  } else if (state_ == State::head) {
    resume();
  }
}

void Session::peer_finished(stream::Connection& /*connection*/) noexcept {
  is_peer_finished_ = true;
  if (state_ == State::answering || place_.is_in_line() ||
      (pending_count() > 0 && state_ == State::head)) {
    return;  // What was asked completely is still answered.
  }
  if (state_ != State::closing) {
    lose_stream();
    close();
  }
}

void Session::closed(stream::Connection& /*connection*/) noexcept {
  ++generation_;
  leave_line();
  release_held();
  lose_stream();
  while (pending_count() > 0) {
    pop_pending();
  }
  std::vector<std::byte>().swap(collected_);
  connection_ = nullptr;
  pool_->release(*this);
}

SessionPool::SessionPool(SessionContext& context, std::uint32_t sessions_max)
    : context_(context), sessions_max_(sessions_max) {}

void SessionPool::grow() noexcept {
  constexpr std::uint32_t kBlockSessions = 64;
  const auto count = std::min(kBlockSessions, sessions_max_ - sessions_);
  if (count == 0) {
    return;
  }
  auto& block = blocks_.emplace_back(std::make_unique<Session[]>(count));
  sessions_ += count;
  free_.reserve(sessions_);
  for (std::uint32_t index = 0; index < count; ++index) {
    free_.push_back(&block[index]);
  }
}

stream::ConnectionHandler* SessionPool::accepted(stream::Connection& connection) noexcept {
  if (free_.empty()) {
    grow();
  }
  if (free_.empty()) {
    ++context_.counters.connections_refused;
    return nullptr;
  }
  ++context_.counters.connections_accepted;
  auto* session = free_.back();
  free_.pop_back();
  session->start(context_, *this, connection);
  return session;
}

void SessionPool::release(Session& session) noexcept { free_.push_back(&session); }

}  // namespace dp::http
