// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/api.h"
#include "controlplane/appliance/client.h"
#include "controlplane/daemon/common_settings.h"
#include "controlplane/daemon/log.h"
#include "controlplane/daemon/programs.h"
#include "controlplane/daemon/stop_signal.h"
#include "controlplane/web/server.h"
#include "dataplane/base/notify.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace cp::daemon {
namespace {

constexpr std::chrono::seconds kStopGrace{8};
constexpr std::chrono::milliseconds kDatabaseRetry{250};
constexpr std::chrono::seconds kStartExtension{60};  // more than one try may take

struct ApiSettings {
  db::Options database;
  olap::Address clickhouse;
  std::string event_log;
  std::string tenant_store;
  std::string page_directory;
  std::string site_url;
  std::string secret_key;
  bool guards_by_default = false;
  web::ServerOptions server;
};

ApiSettings read_settings() {
  base::Settings settings;
  ApiSettings result;
  result.database = database_options(settings, "bristle-api");
  result.clickhouse = clickhouse_address(settings);
  result.event_log = settings.required_text("BRISTLE_EVENT_LOG");
  result.tenant_store = settings.required_text("BRISTLE_TENANT_STORE");
  result.page_directory = settings.text("BRISTLE_PAGE_DIRECTORY", "");
  result.site_url = site_url(settings);
  result.secret_key = secret_key(settings);
  const auto guard = settings.text("BRISTLE_PRIVACY_DEFAULT", "off");
  if (guard != "off" && guard != "standard") {
    settings.complain("BRISTLE_PRIVACY_DEFAULT", "off or standard");
  }
  result.guards_by_default = guard == "standard";
  result.server.unix_socket = settings.required_text("BRISTLE_API_SOCKET");
  result.server.threads = settings.number("BRISTLE_API_THREADS", 8, 1, 256);
  result.database.connections_max = result.server.threads;
  if (const auto cores = settings.optional_text("BRISTLE_API_CPUS")) {
    const auto parsed = parse_cores(*cores);
    if (!parsed) {
      settings.complain("BRISTLE_API_CPUS", "a list of cores such as 1-3,5");
    } else {
      result.server.cores = *parsed;
    }
  }
  settings.exit_if_invalid();
  return result;
}

/// PostgreSQL may come later than the api, and its tables later still: waits for both, saying so
/// once. False when a stop was asked for meanwhile. A tenant store that cannot be written throws.
bool publish_when_possible(publish::Publisher& publisher, db::Pool& pool, const StopSignal& stop,
                           const base::Notifier& manager) {
  std::string said;
  while (!stop.requested()) {
    try {
      publisher.publish_projects(pool);
      return true;
    } catch (const db::Error& error) {
      if (said != error.what()) {
        said = error.what();
        write_log("api waits for PostgreSQL: " + said);
        manager.status("waiting for PostgreSQL: " + said);
      }
    }
    manager.extend_start(
        static_cast<std::uint64_t>(std::chrono::microseconds(kStartExtension).count()));
    std::this_thread::sleep_for(kDatabaseRetry);
  }
  return false;
}

}  // namespace

int run_api() {
  auto settings = read_settings();
  const StopSignal stop;
  const auto from_manager = base::NotifySettings::from_environment();
  const base::Notifier manager(from_manager.socket, from_manager.watchdog_us);
  db::Pool pool(settings.database);
  publish::Publisher publisher(settings.tenant_store);
  if (!publish_when_possible(publisher, pool, stop, manager)) {
    return 0;
  }
  auth::Authenticator authenticator(pool, {.secret_key = settings.secret_key});
  api::ClickhousePool clickhouse(settings.clickhouse);
  livestream::Hub live_events({.event_log = settings.event_log, .log = write_log});
  const api::PageFiles page(settings.page_directory);
  if (page.empty()) {
    write_log("api: no page in BRISTLE_PAGE_DIRECTORY, serving the API only");
  }
  const auto appliance = appliance::open_system_client();
  const api::Api api({pool, authenticator, publisher, clickhouse, live_events, page, *appliance,
                      settings.site_url, settings.event_log, settings.guards_by_default});
  settings.server.log = write_log;
  if (const auto interval_us = manager.feed_interval_us()) {
    settings.server.on_turn = [&manager] { manager.feed(); };
    settings.server.turn_interval = std::chrono::microseconds(*interval_us);
  }
  web::Server server(settings.server,
                     [&api](const web::Request& request) { return api.handle(request); });
  server.start();
  write_log("api ready on " + settings.server.unix_socket);
  manager.ready("serving on " + settings.server.unix_socket);
  stop.wait();
  manager.stopping();
  const bool is_clean = server.stop(kStopGrace);
  write_log(is_clean ? "api stopped" : "api stopped; some requests were broken off");
  return 0;
}

}  // namespace cp::daemon
