// SPDX-License-Identifier: LicenseRef-Project
// ClickHouse's HTTP interface over libchdb: answers requests, one session of the engine per query.
#pragma once

#include "controlplane/engine/admission.h"
#include "controlplane/engine/chdb.h"
#include "controlplane/engine/http_query.h"
#include "controlplane/engine/statement.h"
#include "controlplane/web/message.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace cp::engine {

struct ServiceOptions {
  std::string data_path;
  std::size_t queries_max = 16;
  std::chrono::milliseconds queue_wait{5'000};
  std::uint64_t memory_bytes_max = 4ULL
                                   << 30U;  ///< of all queries together; one may have half of it
  std::uint64_t query_seconds_max = 300;
  std::size_t body_bytes_max = 256UL << 20U;
};

/// Starts the engine on a data directory and answers HTTP requests. Owner: main. Thread: any number
/// may call `handle`. Bounds: the options. Failure: the constructor throws std::runtime_error,
/// `handle` answers.
class Service {
 public:
  explicit Service(ServiceOptions options);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  Service(Service&&) = delete;
  Service& operator=(Service&&) = delete;
  ~Service() = default;

  web::Response handle(const web::Request& request);

  /// Cancels every query; their requests end with QUERY_WAS_CANCELLED.
  void kill_all();

  /// ClickHouse's version, for example `26.7.2.1`.
  [[nodiscard]] const std::string& version() const noexcept { return version_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Running;

  web::Response run_query(const web::Request& request, const std::string& query_id);
  web::Response run_statement(const std::shared_ptr<Running>& running);
  web::Response run_whole(const std::shared_ptr<Running>& running, const std::string& sql);
  web::Response run_select(const std::shared_ptr<Running>& running);
  web::Response run_insert(const std::shared_ptr<Running>& running);
  web::Response run_kill(const HttpQuery& query, const Statement& statement,
                         const std::string& query_id);
  /// `stream` belongs to `running`.
  web::Response streamed(const std::shared_ptr<Running>& running, ResultStream& stream,
                         web::Response head);
  web::Response answer(const HttpQuery& query, const std::string& query_id, std::string_view format,
                       const QueryStatistics& statistics, Clock::time_point start) const;
  web::Response failure(const std::string& query_id, const std::string& text, int code,
                        int status) const;
  [[nodiscard]] NamedValues session_settings(const HttpQuery& query, const std::string& mark) const;
  void kill_marks(const std::vector<std::string>& marks);
  [[nodiscard]] std::string with_version(const std::string& text) const;

  ServiceOptions options_;
  Admission admission_;
  Connection keeper_;  // keeps the engine running; never queried after the constructor
  std::string version_;
  std::string timezone_;
  std::unordered_set<std::string> setting_names_;
};

}  // namespace cp::engine
