// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/daemon/canary.h"
#include "controlplane/daemon/common_settings.h"
#include "controlplane/daemon/log.h"
#include "controlplane/daemon/programs.h"
#include "controlplane/olap/client.h"
#include "controlplane/query/query_runner.h"
#include "controlplane/web/client.h"

#include <boost/json.hpp>

#include <chrono>
#include <stdexcept>

namespace cp::daemon {
namespace {

constexpr std::chrono::milliseconds kPause{100};
/// Of one try; a hang must not look like success that comes late.
constexpr std::chrono::seconds kCallTimeout{10};

struct CanarySettings {
  db::Options database;
  olap::Address clickhouse;
  std::string front_door;
  std::chrono::seconds patience{60};
  std::string file;
};

CanarySettings read_settings() {
  base::Settings settings;
  CanarySettings result;
  result.database = database_options(settings, "bristle-canary");
  result.clickhouse = clickhouse_address(settings);
  result.front_door = settings.text("BRISTLE_CANARY_URL", site_url(settings));
  if (!result.front_door.starts_with("http://")) {
    settings.complain("BRISTLE_CANARY_URL",
                      "http://host:port of the dataplane (SITE_URL is not such an address)");
  }
  result.patience =
      std::chrono::seconds(settings.number("BRISTLE_CANARY_SECONDS_MAX", 60, 1, 3'600));
  result.file = settings.text("BRISTLE_CANARY_FILE", "/var/lib/bristle/canary/last.json");
  settings.exit_if_invalid();
  return result;
}

void capture(const std::string& front_door, const std::string& token, const std::string& uuid) {
  const auto body = boost::json::serialize(
      boost::json::object{{"api_key", token},
                          {"event", "$bristle_canary"},
                          {"distinct_id", "bristle-canary"},
                          {"uuid", uuid},
                          {"properties", boost::json::object{{"$process_person_profile", false}}}});
  web::Client client(front_door);
  client.set_timeout(kCallTimeout);
  const auto answer = client.send({.method = "POST",
                                   .target = "/i/v0/e/",
                                   .headers = {{"Content-Type", "application/json"}},
                                   .body = body});
  if (answer.status != 200) {
    throw std::runtime_error(front_door + " answered " + std::to_string(answer.status));
  }
}

/// Asks as the page does, through the same query path.
bool is_stored(olap::Client& clickhouse, const model::Project& project, const std::string& uuid) {
  const query::QueryRunner runner(
      [&](std::string_view sql, const olap::Parameters& parameters) {
        return clickhouse.query(sql, parameters);
      },
      {project.id, project.timezone, project.week_start_day == 1},
      [] { return std::chrono::system_clock::now(); });
  const auto answer = boost::json::parse(runner.run(boost::json::serialize(
      boost::json::object{{"kind", "HogQLQuery"},
                          {"query", "select count() from events where uuid = '" + uuid + "'"}})));
  return answer.at("results").at(0).at(0).to_number<std::int64_t>() > 0;
}

CanaryResult fly(const CanarySettings& settings) {
  db::Pool pool(settings.database);
  std::optional<model::Project> project;
  try {
    project = find_canary_project(pool);
  } catch (const db::Error& error) {
    return {false, std::nullopt, std::string("query failed: PostgreSQL: ") + error.what()};
  }
  if (!project) {
    return {false, std::nullopt, "query failed: the canary has no project; run migrate first"};
  }
  olap::Client clickhouse(settings.clickhouse);
  clickhouse.set_timeout(kCallTimeout);
  CanarySteps steps;
  steps.capture = [&](const std::string& uuid) {
    capture(settings.front_door, project->api_token, uuid);
  };
  steps.is_stored = [&](const std::string& uuid) { return is_stored(clickhouse, *project, uuid); };
  return fly_canary(steps, settings.patience, kPause);
}

}  // namespace

int run_canary() {
  const auto settings = read_settings();
  const auto result = fly(settings);
  write_log("canary: " + result.text);
  write_canary(settings.file, result);
  return result.is_ok ? 0 : 1;
}

}  // namespace cp::daemon
