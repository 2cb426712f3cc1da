// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/publish/remote_config.h"

#include <boost/json.hpp>

namespace cp::publish {
namespace {

/// What SDKs need to record: an object, whatever stands in it, is what starts them. Every key is
/// there, because some keep an old value for one that is missing.
boost::json::value session_recording(const model::Project& project, bool may_record) {
  using boost::json::array;
  if (!project.session_recording_opt_in || !may_record) {
    return false;
  }
  return boost::json::object{
      {"endpoint", "/s/"},
      {"consoleLogRecordingEnabled", false},
      {"recorderVersion", "v2"},
      {"sampleRate", nullptr},
      {"minimumDurationMilliseconds", nullptr},
      {"linkedFlag", nullptr},
      {"networkPayloadCapture", nullptr},
      {"masking", nullptr},
      {"urlTriggers", array{}},
      {"urlBlocklist", array{}},
      {"eventTriggers", array{}},
      {"triggerMatchType", nullptr},
      {"recordCanvas", false},
      {"canvasFps", nullptr},
      {"canvasQuality", nullptr},
      {"scriptConfig", nullptr},
      {"domains", array{}},
  };
}

}  // namespace

std::string remote_config_json(const model::Project& project, bool may_record) {
  using boost::json::array;
  using boost::json::object;
  // SDKs act on absence: without gzip-js React Native never compresses, without hasFeatureFlags
  // Android never asks for flags, without autocapture_opt_out a first web visit captures nothing.
  object config{
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
      {"sessionRecording", session_recording(project, may_record)},
      {"heatmaps", project.heatmaps_opt_in},
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
  if (!may_record) {
    config["quotaLimited"] = array{"recordings"};
  }
  return boost::json::serialize(config);
}

}  // namespace cp::publish
