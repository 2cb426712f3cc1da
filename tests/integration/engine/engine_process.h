// SPDX-License-Identifier: LicenseRef-Project
// A running bristle-engine for tests, on a unix socket below a temporary directory.
#pragma once

#include "controlplane/olap/client.h"
#include "controlplane/web/client.h"
#include "tests/support/temporary_directory.h"

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cp::engine {

/// Where libchdb is, or nothing when this machine has none.
std::optional<std::string> find_library();

/// Starts the program and waits until it answers; stops it in the destructor. Thread: the test's.
class EngineProcess {
 public:
  using Environment = std::map<std::string, std::string>;

  explicit EngineProcess(Environment environment = {});
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;
  EngineProcess(EngineProcess&&) = delete;
  EngineProcess& operator=(EngineProcess&&) = delete;
  ~EngineProcess();

  /// The one engine that most tests share; it lives until the test program ends.
  static EngineProcess& shared();

  void start();
  /// Sends a signal and waits for the end; the exit code, or 128 and the signal that ended it.
  int stop(int signal);
  /// Sends a signal and does not wait.
  void send(int signal) const;
  /// Starts a second engine on the same data directory and returns its exit code.
  [[nodiscard]] int exit_code_of_a_second_engine() const;

  [[nodiscard]] std::string url() const;
  /// One request with a connection of its own: `target` as in `/?query=…`.
  web::ClientResponse send_request(const std::string& method, const std::string& target,
                                   std::string_view body = {},
                                   const web::Headers& headers = {}) const;
  /// A query that must succeed; its result.
  std::string query(std::string_view sql, const olap::Parameters& parameters = {}) const;
  /// The code of a query that must fail.
  int error_code_of(std::string_view sql, const olap::Parameters& parameters = {}) const;
  void insert(std::string_view sql, std::string_view rows,
              const olap::Parameters& parameters = {}) const;
  /// The most memory the process has used so far.
  [[nodiscard]] std::size_t peak_memory_bytes() const;

 private:
  [[nodiscard]] pid_t spawn(const std::string& socket) const;

  support::TemporaryDirectory directory_;
  Environment environment_;
  pid_t process_ = -1;
};

}  // namespace cp::engine
