// SPDX-License-Identifier: LicenseRef-Project
// PostgreSQL, bristle-engine and an event log for one test program, and the worker between them.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/ingest/event_store.h"
#include "controlplane/ingest/worker.h"
#include "controlplane/olap/client.h"
#include "tests/support/log_fixture.h"
#include "tests/support/postgres.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cp::ingest {

/// Started on first use, stopped with the program. Migrated, with one project whose token is
/// `kToken`.
class Stores {
 public:
  static constexpr const char* kToken = "phc_integration";

  /// The stores, or nothing where no libchdb is named.
  static Stores* get();
  static void shut_down();

  Stores();
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;
  Stores(Stores&&) = delete;
  Stores& operator=(Stores&&) = delete;
  ~Stores();

  /// Empties both stores but for the project.
  void reset();

  /// SIGKILL and a new start on the same data.
  void restart_engine();

  [[nodiscard]] std::string database_url() const { return postgres_.url(); }
  [[nodiscard]] olap::Address clickhouse() const;
  [[nodiscard]] std::int64_t project_id() const noexcept { return project_id_; }
  test_support::Postgres& postgres() noexcept { return postgres_; }

  /// The answer to a query, without the last line end.
  std::string query(std::string_view sql);

 private:
  void start_engine();
  void stop_engine(int signal);

  support::TemporaryDirectory directory_;
  test_support::Postgres postgres_;
  pid_t engine_ = -1;
  std::int64_t project_id_ = 0;
};

/// Runs a worker in a process of its own until the log is drained or `crash_at` is reached. False
/// when it died there.
bool drain_in_child(const Stores& stores, const std::filesystem::path& event_log,
                    const std::string& crash_at = "", std::size_t rows_max = 50'000);

/// A case with empty stores and a log of its own; skipped where no libchdb is named. Who sets up
/// more looks at `stores_` first.
class StoresTest : public ::testing::Test {
 protected:
  void SetUp() override;

  /// Appends and makes durable.
  void write(const format::LogRecord& record);
  /// drain_in_child of the log.
  bool drain(const std::string& crash_at = "", std::size_t rows_max = 50'000);

  Stores* stores_ = nullptr;
  support::TemporaryDirectory root_;
  std::filesystem::path event_log_ = root_.path() / "event-log";
  support::LogFixture log_{event_log_};
};

}  // namespace cp::ingest
