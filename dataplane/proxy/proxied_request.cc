// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/proxy/proxied_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace dp::proxy {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// `bytes` in hexadecimal and a line end, as a chunk begins (RFC 9112 7.1).
std::string_view chunk_size_line(std::size_t bytes, std::array<char, 20>& line) noexcept {
  char* end = std::to_chars(line.data(), line.data() + line.size() - 2, bytes, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {line.data(), static_cast<std::size_t>(end - line.data())};
}

}  // namespace

void ProxiedRequest::start(const http::Request& request, const http::Exchange& exchange) {
  exchange_ = exchange;
  upstream_ = nullptr;
  render_request_head(head_, request, exchange.peer_address());
  method_ = request.method;
  form_ = BodyForm::none;
  is_http_1_0_ = request.is_http_1_0;
  is_chunked_ = request.is_chunked;
  is_keep_alive_ = request.is_keep_alive;
  is_client_done_ = false;
  is_upstream_done_ = false;
  is_upstream_paused_ = false;
  is_upstream_finished_ = false;
  has_response_ = false;
  is_event_stream_ = false;
  scanned_bytes_ = 0;
  bytes_left_ = 0;
  chunks_ = {};
}

std::size_t ProxiedRequest::body(base::Bytes piece) noexcept {
  if (is_upstream_done_) {
    return piece.size();  // the answer is on its way already; the rest of the body is of no use
  }
  if (upstream_ == nullptr || upstream_->send_backlog_bytes() > kBacklogBytesMax) {
    return 0;
  }
  if (is_chunked_) {
    std::array<char, 20> line{};
    upstream_->send(base::as_bytes(chunk_size_line(piece.size(), line)));
  }
  upstream_->send(piece);
  if (is_chunked_) {
    upstream_->send_static(base::as_bytes(kLineEnd));
  }
  route_.counters_.bytes_to_api += piece.size();
  return piece.size();
}

void ProxiedRequest::body_finished() noexcept {
  if (upstream_ == nullptr) {
    head_ += is_chunked_
                 ? kLastChunk
                 : std::string_view();  // an empty body may end before the connection stands
  } else if (is_chunked_) {
    upstream_->send_static(base::as_bytes(kLastChunk));
  }
}

void ProxiedRequest::writable() noexcept {
  if (upstream_ != nullptr && is_upstream_paused_) {
    is_upstream_paused_ = false;
    upstream_->resume_receiving();
  }
}

void ProxiedRequest::client_gone() noexcept {
  ++route_.counters_.clients_gone;
  is_client_done_ = true;
  drop_upstream();
  release_when_done();
}

stream::ConnectionHandler* ProxiedRequest::connected(stream::Connection& connection) noexcept {
  if (is_client_done_) {
    is_upstream_done_ = true;
    release_when_done();
    return nullptr;
  }
  upstream_ = &connection;
  upstream_->expect_bytes(kBacklogBytesMax * 4);
  upstream_->set_timeout(route_.limits_.response_head_ms);
  upstream_->send(base::as_bytes(head_));
  exchange_.resume_body();
  return this;
}

void ProxiedRequest::connect_failed(base::Error /*error*/) noexcept {
  is_upstream_done_ = true;
  if (!is_client_done_) {
    ++route_.counters_.unavailable;
    fail(route_.unavailable_);
  }
  release_when_done();
}

std::size_t ProxiedRequest::received(stream::Connection& connection, base::Bytes bytes) noexcept {
  if (is_client_done_) {
    return bytes.size();
  }
  if (exchange_.send_backlog_bytes() > kBacklogBytesMax) {
    is_upstream_paused_ = true;
    connection.pause_receiving();
    return 0;
  }
  std::size_t consumed = 0;
  while (consumed < bytes.size() && !is_client_done_) {
    const auto rest = bytes.subspan(consumed);
    const auto taken = has_response_ ? pass_body(rest) : read_head(rest);
    if (taken == 0) {
      break;
    }
    consumed += taken;
  }
  if (is_client_done_) {
    return bytes.size();
  }
  if (has_response_) {
    connection.set_timeout(route_.limits_.response_body_ms);
  }
  if (is_upstream_finished_) {
    upstream_ended();
  }
  return consumed;
}

std::size_t ProxiedRequest::read_head(base::Bytes bytes) noexcept {
  const auto end = http::find_head_end(bytes, scanned_bytes_);
  if (end == 0) {
    scanned_bytes_ = bytes.size();
    if (bytes.size() > http::kHeadBytesMax) {
      upstream_ended();
    }
    return 0;
  }
  scanned_bytes_ = 0;
  if (!begin_response(bytes.first(end))) {
    upstream_ended();
    return 0;
  }
  return end;
}

bool ProxiedRequest::begin_response(base::Bytes head) noexcept {
  http::ResponseHead response;
  if (http::parse_response_head(head, response) != http::ParseStatus::ok ||
      response.status == 101) {
    return false;
  }
  if (response.status < 200) {
    return true;  // an interim answer; the session has served Expect
  }
  form_ = body_form(response, method_, is_http_1_0_);
  is_keep_alive_ = is_keep_alive_ && form_ != BodyForm::until_close && form_ != BodyForm::dechunked;
  bytes_left_ = response.content_length;
  render_response_head(head_, head, form_, is_keep_alive_);
  has_response_ = true;
  is_event_stream_ = head_.find("text/event-stream") != std::string::npos;
  route_.counters_.open_streams += is_event_stream_ ? 1 : 0;
  ++(response.status >= 500   ? route_.counters_.responses_5xx
     : response.status >= 400 ? route_.counters_.responses_4xx
                              : route_.counters_.responses_2xx_3xx);
  exchange_.send(base::as_bytes(head_));
  if (form_ == BodyForm::none || (form_ == BodyForm::length && bytes_left_ == 0)) {
    finish_response();
  }
  return true;
}

