// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/program.h"

#include "controlplane/ingest/ledger_watch.h"
#include "controlplane/ingest/watermark.h"
#include "dataplane/base/notify.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace cp::ingest {
namespace {

constexpr std::chrono::seconds kStopDeadline{4};
constexpr std::chrono::milliseconds kLookInterval{50};
/// One call to ClickHouse may take 60 s, one to PostgreSQL 45 s.
constexpr std::chrono::seconds kTurnMax{90};

/// Watches the worker from a thread of its own. Feeds the service manager's watchdog while the last
/// turn is younger than one call to a store may take, so that a store that is slow or gone is no
/// hang of the worker. Ends the process when it does not stop in time: the log is durable and every
/// batch is repeatable, so there is nothing to save.
class Overseer {
 public:
  Overseer(const std::atomic<bool>& stop, const WriteLine& write_line, base::Notifier& manager)
      : stop_(stop), write_line_(write_line), manager_(manager) {
    turned();
    thread_ = std::thread([this] { watch(); });
  }
  Overseer(const Overseer&) = delete;
  Overseer& operator=(const Overseer&) = delete;
  Overseer(Overseer&&) = delete;
  Overseer& operator=(Overseer&&) = delete;
  ~Overseer() {
    is_finished_ = true;
    thread_.join();
  }

  /// The worker has done a piece of work, or has looked for some.
  void turned() noexcept { last_turn_ = Clock::now().time_since_epoch().count(); }

 private:
  using Clock = std::chrono::steady_clock;

  void watch() {
    std::chrono::milliseconds waited{0};
    while (!is_finished_) {
      std::this_thread::sleep_for(kLookInterval);
      if (Clock::now().time_since_epoch() - Clock::duration(last_turn_) < kTurnMax) {
        manager_.turned();
      }
      if (!stop_) {
        continue;
      }
      if (waited.count() == 0) {
        manager_.stopping();
      }
      waited += kLookInterval;
      if (waited > kStopDeadline) {
        write_line_("worker stopped without waiting for its stores");
        ::_exit(0);
      }
    }
  }

  const std::atomic<bool>& stop_;
  const WriteLine& write_line_;
  base::Notifier& manager_;
  std::atomic<Clock::rep> last_turn_{0};
  std::atomic<bool> is_finished_{false};
  std::thread thread_;
};

/// `point` or `point:n`; kills the process there, as a power cut would.
CrashPoint crash_point(const std::string& setting) {
  if (setting.empty()) {
    return {};
  }
  const auto colon = setting.find(':');
  int countdown = 1;
  if (colon != std::string::npos) {
    std::from_chars(setting.data() + colon + 1, setting.data() + setting.size(), countdown);
  }
  return [point = setting.substr(0, colon), countdown](const char* name) mutable {
    if (point == name && --countdown == 0) {
      ::kill(::getpid(), SIGKILL);
    }
  };
}

}  // namespace

ProgramOptions read_options(base::Settings& settings) {
  ProgramOptions options;
  options.database.url = settings.required_text("DATABASE_URL");
  options.database.application_name = "bristle-worker";
  options.clickhouse.url = settings.required_text("CLICKHOUSE_URL");
  options.clickhouse.database = settings.text("CLICKHOUSE_DATABASE", options.clickhouse.database);
  options.clickhouse.user = settings.text("CLICKHOUSE_USER", options.clickhouse.user);
  options.clickhouse.password = settings.text("CLICKHOUSE_PASSWORD", "");
  WorkerOptions& worker = options.worker;
  worker.event_log = settings.required_text("BRISTLE_EVENT_LOG");
  worker.rows_max = settings.number("BRISTLE_WORKER_ROWS_MAX", worker.rows_max, 1, 1'000'000);
  worker.bytes_max =
      settings.number("BRISTLE_WORKER_BYTES_MAX", worker.bytes_max, 4096, std::uint64_t{1} << 30);
  const auto milliseconds = [&](const char* name, std::chrono::milliseconds fallback) {
    const auto count = static_cast<std::uint64_t>(fallback.count());
    return std::chrono::milliseconds(settings.number(name, count, 1, 60'000));
  };
  worker.linger = milliseconds("BRISTLE_WORKER_LINGER_MS", worker.linger);
  worker.interval = milliseconds("BRISTLE_WORKER_INTERVAL_MS", worker.interval);
  worker.filter_uuids_max = settings.number("BRISTLE_WORKER_FILTER_UUIDS_MAX",
                                            worker.filter_uuids_max, 1'000, 1'000'000'000);
  options.crash_at = settings.text("BRISTLE_WORKER_CRASH_AT", "");
  return options;
}

void run_program(const ProgramOptions& options, const std::atomic<bool>& stop,
                 const WriteLine& write_line) {
  const auto from_manager = base::NotifySettings::from_environment();
  base::Notifier manager(from_manager.socket, from_manager.watchdog_us);
  // A store that is down keeps events waiting in the log, not the worker from its loop.
  manager.ready("worker starts");
  Overseer overseer(stop, write_line, manager);
  const auto turned = [&overseer] { overseer.turned(); };
  db::Pool pool(options.database);
  DatabaseCheckpoints checkpoints(pool);
  DatabaseProjects projects(pool);
  ClickhouseEvents events(options.clickhouse, turned);
  ClickhouseRecordings recordings(options.clickhouse, turned);
  Worker worker(options.worker, checkpoints, events, recordings, projects, write_line);
  DatabaseSalts salts(pool);
  CookielessIdentity cookieless(salts, projects);
  worker.identify_with(&cookieless);
  worker.set_crash_point(crash_point(options.crash_at));
  Watermark watermark(options.worker.event_log, write_line);
  worker.set_on_stored([&watermark](std::uint32_t partition, format::Sequence next) {
    watermark.publish(partition, next);
  });
  worker.set_on_turn(turned);
  const LedgerWatch ledger(pool, options.worker.event_log, write_line);
  worker.set_on_state([&manager](const std::string& state) { manager.status(state); });
  worker.run(stop);
}

}  // namespace cp::ingest
