// SPDX-License-Identifier: LicenseRef-Project
// bristle-dataplane: reads the settings, opens every shard, runs one thread each, and stops them on
// SIGTERM or SIGINT.
#include "dataplane/base/settings.h"
#include "dataplane/daemon/daemon_settings.h"
#include "dataplane/daemon/listeners.h"
#include "dataplane/daemon/metrics.h"
#include "dataplane/daemon/shard.h"
#include "dataplane/tenant/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using dp::daemon::Shard;

void say(const std::string& text) { std::fprintf(stderr, "bristle-dataplane: %s\n", text.c_str()); }

/// Makes the directory and holds a lock in it until the process ends: two writers of one log would
/// destroy it. Returns false after saying why.
bool take_event_log(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    say("cannot make the event log directory " + directory + ": " + error.message());
    return false;
  }
  const auto path = directory + "/lock";
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (lock < 0) {
    say("cannot write into the event log directory " + directory + ": " +
        std::generic_category().message(errno));
    return false;
  }
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    say("the event log " + directory + " is used by another process");
    return false;
  }
  return true;
}

/// Every connection is a descriptor: as many as the hard limit allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// Opens every shard, or none after saying why.
std::vector<std::unique_ptr<Shard>> open_shards(const dp::daemon::Process& process,
                                                const std::vector<int>& listeners) {
  std::vector<std::unique_ptr<Shard>> shards;
  for (std::uint32_t index = 0; index < process.settings.shards; ++index) {
    std::string failure;
    std::string summary;
    auto shard = Shard::open(process, index, listeners[index], failure, summary);
    if (shard == nullptr) {
      say("shard " + std::to_string(index) + ": " + failure);
      return {};
    }
    say("shard " + std::to_string(index) + ": " + summary);
    shards.push_back(std::move(shard));
  }
  return shards;
}

/// Runs the shards until a signal asks to stop.
void serve(const std::vector<std::unique_ptr<Shard>>& shards, const sigset_t& stop_signals) {
  std::vector<std::thread> threads;
  threads.reserve(shards.size());
  for (const auto& shard : shards) {
    threads.emplace_back([&shard] { shard->run(); });
  }
  int signal = 0;
  sigwait(&stop_signals, &signal);
  say("stopping: answering what is in flight");
  for (const auto& shard : shards) {
    shard->request_stop();
  }
  for (auto& thread : threads) {
    thread.join();
  }
}

}  // namespace

int main() {
  base::Settings environment;
  const auto settings = dp::daemon::read_daemon_settings(environment);
  environment.exit_if_invalid();
  if (!take_event_log(settings.event_log)) {
    return 1;
  }
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  const auto address = settings.listen.host + ":" + std::to_string(settings.listen.port);
  const auto listeners = dp::daemon::open_listeners(settings.listen, settings.shards);
  if (!listeners) {
    say("cannot listen on " + address + ": " + base::describe(listeners.error()));
    return 1;
  }
  dp::tenant::Store tenants(settings.tenant_store);
  std::vector<dp::daemon::CounterPage> pages(settings.shards);
  const dp::daemon::Process process{settings, tenants, pages};
  const auto shards = open_shards(process, listeners->descriptors);
  if (shards.empty()) {
    return 1;
  }
  say("listening on " + settings.listen.host + ":" + std::to_string(listeners->port) + " with " +
      std::to_string(settings.shards) + (settings.shards == 1 ? " shard" : " shards"));
  serve(shards, stop_signals);
  say("stopped");
  return 0;
}
