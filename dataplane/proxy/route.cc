// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/proxy/route.h"

#include "dataplane/base/check.h"
#include "dataplane/proxy/proxied_request.h"

#include <utility>

namespace dp::proxy {
namespace {

constexpr std::string_view kJson = "application/json";

}  // namespace

ProxyRoute::ProxyRoute(stream::Transport& transport, std::string api_socket, ProxyLimits limits)
    : transport_(transport),
      api_socket_(std::move(api_socket)),
      limits_(limits),
      unavailable_(
          {502, kJson,
           R"({"type":"server_error","code":"api_unavailable",)"
           R"("detail":"The API is not running or not reachable; capture is not affected.",)"
           R"("attr":null})",
           "Retry-After: 5\r\n"}),
      timed_out_({504, kJson,
                  R"({"type":"server_error","code":"api_timeout",)"
                  R"("detail":"The API did not answer in time.","attr":null})",
                  ""}),
      overloaded_({503, kJson,
                   R"({"type":"server_error","code":"api_overloaded",)"
                   R"("detail":"Too many requests to the API are open.","attr":null})",
                   "Retry-After: 5\r\n"}) {}

ProxyRoute::~ProxyRoute() = default;

http::RequestStream* ProxyRoute::open(const http::Request& head, http::Exchange exchange) noexcept {
  ++counters_.requests;
  if (api_socket_.empty()) {
    ++counters_.unavailable;
    exchange.answer(unavailable_);
    return nullptr;
  }
  auto* request = take();
  if (request == nullptr) {
    ++counters_.overloaded;
    exchange.answer(overloaded_);
    return nullptr;
  }
  request->start(head, exchange);
  transport_.connect_unix(api_socket_, *request);
  return request;
}

ProxiedRequest* ProxyRoute::take() noexcept {
  if (free_.empty()) {
    if (requests_.size() >= limits_.requests_max) {
      return nullptr;
    }
    requests_.push_back(std::make_unique<ProxiedRequest>(*this));
    free_.push_back(requests_.back().get());
  }
  auto* request = free_.back();
  free_.pop_back();
  ++counters_.open;
  return request;
}

void ProxyRoute::release(ProxiedRequest& request) noexcept {
  DCHECK(counters_.open > 0);
  --counters_.open;
  free_.push_back(&request);
}

}  // namespace dp::proxy
