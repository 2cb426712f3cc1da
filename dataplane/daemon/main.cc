// SPDX-License-Identifier: LicenseRef-Project
// bristle-dataplane: reads the settings, opens every shard, runs one thread each, and stops them on
// SIGTERM or SIGINT.
#include "dataplane/base/notify.h"
#include "dataplane/base/settings.h"
#include "dataplane/daemon/consumer_watch.h"
#include "dataplane/daemon/daemon_settings.h"
#include "dataplane/daemon/heartbeat.h"
#include "dataplane/daemon/listeners.h"
#include "dataplane/daemon/metrics.h"
#include "dataplane/daemon/privacy_key.h"
#include "dataplane/daemon/shard.h"
#include "dataplane/sys/handover.h"
#include "dataplane/tenant/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using dp::daemon::Shard;

/// How often, and how many times, the start looks whether every shard accepts events. A full disk
/// must not keep flags and pages down, so afterwards the process is ready without.
constexpr std::uint64_t kFirstTurnsUs = 2'000;
constexpr std::uint32_t kFirstLooksMax = 5'000;

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

/// Where the operator gave no key, the installation has its own. Without any, addresses are dropped
/// instead of hashed.
void take_privacy_key(dp::daemon::DaemonSettings& settings) {
  if (settings.guard.hash_key) {
    return;
  }
  const auto secret = dp::daemon::load_or_make_privacy_key(settings.event_log);
  if (secret) {
    settings.guard.hash_key = format::privacy::HashKey::from_secret(*secret);
  } else {
    say("no key for hashes in " + settings.event_log +
        "/privacy-key: " + base::describe(secret.error()));
  }
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
std::vector<std::unique_ptr<Shard>> open_shards(const dp::daemon::Process& process) {
  std::vector<std::unique_ptr<Shard>> shards;
  for (std::uint32_t index = 0; index < process.settings.shards; ++index) {
    std::string failure;
    std::string summary;
    auto shard = Shard::open(process, index, failure, summary);
    if (shard == nullptr) {
      say("shard " + std::to_string(index) + ": " + failure);
      return {};
    }
    say("shard " + std::to_string(index) + ": " + summary);
    shards.push_back(std::move(shard));
  }
  return shards;
}

std::vector<std::thread> start_threads(const std::vector<std::unique_ptr<Shard>>& shards) {
  std::vector<std::thread> threads;
  threads.reserve(shards.size());
  for (const auto& shard : shards) {
    threads.emplace_back([&shard] { shard->run(); });
    const auto name = "shard-" + std::to_string(threads.size() - 1);
    pthread_setname_np(threads.back().native_handle(), name.c_str());
  }
  return threads;
}

/// True when one of `signals` came within `us_max` (nothing: whenever it comes).
bool wait_for_signal(const sigset_t& signals, std::optional<std::uint64_t> us_max) {
  if (!us_max) {
    return sigwaitinfo(&signals, nullptr) > 0;
  }
  const timespec time{static_cast<std::time_t>(*us_max / 1'000'000),
                      static_cast<long>(*us_max % 1'000'000 * 1'000)};
  return sigtimedwait(&signals, nullptr, &time) > 0;
}

/// What the service manager is told of the running shards. Owner and thread: main.
class Supervision {
 public:
  Supervision(const std::vector<std::unique_ptr<Shard>>& shards, std::string address)
      : from_manager_(base::NotifySettings::from_environment()),
        manager_(from_manager_.socket, from_manager_.watchdog_us),
        shards_(shards),
        address_(std::move(address)),
        heartbeat_(loops_of(shards)) {}

  /// What the last process left is here: the service manager need not keep the lines.
  void forget_handover() const { manager_.forget(dp::daemon::kHandoverName); }

  /// A line to the process that follows, kept by the service manager until then. Nothing when the
  /// front door ends with this process, or nobody keeps the line.
  [[nodiscard]] std::optional<int> open_handover(bool is_front_passed) const {
    if (!is_front_passed) {
      return std::nullopt;
    }
    const auto line = dp::sys::open_handover_line();
    if (!line) {
      return std::nullopt;
    }
    const bool is_kept = manager_.store(line->receiving, dp::daemon::kHandoverName);
    close(line->receiving);
    if (!is_kept) {
      close(line->sending);
      return std::nullopt;
    }
    return line->sending;
  }

  /// Says that the process is ready once every shard accepts events, then feeds the watchdog as
  /// long as all of them turn. Returns when a signal asks to stop.
  void run(const sigset_t& stop_signals) {
    for (std::uint32_t look = 0; look < kFirstLooksMax; ++look) {
      if (wait_for_signal(stop_signals, kFirstTurnsUs)) {
        return manager_.stopping();
      }
      if (heartbeat_.beat() && is_accepting()) {
        break;
      }
    }
    was_accepting_ = is_accepting();
    manager_.ready(status());
    while (!wait_for_signal(stop_signals, manager_.feed_interval_us())) {
      beat();
    }
    manager_.stopping();
  }

 private:
  static std::vector<dp::daemon::Turning*> loops_of(
      const std::vector<std::unique_ptr<Shard>>& shards) {
    std::vector<dp::daemon::Turning*> loops;
    loops.reserve(shards.size());
    for (const auto& shard : shards) {
      loops.push_back(shard.get());
    }
    return loops;
  }

  void beat() {
    if (heartbeat_.beat()) {
      manager_.feed();
    }
    if (const bool now = is_accepting(); now != was_accepting_) {
      was_accepting_ = now;
      manager_.status(status());
    }
  }

  [[nodiscard]] bool is_accepting() const noexcept {
    return std::all_of(shards_.begin(), shards_.end(),
                       [](const auto& shard) { return shard->is_accepting(); });
  }

  [[nodiscard]] std::string status() const {
    return address_ + (was_accepting_ ? "" : ", REFUSING EVENTS: the event log is not writable");
  }

  base::NotifySettings from_manager_;
  base::Notifier manager_;
  const std::vector<std::unique_ptr<Shard>>& shards_;
  std::string address_;
  dp::daemon::Heartbeat heartbeat_;
  bool was_accepting_ = false;
};

/// Runs the shards until a signal asks to stop.
void serve(const std::vector<std::unique_ptr<Shard>>& shards, const sigset_t& stop_signals,
           const std::string& status, const dp::daemon::Listeners& listeners) {
  auto threads = start_threads(shards);
  Supervision supervision(shards, status);
  if (!listeners.handover.empty()) {
    supervision.forget_handover();
  }
  supervision.run(stop_signals);
  say("stopping: answering what is in flight");
  const auto line = supervision.open_handover(listeners.is_front_passed);
  for (const auto& shard : shards) {
    shard->request_stop(line.value_or(-1));
  }
  for (auto& thread : threads) {
    thread.join();
  }
  if (line) {
    close(*line);
  }
}

/// The connections that the last process left, by shard.
std::vector<std::vector<dp::sys::HandedConnection>> take_connections(
    const dp::daemon::Listeners& listeners, std::uint32_t shards) {
  std::vector<std::vector<dp::sys::HandedConnection>> handed(shards);
  std::size_t count = 0;
  for (const int line : listeners.handover) {
    for (auto& connection : dp::sys::take_handed(line)) {
      handed[count++ % shards].push_back(std::move(connection));
    }
    close(line);
  }
  if (count > 0) {
    say("took over " + std::to_string(count) + " connections");
  }
  return handed;
}

}  // namespace

int main() {
  umask(0027);  // the worker and the api read the event log through their group
  base::Settings environment;
  auto settings = dp::daemon::read_daemon_settings(environment);
  environment.exit_if_invalid();
  if (!take_event_log(settings.event_log)) {
    return 1;
  }
  take_privacy_key(settings);
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  const auto address = settings.listen.host + ":" + std::to_string(settings.listen.port);
  const auto listeners =
      dp::daemon::open_listeners(settings.listen, settings.metrics_listen, settings.shards);
  if (!listeners) {
    say("cannot listen on " + address + ": " + base::describe(listeners.error()));
    return 1;
  }
  dp::tenant::Store tenants(settings.tenant_store);
  std::vector<dp::daemon::CounterPage> pages(settings.shards);
  std::vector<dp::daemon::LogPlace> logs(settings.shards);
  dp::daemon::LedgerBoard ledger;
  const dp::daemon::ConsumerWatch consumers(settings.event_log, logs, ledger);
  auto handed = take_connections(*listeners, settings.shards);
  const dp::daemon::Process process{settings, *listeners, tenants, pages, logs, handed, &ledger};
  const auto shards = open_shards(process);
  if (shards.empty()) {
    return 1;
  }
  const auto status = "listening on " + listeners->address + " with " +
                      std::to_string(settings.shards) +
                      (settings.shards == 1 ? " shard" : " shards");
  say(status);
  serve(shards, stop_signals, status, *listeners);
  say("stopped");
  return 0;
}
