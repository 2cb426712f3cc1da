// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/query/engine.h"

#include "controlplane/hog/sql_text.h"
#include "controlplane/schema/migration.h"
#include "controlplane/schema/statements.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace cp::query {
namespace {

[[noreturn]] void execute(const std::filesystem::path& directory) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no engine behind
  ::setenv("BRISTLE_ENGINE_SOCKET", (directory / "engine.sock").c_str(), 1);
  ::setenv("BRISTLE_ENGINE_DATA", (directory / "engine").c_str(), 1);
  ::execl(ENGINE_PROGRAM, ENGINE_PROGRAM, nullptr);
  ::_exit(127);
}

}  // namespace

Engine::Engine() {
  std::filesystem::create_directories(directory_.path() / "engine");
  process_ = ::fork();
  if (process_ == 0) {
    execute(directory_.path());
  }
  wait_until_it_answers();
  for (const schema::Migration& migration : schema::clickhouse_migrations()) {
    for (const std::string& statement :
         schema::split_statements(schema::fill_in(migration.sql, {}))) {
      run(statement);
    }
  }
}

Engine::~Engine() {
  if (process_ <= 0) {
    return;
  }
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

std::string Engine::run(std::string_view sql, const olap::Parameters& parameters) const {
  olap::Address address;
  address.url = "unix:" + (directory_.path() / "engine.sock").string();
  return olap::Client(address).query(sql, parameters);
}

void Engine::add(int project, std::string_view moment, std::string_view distinct_id,
                 std::string_view event, std::string_view properties) {
  rows_ += rows_.empty() ? "" : ", ";
  rows_ += "(generateUUIDv4(" + std::to_string(added_++) + "), " + hog::sql_string(event) + ", " +
           hog::sql_string(properties) + ", " + hog::sql_string(moment) + ", " +
           std::to_string(project) + ", " + hog::sql_string(distinct_id) +
           ", UUIDNumToString(MD5(" + hog::sql_string(distinct_id) + ")))";
}

void Engine::flush() {
  run("INSERT INTO events (uuid, event, properties, timestamp, team_id, distinct_id, person_id) "
      "VALUES " +
      rows_);
  rows_.clear();
}

void Engine::wait_until_it_answers() const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (true) {
    try {
      run("SELECT 1");
      return;
    } catch (const std::exception& error) {
      const bool is_dead = ::waitpid(process_, nullptr, WNOHANG) == process_;
      if (is_dead || std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error(std::string("the engine did not start: ") + error.what());
      }
      // There is nothing to wait on but its answer.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

}  // namespace cp::query
