// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/services/catalogue.h"

#include "appliance/exec/failure.h"

#include <algorithm>
#include <string>

namespace ap::services {
namespace {

using exec::Failure;
using exec::FailureKind;

constexpr std::string_view kReadsOnly = "";

std::vector<CatalogueEntry> product_units() {
  return {
      {"bristle-dataplane.service",
       "Capture and flags",
       true,
       true,
       false,
       false,
       "Clients and the page are refused until it is started again; SDKs keep their events and "
       "repeat them",
       "The socket stays open: clients wait a moment, no request is refused",
       {"bristle-dataplane.socket", "bristle-metrics.socket"}},
      {"bristle-api.service", "API and page", true, true, false, false,
       "The page and queries answer with an error; events keep being accepted",
       "The page and queries pause for a few seconds; events keep being accepted"},
      {"bristle-worker.service", "Worker", true, true, false, false,
       "Events keep being accepted and stay in the event log; new ones do not appear in queries",
       "New events appear in queries a few seconds late; none is lost"},
      {"bristle-engine.service", "Query engine", true, true, false, false,
       "Queries fail; events keep being accepted and wait in the event log",
       "Running queries fail; events keep being accepted and are stored a little later"},
      {"bristle-postgresql.service", "Database", true, true, false, false,
       "Nobody can sign in and pages fail; events keep being accepted and wait in the event log",
       "Pages and stored events are a few seconds late; events keep being accepted"},
      {"bristle-migrate.service", "Database migrations", false, true, false, true, kReadsOnly,
       "Migrations that are missing run; those that were applied stay as they are"},
      {"bristle-canary.service", "Canary event", false, true, false, true, kReadsOnly,
       "One test event goes through the whole product"},
      {"bristle-canary.timer", "Canary schedule", true, true, false, false,
       "No more canary events are sent; the health line will say so after 15 minutes",
       "The next canary event is scheduled anew"},
      {"bristle-dataplane.socket", "Address of capture and page", false, false, false, false,
       kReadsOnly, kReadsOnly},
      {"bristle-metrics.socket", "Address of the metrics", false, false, false, false, kReadsOnly,
       kReadsOnly},
  };
}

std::vector<CatalogueEntry> machine_units() {
  return {
      {"bristle-applianced.service", "Appliance service", false, false, false, false, kReadsOnly,
       kReadsOnly},
      {"bristle-setup.service", "Secrets and database cluster", false, false, false, true,
       kReadsOnly, kReadsOnly},
      {"bristle-storage.service", "Disks and mounts", false, false, true, true, kReadsOnly,
       kReadsOnly},
      {"bristle-state.service", "Settings of this machine", false, false, true, true, kReadsOnly,
       kReadsOnly},
      {"bristle-firewall.service", "Firewall", false, false, true, true, kReadsOnly, kReadsOnly},
      {"bristle-good.service", "Confirmation of this boot", false, false, true, true, kReadsOnly,
       kReadsOnly},
      {"postgresql.service", "PostgreSQL of the distribution", false, false, false, false,
       kReadsOnly, kReadsOnly},
      {"ssh.service", "SSH login", false, true, false, false, kReadsOnly,
       "Sessions that are open stay open; new ones wait a moment"},
      {"chrony.service", "Clock", true, true, false, false,
       "The clock is no longer corrected and drifts", "The clock is compared anew"},
      {"systemd-networkd.service", "Network", false, true, false, false, kReadsOnly,
       "Addresses stay; links are configured again and may pause for a moment"},
      {"systemd-resolved.service", "Name resolution", false, true, false, false, kReadsOnly,
       "Names are looked up anew"},
      {"polkit.service", "Permissions", false, true, false, false, kReadsOnly,
       "Requests for permission wait a moment"},
      {"systemd-journald.service", "Journal", false, false, false, false, kReadsOnly, kReadsOnly},
  };
}

}  // namespace

const std::vector<CatalogueEntry>& catalogue() {
  static const std::vector<CatalogueEntry> all_entries = [] {
    auto entries = product_units();
    const auto machine = machine_units();
    entries.insert(entries.end(), machine.begin(), machine.end());
    return entries;
  }();
  return all_entries;
}

const CatalogueEntry& entry_of(std::string_view unit) {
  const auto& entries = catalogue();
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [unit](const auto& entry) { return entry.unit == unit; });
  if (found == entries.end()) {
    throw Failure(FailureKind::not_found,
                  "no service of this appliance is called " + std::string(unit), "unit");
  }
  return *found;
}

Verb parse_verb(std::string_view word) {
  if (word == "start") {
    return Verb::start;
  }
  if (word == "stop") {
    return Verb::stop;
  }
  if (word == "restart") {
    return Verb::restart;
  }
  if (word == "reset-failed") {
    return Verb::reset_failed;
  }
  throw Failure(FailureKind::invalid, "a service can start, stop, restart or reset-failed", "verb");
}

bool is_allowed(const CatalogueEntry& entry, Verb verb) {
  switch (verb) {
    case Verb::stop:
      return entry.may_stop;
    case Verb::start:
    case Verb::restart:
      return entry.may_restart;
    case Verb::reset_failed:
      return true;
  }
  return false;
}

}  // namespace ap::services
