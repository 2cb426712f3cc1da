// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/bus/message.h"
#include "appliance/bus/system_manager.h"
#include "appliance/exec/failure.h"

#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

namespace ap::bus {
namespace {

using exec::Failure;
using exec::FailureKind;

constexpr const char* kDestination = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr std::chrono::milliseconds kCallTimeout{10'000};

// Properties of a unit that were asked for, in the two shapes they have.
struct Properties {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::uint64_t> numbers;

  [[nodiscard]] std::string text(const std::string& name) const {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string{} : found->second;
  }
  [[nodiscard]] std::uint64_t number(const std::string& name) const {
    const auto found = numbers.find(name);
    return found == numbers.end() ? 0 : found->second;
  }
  // systemd says "not known" with the largest number.
  [[nodiscard]] std::optional<std::uint64_t> measured(const std::string& name) const {
    const auto found = numbers.find(name);
    if (found == numbers.end() || found->second == std::numeric_limits<std::uint64_t>::max()) {
      return std::nullopt;
    }
    return found->second;
  }
};

const char* interface_of(std::string_view unit) {
  if (unit.ends_with(".service")) {
    return "org.freedesktop.systemd1.Service";
  }
  if (unit.ends_with(".socket")) {
    return "org.freedesktop.systemd1.Socket";
  }
  if (unit.ends_with(".timer")) {
    return "org.freedesktop.systemd1.Timer";
  }
  return nullptr;
}

const char* method_of(Job job) {
  switch (job) {
    case Job::start:
      return "StartUnit";
    case Job::stop:
      return "StopUnit";
    case Job::restart:
      return "RestartUnit";
  }
  return "RestartUnit";
}

class SystemdManager final : public SystemManager {
 public:
  UnitState unit(const std::string& name) override;
  std::vector<std::string> failed_units() override;
  std::string run_job(const std::string& name, Job job, std::chrono::milliseconds timeout) override;
  void reset_failed(const std::string& name) override {
    call(kManagerPath, kManager, "ResetFailedUnit", {name});
  }
  void isolate(const std::string& target) override {
    call(kManagerPath, kManager, "StartUnit", {target, "replace-irreversibly"});
  }

 private:
  sd_bus* bus();
  MessageHandle call(const std::string& path, const char* interface, const char* method,
                     const std::vector<std::string>& arguments);
  MessageHandle send(sd_bus_message* request);
  void read_properties(const std::string& path, const char* interface, Properties& properties);
  static void read_property(sd_bus_message* message, const std::string& name,
                            Properties& properties);
  static int job_removed(sd_bus_message* message, void* data, sd_bus_error* error);
  std::string await(const std::string& job, std::chrono::steady_clock::time_point deadline);

  BusHandle bus_;
  std::map<std::string, std::string> ended_jobs_;
};

sd_bus* SystemdManager::bus() {
  if (!bus_ || sd_bus_is_open(bus_.get()) <= 0) {
    bus_ = open_system_bus();
  }
  return bus_.get();
}

MessageHandle SystemdManager::send(sd_bus_message* request) {
  BusError error;
  sd_bus_message* reply = nullptr;
  const int result = sd_bus_call(bus(), request, microseconds(kCallTimeout), error.get(), &reply);
  MessageHandle owned(reply);
  if (result >= 0) {
    return owned;
  }
  if (error.name() == "org.freedesktop.systemd1.NoSuchUnit") {
    throw Failure(FailureKind::not_found, error.text());
  }
  throw Failure(FailureKind::failed, "the service manager said: " + error.text());
}

MessageHandle SystemdManager::call(const std::string& path, const char* interface,
                                   const char* method, const std::vector<std::string>& arguments) {
  sd_bus_message* raw = nullptr;
  checked(
      sd_bus_message_new_method_call(bus(), &raw, kDestination, path.c_str(), interface, method),
      "a call could not be composed");
  const MessageHandle request(raw);
  append_strings(raw, arguments);
  return send(raw);
}

void SystemdManager::read_property(sd_bus_message* message, const std::string& name,
                                   Properties& properties) {
  char type = 0;
  const char* contents = nullptr;
  checked(sd_bus_message_peek_type(message, &type, &contents), "a property could not be read");
  const std::string_view signature = contents == nullptr ? "" : contents;
  if (signature.size() != 1 || std::string_view("stub").find(signature) == std::string_view::npos) {
    checked(sd_bus_message_skip(message, "v"), "a property could not be read");
    return;
  }
  checked(sd_bus_message_enter_container(message, 'v', contents), "a property could not be read");
  if (signature == "s") {
    properties.texts[name] = read_string(message);
  } else if (signature == "t") {
    std::uint64_t value = 0;
    checked(sd_bus_message_read_basic(message, 't', &value), "a property could not be read");
    properties.numbers[name] = value;
  } else {
    // An unsigned number, or a truth value, which sd-bus reads as an int.
    std::uint32_t value = 0;
    checked(sd_bus_message_read_basic(message, signature[0], &value),
            "a property could not be read");
    properties.numbers[name] = value;
  }
  checked(sd_bus_message_exit_container(message), "a property could not be read");
}

void SystemdManager::read_properties(const std::string& path, const char* interface,
                                     Properties& properties) {
  const MessageHandle reply = call(path, "org.freedesktop.DBus.Properties", "GetAll", {interface});
  sd_bus_message* message = reply.get();
  checked(sd_bus_message_enter_container(message, 'a', "{sv}"), "properties could not be read");
  while (checked(sd_bus_message_enter_container(message, 'e', "sv"), "no property") > 0) {
    const std::string name = read_string(message);
    read_property(message, name, properties);
    checked(sd_bus_message_exit_container(message), "properties could not be read");
  }
}

UnitState SystemdManager::unit(const std::string& name) {
  const MessageHandle loaded = call(kManagerPath, kManager, "LoadUnit", {name});
  const std::string path = read_string(loaded.get());
  Properties properties;
  read_properties(path, "org.freedesktop.systemd1.Unit", properties);
  if (const char* interface = interface_of(name); interface != nullptr) {
    read_properties(path, interface, properties);
  }
  UnitState state;
  state.name = name;
  state.load_state = properties.text("LoadState");
  state.active_state = properties.text("ActiveState");
  state.sub_state = properties.text("SubState");
  state.result = properties.text("Result");
  state.status_text = properties.text("StatusText");
  state.since_us = properties.number("StateChangeTimestamp");
  state.restarts = static_cast<std::uint32_t>(properties.number("NRestarts"));
  state.pid = static_cast<std::uint32_t>(properties.number("MainPID"));
  state.memory_bytes = properties.measured("MemoryCurrent");
  state.cpu_ns = properties.measured("CPUUsageNSec");
  state.can_start = properties.number("CanStart") != 0;
  state.can_stop = properties.number("CanStop") != 0;
  return state;
}

std::vector<std::string> SystemdManager::failed_units() {
  sd_bus_message* raw = nullptr;
  checked(sd_bus_message_new_method_call(bus(), &raw, kDestination, kManagerPath, kManager,
                                         "ListUnitsFiltered"),
          "a call could not be composed");
  const MessageHandle request(raw);
  checked(sd_bus_message_append(raw, "as", 1, "failed"), "a call could not be composed");
  const MessageHandle reply = send(raw);
  sd_bus_message* message = reply.get();
  checked(sd_bus_message_enter_container(message, 'a', "(ssssssouso)"), "no list of units");
  std::vector<std::string> names;
  while (checked(sd_bus_message_enter_container(message, 'r', "ssssssouso"), "no unit") > 0) {
    names.push_back(read_string(message));
    checked(sd_bus_message_skip(message, "sssssouso"), "no unit");
    checked(sd_bus_message_exit_container(message), "no unit");
  }
  return names;
}

int SystemdManager::job_removed(sd_bus_message* message, void* data, sd_bus_error* /*error*/) {
  std::uint32_t id = 0;
  const char* job = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) >= 0) {
    static_cast<SystemdManager*>(data)->ended_jobs_[job] = result;
  }
  return 0;
}

std::string SystemdManager::run_job(const std::string& name, Job job,
                                    std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  ended_jobs_.clear();
  sd_bus_slot* raw = nullptr;
  // Listens before the job exists, so that its end cannot be missed.
  checked(sd_bus_match_signal(bus(), &raw, kDestination, kManagerPath, kManager, "JobRemoved",
                              &SystemdManager::job_removed, this),
          "jobs could not be watched");
  const SlotHandle listening(raw);
  call(kManagerPath, kManager, "Subscribe", {});
  const MessageHandle reply = call(kManagerPath, kManager, method_of(job), {name, "replace"});
  const std::string path = read_string(reply.get());
  std::string result = await(path, deadline);
  call(kManagerPath, kManager, "Unsubscribe", {});
  return result;
}

std::string SystemdManager::await(const std::string& job,
                                  std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const int processed = checked(sd_bus_process(bus_.get(), nullptr), "the bus was lost");
    if (const auto ended = ended_jobs_.find(job); ended != ended_jobs_.end()) {
      return ended->second;
    }
    if (processed > 0) {
      continue;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      throw Failure(FailureKind::timed_out, "the service manager is still working on it");
    }
    checked(sd_bus_wait(bus_.get(), microseconds(left)), "the bus was lost");
  }
}

}  // namespace

std::unique_ptr<SystemManager> open_system_manager() { return std::make_unique<SystemdManager>(); }

}  // namespace ap::bus
