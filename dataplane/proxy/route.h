// SPDX-License-Identifier: LicenseRef-Project
// Hands requests that the dataplane does not serve itself to the API, over its unix socket,
// streaming both ways.
#pragma once

#include "dataplane/http/answer.h"
#include "dataplane/http/service.h"
#include "dataplane/proxy/head.h"
#include "dataplane/stream/connection.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dp::proxy {

/// Bytes waiting on either side above which that side's source is paused.
inline constexpr std::size_t kBacklogBytesMax = std::size_t{256} << 10;

/// Limits of the proxied requests of one shard.
struct ProxyLimits {
  std::uint32_t requests_max = 512;  ///< Open at once; beyond it 503.
  std::uint32_t response_head_ms =
      180'000;  ///< Until the API's head is complete; then 504. Queries may be long.
  std::uint32_t response_body_ms =
      120'000;  ///< Without a byte of the API; streams send comments every 15 s.
};

/// What the proxy saw. One writer.
struct ProxyCounters {
  std::uint64_t requests = 0;
  std::uint64_t responses_2xx_3xx = 0;  ///< 2xx and 3xx passed on.
  std::uint64_t responses_4xx = 0;
  std::uint64_t responses_5xx = 0;  ///< As the API answered, passed on.
  std::uint64_t unavailable = 0;    ///< 502: the API did not accept, or closed before its head.
  std::uint64_t timed_out = 0;      ///< 504.
  std::uint64_t overloaded = 0;     ///< 503: requests_max were open.
  std::uint64_t cut = 0;  ///< The API ended inside a body: the client's connection was cut.
  std::uint64_t clients_gone = 0;
  std::uint64_t bytes_to_client = 0;
  std::uint64_t bytes_to_api = 0;
  std::uint32_t open = 0;          ///< Now.
  std::uint32_t open_streams = 0;  ///< Of these, server-sent events.
};

class ProxiedRequest;

/// The route of everything else. Owner and thread: one shard. One upstream connection per request.
/// Failure: no API is a quick 502, never a wait; either side's end closes the other.
class ProxyRoute final : public http::StreamingRoute {
 public:
  ProxyRoute(stream::Transport& transport, std::string api_socket, ProxyLimits limits = {});
  ProxyRoute(const ProxyRoute&) = delete;
  ProxyRoute& operator=(const ProxyRoute&) = delete;
  ProxyRoute(ProxyRoute&&) = delete;
  ProxyRoute& operator=(ProxyRoute&&) = delete;
  ~ProxyRoute();

  http::RequestStream* open(const http::Request& head, http::Exchange exchange) noexcept override;

  /// Open requests whose answer will end by itself: event streams are not among them.
  [[nodiscard]] std::uint32_t finite_open() const noexcept {
    return counters_.open - counters_.open_streams;
  }

  [[nodiscard]] const ProxyCounters& counters() const noexcept { return counters_; }

 private:
  friend class ProxiedRequest;

  ProxiedRequest* take() noexcept;
  void release(ProxiedRequest& request) noexcept;

  stream::Transport& transport_;
  std::string api_socket_;
  ProxyLimits limits_;
  ProxyCounters counters_;
  std::vector<std::unique_ptr<ProxiedRequest>> requests_;
  std::vector<ProxiedRequest*> free_;
  http::StaticAnswer unavailable_;
  http::StaticAnswer timed_out_;
  http::StaticAnswer overloaded_;
};

}  // namespace dp::proxy
