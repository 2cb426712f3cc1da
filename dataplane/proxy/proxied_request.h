// SPDX-License-Identifier: LicenseRef-Project
// One request on its way through the proxy: a client's exchange on one side, an upstream connection
// on the other.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/http/chunked.h"
#include "dataplane/http/request_parser.h"
#include "dataplane/http/service.h"
#include "dataplane/proxy/head.h"
#include "dataplane/proxy/route.h"
#include "dataplane/stream/connection.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace dp::proxy {

/// Passes bytes both ways until both sides are done, then returns to its route. Owner: ProxyRoute.
/// Thread: the shard. Bounds: kBacklogBytesMax waiting per direction, http::kHeadBytesMax per
/// response head.
class ProxiedRequest final : public http::RequestStream,
                             public stream::ConnectListener,
                             public stream::ConnectionHandler {
 public:
  explicit ProxiedRequest(ProxyRoute& route) noexcept : route_(route) {}
  ProxiedRequest(const ProxiedRequest&) = delete;
  ProxiedRequest& operator=(const ProxiedRequest&) = delete;
  ProxiedRequest(ProxiedRequest&&) = delete;
  ProxiedRequest& operator=(ProxiedRequest&&) = delete;
  ~ProxiedRequest() = default;

  /// Begins a request; the connection attempt follows.
  void start(const http::Request& request, const http::Exchange& exchange);

  // The client's side.
  std::size_t body(base::Bytes piece) noexcept override;
  void body_finished() noexcept override;
  void writable() noexcept override;
  void client_gone() noexcept override;

  // The upstream's side.
  stream::ConnectionHandler* connected(stream::Connection& connection) noexcept override;
  void connect_failed(base::Error error) noexcept override;
  std::size_t received(stream::Connection& connection, base::Bytes bytes) noexcept override;
  void writable(stream::Connection& connection) noexcept override;
  void peer_finished(stream::Connection& connection) noexcept override;
  void timed_out(stream::Connection& connection) noexcept override;
  void closed(stream::Connection& connection) noexcept override;

 private:
  std::size_t read_head(base::Bytes bytes) noexcept;
  bool begin_response(base::Bytes head) noexcept;
  std::size_t pass_body(base::Bytes bytes) noexcept;
  std::size_t pass_chunks(base::Bytes bytes) noexcept;
  void upstream_ended() noexcept;
  void send_to_client(base::Bytes bytes) noexcept;
  void send_chunk(base::Bytes bytes) noexcept;
  void finish_response() noexcept;
  void fail(const http::StaticAnswer& answer) noexcept;
  void leave_client() noexcept;
  void drop_upstream() noexcept;
  void release_when_done() noexcept;

  ProxyRoute& route_;
  http::Exchange exchange_;
  stream::Connection* upstream_ = nullptr;

  std::string head_;  ///< The request head until it was sent; later the response head.
  http::Method method_ = http::Method::get;
  BodyForm form_ = BodyForm::none;
  bool is_http_1_0_ = false;
  bool is_chunked_ = false;        ///< The request's body.
  bool is_keep_alive_ = true;      ///< Towards the client.
  bool is_client_done_ = false;    ///< The exchange is over for us.
  bool is_upstream_done_ = false;  ///< No more callbacks from that side.
  bool is_upstream_paused_ = false;
  bool is_upstream_finished_ = false;
  bool has_response_ = false;     ///< The response head went to the client.
  bool is_event_stream_ = false;  ///< The response ends only when somebody leaves.
  std::size_t scanned_bytes_ = 0;
  std::uint64_t bytes_left_ = 0;  ///< Of a body with a length.
  http::ChunkedReader chunks_;
};

}  // namespace dp::proxy
