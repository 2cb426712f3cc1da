// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/bus/service.h"

#include "appliance/bus/errors.h"
#include "appliance/bus/message.h"
#include "appliance/bus/vtable.h"

#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

namespace ap::bus {
namespace {

constexpr std::uint64_t kPolkitTimeoutUs = 10'000'000;

// A decision that is on its way; freed by the slot of its call.
struct Asked {
  std::function<void(Decision)> done;
};

int polkit_answered(sd_bus_message* reply, void* data, sd_bus_error* /*error*/) {
  auto* asked = static_cast<Asked*>(data);
  Decision decision = Decision::unavailable;
  if (sd_bus_message_is_method_error(reply, nullptr) == 0) {
    int is_authorized = 0;
    int is_challenge = 0;
    if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") >= 0 &&
        sd_bus_message_read(reply, "bb", &is_authorized, &is_challenge) >= 0) {
      decision = is_authorized != 0 ? Decision::allowed : Decision::denied;
    }
  }
  asked->done(decision);
  return 0;
}

void free_asked(void* data) { delete static_cast<Asked*>(data); }

}  // namespace

// Everything that belongs to sd-bus and its event loop.
class Service::Loop {
 public:
  explicit Loop(const Contract& contract);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  Loop(Loop&&) = delete;
  Loop& operator=(Loop&&) = delete;
  ~Loop();

  void run(Handler& handler);
  void stop() { sd_event_exit(event_.get(), 0); }
  void post(std::function<void()> task);
  void answer(std::uint64_t ticket, const std::string& text);
  void fail(std::uint64_t ticket, const std::string& name, const std::string& text);
  void authorize(const Caller& caller, const std::string& action,
                 std::function<void(Decision)> done);
  void emit(const std::string& noun, const std::string& name,
            const std::vector<std::string>& arguments);

 private:
  static int called(sd_bus_message* message, void* data, sd_bus_error* error);
  static int woken(sd_event_source* source, int descriptor, std::uint32_t events, void* data);
  int take(sd_bus_message* message);
  [[nodiscard]] static Caller caller_of(sd_bus_message* message);
  MessageHandle redeem(std::uint64_t ticket);

  Handler* handler_ = nullptr;  // from `run` on; no call is taken before
  VirtualTable table_;
  EventHandle event_;
  BusHandle bus_;
  int wake_descriptor_ = -1;
  std::uint64_t next_ticket_ = 1;
  std::map<std::uint64_t, MessageHandle> open_calls_;
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
};

Service::Loop::Loop(const Contract& contract)
    : table_(contract, &Loop::called), bus_(open_system_bus()) {
  sd_event* event = nullptr;
  checked(sd_event_new(&event), "the event loop could not be made");
  event_.reset(event);
  for (const auto& [noun, entries] : table_.interfaces()) {
    const std::string interface = std::string(kServiceName) + "." + noun;
    checked(sd_bus_add_object_vtable(bus_.get(), nullptr, kServicePath, interface.c_str(),
                                     entries.data(), this),
            "the object could not be exported");
  }
  checked(sd_bus_attach_event(bus_.get(), event_.get(), SD_EVENT_PRIORITY_NORMAL),
          "the bus could not join the event loop");
  checked(sd_bus_set_exit_on_disconnect(bus_.get(), 1), "the bus could not be watched");
  wake_descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  checked(wake_descriptor_ < 0 ? -errno : 0, "the event loop could not be woken");
  checked(sd_event_add_io(event_.get(), nullptr, wake_descriptor_, 1U /* EPOLLIN */, &Loop::woken,
                          this),
          "the event loop could not be woken");
  checked(sd_bus_request_name(bus_.get(), kServiceName, 0),
          "the name org.bristle.Appliance1 could not be taken");
}

Service::Loop::~Loop() {
  open_calls_.clear();
  if (wake_descriptor_ >= 0) {
    close(wake_descriptor_);
  }
}

void Service::Loop::run(Handler& handler) {
  handler_ = &handler;
  block_stop_signals();
  checked(sd_event_add_signal(event_.get(), nullptr, SIGTERM, nullptr, nullptr),
          "SIGTERM could not be awaited");
  checked(sd_event_add_signal(event_.get(), nullptr, SIGINT, nullptr, nullptr),
          "SIGINT could not be awaited");
  checked(sd_event_set_watchdog(event_.get(), 1), "the watchdog could not be fed");
  sd_notify(0, "READY=1\nSTATUS=Serving the console and the page");
  checked(sd_event_loop(event_.get()), "the event loop failed");
  sd_notify(0, "STOPPING=1");
}

void Service::Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  // A full counter means that the loop is already due to wake.
  [[maybe_unused]] const auto written = write(wake_descriptor_, &one, sizeof one);
}

int Service::Loop::woken(sd_event_source* /*source*/, int descriptor, std::uint32_t /*events*/,
                         void* data) {
  auto* loop = static_cast<Loop*>(data);
  std::uint64_t count = 0;
  [[maybe_unused]] const auto bytes = read(descriptor, &count, sizeof count);
  std::deque<std::function<void()>> tasks;
  {
    const std::lock_guard lock(loop->mutex_);
    tasks.swap(loop->tasks_);
  }
  for (const auto& task : tasks) {
    task();
  }
  return 0;
}

int Service::Loop::called(sd_bus_message* message, void* data, sd_bus_error* error) {
  try {
    return static_cast<Loop*>(data)->take(message);
  } catch (const exec::Failure& failure) {
    return sd_bus_error_set(error, error_name(failure.kind()).c_str(), error_text(failure).c_str());
  }
}

