// SPDX-License-Identifier: LicenseRef-Project
// What each method of the contract does, over the modules of the nouns.
#pragma once

#include "appliance/boot/activation.h"
#include "appliance/bus/system_manager.h"
#include "appliance/daemon/operations.h"
#include "appliance/exec/runner.h"
#include "appliance/firewall/firewall.h"
#include "appliance/health/health.h"
#include "appliance/network/network.h"
#include "appliance/raid/raid.h"
#include "appliance/services/services.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ap::daemon {

using Arguments = std::vector<std::string>;

/// Where the nouns get at the machine.
struct Machine {
  std::filesystem::path root = "/";
  exec::Runner& runner;
  std::function<std::unique_ptr<bus::SystemManager>()> open_manager;
  std::function<std::unique_ptr<services::Journal>()> open_journal;
  services::Pause pause;
};

/// The methods of Health, Services, Raid, Network, Firewall, Users and Power.
/// Owner: main. Threads: any; actions on disks are done one after the other.
/// Failure: exec::Failure of the noun.
class Nouns {
 public:
  explicit Nouns(Machine machine);
  Nouns(const Nouns&) = delete;
  Nouns& operator=(const Nouns&) = delete;
  Nouns(Nouns&&) = delete;
  Nouns& operator=(Nouns&&) = delete;
  ~Nouns() = default;

  /// The answer of a method that reads or answers at once.
  std::string answer(const std::string& method, const Arguments& arguments);

  /// Refuses at once what an operation would refuse: the method's plan, thrown away.
  void check(const std::string& method, const Arguments& arguments);

  /// Does the work of a method that starts an operation; returns the result in a sentence.
  std::string act(const std::string& method, const Arguments& arguments, const Progress& progress);

 private:
  using Answer = std::function<std::string(const Arguments&)>;
  using Act = std::function<std::string(const Arguments&, const Progress&)>;

  void add_services();
  void add_raid();
  void add_network();
  void add_firewall();
  void add_power();
  std::string power_plan(const std::string& verb);
  std::string power(const std::string& verb);
  template <typename Function>
  auto with_services(Function function);

  Machine machine_;
  boot::SystemActivation activation_;
  network::Network network_;
  firewall::Firewall firewall_;
  health::Health health_;
  std::mutex raid_mutex_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, Answer> checks_;
  std::map<std::string, Act> acts_;
};

}  // namespace ap::daemon
