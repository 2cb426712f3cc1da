// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/project_limits.h"

#include <simdjson.h>

#include <limits>

namespace dp::capture {
namespace {

std::optional<std::uint32_t> read_rate(simdjson::dom::object limits, std::string_view name) {
  std::uint64_t rate = 0;
  if (limits[name].get(rate) != simdjson::SUCCESS ||
      rate > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(rate);
}

}  // namespace

ProjectLimits limits_of_project(std::string_view project_json) {
  ProjectLimits project;
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::object limits;
  if (parser.parse(project_json.data(), project_json.size(), true).get(root) != simdjson::SUCCESS ||
      root["limits"].get(limits) != simdjson::SUCCESS) {
    return project;
  }
  project.events_per_second = read_rate(limits, "events_per_second");
  project.bytes_per_second = read_rate(limits, "bytes_per_second");
  simdjson::dom::array names;
  if (limits["quota_limited"].get(names) == simdjson::SUCCESS) {
    for (const auto item : names) {
      std::string_view name;
      const auto resource =
          item.get(name) == simdjson::SUCCESS ? format::resource_named(name) : std::nullopt;
      if (resource) {
        project.used_up.add(*resource);
      }
    }
  }
  return project;
}

}  // namespace dp::capture
