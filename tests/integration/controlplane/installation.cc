// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/controlplane/installation.h"

#include "controlplane/db/database.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace cp::test {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::filesystem::path output_of(const std::filesystem::path& error_file) {
  return std::filesystem::path(error_file).concat(".out");
}

void redirect(int descriptor, const std::filesystem::path& to) {
  const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  ::dup2(file, descriptor);
}

std::unique_ptr<test_support::Postgres>& cluster() {
  static std::unique_ptr<test_support::Postgres> instance;
  return instance;
}

/// The shared installation with its running api.
struct Shared {
  Installation installation;
  std::unique_ptr<Program> api;
};

std::optional<Shared>& shared() {
  static std::optional<Shared> instance;
  return instance;
}

}  // namespace

Program::Program(const std::string& command, const Environment& environment,
                 const std::filesystem::path& error_file)
    : error_file_(error_file) {
  std::vector<std::string> settings;
  for (const auto& [name, value] : environment) {
    settings.push_back(name + "=" + value);
  }
  std::vector<char*> pointers;
  for (auto& setting : settings) {
    pointers.push_back(setting.data());
  }
  pointers.push_back(nullptr);
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no program behind
    redirect(STDERR_FILENO, error_file);
    redirect(STDOUT_FILENO, output_of(error_file));
    std::string words = command;
    std::vector<char*> arguments = {const_cast<char*>(CONTROLPLANE_PROGRAM)};
    char* rest = words.data();
    while (char* word = ::strtok_r(rest, " ", &rest)) {
      arguments.push_back(word);
    }
    arguments.push_back(nullptr);
    ::execve(CONTROLPLANE_PROGRAM, arguments.data(), pointers.data());
    ::_exit(127);
  }
}

Program::~Program() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
}

void Program::send(int signal) const { ::kill(process_, signal); }

bool Program::is_running() {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

Outcome Program::wait() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(error_file_),
          read_file(output_of(error_file_))};
}

bool Installation::is_possible() { return engine::find_library().has_value(); }

test_support::Postgres& Installation::postgres() {
  if (cluster() == nullptr) {
    cluster() = std::make_unique<test_support::Postgres>();
  }
  return *cluster();
}

engine::EngineProcess& Installation::engine() { return engine::EngineProcess::shared(); }

void Installation::shut_down() {
  shared().reset();
  cluster().reset();
}

Installation::Installation() {
  static int count = 0;
  name_ = "installation_" + std::to_string(++count);
  db::Pool({.url = postgres().url()}).run("CREATE SCHEMA " + name_);
  engine().query("CREATE DATABASE " + name_);
  for (const char* folder : {"log", "tenants", "page/assets"}) {
    std::filesystem::create_directories(directory() / folder);
  }
}

std::filesystem::path Installation::connection_file() const {
  return directory() / "connection.json";
}

boost::json::object Installation::connection() const {
  return boost::json::parse(read_file(connection_file())).as_object();
}

std::string Installation::database_url() const {
  return postgres().url() + "&options=-csearch_path%3D" + name_;
}

std::string Installation::api_url() const { return "unix:" + (directory() / "api.sock").string(); }

std::string Installation::clickhouse(std::string_view sql) const {
  olap::Client client(
      {.url = engine().url(), .database = name_, .user = "default", .password = ""});
  auto answer = client.query(sql);
  while (answer.ends_with('\n')) {
    answer.pop_back();
  }
  return answer;
}

Environment Installation::environment() const {
  return {
      {"DATABASE_URL", database_url()},
      {"CLICKHOUSE_URL", engine().url()},
      {"CLICKHOUSE_DATABASE", name_},
      {"BRISTLE_TENANT_STORE", (directory() / "tenants").string()},
      {"BRISTLE_EVENT_LOG", (directory() / "log").string()},
      {"BRISTLE_CONNECTION_FILE", connection_file().string()},
      {"BRISTLE_API_SOCKET", (directory() / "api.sock").string()},
      {"BRISTLE_PRIVACY_DEFAULT", "standard"},
      {"BRISTLE_PAGE_DIRECTORY", (directory() / "page").string()},
      {"SITE_URL", "http://localhost:8000"},
      {"SECRET_KEY", "a secret of more than thirty-two characters"},
  };
}

