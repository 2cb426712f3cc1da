// SPDX-License-Identifier: LicenseRef-Project
// The noun `services`: reads units and their logs, and starts, stops and restarts them.
#pragma once

#include "appliance/bus/system_manager.h"
#include "appliance/services/catalogue.h"
#include "appliance/services/journal.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace ap::services {

/// Told how far an action is: a fraction, when it is known, and the step in words.
using Progress = std::function<void(std::optional<double>, const std::string&)>;

/// Waits for this long; the tests' does not.
using Pause = std::function<void(std::chrono::milliseconds)>;

/// What the D-Bus interface org.bristle.Appliance1.Services answers; texts are JSON.
/// Owner: one piece of work (it holds a connection). Thread: one.
/// Failure: exec::Failure; an action that failed says so with the unit's last words.
class Services {
 public:
  Services(std::filesystem::path root, bus::SystemManager& manager, Journal& journal, Pause pause);

  /// {"services":[…]}: the units of the catalogue that this machine has.
  std::string describe();

  /// {"steps","warnings"}
  std::string plan(const std::string& unit, const std::string& verb);

  /// Does it, waits for the job, verifies. A restart that failed is followed by one start, so that
  /// the service is not left down. Returns the result in a sentence.
  std::string act(const std::string& unit, const std::string& verb, const Progress& progress);

  /// {"entries":[…],"next"}; `unit` empty: all of ours; `lines` 1 to 1000.
  std::string read_log(const std::string& unit, const std::string& filter,
                       const std::string& cursor, const std::string& lines);

 private:
  void stop(const CatalogueEntry& entry, const Progress& progress);
  void run(const CatalogueEntry& entry, bus::Job job, const Progress& progress);
  void verify_up(const CatalogueEntry& entry, const Progress& progress);
  [[noreturn]] void fail(const CatalogueEntry& entry, const std::string& what);
  std::string last_words(const std::string& unit);

  std::filesystem::path root_;
  bus::SystemManager& manager_;
  Journal& journal_;
  Pause pause_;
};

}  // namespace ap::services
