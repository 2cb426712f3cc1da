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

// Length of the valid UTF-8 character at the start of `text`; 0 when there is none (RFC 3629).
std::size_t character_bytes(std::string_view text) {
  const auto byte = [text](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) {
    return 0;
  }
  for (std::size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xc0U) != 0x80) {
      return 0;
    }
  }
  const unsigned char second = byte(1);
  const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool is_outside = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return is_overlong || is_outside ? 0 : length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_bytes(text);
    if (length == 0) {
      valid += "\xef\xbf\xbd";
      text.remove_prefix(1);
    } else {
      valid += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return valid;
}

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
