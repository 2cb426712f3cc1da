// SPDX-License-Identifier: LicenseRef-Project
// Plays org.freedesktop.systemd1 on a bus of the test's own: a few units that start, stop, fail and
// have properties of the types the real ones have. Prints every job on standard output.
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace {

struct Unit {
  std::string name;
  std::string load_state = "loaded";
  std::string active_state = "active";
  std::uint32_t pid = 100;
};

struct Manager {
  sd_bus* bus = nullptr;
  std::map<std::string, Unit> units;  // by object path
  std::uint32_t next_job = 1;
};

Manager& manager() {
  static Manager instance;
  return instance;
}

void require(int result, const char* what) {
  if (result < 0) {
    std::fprintf(stderr, "fake_systemd: %s: %d\n", what, result);
    std::exit(1);
  }
}

std::string path_of(const std::string& name) {
  std::string path = "/org/freedesktop/systemd1/unit/";
  for (const char character : name) {
    const bool is_plain = (character >= 'a' && character <= 'z') ||
                          (character >= 'A' && character <= 'Z') ||
                          (character >= '0' && character <= '9');
    path += is_plain ? character : '_';
  }
  return path;
}

Unit& unit_named(const std::string& name) {
  Unit& unit = manager().units[path_of(name)];
  if (unit.name.empty()) {
    unit = {name, "not-found", "inactive", 0};
  }
  return unit;
}

int load_unit(sd_bus_message* message, void* /*data*/, sd_bus_error* /*error*/) {
  const char* name = nullptr;
  require(sd_bus_message_read(message, "s", &name), "LoadUnit");
  return sd_bus_reply_method_return(message, "o", path_of(unit_named(name).name).c_str());
}

// A job ends at once: first its answer, then its JobRemoved, as the real manager orders them.
int run_job(sd_bus_message* message, void* /*data*/, sd_bus_error* /*error*/) {
  const char* name = nullptr;
  const char* mode = nullptr;
  require(sd_bus_message_read(message, "ss", &name, &mode), "job");
  const std::string method = sd_bus_message_get_member(message);
  std::printf("%s %s %s\n", method.c_str(), name, mode);
  std::fflush(stdout);
  Unit& unit = unit_named(name);
  const bool fails = unit.name == "bristle-worker.service" && method != "StopUnit";
  unit.active_state = method == "StopUnit" ? "inactive" : fails ? "failed" : "active";
  const std::uint32_t id = manager().next_job++;
  const std::string job = "/org/freedesktop/systemd1/job/" + std::to_string(id);
  const int result = sd_bus_reply_method_return(message, "o", job.c_str());
  require(sd_bus_emit_signal(manager().bus, "/org/freedesktop/systemd1",
                             "org.freedesktop.systemd1.Manager", "JobRemoved", "uoss", id,
                             job.c_str(), name, fails ? "failed" : "done"),
          "JobRemoved");
  return result;
}

int answer_nothing(sd_bus_message* message, void* /*data*/, sd_bus_error* /*error*/) {
  return sd_bus_reply_method_return(message, "");
}

int list_failed(sd_bus_message* message, void* /*data*/, sd_bus_error* /*error*/) {
  sd_bus_message* reply = nullptr;
  require(sd_bus_message_new_method_return(message, &reply), "reply");
  require(sd_bus_message_open_container(reply, 'a', "(ssssssouso)"), "reply");
  for (const auto& [path, unit] : manager().units) {
    if (unit.active_state == "failed") {
      require(sd_bus_message_append(reply, "(ssssssouso)", unit.name.c_str(), "", "loaded",
                                    "failed", "failed", "", path.c_str(), 0U, "", "/"),
              "reply");
    }
  }
  require(sd_bus_message_close_container(reply), "reply");
  const int result = sd_bus_send(manager().bus, reply, nullptr);
  sd_bus_message_unref(reply);
  return result;
}

int append_property(sd_bus_message* reply, const char* name, const char* type, const char* text,
                    std::uint64_t number) {
  require(sd_bus_message_open_container(reply, 'e', "sv"), name);
  require(sd_bus_message_append(reply, "s", name), name);
  require(sd_bus_message_open_container(reply, 'v', type), name);
  switch (type[0]) {
    case 's':
      require(sd_bus_message_append(reply, "s", text), name);
      break;
    case 't':
      require(sd_bus_message_append(reply, "t", number), name);
      break;
    case 'b':
      require(sd_bus_message_append(reply, "b", static_cast<int>(number)), name);
      break;
    default:
      require(sd_bus_message_append(reply, "u", static_cast<std::uint32_t>(number)), name);
  }
  require(sd_bus_message_close_container(reply), name);
  return sd_bus_message_close_container(reply);
}

// Properties.GetAll of any unit; other calls on units do not exist.
int unit_called(sd_bus_message* message, void* /*data*/, sd_bus_error* /*error*/) {
  if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties", "GetAll") <= 0) {
    return 0;
  }
  const Unit& unit = manager().units[sd_bus_message_get_path(message)];
  const bool is_active = unit.active_state == "active";
  sd_bus_message* reply = nullptr;
  require(sd_bus_message_new_method_return(message, &reply), "reply");
  require(sd_bus_message_open_container(reply, 'a', "{sv}"), "reply");
  append_property(reply, "LoadState", "s", unit.load_state.c_str(), 0);
  append_property(reply, "ActiveState", "s", unit.active_state.c_str(), 0);
  append_property(reply, "SubState", "s", is_active ? "running" : "dead", 0);
  append_property(reply, "StateChangeTimestamp", "t", "", 1'700'000'000'000'000);
  append_property(reply, "CanStart", "b", "", 1);
  append_property(reply, "Result", "s", unit.active_state == "failed" ? "exit-code" : "success", 0);
  append_property(reply, "NRestarts", "u", "", 3);
  append_property(reply, "MainPID", "u", "", is_active ? unit.pid : 0);
  append_property(reply, "MemoryCurrent", "t", "", is_active ? 1'000'000 : UINT64_MAX);
  append_property(reply, "StatusText", "s", "Serving", 0);
  require(sd_bus_message_close_container(reply), "reply");
  const int result = sd_bus_send(manager().bus, reply, nullptr);
  sd_bus_message_unref(reply);
  return result < 0 ? result : 1;
}

const sd_bus_vtable kManager[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("LoadUnit", "s", "o", load_unit, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StartUnit", "ss", "o", run_job, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StopUnit", "ss", "o", run_job, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RestartUnit", "ss", "o", run_job, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ResetFailedUnit", "s", "", answer_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Subscribe", "", "", answer_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Unsubscribe", "", "", answer_nothing, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListUnitsFiltered", "as", "a(ssssssouso)", list_failed,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
    SD_BUS_VTABLE_END};

}  // namespace

int main() {
  Manager& state = manager();
  for (const char* name : {"bristle-dataplane.service", "bristle-worker.service",
                           "bristle-api.service", "chrony.service"}) {
    Unit& unit = unit_named(name);
    unit.load_state = "loaded";
    unit.active_state = "active";
    unit.pid = 100;
  }
  sd_event* event = nullptr;
  require(sd_event_new(&event), "event");
  require(sd_bus_open_system(&state.bus), "bus");
  require(sd_bus_add_object_vtable(state.bus, nullptr, "/org/freedesktop/systemd1",
                                   "org.freedesktop.systemd1.Manager", kManager, nullptr),
          "object");
  require(sd_bus_add_fallback(state.bus, nullptr, "/org/freedesktop/systemd1/unit", unit_called,
                              nullptr),
          "units");
  require(sd_bus_attach_event(state.bus, event, SD_EVENT_PRIORITY_NORMAL), "attach");
  require(sd_bus_set_exit_on_disconnect(state.bus, 1), "disconnect");
  require(sd_bus_request_name(state.bus, "org.freedesktop.systemd1", 0), "name");
  std::printf("ready\n");
  std::fflush(stdout);
  return sd_event_loop(event) < 0 ? 1 : 0;
}
