// SPDX-License-Identifier: LicenseRef-Project
// The REST API, the page and the live stream: decodes a request, calls one function below, encodes.
#pragma once

#include "controlplane/api/clickhouse_pool.h"
#include "controlplane/api/page_files.h"
#include "controlplane/appliance/client.h"
#include "controlplane/auth/authenticator.h"
#include "controlplane/db/database.h"
#include "controlplane/livestream/hub.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/web/message.h"

#include <filesystem>
#include <string>

namespace cp::api {

/// Everything the API works with; all of it outlives the Api.
struct Services {
  db::Pool& pool;
  auth::Authenticator& authenticator;
  publish::Publisher& publisher;
  ClickhousePool& clickhouse;
  livestream::Hub& live_events;
  const PageFiles& page;
  const appliance::Client& appliance;
  std::string site_url;             ///< SITE_URL without a slash at its end
  std::filesystem::path event_log;  ///< BRISTLE_EVENT_LOG
  bool guards_by_default = false;   ///< BRISTLE_PRIVACY_DEFAULT is `standard`
};

/// Answers requests. Owner: the daemon. Thread-safe: handlers run on many threads and block.
/// Failure: web::HttpError with PostHog's error body; a store that is down is a 503.
class Api {
 public:
  explicit Api(Services services) : services_(std::move(services)) {}

  /// The handler of the server.
  [[nodiscard]] web::Response handle(const web::Request& request) const;

 private:
  Services services_;
};

}  // namespace cp::api
