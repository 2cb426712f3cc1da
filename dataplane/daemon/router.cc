// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/router.h"

#include "dataplane/capture/ai_service.h"
#include "dataplane/capture/analytics_v1_service.h"
#include "dataplane/capture/discard_service.h"
#include "dataplane/capture/recordings_service.h"
#include "dataplane/capture/service.h"
#include "dataplane/daemon/probes.h"
#include "dataplane/daemon/receipt_service.h"
#include "dataplane/flags/remote_config_service.h"
#include "dataplane/flags/service.h"

#include <cstdint>

namespace dp::daemon {
namespace {

/// Probes, receipts and remote config have no bodies; a client that sends one anyway may do so up
/// to here.
constexpr std::uint64_t kUnwantedBodyBytesMax = std::uint64_t{64} << 10;

}  // namespace

http::Route FrontRouter::route(const http::Request& head) noexcept {
  if (capture::CaptureService::endpoint_of(head.path)) {
    return {&door_.capture, nullptr, capture::kBodyBytesMax};
  }
  if (capture::RecordingsService::serves(head.path)) {
    return {&door_.recordings, nullptr, capture::kRecordingBodyBytesMax};
  }
  if (capture::AnalyticsV1Service::endpoint_of(head.path)) {
    return {&door_.analytics_v1, nullptr, capture::AnalyticsV1Service::kBodyBytesMax};
  }
  if (flags::FlagsService::serves(head.path)) {
    return {&door_.flags, nullptr, flags::kBodyBytesMax};
  }
  if (flags::RemoteConfigService::serves(head.path)) {
    return {&door_.remote_config, nullptr, kUnwantedBodyBytesMax};
  }
  if (const auto endpoint = capture::AiService::endpoint_of(head.path)) {
    return {&door_.ai, nullptr, capture::AiService::body_bytes_max(*endpoint)};
  }
  if (capture::DiscardService::serves(head.path)) {
    return {&door_.discard, nullptr, capture::DiscardService::kBodyBytesMax};
  }
  if (ProbeService::serves(head.path)) {
    return {&door_.probes, nullptr, kUnwantedBodyBytesMax};
  }
  if (ReceiptService::serves(head.path)) {
    return {&door_.receipts, nullptr, kUnwantedBodyBytesMax};
  }
  http::Route route;
  route.stream = &door_.proxy;
  return route;
}

}  // namespace dp::daemon
