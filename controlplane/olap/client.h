// SPDX-License-Identifier: LicenseRef-Project
// The one way to ClickHouse: its HTTP interface, on a unix socket (bristle-engine) or over TCP (a
// real cluster).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cp::olap {

/// ClickHouse refused or failed: HTTP status, ClickHouse's exception code (0 when it never
/// answered) and its text.
class QueryError : public std::runtime_error {
 public:
  QueryError(int status, int code, const std::string& message)
      : std::runtime_error(message), status_(status), code_(code) {}
  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int status_;
  int code_;
};

/// Where ClickHouse is, from CLICKHOUSE_URL: `http://host:8123` or `unix:/path/engine.sock`.
struct Address {
  std::string url;
  std::string database = "default";
  std::string user = "default";
  std::string password;
};

/// Settings and `param_*` values of one query; a key starting `param_` is a query parameter
/// `{name:Type}`.
using Parameters = std::map<std::string, std::string>;

/// A pool-less client: one connection kept alive per Client. Thread: one at a time. Throws
/// QueryError.
class Client {
 public:
  explicit Client(Address address);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// Runs `sql` and returns the body of the answer in the format the SQL (or the setting
  /// default_format) names.
  std::string query(std::string_view sql, const Parameters& parameters = {});

  /// Inserts `rows` (already encoded in the format that `sql` names) and waits until they are
  /// stored.
  void insert(std::string_view sql, std::string_view rows, const Parameters& parameters = {});

  /// Upper bound of one call; the default is 60 s.
  void set_timeout(std::chrono::milliseconds timeout);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::olap
