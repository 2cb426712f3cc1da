// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/engine/engine_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

namespace cp::engine {
namespace {

constexpr std::chrono::seconds kStartMax{60};

int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Ends the shared engine with the test program.
class SharedEngine : public testing::Environment {
 public:
  void TearDown() override { engine_.reset(); }
  EngineProcess& get() {
    if (!engine_) {
      engine_ = std::make_unique<EngineProcess>();
    }
    return *engine_;
  }

 private:
  std::unique_ptr<EngineProcess> engine_;
};

SharedEngine* const shared_engine = [] {
  auto owned = std::make_unique<SharedEngine>();
  SharedEngine* const engine = owned.get();
  testing::AddGlobalTestEnvironment(owned.release());  // takes the ownership
  return engine;
}();

}  // namespace

std::optional<std::string> find_library() {
  if (const char* path = std::getenv("BRISTLE_CHDB_LIBRARY"); path != nullptr && *path != '\0') {
    return path;
  }
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const std::filesystem::path folder =
      cache != nullptr ? std::filesystem::path(cache)
                       : std::filesystem::path(home != nullptr ? home : ".") / ".cache";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "bristle", ignored)) {
    if (entry.path().filename().string().starts_with("libchdb-")) {
      return entry.path().string();
    }
  }
  return std::nullopt;
}

EngineProcess::EngineProcess(Environment environment) : environment_(std::move(environment)) {
  start();
}

EngineProcess::~EngineProcess() { stop(SIGTERM); }

EngineProcess& EngineProcess::shared() { return shared_engine->get(); }

pid_t EngineProcess::spawn(const std::string& socket) const {
  const auto library = find_library().value_or("");
  const auto data = (directory_.path() / "data").string();
  const pid_t process = ::fork();
  if (process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no engine behind
    ::setenv("BRISTLE_CHDB_LIBRARY", library.c_str(), 1);
    ::setenv("BRISTLE_ENGINE_SOCKET", socket.c_str(), 1);
    ::setenv("BRISTLE_ENGINE_DATA", data.c_str(), 1);
    for (const auto& [name, value] : environment_) {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
    ::execl(ENGINE_PROGRAM, ENGINE_PROGRAM, nullptr);
    ::_exit(127);
  }
  return process;
}

void EngineProcess::start() {
  process_ = spawn((directory_.path() / "engine.sock").string());
  const auto deadline = std::chrono::steady_clock::now() + kStartMax;
  for (;;) {
    try {
      if (send_request("GET", "/ping").status == 200) {
        return;
      }
    } catch (const web::ConnectionError& error) {
      if (std::chrono::steady_clock::now() > deadline ||
          ::waitpid(process_, nullptr, WNOHANG) == process_) {
        throw std::runtime_error(std::string("the engine did not start: ") + error.what());
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // nothing else tells of readiness
  }
}

int EngineProcess::stop(int signal) {
  if (process_ < 0) {
    return 0;
  }
  int status = 0;
  ::kill(process_, signal);
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return exit_code(status);
}

void EngineProcess::send(int signal) const { ::kill(process_, signal); }

int EngineProcess::exit_code_of_a_second_engine() const {
  int status = 0;
  ::waitpid(spawn((directory_.path() / "second.sock").string()), &status, 0);
  return exit_code(status);
}

std::string EngineProcess::url() const {
  return "unix:" + (directory_.path() / "engine.sock").string();
}

web::ClientResponse EngineProcess::send_request(const std::string& method,
                                                const std::string& target, std::string_view body,
                                                const web::Headers& headers) const {
  web::Client client(url());
  web::ClientRequest request;
  request.method = method;
  request.target = target;
  request.headers = headers;
  request.body = body;
  return client.send(request);
}

std::string EngineProcess::query(std::string_view sql, const olap::Parameters& parameters) const {
  olap::Address address;
  address.url = url();
  return olap::Client(address).query(sql, parameters);
}

int EngineProcess::error_code_of(std::string_view sql, const olap::Parameters& parameters) const {
  try {
    query(sql, parameters);
  } catch (const olap::QueryError& error) {
    return error.code();
  }
  return 0;
}

void EngineProcess::insert(std::string_view sql, std::string_view rows,
                           const olap::Parameters& parameters) const {
  olap::Address address;
  address.url = url();
  olap::Client(address).insert(sql, rows, parameters);
}

std::size_t EngineProcess::peak_memory_bytes() const {
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  std::string word;
  std::size_t kilobytes = 0;
  while (status >> word) {
    if (word == "VmHWM:") {
      status >> kilobytes;
    }
  }
  return kilobytes * 1024;
}

}  // namespace cp::engine
