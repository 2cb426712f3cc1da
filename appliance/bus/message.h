// SPDX-License-Identifier: LicenseRef-Project
// Owning handles of sd-bus and small helpers; for the sources of this folder only.
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ap::bus {

struct BusDeleter {
  void operator()(sd_bus* bus) const noexcept { sd_bus_flush_close_unref(bus); }
};
struct EventDeleter {
  void operator()(sd_event* event) const noexcept { sd_event_unref(event); }
};
struct MessageDeleter {
  void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};
struct SlotDeleter {
  void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};

using BusHandle = std::unique_ptr<sd_bus, BusDeleter>;
using EventHandle = std::unique_ptr<sd_event, EventDeleter>;
using MessageHandle = std::unique_ptr<sd_bus_message, MessageDeleter>;
using SlotHandle = std::unique_ptr<sd_bus_slot, SlotDeleter>;

/// An sd_bus_error that frees itself.
class BusError {
 public:
  BusError() = default;
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  BusError(BusError&&) = delete;
  BusError& operator=(BusError&&) = delete;
  ~BusError() { sd_bus_error_free(&error_); }

  sd_bus_error* get() noexcept { return &error_; }
  [[nodiscard]] std::string name() const { return error_.name == nullptr ? "" : error_.name; }
  [[nodiscard]] std::string text() const { return error_.message == nullptr ? "" : error_.message; }

 private:
  sd_bus_error error_{nullptr, nullptr, 0};
};

/// Throws Failure `failed` naming `what` when `result` is a negative errno; else returns it.
int checked(int result, const char* what);

/// Connects to the system bus, or to DBUS_SYSTEM_BUS_ADDRESS. Throws Unavailable.
BusHandle open_system_bus();

/// Appends each of `strings` as a string.
void append_strings(sd_bus_message* message, const std::vector<std::string>& strings);

/// The next string, object path or signature of `message`.
std::string read_string(sd_bus_message* message);

/// `text` with everything that is not UTF-8 replaced by U+FFFD: the bus carries nothing else.
std::string valid_utf8(std::string_view text);

std::uint64_t microseconds(std::chrono::milliseconds duration);

}  // namespace ap::bus
