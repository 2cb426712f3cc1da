// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/powercut/program.h"

#include "dataplane/base/check.h"
#include "tests/integration/dataplane/support/dataplane_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>

namespace powercut {

Program::Program(const std::filesystem::path& home, const std::filesystem::path& event_log)
    : messages_(home / "dataplane.log") {
  const auto environment = integration::complete(
      home, {{"BRISTLE_EVENT_LOG", event_log}, {"BRISTLE_EVENT_LOG_SECONDS_MAX", "1"}});
  std::filesystem::remove(messages_);
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ != 0) {
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed test leaves no program behind
  for (const auto& [name, value] : environment) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  const int log = ::open(messages_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (log < 0 || ::dup2(log, STDERR_FILENO) < 0) {
    ::_exit(126);
  }
  ::execl(DATAPLANE_PROGRAM, DATAPLANE_PROGRAM, nullptr);
  ::_exit(127);
}

Program::~Program() {
  kill();
  if (pid_ > 0) {
    ::waitpid(pid_, nullptr, 0);
  }
}

std::string Program::said() const {
  std::ifstream file(messages_);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<std::uint16_t> Program::port() const {
  constexpr std::string_view kMark = "listening on 127.0.0.1:";
  const std::string text = said();
  const auto at = text.find(kMark);
  if (at == std::string::npos || text.find('\n', at) == std::string::npos) {
    return std::nullopt;
  }
  std::uint16_t number = 0;
  std::from_chars(text.data() + at + kMark.size(), text.data() + text.size(), number);
  return number;
}

bool Program::has_ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
    pid_ = -1;
  }
  return pid_ < 0;
}

void Program::kill() const {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
  }
}

}  // namespace powercut
