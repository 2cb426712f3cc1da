// SPDX-License-Identifier: LicenseRef-Project
// A system bus of the test's own with an appliance service played by the test. Needs libsystemd and
// dbus-daemon.
#pragma once

#include "dataplane/base/check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace support {

/// A dbus-daemon at a socket in `directory`, gone with the object.
class PrivateBus {
 public:
  /// Whether this machine has a dbus-daemon.
  static bool is_possible() { return std::filesystem::exists(kProgram); }

  explicit PrivateBus(const std::filesystem::path& directory)
      : socket_(directory / "bus.sock"), address_("unix:path=" + socket_.string()) {
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no daemon behind
      const auto where = "--address=" + address_;
      ::execl(kProgram, kProgram, "--session", "--nofork", "--nopidfile", "--nosyslog",
              where.c_str(), nullptr);
      ::_exit(127);
    }
    while (!accepts()) {
      CHECK(::waitpid(process_, nullptr, WNOHANG) == 0);
      std::this_thread::yield();
    }
  }
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;
  PrivateBus(PrivateBus&&) = delete;
  PrivateBus& operator=(PrivateBus&&) = delete;
  ~PrivateBus() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }

  /// For DBUS_SYSTEM_BUS_ADDRESS.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

 private:
  static constexpr const char* kProgram = "/usr/bin/dbus-daemon";

  [[nodiscard]] bool accepts() const {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const bool is_accepted =
        ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    ::close(probe);
    return is_accepted;
  }

  std::filesystem::path socket_;
  std::string address_;
  pid_t process_ = -1;
};

/// What the service is asked and what it says.
struct ApplianceCall {
  std::string noun;
  std::string method;
  std::vector<std::string> arguments;
};
struct ApplianceAnswer {
  std::string json;   ///< When `error` is empty.
  std::string error;  ///< Full name of the error.
  std::string text;
  bool is_silent = false;  ///< No answer at all.
};

/// Owns the name of the appliance service on `bus` and answers from a thread of its own.
class FakeAppliance {
 public:
  using Handler = std::function<ApplianceAnswer(const ApplianceCall&)>;

  FakeAppliance(const PrivateBus& bus, Handler handler) : handler_(std::move(handler)) {
    CHECK(sd_bus_new(&bus_) >= 0);
    CHECK(sd_bus_set_address(bus_, bus.address().c_str()) >= 0);
    CHECK(sd_bus_set_bus_client(bus_, 1) >= 0);
    CHECK(sd_bus_start(bus_) >= 0);
    CHECK(sd_bus_add_filter(bus_, nullptr, answer, this) >= 0);
    CHECK(sd_bus_request_name(bus_, "org.bristle.Appliance1", 0) >= 0);
    thread_ = std::thread([this] { serve(); });
  }
  FakeAppliance(const FakeAppliance&) = delete;
  FakeAppliance& operator=(const FakeAppliance&) = delete;
  FakeAppliance(FakeAppliance&&) = delete;
  FakeAppliance& operator=(FakeAppliance&&) = delete;
  ~FakeAppliance() {
    is_finished_ = true;
    thread_.join();
    sd_bus_close_unref(bus_);
  }

 private:
  static constexpr std::uint64_t kLookUs = 20'000;

  void serve() {
    while (!is_finished_) {
      if (sd_bus_process(bus_, nullptr) == 0) {
        sd_bus_wait(bus_, kLookUs);
      }
    }
  }

  static int answer(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
    const std::string prefix = "org.bristle.Appliance1.";
    const char* interface = sd_bus_message_get_interface(message);
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0 || interface == nullptr ||
        !std::string(interface).starts_with(prefix)) {
      return 0;
    }
    ApplianceCall call{interface + prefix.size(), sd_bus_message_get_member(message), {}};
    const char* argument = nullptr;
    while (sd_bus_message_read_basic(message, 's', &argument) > 0) {
      call.arguments.emplace_back(argument);
    }
    const auto said = static_cast<FakeAppliance*>(self)->handler_(call);
    if (said.is_silent) {
      return 1;
    }
    if (said.error.empty()) {
      sd_bus_reply_method_return(message, "s", said.json.c_str());
    } else {
      sd_bus_reply_method_errorf(message, said.error.c_str(), "%s", said.text.c_str());
    }
    return 1;
  }

  Handler handler_;
  sd_bus* bus_ = nullptr;
  std::atomic<bool> is_finished_{false};
  std::thread thread_;
};

}  // namespace support