Outcome Installation::run(const std::string& command) const { return run(command, environment()); }

Outcome Installation::run(const std::string& command, const Environment& environment) const {
  return Program(command, environment, directory() / (command + ".log")).wait();
}

std::unique_ptr<Program> Installation::start(const std::string& command,
                                             const Environment& environment) const {
  static int count = 0;
  return std::make_unique<Program>(command, environment,
                                   directory() / (command + std::to_string(++count) + ".log"));
}

std::unique_ptr<Program> Installation::start_api(const Environment& environment) const {
  auto program = start("api", environment);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (true) {
    try {
      if (web::Client(api_url())
              .send({.target = "/_readiness", .headers = {}, .body = {}})
              .status == 200) {
        return program;
      }
    } catch (const web::ConnectionError&) {
      if (!program->is_running() || std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("the api did not start: " + program->wait().errors);
      }
    }
    std::this_thread::sleep_for(
        std::chrono::milliseconds(10));  // nothing to wait on but its answer
  }
}

Caller Caller::signed_in(const Installation& installation) {
  Caller caller(installation);
  const auto connection = installation.connection();
  const auto answer =
      caller.post("/api/login",
                  boost::json::serialize(boost::json::object{
                      {"email", connection.at("email")}, {"password", connection.at("password")}}));
  EXPECT_EQ(answer.status, 200) << answer.body;
  std::string cookies;
  for (const auto& [name, value] : answer.headers.fields()) {
    if (web::equal_ignoring_case(name, "set-cookie")) {
      const auto pair = value.substr(0, value.find(';'));
      cookies += (cookies.empty() ? "" : "; ") + pair;
      if (pair.starts_with("csrftoken=")) {
        caller.headers.set("X-CSRFToken", pair.substr(pair.find('=') + 1));
      }
    }
  }
  caller.headers.set("Cookie", cookies);
  return caller;
}

Caller Caller::with_key(const Installation& installation) {
  Caller caller(installation);
  const auto connection = installation.connection();
  caller.headers.set("Authorization",
                     "Bearer " + std::string(connection.at("personal_api_key").as_string()));
  return caller;
}

Answer Caller::send(const std::string& method, const std::string& target, const std::string& body) {
  const auto response =
      client_.send({.method = method, .target = target, .headers = headers, .body = body});
  boost::system::error_code ignored;
  return {response.status, response.headers, response.body,
          boost::json::parse(response.body, ignored)};
}

void IntegrationTest::SetUp() {
  if (!Installation::is_possible()) {
    GTEST_SKIP() << "no libchdb on this machine";
  }
}

Installation& shared_installation() {
  if (!shared()) {
    shared().emplace();
    const auto outcome = shared()->installation.run("migrate");
    if (outcome.exit_code != 0) {
      throw std::runtime_error("migrate failed: " + outcome.errors);
    }
    std::ofstream(shared()->installation.directory() / "page" / "index.html")
        << "<html><script>let a = 1;</script></html>";
    std::ofstream(shared()->installation.directory() / "page" / "assets" / "app-1a2b.js") << "code";
    std::ofstream(shared()->installation.directory() / "page" / "assets" / "app-1a2b.js.br")
        << "br";
    std::ofstream(shared()->installation.directory() / "page" / "assets" / "app-1a2b.js.gz")
        << "gz";
    shared()->api = shared()->installation.start_api();
  }
  return shared()->installation;
}

}  // namespace cp::test

int main(int count, char** arguments) {
  ::testing::InitGoogleTest(&count, arguments);
  const int result = RUN_ALL_TESTS();
  cp::test::Installation::shut_down();
  return result;
}
