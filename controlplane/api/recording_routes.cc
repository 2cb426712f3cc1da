// SPDX-License-Identifier: LicenseRef-Project
// Session recordings: the items of one, as players ask for them.
#include "controlplane/api/internal/errors.h"
#include "controlplane/api/internal/json_body.h"
#include "controlplane/api/internal/request_parameters.h"
#include "controlplane/api/internal/routes.h"
#include "controlplane/query/session_recording.h"

#include <limits>

namespace cp::api {
namespace {

constexpr std::int64_t kKeyMax = std::numeric_limits<std::int32_t>::max();
/// Players ask for no more at once.
constexpr std::int64_t kKeysMax = 20;
constexpr const char* kSource = "blob_v2";

web::Response list_sources(const std::vector<query::RecordingBlock>& blocks) {
  boost::json::array sources;
  for (const auto& block : blocks) {
    sources.push_back({{"source", kSource},
                       {"start_timestamp", block.start},
                       {"end_timestamp", block.end},
                       {"blob_key", std::to_string(sources.size())}});
  }
  return json_response({{"sources", std::move(sources)}});
}

web::Response blocks_of(const query::SessionRecording& recording,
                        const std::vector<query::RecordingBlock>& blocks,
                        const web::Request& request) {
  const auto first = number_parameter(request, "start_blob_key", 0, 0, kKeyMax);
  const auto last = number_parameter(request, "end_blob_key", first, 0, kKeyMax);
  if (last < first || last - first >= kKeysMax) {
    throw invalid_field("end_blob_key", "Expected a key of at most 20 from start_blob_key on.");
  }
  if (static_cast<std::size_t>(last) >= blocks.size()) {
    throw not_found("Block not found.");
  }
  auto response = web::Response::with(200, "application/jsonl",
                                      recording.lines(blocks[static_cast<std::size_t>(first)],
                                                      blocks[static_cast<std::size_t>(last)]));
  response.headers.set("cache-control", "no-cache");  // a session may still be under way
  return response;
}

}  // namespace

web::Response session_recordings(const Services& services, const web::Request& request,
                                 const model::Project& project, Segments rest) {
  if (rest.size() != 2 || rest[1] != "snapshots") {
    throw not_found("Endpoint not found.");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    throw method_not_allowed(request.method);
  }
  if (!query::SessionRecording::is_id(rest[0])) {
    throw not_found("Recording not found.");
  }
  const query::SessionRecording recording(
      [&](std::string_view sql, const olap::Parameters& parameters) {
        return services.clickhouse.query(sql, parameters);
      },
      project.id, rest[0]);
  const auto blocks = recording.blocks();
  if (blocks.empty()) {
    throw not_found("Recording not found.");
  }
  const auto source = text_parameter(request, "source");
  if (source.empty()) {
    return list_sources(blocks);
  }
  if (source != kSource) {
    throw invalid_field("source", "Expected blob_v2.", "invalid_choice");
  }
  return blocks_of(recording, blocks, request);
}

}  // namespace cp::api
