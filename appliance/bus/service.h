// SPDX-License-Identifier: LicenseRef-Project
// Serves an object on the system bus whose methods take strings and answer with one string.
#pragma once

#include "appliance/exec/failure.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ap::bus {

/// A method or signal of the interface `org.bristle.Appliance1.<noun>`; every parameter is a
/// string, and a method answers with one string.
struct Member {
  std::string noun;
  std::string name;
  std::vector<std::string> parameters;

  bool operator==(const Member&) const = default;
};

/// Who calls, as the bus itself vouches for it.
struct Caller {
  std::string unique_name;
  std::uint32_t uid = 0;
};

/// One call. `ticket` is what `Service::answer` and `Service::fail` want back, once.
struct Request {
  std::uint64_t ticket = 0;
  std::string noun;
  std::string method;
  std::vector<std::string> arguments;
  Caller caller;
};

/// What polkit says. `unavailable`: it did not answer.
enum class Decision { allowed, denied, unavailable };

/// Takes calls; runs on the service's thread and must not block.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(const Request& request) = 0;
};

/// Answers calls, asks polkit and sends signals. Implementations: Service, a fake in the tests.
/// Each may be called from any thread but `authorize`, which belongs to the loop's.
class Port {
 public:
  virtual ~Port() = default;

  /// Ends a call with its answer, with a failure, or with AccessDenied; once per ticket.
  virtual void answer(std::uint64_t ticket, std::string text) = 0;
  virtual void fail(std::uint64_t ticket, const exec::Failure& failure) = 0;
  virtual void deny(std::uint64_t ticket, const std::string& text) = 0;

  /// Asks polkit whether `caller` may do `action`; `done` runs on the loop's thread.
  virtual void authorize(const Caller& caller, const std::string& action,
                         std::function<void(Decision)> done) = 0;

  /// Sends the signal `name` of `noun` to everybody who listens.
  virtual void emit(const std::string& noun, const std::string& name,
                    std::vector<std::string> arguments) = 0;
};

/// What the object is made of.
struct Contract {
  std::vector<Member> methods;
  std::vector<Member> signals;
};

/// The object /org/bristle/Appliance1 under the name org.bristle.Appliance1, and the loop it lives
/// in. Owner: main. Threads: `run` and `authorize` belong to one; `answer`, `fail`, `emit`, `post`
/// and `stop` may be called from any and take effect on the loop's.
/// Bounds: `kCallsMax` unanswered calls; one more is refused.
/// Failure: a lost bus ends the program (the service manager starts it again).
class Service final : public Port {
 public:
  static constexpr std::size_t kCallsMax = 128;

  /// Connects and exports the object. Throws Unavailable, or Failure when the name is taken.
  explicit Service(const Contract& contract);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  Service(Service&&) = delete;
  Service& operator=(Service&&) = delete;
  ~Service() override;

  /// Keeps SIGTERM and SIGINT for `run`. Call it in main before the first thread.
  static void block_stop_signals();

  /// Tells the service manager that it is ready, then gives calls to `handler` and feeds the
  /// watchdog until SIGTERM, SIGINT or `stop`.
  void run(Handler& handler);

  void stop();

  /// Runs `task` on the loop's thread, soon.
  void post(std::function<void()> task);

  void answer(std::uint64_t ticket, std::string text) override;
  void fail(std::uint64_t ticket, const exec::Failure& failure) override;
  void deny(std::uint64_t ticket, const std::string& text) override;
  void authorize(const Caller& caller, const std::string& action,
                 std::function<void(Decision)> done) override;
  void emit(const std::string& noun, const std::string& name,
            std::vector<std::string> arguments) override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace ap::bus
