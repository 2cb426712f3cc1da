// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/console.h"

#include "appliance/bus/client.h"
#include "appliance/console/app.h"
#include "appliance/console/bus_appliance.h"
#include "appliance/console/terminal.h"
#include "appliance/console/worker.h"
#include "appliance/exec/failure.h"
#include "dataplane/base/descriptor.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace ap::console {
namespace {

constexpr int kTickMs = 250;
// The kernel and systemd write over the machine's own console, most of all while it starts.
constexpr std::chrono::seconds kFirstRedraw{15};
constexpr std::chrono::seconds kRedrawInterval{300};
constexpr std::chrono::seconds kRedrawAfterRest{30};

const char* environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody writes the environment after the start.
  return std::getenv(name);
}

/// Takes signals as events from construction to destruction.
class Signals {
 public:
  Signals() {
    sigset_t taken;
    ::sigemptyset(&taken);
    for (const int number :
         {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP, SIGPIPE, SIGTTOU}) {
      ::sigaddset(&taken, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &taken, &before_);
    file_ = base::Descriptor(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!file_.is_open()) {
      throw exec::Failure(exec::FailureKind::failed,
                          std::string("signalfd: ") + std::generic_category().message(errno));
    }
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  Signals(Signals&&) = delete;
  Signals& operator=(Signals&&) = delete;
  ~Signals() {
    file_.close();
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  [[nodiscard]] int descriptor() const noexcept { return file_.number(); }
  [[nodiscard]] const sigset_t& before() const noexcept { return before_; }

  /// The next signal, 0 when there is none.
  [[nodiscard]] int next() const {
    signalfd_siginfo info{};
    return ::read(file_.number(), &info, sizeof info) == sizeof info
               ? static_cast<int>(info.ssi_signo)
               : 0;
  }

 private:
  sigset_t before_{};
  base::Descriptor file_;
};

/// The operator's own shell until it exits. Not a login shell: that would start the console again.
void run_shell(const sigset_t& signals) {
  const char* const chosen = environment("SHELL");
  std::string shell = chosen != nullptr && chosen[0] == '/' ? chosen : "/bin/bash";
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  std::array<char*, 2> arguments{shell.data(), nullptr};
  constexpr std::string_view kWelcome = "A shell on this machine; exit returns to the console.\n";
  [[maybe_unused]] const ssize_t written = ::write(STDOUT_FILENO, kWelcome.data(), kWelcome.size());
  pid_t child = -1;
  if (::posix_spawn(&child, shell.c_str(), nullptr, &attributes, arguments.data(), environ) == 0) {
    while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  }
  ::posix_spawnattr_destroy(&attributes);
}

class Loop {
 public:
  explicit Loop(const Options& options)
      : terminal_({.is_ascii = options.is_ascii,
                   .is_monochrome = options.is_monochrome || environment("NO_COLOR") != nullptr}),
        worker_([] { return std::make_unique<BusAppliance>(bus::Client::open()); }),
        app_(app_options()) {}

  void run() {
    while (!is_over_) {
      turn();
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  static bool is_ssh() { return environment("SSH_CONNECTION") != nullptr; }
  // Started by systemd: the machine's own console.
  static bool is_unit() { return environment("INVOCATION_ID") != nullptr && !is_ssh(); }

  static App::Options app_options() {
    return {.may_leave = !is_unit(), .may_open_shell = is_ssh()};
  }

  void redraw_over_others() {
    if (is_unit_ && Clock::now() >= redraw_at_) {
      redraw_at_ = Clock::now() + kRedrawInterval;
      terminal_.redraw();
    }
  }

  void turn() {
    namespace chrono = std::chrono;
    const auto monotonic = chrono::steady_clock::now().time_since_epoch();
    const auto wall = chrono::system_clock::now().time_since_epoch();
    app_.tick(chrono::duration_cast<chrono::milliseconds>(monotonic).count(),
              chrono::duration_cast<chrono::microseconds>(wall).count());
    worker_.submit(app_.take_requests());
    Canvas canvas(terminal_.rows(), terminal_.columns());
    app_.draw(canvas);
    redraw_over_others();
    terminal_.show(canvas);
    wait();
    obey(app_.take_wish());
  }

  void wait() {
    std::array<pollfd, 3> waited{pollfd{STDIN_FILENO, POLLIN, 0},
                                 pollfd{signals_.descriptor(), POLLIN, 0},
                                 pollfd{worker_.descriptor(), POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), kTickMs) < 0 && errno != EINTR) {
      is_over_ = true;
    }
    while (const int number = signals_.next()) {
      take_signal(number);
    }
    for (const auto& [id, answer] : worker_.take_answers()) {
      app_.answer(id, answer);
    }
    if ((waited[0].revents & POLLIN) != 0) {
      if (Clock::now() - key_at_ > kRedrawAfterRest) {
        redraw_at_ = {};
      }
      key_at_ = Clock::now();
      while (const auto key = terminal_.read_key()) {
        app_.key(*key);
      }
    }
    if ((waited[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
      is_over_ = true;  // The terminal is gone.
    }
  }

  void take_signal(int number) {
    if (number == SIGWINCH) {
      terminal_.resize();
    } else if (number == SIGCONT) {
      terminal_.resume();
    } else if (number != SIGTSTP && number != SIGPIPE && number != SIGTTOU) {
      is_over_ = true;
    }
  }

  void obey(Wish wish) {
    if (wish == Wish::leave) {
      is_over_ = true;
    } else if (wish == Wish::redraw) {
      terminal_.redraw();
    } else if (wish == Wish::shell) {
      terminal_.suspend();
      run_shell(signals_.before());
      terminal_.resume();
    }
  }

  // In this order: signals are blocked and the locale is set before the worker's thread starts.
  Signals signals_;
  Terminal terminal_;
  Worker worker_;
  App app_;
  const bool is_unit_ = is_unit();
  Clock::time_point redraw_at_ = Clock::now() + kFirstRedraw;
  Clock::time_point key_at_ = Clock::now();
  bool is_over_ = false;
};

}  // namespace

int run(const Options& options) {
  Loop loop(options);
  loop.run();
  return 0;
}

}  // namespace ap::console
