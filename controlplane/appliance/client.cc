// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/appliance/client.h"

#include <systemd/sd-bus.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace cp::appliance {
namespace {

constexpr const char* kService = "org.bristle.Appliance1";
constexpr const char* kPath = "/org/bristle/Appliance1";
constexpr std::string_view kOurErrors = "org.bristle.Appliance1.Error.";
constexpr std::string_view kBusErrors = "org.freedesktop.DBus.Error.";

struct BusDeleter {
  void operator()(sd_bus* bus) const noexcept { sd_bus_close_unref(bus); }
};
struct MessageDeleter {
  void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};
using BusHandle = std::unique_ptr<sd_bus, BusDeleter>;
using MessageHandle = std::unique_ptr<sd_bus_message, MessageDeleter>;

/// An error of sd-bus that frees itself.
class BusError {
 public:
  BusError() = default;
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  BusError(BusError&&) = delete;
  BusError& operator=(BusError&&) = delete;
  ~BusError() { sd_bus_error_free(&error_); }

  sd_bus_error* get() noexcept { return &error_; }
  [[nodiscard]] std::string_view name() const {
    return error_.name == nullptr ? std::string_view() : error_.name;
  }
  [[nodiscard]] std::string text() const { return error_.message == nullptr ? "" : error_.message; }

 private:
  sd_bus_error error_{nullptr, nullptr, 0};
};

/// Kinds by the last word of an error's name.
struct Named {
  std::string_view name;
  FailureKind kind;
};
constexpr std::array<Named, 5> kOurs = {{{"Invalid", FailureKind::invalid},
                                         {"Refused", FailureKind::refused},
                                         {"NotFound", FailureKind::not_found},
                                         {"Failed", FailureKind::failed},
                                         {"TimedOut", FailureKind::timed_out}}};
constexpr std::array<Named, 9> kOfTheBus = {
    {{"AccessDenied", FailureKind::denied},
     {"InteractiveAuthorizationRequired", FailureKind::denied},
     {"ServiceUnknown", FailureKind::absent},
     {"NameHasNoOwner", FailureKind::absent},
     {"UnknownObject", FailureKind::absent},
     {"UnknownInterface", FailureKind::absent},
     {"NoReply", FailureKind::timed_out},
     {"Timeout", FailureKind::timed_out},
     {"TimedOut", FailureKind::timed_out}}};

template <std::size_t Count>
FailureKind kind_in(const std::array<Named, Count>& table, std::string_view name) {
  for (const auto& entry : table) {
    if (entry.name == name) {
      return entry.kind;
    }
  }
  return FailureKind::failed;
}

FailureKind kind_of(std::string_view name) {
  if (name.starts_with(kOurErrors)) {
    return kind_in(kOurs, name.substr(kOurErrors.size()));
  }
  if (!name.starts_with(kBusErrors)) {
    return FailureKind::failed;
  }
  const auto word = name.substr(kBusErrors.size());
  return word.starts_with("Spawn.") ? FailureKind::absent : kind_in(kOfTheBus, word);
}

[[noreturn]] void throw_errno(FailureKind kind, const char* what, int result) {
  throw Failure(kind, std::string(what) + ": " + std::generic_category().message(-result));
}

BusHandle connect(std::uint64_t deadline_us) {
  sd_bus* bus = nullptr;
  if (const int result = sd_bus_open_system(&bus); result < 0) {
    throw_errno(FailureKind::absent, "there is no system bus", result);
  }
  BusHandle owned(bus);
  sd_bus_set_method_call_timeout(bus, deadline_us);
  return owned;
}

MessageHandle make_call(sd_bus* bus, const std::string& noun, const std::string& method,
                        const std::vector<std::string>& arguments) {
  sd_bus_message* message = nullptr;
  const auto interface = std::string(kService) + "." + noun;
  int result = sd_bus_message_new_method_call(bus, &message, kService, kPath, interface.c_str(),
                                              method.c_str());
  MessageHandle owned(message);
  for (const auto& argument : arguments) {
    if (argument.find('\0') != std::string::npos) {
      throw Failure(FailureKind::invalid, "a text holds a zero byte");
    }
    result = result < 0 ? result : sd_bus_message_append_basic(message, 's', argument.c_str());
  }
  if (result < 0) {
    throw_errno(FailureKind::invalid, "this cannot be asked", result);
  }
  return owned;
}

class SystemClient final : public Client {
 public:
  explicit SystemClient(std::chrono::milliseconds deadline)
      : deadline_us_(static_cast<std::uint64_t>(std::chrono::microseconds(deadline).count())) {}

  [[nodiscard]] std::string call(const std::string& noun, const std::string& method,
                                 const std::vector<std::string>& arguments) const override {
    const auto bus = connect(deadline_us_);
    const auto question = make_call(bus.get(), noun, method, arguments);
    BusError error;
    sd_bus_message* answer = nullptr;
    const int result = sd_bus_call(bus.get(), question.get(), deadline_us_, error.get(), &answer);
    const MessageHandle owned(answer);
    if (result < 0) {
      throw Failure(result == -ETIMEDOUT ? FailureKind::timed_out
                    : result == -ECONNREFUSED || result == -ENOENT || result == -ENOTCONN
                        ? FailureKind::absent
                        : kind_of(error.name()),
                    error.text());
    }
    const char* json = nullptr;
    if (const int read = sd_bus_message_read_basic(answer, 's', static_cast<void*>(&json));
        read <= 0) {
      throw Failure(FailureKind::failed, "the appliance service answered something else");
    }
    return json;
  }

 private:
  std::uint64_t deadline_us_;
};

}  // namespace

std::string Failure::field() const {
  const std::string_view text(what());
  const auto colon = text.find(": ");
  const auto name = text.substr(0, colon);
  const bool is_field =
      colon != std::string_view::npos && !name.empty() &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
  return kind_ == FailureKind::invalid && is_field ? std::string(name) : std::string();
}

std::unique_ptr<Client> open_system_client(std::chrono::milliseconds deadline) {
  return std::make_unique<SystemClient>(deadline);
}

}  // namespace cp::appliance
