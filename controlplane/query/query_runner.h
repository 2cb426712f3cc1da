// SPDX-License-Identifier: LicenseRef-Project
// Answers the query endpoint: one JSON query node in, the PostHog-compatible JSON response out.
#pragma once

#include "controlplane/olap/client.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace cp::query {

/// The caller's query cannot be answered: becomes 400
/// {"type":"validation_error","code","detail","attr"}. `attr` names the field inside the query (for
/// example `series.0.math`), `what()` is the detail.
class InvalidQuery : public std::runtime_error {
 public:
  InvalidQuery(std::string attr, const std::string& detail, std::string code = "invalid_input")
      : std::runtime_error(detail), attr_(std::move(attr)), code_(std::move(code)) {}
  [[nodiscard]] const std::string& attr() const noexcept { return attr_; }
  [[nodiscard]] const std::string& code() const noexcept { return code_; }

 private:
  std::string attr_;
  std::string code_;
};

/// The facts of a project that change an answer.
struct Project {
  std::int64_t id = 0;
  std::string timezone = "UTC";  ///< an IANA name
  bool week_starts_monday = false;
};

/// Runs one statement on ClickHouse and returns the body; throws olap::QueryError. Usually
/// `[&](auto sql, const auto& parameters) { return client.query(sql, parameters); }`.
using RunSql = std::function<std::string(std::string_view sql, const olap::Parameters& parameters)>;

/// The present moment, given from outside so that relative date ranges can be tested.
using Clock = std::function<std::chrono::system_clock::time_point()>;

/// Runs queries of one project. Owner: one request. Thread: the caller's, which `run` blocks until
/// ClickHouse has answered. Bounds: each statement runs read-only, at most 60 s.
class QueryRunner {
 public:
  QueryRunner(RunSql run_sql, Project project, Clock now);

  /// `query` is the text of the request's "query" object: `{"kind":"TrendsQuery",…}`. Kinds:
  /// EventsQuery, TrendsQuery, FunnelsQuery, RetentionQuery, HogQLQuery. Returns the text of the
  /// response object. Throws InvalidQuery for the caller's mistakes and olap::QueryError when
  /// ClickHouse fails.
  std::string run(std::string_view query) const;

 private:
  RunSql run_sql_;
  Project project_;
  Clock now_;
};

}  // namespace cp::query