std::size_t ProxiedRequest::pass_body(base::Bytes bytes) noexcept {
  switch (form_) {
    case BodyForm::none:
      break;
    case BodyForm::chunked:
    case BodyForm::dechunked:
      return pass_chunks(bytes);
    case BodyForm::rechunked:
      send_chunk(bytes);
      break;
    case BodyForm::until_close:
      send_to_client(bytes);
      break;
    case BodyForm::length: {
      const auto piece = bytes.first(std::min<std::uint64_t>(bytes.size(), bytes_left_));
      send_to_client(piece);
      bytes_left_ -= piece.size();
      if (bytes_left_ == 0) {
        finish_response();
      }
      break;
    }
  }
  return bytes.size();
}

std::size_t ProxiedRequest::pass_chunks(base::Bytes bytes) noexcept {
  std::size_t consumed = 0;
  auto status = http::ChunkedReader::Status::data;
  while (status == http::ChunkedReader::Status::data) {
    const auto step = chunks_.read(bytes.subspan(consumed));
    consumed += step.consumed;
    status = step.status;
    if (form_ == BodyForm::dechunked && status == http::ChunkedReader::Status::data) {
      send_to_client(step.data);
    }
  }
  if (form_ == BodyForm::chunked) {
    send_to_client(bytes.first(consumed));
  }
  if (status == http::ChunkedReader::Status::malformed) {
    upstream_ended();
    return bytes.size();
  }
  if (status == http::ChunkedReader::Status::finished) {
    finish_response();
  }
  return bytes.size();
}

void ProxiedRequest::writable(stream::Connection& /*connection*/) noexcept {
  if (!is_client_done_) {
    exchange_.resume_body();
  }
}

void ProxiedRequest::peer_finished(stream::Connection& /*connection*/) noexcept {
  is_upstream_finished_ = true;
  if (!is_upstream_paused_) {
    upstream_ended();
  }
}

void ProxiedRequest::timed_out(stream::Connection& /*connection*/) noexcept {
  if (is_client_done_) {
    return;
  }
  if (is_upstream_paused_) {  // the client is the slow one; its session has a timeout of its own
    upstream_->set_timeout(route_.limits_.response_body_ms);
    return;
  }
  ++route_.counters_.timed_out;
  fail(route_.timed_out_);
  drop_upstream();
}

void ProxiedRequest::closed(stream::Connection& /*connection*/) noexcept {
  upstream_ = nullptr;
  is_upstream_done_ = true;
  if (!is_client_done_) {
    upstream_ended();
  }
  release_when_done();
}

/// Nothing more comes from the upstream: right for a body that ends so, a failure for every other
/// response.
void ProxiedRequest::upstream_ended() noexcept {
  if (is_client_done_) {
    return;
  }
  if (has_response_ && form_ == BodyForm::rechunked) {
    exchange_.send(base::as_bytes(kLastChunk));
    finish_response();
  } else if (has_response_ && form_ == BodyForm::until_close) {
    finish_response();
  } else if (has_response_) {
    ++route_.counters_.cut;
    exchange_.abort();
    leave_client();
  } else {
    ++route_.counters_.unavailable;
    fail(route_.unavailable_);
  }
  drop_upstream();
}

void ProxiedRequest::send_to_client(base::Bytes bytes) noexcept {
  route_.counters_.bytes_to_client += bytes.size();
  exchange_.send(bytes);
}

void ProxiedRequest::send_chunk(base::Bytes bytes) noexcept {
  std::array<char, 20> line{};
  exchange_.send(base::as_bytes(chunk_size_line(bytes.size(), line)));
  send_to_client(bytes);
  exchange_.send(base::as_bytes(kLineEnd));
}

void ProxiedRequest::finish_response() noexcept {
  const auto exchange = exchange_;
  leave_client();
  exchange.finish(is_keep_alive_);
  drop_upstream();
}

/// Answers in the upstream's place when its head has not gone out, else cuts the client's
/// connection.
void ProxiedRequest::fail(const http::StaticAnswer& answer) noexcept {
  const auto exchange = exchange_;
  leave_client();
  if (has_response_) {
    exchange.abort();
    return;
  }
  exchange.send(method_ == http::Method::head ? answer.fields() : answer.whole());
  if (method_ == http::Method::head) {
    exchange.send(base::as_bytes(kLineEnd));
  }
  exchange.finish(is_keep_alive_ && !is_http_1_0_);
}

void ProxiedRequest::leave_client() noexcept { is_client_done_ = true; }

void ProxiedRequest::drop_upstream() noexcept {
  if (upstream_ != nullptr) {
    upstream_->abort();
  }
}

void ProxiedRequest::release_when_done() noexcept {
  if (is_client_done_ && is_upstream_done_) {
    route_.counters_.open_streams -= is_event_stream_ ? 1 : 0;
    route_.release(*this);
  }
}

}  // namespace dp::proxy
