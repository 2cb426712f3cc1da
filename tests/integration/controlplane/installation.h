// SPDX-License-Identifier: LicenseRef-Project
// An installation of the controlplane for tests: own cluster, own engine, own files, and the real
// programs run in it.
#pragma once

#include "controlplane/web/client.h"
#include "tests/integration/engine/engine_process.h"
#include "tests/support/postgres.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace cp::test {

using Environment = std::map<std::string, std::string>;

/// How a program ended, and what it said.
struct Outcome {
  int exit_code = 0;  ///< 128 + signal when one ended it
  std::string errors;
  std::string output;
};

/// One started program. The destructor kills it.
class Program {
 public:
  /// Starts `bristle-controlplane <command>` (words between blanks) with `environment` alone.
  Program(const std::string& command, const Environment& environment,
          const std::filesystem::path& error_file);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  Program(Program&&) = delete;
  Program& operator=(Program&&) = delete;
  ~Program();

  void send(int signal) const;
  Outcome wait();
  [[nodiscard]] bool is_running();

 private:
  std::filesystem::path error_file_;
  pid_t process_ = -1;
};

/// Where everything of one installation lies. Several share the cluster and the engine, each with a
/// schema and a database of its own.
class Installation {
 public:
  Installation();

  /// Whether this machine can run one (libchdb is found).
  static bool is_possible();
  /// The cluster and the engine of the test program.
  static test_support::Postgres& postgres();
  static engine::EngineProcess& engine();
  static void shut_down();

  [[nodiscard]] Environment environment() const;
  /// Runs a subcommand to its end.
  [[nodiscard]] Outcome run(const std::string& command) const;
  [[nodiscard]] Outcome run(const std::string& command, const Environment& environment) const;
  [[nodiscard]] std::unique_ptr<Program> start(const std::string& command) const {
    return start(command, environment());
  }
  [[nodiscard]] std::unique_ptr<Program> start(const std::string& command,
                                               const Environment& environment) const;
  /// Starts the api and waits until it is ready.
  [[nodiscard]] std::unique_ptr<Program> start_api() const { return start_api(environment()); }
  [[nodiscard]] std::unique_ptr<Program> start_api(const Environment& environment) const;

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  [[nodiscard]] std::filesystem::path connection_file() const;
  [[nodiscard]] boost::json::object connection() const;
  [[nodiscard]] std::string database_url() const;
  [[nodiscard]] std::string api_url() const;
  [[nodiscard]] std::string clickhouse_database() const { return name_; }
  /// A ClickHouse query in this installation's database.
  std::string clickhouse(std::string_view sql) const;

 private:
  support::TemporaryDirectory directory_;
  std::string name_;
};

/// An answer with its JSON read.
struct Answer {
  int status = 0;
  web::Headers headers;
  std::string body;
  boost::json::value json;
};

/// A caller of the api: a browser with cookies, or a program with a key.
class Caller {
 public:
  explicit Caller(const Installation& installation) : client_(installation.api_url()) {}

  /// Signs in as the first account, as the page does.
  static Caller signed_in(const Installation& installation);
  /// Uses the first account's personal API key.
  static Caller with_key(const Installation& installation);

  Answer get(const std::string& target) { return send("GET", target, ""); }
  Answer post(const std::string& target, const std::string& body) {
    return send("POST", target, body);
  }
  Answer send(const std::string& method, const std::string& target, const std::string& body);

  /// Sent with every request; `Cookie` and `X-CSRFToken` are kept here too.
  web::Headers headers;

 private:
  web::Client client_;
};

/// Skips its case where no installation is possible.
class IntegrationTest : public testing::Test {
 protected:
  void SetUp() override;
};

/// The installation that most cases share, migrated and with its api running.
Installation& shared_installation();

}  // namespace cp::test
