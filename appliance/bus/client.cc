// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/bus/client.h"

#include "appliance/bus/errors.h"
#include "appliance/bus/message.h"

#include <cerrno>
#include <system_error>

namespace ap::bus {
namespace {

class SystemClient final : public Client {
 public:
  std::string call(std::string_view noun, std::string_view method,
                   const std::vector<std::string>& arguments,
                   std::chrono::milliseconds timeout) override {
    if (!bus_ || sd_bus_is_open(bus_.get()) <= 0) {
      bus_.reset();
      bus_ = open_system_bus();
    }
    const MessageHandle request = compose(noun, method, arguments);
    BusError error;
    sd_bus_message* reply = nullptr;
    const int result =
        sd_bus_call(bus_.get(), request.get(), microseconds(timeout), error.get(), &reply);
    const MessageHandle owned(reply);
    if (result < 0) {
      refuse(result, error);
    }
    return read_string(reply);
  }

 private:
  MessageHandle compose(std::string_view noun, std::string_view method,
                        const std::vector<std::string>& arguments) {
    const std::string interface = std::string(kServiceName) + "." + std::string(noun);
    sd_bus_message* message = nullptr;
    const int result =
        sd_bus_message_new_method_call(bus_.get(), &message, kServiceName, kServicePath,
                                       interface.c_str(), std::string(method).c_str());
    if (result == -EINVAL) {
      throw exec::Failure(exec::FailureKind::invalid, "no method has such a name");
    }
    checked(result, "the call could not be composed");
    MessageHandle request(message);
    append_strings(message, arguments);
    return request;
  }

  [[noreturn]] void refuse(int result, const BusError& error) {
    // A lost connection has no error of its own; the next call connects again.
    if (error.name().empty() || result == -ECONNRESET || result == -ENOTCONN) {
      bus_.reset();
      throw Unavailable("the connection to the system bus was lost: " +
                        std::error_code(-result, std::generic_category()).message());
    }
    throw_error(error.name(), error.text());
  }

  BusHandle bus_;
};

}  // namespace

std::unique_ptr<Client> Client::open() { return std::make_unique<SystemClient>(); }

}  // namespace ap::bus
