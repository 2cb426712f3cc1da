// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/ingest/environment.h"

#include "controlplane/ingest/checkpoint.h"
#include "controlplane/ingest/projects.h"
#include "controlplane/model/project.h"
#include "controlplane/schema/migrator.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace cp::ingest {
namespace {

std::unique_ptr<Stores>& instance() {
  static std::unique_ptr<Stores> stores;
  return stores;
}

[[noreturn]] void run_engine(const std::filesystem::path& directory) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no engine behind
  const std::string socket = (directory / "engine.sock").string();
  const std::string data = (directory / "engine").string();
  ::setenv("BRISTLE_ENGINE_SOCKET", socket.c_str(), 1);
  ::setenv("BRISTLE_ENGINE_DATA", data.c_str(), 1);
  ::execl(ENGINE_PROGRAM, ENGINE_PROGRAM, nullptr);
  ::_exit(127);
}

/// PostgreSQL takes a moment to notice that a worker is gone, and with it its lock.
void wait_for_lock(const Stores& stores) {
  db::Pool pool({.url = stores.database_url()});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!pool.run("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").empty() &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
}

}  // namespace

Stores* Stores::get() {
  if (instance() == nullptr && std::getenv("BRISTLE_CHDB_LIBRARY") != nullptr) {
    instance() = std::make_unique<Stores>();
  }
  return instance().get();
}

void Stores::shut_down() { instance().reset(); }

Stores::Stores() {
  std::filesystem::create_directories(directory_.path() / "engine");
  start_engine();
  db::Pool pool({.url = database_url()});
  olap::Client client(clickhouse());
  schema::migrate(
      pool, [&](std::string_view sql) { return client.query(sql); }, {}, [](const std::string&) {});
  auto transaction = pool.begin();
  const auto organization = model::create_organization(transaction, "Test");
  project_id_ = model::create_project(transaction, organization.id, "Test", kToken).id;
  transaction.commit();
}

Stores::~Stores() { stop_engine(SIGTERM); }

void Stores::reset() {
  db::Pool pool({.url = database_url()});
  pool.run("TRUNCATE ingest_checkpoint, ingestion_ledger, capture_count");
  query("TRUNCATE TABLE events");
  query("TRUNCATE TABLE session_replay_items");
  query("TRUNCATE TABLE session_replay_messages");
  query("TRUNCATE TABLE heatmaps");
  query("TRUNCATE TABLE ingestion_warnings");
}

void Stores::restart_engine() {
  stop_engine(SIGKILL);
  start_engine();
}

olap::Address Stores::clickhouse() const {
  olap::Address address;
  address.url = "unix:" + (directory_.path() / "engine.sock").string();
  return address;
}

std::string Stores::query(std::string_view sql) {
  std::string answer = olap::Client(clickhouse()).query(sql);
  if (answer.ends_with('\n')) {
    answer.pop_back();
  }
  return answer;
}

void Stores::start_engine() {
  engine_ = ::fork();
  if (engine_ == 0) {
    run_engine(directory_.path());
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (true) {
    try {
      query("SELECT 1");
      return;
    } catch (const std::exception& error) {
      if (std::chrono::steady_clock::now() > deadline ||
          ::waitpid(engine_, nullptr, WNOHANG) == engine_) {
        throw std::runtime_error(std::string("the engine did not start: ") + error.what());
      }
      std::this_thread::sleep_for(
          std::chrono::milliseconds(20));  // nothing to wait on but its answer
    }
  }
}

void Stores::stop_engine(int signal) {
  if (engine_ > 0) {
    ::kill(engine_, signal);
    ::waitpid(engine_, nullptr, 0);
    engine_ = -1;
  }
}

bool drain_in_child(const Stores& stores, const std::filesystem::path& event_log,
                    const std::string& crash_at, std::size_t rows_max) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      db::Pool pool({.url = stores.database_url()});
      DatabaseCheckpoints checkpoints(pool);
      DatabaseProjects projects(pool);
      ClickhouseEvents events(stores.clickhouse());
      ClickhouseRecordings recordings(stores.clickhouse());
      WorkerOptions options;
      options.event_log = event_log;
      options.rows_max = rows_max;
      Worker worker(options, checkpoints, events, recordings, projects, [](const std::string&) {});
      DatabaseSalts salts(pool);
      CookielessIdentity identity(salts, projects);
      worker.identify_with(&identity);
      worker.set_crash_point([&](const char* name) {
        if (crash_at == name) {
          ::kill(::getpid(), SIGKILL);
        }
      });
      worker.drain();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "worker: %s\n", error.what());
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  wait_for_lock(stores);
  if (WIFSIGNALED(status)) {
    return false;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return true;
}

void StoresTest::SetUp() {
  stores_ = Stores::get();
  if (stores_ == nullptr) {
    GTEST_SKIP() << "BRISTLE_CHDB_LIBRARY is not set";
  }
  stores_->reset();
}

void StoresTest::write(const format::LogRecord& record) {
  log_.append(record);
  log_.flush();
}

bool StoresTest::drain(const std::string& crash_at, std::size_t rows_max) {
  return drain_in_child(*stores_, event_log_, crash_at, rows_max);
}

}  // namespace cp::ingest

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  cp::ingest::Stores::shut_down();
  return result;
}
