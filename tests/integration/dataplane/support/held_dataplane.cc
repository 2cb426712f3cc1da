// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/dataplane/support/held_dataplane.h"

#include "dataplane/base/check.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

namespace integration {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr const char* kHold = "appliance/local/hold";
constexpr std::string_view kListening = "bristle-dataplane: listening on 127.0.0.1:";

}  // namespace

HeldDataplane::HeldDataplane(std::filesystem::path home, const Environment& environment)
    : home_(std::move(home)) {
  const auto whole = complete(home_, environment);
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no server behind
    for (const auto& [name, value] : whole) {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
    const int log =
        ::open((home_ / "held.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0 || ::dup2(log, STDERR_FILENO) < 0) {
      ::_exit(126);
    }
    ::execl(kHold, kHold, "127.0.0.1:0", DATAPLANE_PROGRAM, nullptr);
    ::_exit(127);
  }
  wait_for_start(1);
  const auto text = log();
  const auto at = text.find(kListening) + kListening.size();
  port_ = static_cast<std::uint16_t>(std::stoul(text.substr(at)));
}

HeldDataplane::~HeldDataplane() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);  // the program dies with it
    ::waitpid(pid_, nullptr, 0);
  }
}

std::string HeldDataplane::log() const {
  std::ifstream file(home_ / "held.log");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t HeldDataplane::starts() const {
  const auto text = log();
  std::size_t count = 0;
  for (auto at = text.find(kListening); at != std::string::npos;
       at = text.find(kListening, at + 1)) {
    ++count;
  }
  return count;
}

void HeldDataplane::wait_for_start(std::size_t number) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (starts() < number) {
    if (std::chrono::steady_clock::now() > deadline) {
      std::fprintf(stderr, "%s", log().c_str());
      CHECK(!"the dataplane did not start");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void HeldDataplane::restart() {
  const auto before = starts();
  ::kill(pid_, SIGHUP);
  wait_for_start(before + 1);
}

int HeldDataplane::end() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace integration
