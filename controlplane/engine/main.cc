// SPDX-License-Identifier: LicenseRef-Project
// bristle-engine: ClickHouse (libchdb) behind its own HTTP interface, on a unix socket and
// optionally on TCP.
#include "controlplane/engine/chdb.h"
#include "controlplane/engine/service.h"
#include "controlplane/web/server.h"
#include "dataplane/base/notify.h"
#include "dataplane/base/settings.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

namespace {

using cp::engine::Service;
using cp::engine::ServiceOptions;

constexpr std::chrono::seconds kStopGrace{10};
constexpr std::chrono::seconds kKillGrace{5};

void log_line(std::string_view line) {
  std::fprintf(stderr, "bristle-engine: %.*s\n", static_cast<int>(line.size()), line.data());
}

struct Options {
  std::string socket;
  std::string listen;
  std::string library;
  std::string data;
  ServiceOptions service;
};

Options read_options() {
  base::Settings settings;
  Options options;
  options.socket = settings.required_text("BRISTLE_ENGINE_SOCKET");
  options.listen = settings.text("BRISTLE_ENGINE_LISTEN", "");
  options.library = settings.required_text("BRISTLE_CHDB_LIBRARY");
  options.data = settings.required_text("BRISTLE_ENGINE_DATA");
  options.service.queries_max = settings.number("BRISTLE_ENGINE_QUERIES_MAX", 16, 1, 1024);
  options.service.memory_bytes_max =
      settings.number("BRISTLE_ENGINE_MEMORY_BYTES_MAX", 4ULL << 30U, 256ULL << 20U, 1ULL << 44U);
  options.service.query_seconds_max =
      settings.number("BRISTLE_ENGINE_QUERY_SECONDS_MAX", 300, 1, 86'400);
  settings.exit_if_invalid();
  return options;
}

/// Holds the data directory for this process; the lock goes with the process, however it ends.
void lock_data_directory(const std::filesystem::path& data) {
  std::filesystem::create_directories(data);
  const auto path = data / "bristle-engine.lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0 || ::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    throw std::runtime_error("the data directory " + data.string() +
                             " is in use by another bristle-engine, or cannot be written");
  }
}

/// libchdb takes files of the working directory for tables and a configuration from the home
/// directory, so both become an empty folder. Times are UTC everywhere in the product.
void enter_clean_environment(const std::filesystem::path& data) {
  const auto folder = data / "empty";
  std::filesystem::create_directories(folder);
  ::setenv("HOME", folder.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet.
  ::setenv("TZ", "UTC", 1);             // NOLINT(concurrency-mt-unsafe): likewise.
  std::filesystem::current_path(folder);
}

void run(const Options& options, const sigset_t& signals) {
  const auto data = std::filesystem::absolute(options.data);
  const auto library = std::filesystem::absolute(options.library);
  cp::web::ServerOptions server_options;
  server_options.unix_socket = std::filesystem::absolute(options.socket).string();
  server_options.listen = options.listen;
  server_options.body_bytes_max = options.service.body_bytes_max;
  server_options.log = log_line;
  const auto from_manager = base::NotifySettings::from_environment();
  const base::Notifier manager(from_manager.socket, from_manager.watchdog_us);
  if (const auto interval_us = manager.feed_interval_us()) {
    server_options.on_turn = [&manager] { manager.feed(); };
    server_options.turn_interval = std::chrono::microseconds(*interval_us);
  }
  lock_data_directory(data);
  enter_clean_environment(data);

  cp::engine::load_library(library.string());
  ServiceOptions service_options = options.service;
  service_options.data_path = (data / "store").string();
  auto service = std::make_unique<Service>(service_options);
  cp::web::Server server(server_options,
                         [&](const cp::web::Request& request) { return service->handle(request); });
  server.start();
  const auto status =
      "ClickHouse " + service->version() + " (libchdb " + cp::engine::library_version() + ") on " +
      server_options.unix_socket +
      (options.listen.empty() ? ""
                              : " and " + options.listen.substr(0, options.listen.rfind(':')) +
                                    ":" + std::to_string(server.port()));
  log_line("ready: " + status);
  manager.ready(status);

  int signal = 0;
  ::sigwait(&signals, &signal);
  manager.stopping();
  log_line(signal == SIGTERM ? "stopping on SIGTERM" : "stopping on SIGINT");
  auto stopped =
      std::async(std::launch::async, [&] { return server.stop(kStopGrace + kKillGrace); });
  if (stopped.wait_for(kStopGrace) != std::future_status::ready) {
    log_line("cancelling the queries that still run");
    service->kill_all();
  }
  stopped.get();
  service.reset();
  log_line("stopped");
}

}  // namespace

int main() {
  ::umask(0007);
  ::signal(SIGPIPE, SIG_IGN);
  // Blocked before any thread exists, so that every thread inherits it and only sigwait sees the
  // signals.
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto options = read_options();
  try {
    run(options, signals);
  } catch (const std::exception& error) {
    log_line(error.what());
    return 1;
  }
  // libchdb's destructors would run in an order nobody tests; everything is flushed and closed by
  // now.
  std::_Exit(0);
}
