// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/query_runner.h"

#include "controlplane/query/internal/runners.h"

#include <array>

namespace cp::query {
namespace {

using Runner = std::string (*)(const JsonReader&, const Environment&);

struct Kind {
  std::string_view name;
  Runner run;
};

constexpr std::array<Kind, 5> kKinds = {{
    {"EventsQuery", run_events},
    {"TrendsQuery", run_trends},
    {"FunnelsQuery", run_funnels},
    {"RetentionQuery", run_retention},
    {"HogQLQuery", run_hogql},
}};

boost::json::value parse(std::string_view query) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(query, error);
  if (error) {
    throw InvalidQuery("query", "query: expected a JSON object, got " + error.message());
  }
  return value;
}

Micros micros_of(std::chrono::system_clock::time_point moment) {
  return std::chrono::duration_cast<std::chrono::microseconds>(moment.time_since_epoch()).count();
}

}  // namespace

QueryRunner::QueryRunner(RunSql run_sql, Project project, Clock now)
    : run_sql_(std::move(run_sql)), project_(std::move(project)), now_(std::move(now)) {}

std::string QueryRunner::run(std::string_view query) const {
  const boost::json::value document = parse(query);
  const JsonReader reader(document, "");
  const std::string name = reader.required_text("kind");
  Environment environment{run_sql_, {}, {}};
  environment.calendar.zone = TimeZone::load(project_.timezone);
  environment.calendar.week_starts_monday = project_.week_starts_monday;
  environment.calendar.now = micros_of(now_());
  environment.hogql.project_id = project_.id;
  environment.hogql.timezone = project_.timezone;
  environment.hogql.week_starts_monday = project_.week_starts_monday;
  for (const Kind& kind : kKinds) {
    if (kind.name == name) {
      return kind.run(reader, environment);
    }
  }
  reader.fail("kind", "one of EventsQuery, TrendsQuery, FunnelsQuery, RetentionQuery, HogQLQuery");
}

}  // namespace cp::query