int Service::Loop::take(sd_bus_message* message) {
  if (open_calls_.size() >= kCallsMax) {
    throw exec::Failure(exec::FailureKind::refused,
                        "too many calls are waiting; try again in a moment");
  }
  Request request;
  request.ticket = next_ticket_++;
  request.noun =
      std::string(sd_bus_message_get_interface(message)).substr(std::strlen(kServiceName) + 1);
  request.method = sd_bus_message_get_member(message);
  while (sd_bus_message_at_end(message, 1) == 0) {
    request.arguments.push_back(read_string(message));
  }
  request.caller = caller_of(message);
  open_calls_.emplace(request.ticket, sd_bus_message_ref(message));
  handler_->handle(request);
  return 1;
}

Caller Service::Loop::caller_of(sd_bus_message* message) {
  Caller caller;
  caller.unique_name = sd_bus_message_get_sender(message);
  sd_bus_creds* credentials = nullptr;
  // Asked of the bus, not of the caller: it is the identity the connection was opened with.
  checked(sd_bus_query_sender_creds(message, SD_BUS_CREDS_EUID, &credentials),
          "the caller could not be identified");
  const std::unique_ptr<sd_bus_creds, decltype(&sd_bus_creds_unref)> owned(credentials,
                                                                           &sd_bus_creds_unref);
  uid_t uid = 0;
  checked(sd_bus_creds_get_euid(credentials, &uid), "the caller could not be identified");
  caller.uid = uid;
  return caller;
}

MessageHandle Service::Loop::redeem(std::uint64_t ticket) {
  auto node = open_calls_.extract(ticket);
  return node.empty() ? MessageHandle{} : std::move(node.mapped());
}

void Service::Loop::answer(std::uint64_t ticket, const std::string& text) {
  if (const auto call = redeem(ticket)) {
    const std::string valid = valid_utf8(text);
    sd_bus_reply_method_return(call.get(), "s", valid.c_str());
  }
}

void Service::Loop::fail(std::uint64_t ticket, const std::string& name, const std::string& text) {
  if (const auto call = redeem(ticket)) {
    BusError error;
    sd_bus_error_set(error.get(), name.c_str(), valid_utf8(text).c_str());
    sd_bus_reply_method_error(call.get(), error.get());
  }
}

void Service::Loop::authorize(const Caller& caller, const std::string& action,
                              std::function<void(Decision)> done) {
  sd_bus_message* raw = nullptr;
  checked(
      sd_bus_message_new_method_call(bus_.get(), &raw, "org.freedesktop.PolicyKit1",
                                     "/org/freedesktop/PolicyKit1/Authority",
                                     "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization"),
      "polkit could not be asked");
  const MessageHandle call(raw);
  checked(sd_bus_message_append(raw, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                caller.unique_name.c_str(), action.c_str(), 0, 0U, ""),
          "polkit could not be asked");
  auto asked = std::make_unique<Asked>(Asked{std::move(done)});
  sd_bus_slot* slot = nullptr;
  checked(
      sd_bus_call_async(bus_.get(), &slot, raw, &polkit_answered, asked.get(), kPolkitTimeoutUs),
      "polkit could not be asked");
  const SlotHandle owned(slot);
  sd_bus_slot_set_destroy_callback(slot, &free_asked);
  // NOLINTNEXTLINE(bugprone-unused-return-value): the slot's destroy callback owns it now.
  static_cast<void>(asked.release());
  sd_bus_slot_set_floating(slot, 1);
}

void Service::Loop::emit(const std::string& noun, const std::string& name,
                         const std::vector<std::string>& arguments) {
  const std::string interface = std::string(kServiceName) + "." + noun;
  sd_bus_message* raw = nullptr;
  checked(
      sd_bus_message_new_signal(bus_.get(), &raw, kServicePath, interface.c_str(), name.c_str()),
      "a signal could not be composed");
  const MessageHandle signal(raw);
  append_strings(raw, arguments);
  sd_bus_send(bus_.get(), raw, nullptr);
}

Service::Service(const Contract& contract) : loop_(std::make_unique<Loop>(contract)) {}

Service::~Service() = default;

void Service::block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  checked(-pthread_sigmask(SIG_BLOCK, &signals, nullptr), "signals could not be blocked");
}

void Service::run(Handler& handler) { loop_->run(handler); }

void Service::stop() {
  loop_->post([loop = loop_.get()] { loop->stop(); });
}

void Service::post(std::function<void()> task) { loop_->post(std::move(task)); }

void Service::answer(std::uint64_t ticket, std::string text) {
  loop_->post([loop = loop_.get(), ticket, text = std::move(text)] { loop->answer(ticket, text); });
}

void Service::fail(std::uint64_t ticket, const exec::Failure& failure) {
  loop_->post([loop = loop_.get(), ticket, name = error_name(failure.kind()),
               text = error_text(failure)] { loop->fail(ticket, name, text); });
}

void Service::deny(std::uint64_t ticket, const std::string& text) {
  loop_->post([loop = loop_.get(), ticket, text] { loop->fail(ticket, kAccessDenied, text); });
}

void Service::authorize(const Caller& caller, const std::string& action,
                        std::function<void(Decision)> done) {
  loop_->authorize(caller, action, std::move(done));
}

void Service::emit(const std::string& noun, const std::string& name,
                   std::vector<std::string> arguments) {
  loop_->post([loop = loop_.get(), noun, name, arguments = std::move(arguments)] {
    loop->emit(noun, name, arguments);
  });
}

}  // namespace ap::bus
