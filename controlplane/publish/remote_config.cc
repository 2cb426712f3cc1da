// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/publish/remote_config.h"

#include <boost/json.hpp>

namespace cp::publish {

std::string remote_config_json(const model::Project& project) {
  using boost::json::array;
  using boost::json::object;
  // SDKs act on absence: without gzip-js React Native never compresses, without hasFeatureFlags
  // Android never asks for flags, without autocapture_opt_out a first web visit captures nothing.
  const object config{
      {"token", project.api_token},
      {"supportedCompression", array{"gzip", "gzip-js"}},
      {"hasFeatureFlags", false},
      {"captureDeadClicks", false},
      {"capturePerformance", false},
      {"autocapture_opt_out", project.autocapture_opt_out},
      {"autocaptureExceptions", false},
      {"analytics", object{{"endpoint", "/i/v0/e/"}}},
      {"elementsChainAsString", true},
      {"errorTracking", object{{"autocaptureExceptions", false}, {"suppressionRules", array{}}}},
      {"logs", object{{"captureConsoleLogs", false}}},
      {"sessionRecording", false},
      {"heatmaps", false},
      {"surveys", false},
      {"productTours", false},
      {"conversations", false},
      {"defaultIdentifiedOnly", true},
      {"flagsPersistenceDefault", false},
      {"siteApps", array{}},
      {"isAuthenticated", false},
      {"toolbarParams", object{}},
      {"config", object{{"enable_collect_everything", true}}},
  };
  return boost::json::serialize(config);
}

}  // namespace cp::publish
