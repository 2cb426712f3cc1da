// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/bus/message.h"

#include "appliance/bus/client.h"
#include "appliance/exec/failure.h"

#include <system_error>

namespace ap::bus {
namespace {

std::string reason(int result) {
  return std::error_code(-result, std::generic_category()).message();
}

}  // namespace

int checked(int result, const char* what) {
  if (result < 0) {
    throw exec::Failure(exec::FailureKind::failed, std::string(what) + ": " + reason(result));
  }
  return result;
}

BusHandle open_system_bus() {
  sd_bus* bus = nullptr;
  const int result = sd_bus_open_system(&bus);
  if (result < 0) {
    throw Unavailable("the system bus does not answer: " + reason(result));
  }
  return BusHandle(bus);
}

void append_strings(sd_bus_message* message, const std::vector<std::string>& strings) {
  for (const auto& text : strings) {
    checked(sd_bus_message_append_basic(message, SD_BUS_TYPE_STRING, text.c_str()),
            "a message could not be written");
  }
}

std::string read_string(sd_bus_message* message) {
  char type = 0;
  const char* contents = nullptr;
  checked(sd_bus_message_peek_type(message, &type, &contents), "a message could not be read");
  const char* text = nullptr;
  checked(sd_bus_message_read_basic(message, type, static_cast<void*>(&text)),
          "a message could not be read");
  return text == nullptr ? std::string{} : std::string(text);
}

std::uint64_t microseconds(std::chrono::milliseconds duration) {
  return static_cast<std::uint64_t>(std::chrono::microseconds(duration).count());
}

}  // namespace ap::bus
