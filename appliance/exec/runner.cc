// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/exec/runner.h"

#include "dataplane/base/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace ap::exec {
namespace {

using base::Descriptor;
using Clock = std::chrono::steady_clock;

constexpr const char* kPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::array kToolFolders{"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;

  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw Failure(FailureKind::failed,
                    std::string("cannot make a pipe: ") + std::generic_category().message(errno));
    }
    read_end = Descriptor(ends[0]);
    write_end = Descriptor(ends[1]);
  }
};

/// Where the tool lies; throws `failed` when it is nowhere.
std::string find_tool(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return name;
  }
  for (const char* folder : kToolFolders) {
    std::string candidate = folder + name;
    if (access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  throw Failure(FailureKind::failed, "the tool " + name + " is not installed");
}

std::vector<char*> c_strings(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));  // posix_spawn(3) takes char* and keeps it
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// A started tool, leader of its own process group; killed and reaped when abandoned.
class Child {
 public:
  Child(const Command& command, const Pipe& input, const Pipe& output, const Pipe& errors) {
    const std::string tool = find_tool(command.arguments.at(0));
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.read_end.number(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.write_end.number(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors.write_end.number(), STDERR_FILENO);
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    sigset_t none{};
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);

    std::vector<std::string> environment{kPath, "LC_ALL=C.UTF-8"};
    environment.insert(environment.end(), command.environment.begin(), command.environment.end());
    const auto arguments = c_strings(command.arguments);
    const auto variables = c_strings(environment);
    const int error =
        posix_spawn(&pid_, tool.c_str(), &actions, &attributes, arguments.data(), variables.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
      pid_ = -1;
      throw Failure(FailureKind::failed,
                    "cannot start " + tool + ": " + std::generic_category().message(error));
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ > 0) {
      kill(-pid_, SIGKILL);
      wait();
    }
  }

  /// Reaps it; the exit status, 128 + n for a signal.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
};

/// Takes what is there; closes the end at end of file.
void read_some(Descriptor& end, std::string& text) {
  std::array<char, 16384> buffer{};
  const ssize_t count = ::read(end.number(), buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || errno != EINTR) {
    end.close();
  }
}

/// Gives what fits; closes the end when all is given or nobody reads.
void write_some(Descriptor& end, std::string_view& rest) {
  const ssize_t count = ::write(end.number(), rest.data(), rest.size());
  if (count > 0) {
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (rest.empty() || (count < 0 && errno != EINTR && errno != EAGAIN)) {
    end.close();
  }
}

/// Feeds and drains the tool until it closed both outputs.
void converse(const Command& command, Pipe& input, Pipe& output, Pipe& errors, Outcome& outcome) {
  const auto deadline = Clock::now() + command.timeout;
  std::string_view rest = command.input;
  fcntl(input.write_end.number(), F_SETFL, O_NONBLOCK);
  if (rest.empty()) {
    input.write_end.close();
  }
  while (output.read_end.is_open() || errors.read_end.is_open()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    std::array<pollfd, 3> waits{pollfd{output.read_end.number(), POLLIN, 0},
                                pollfd{errors.read_end.number(), POLLIN, 0},
                                pollfd{input.write_end.number(), POLLOUT, 0}};
    if (left.count() <= 0) {
      throw Failure(FailureKind::timed_out, command.arguments.at(0) + " did not end within " +
                                                std::to_string(command.timeout.count()) + " ms");
    }
    poll(waits.data(), waits.size(), static_cast<int>(left.count()));
    if (waits[0].revents != 0) {
      read_some(output.read_end, outcome.output);
    }
    if (waits[1].revents != 0) {
      read_some(errors.read_end, outcome.error_output);
    }
    if (waits[2].revents != 0) {
      write_some(input.write_end, rest);
    }
    if (outcome.output.size() + outcome.error_output.size() > command.output_bytes_max) {
      throw Failure(FailureKind::failed, command.arguments.at(0) + " printed more than " +
                                             std::to_string(command.output_bytes_max) + " bytes");
    }
  }
}

}  // namespace

Outcome ProcessRunner::run(const Command& command) {
  Pipe input;
  Pipe output;
  Pipe errors;
  Child child(command, input, output, errors);
  input.read_end.close();
  output.write_end.close();
  errors.write_end.close();
  Outcome outcome;
  converse(command, input, output, errors, outcome);
  outcome.exit_status = child.wait();
  return outcome;
}

std::string Runner::require(const Command& command) {
  Outcome outcome = run(command);
  if (outcome.exit_status == 0) {
    return std::move(outcome.output);
  }
  std::string words = outcome.error_output.empty() ? outcome.output : outcome.error_output;
  while (!words.empty() && words.back() == '\n') {
    words.pop_back();
  }
  throw Failure(FailureKind::failed, command.arguments.at(0) + " failed (exit status " +
                                         std::to_string(outcome.exit_status) + "): " + words);
}

}  // namespace ap::exec
