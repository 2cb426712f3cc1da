// SPDX-License-Identifier: LicenseRef-Project
// Calls the appliance service over the system bus: strings in, one string of JSON out.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace cp::appliance {

/// Why a call gave no answer.
enum class FailureKind : unsigned char {
  absent,     ///< no bus, or no appliance service on it
  denied,     ///< the service may not be asked that by us
  invalid,    ///< an argument is wrong; the text begins with the field's name and a colon
  refused,    ///< not possible in the state of things
  not_found,  ///< no such unit, array or operation
  failed,     ///< the service tried and failed
  timed_out,  ///< no answer in time
};

/// A call that failed; the text is a sentence for the operator.
class Failure : public std::runtime_error {
 public:
  Failure(FailureKind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}

  [[nodiscard]] FailureKind kind() const noexcept { return kind_; }

  /// The field an `invalid` text begins with (`vswitch.vlan: …`); empty when it names none.
  [[nodiscard]] std::string field() const;

 private:
  FailureKind kind_;
};

/// The appliance service as its callers see it. Thread-safe.
class Client {
 public:
  virtual ~Client() = default;

  /// Calls org.bristle.Appliance1.<noun>.<method> and returns its JSON. Throws Failure.
  [[nodiscard]] virtual std::string call(const std::string& noun, const std::string& method,
                                         const std::vector<std::string>& arguments) const = 0;
};

/// The service on the system bus. Each call connects anew and takes at most `deadline`.
std::unique_ptr<Client> open_system_client(
    std::chrono::milliseconds deadline = std::chrono::seconds(15));

}  // namespace cp::appliance
