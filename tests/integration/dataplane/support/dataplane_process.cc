// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/dataplane/support/dataplane_process.h"

#include "dataplane/base/check.h"
#include "dataplane/format/log_reader.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

namespace integration {
namespace {

constexpr std::chrono::seconds kPatience{30};

std::filesystem::path log_of(const std::filesystem::path& home) { return home / "dataplane.log"; }

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Listening sockets on ports of their own, gone from this process with it.
class Passed {
 public:
  explicit Passed(const Environment& environment) {
    for (const auto& [name, value] : environment) {
      for (int left = name == "LISTEN_FDS" ? std::stoi(value) : 0; left > 0; --left) {
        add();
      }
    }
  }
  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;
  Passed(Passed&&) = delete;
  Passed& operator=(Passed&&) = delete;
  ~Passed() {
    for (const int descriptor : descriptors_) {
      ::close(descriptor);
    }
  }

  /// As systemd does: the sockets become the descriptors from 3 on, meant for this process.
  void install() const {
    for (std::size_t index = 0; index < descriptors_.size(); ++index) {
      ::dup2(descriptors_[index], static_cast<int>(index) + 3);
    }
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  }

  [[nodiscard]] const std::vector<std::uint16_t>& ports() const noexcept { return ports_; }

 private:
  void add() {
    const int low = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int listener = ::fcntl(low, F_DUPFD_CLOEXEC, 100);  // clear of the places to install to
    ::close(low);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    CHECK(::bind(listener, reinterpret_cast<sockaddr*>(&address), bytes) == 0);
    CHECK(::listen(listener, 64) == 0);
    CHECK(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes) == 0);
    descriptors_.push_back(listener);
    ports_.push_back(ntohs(address.sin_port));
  }

  std::vector<int> descriptors_;
  std::vector<std::uint16_t> ports_;
};

/// Starts the program with its standard error in `home`.
pid_t start(const std::filesystem::path& home, const Environment& environment,
            const Passed& passed) {
  const auto whole = complete(home, environment);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child != 0) {
    return child;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a crashed test leaves no server behind
  for (const auto& [name, value] : whole) {
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  passed.install();
  const int log = ::open(log_of(home).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  ::dup2(log, STDERR_FILENO);
  ::execl(DATAPLANE_PROGRAM, DATAPLANE_PROGRAM, nullptr);
  ::_exit(127);
}

Ending wait_for(pid_t pid, const std::filesystem::path& home) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  Ending ending;
  ending.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  ending.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ending.log = content_of(log_of(home));
  return ending;
}

/// The port in `listening on 127.0.0.1:<port>`, 0 while the line is not there.
std::uint16_t listening_port(const std::string& log) {
  const std::string_view mark = "listening on 127.0.0.1:";
  const auto at = log.find(mark);
  if (at == std::string::npos || log.find('\n', at) == std::string::npos) {
    return 0;
  }
  return static_cast<std::uint16_t>(std::stoul(log.substr(at + mark.size())));
}

}  // namespace

Environment complete(const std::filesystem::path& home, const Environment& environment) {
  Environment whole = {{"BRISTLE_LISTEN", "127.0.0.1:0"},
                       {"BRISTLE_EVENT_LOG", home / "event-log"},
                       {"BRISTLE_TENANT_STORE", home / "tenants"},
                       {"BRISTLE_API_SOCKET", home / "api.sock"},
                       {"BRISTLE_SEGMENT_BYTES", "33554432"}};
  for (const auto& [name, value] : environment) {
    std::erase_if(whole, [&name = name](const auto& item) { return item.first == name; });
    whole.emplace_back(name, value);
  }
  return whole;
}

DataplaneProcess::DataplaneProcess(std::filesystem::path home, Environment environment)
    : home_(std::move(home)) {
  std::filesystem::remove(log_of(home_));
  const Passed passed(environment);
  passed_ = passed.ports();
  pid_ = start(home_, environment, passed);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (port_ == 0) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > deadline) {
      pid_ = -1;
      std::fprintf(stderr, "%s", content_of(log_of(home_)).c_str());
      CHECK(!"the dataplane did not start");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    port_ = listening_port(content_of(log_of(home_)));
  }
}

DataplaneProcess::~DataplaneProcess() {
  if (pid_ > 0) {
    end(SIGKILL);
  }
}

Ending DataplaneProcess::end(int signal) {
  ::kill(pid_, signal);
  auto ending = wait_for(pid_, home_);
  pid_ = -1;
  return ending;
}

std::vector<StoredRecord> stored_in(const std::filesystem::path& event_log) {
  std::vector<std::filesystem::path> partitions;
  for (const auto& entry : std::filesystem::directory_iterator(event_log)) {
    if (entry.is_directory()) {
      partitions.push_back(entry.path());
    }
  }
  std::sort(partitions.begin(), partitions.end());
  std::vector<StoredRecord> stored;
  for (const auto& partition : partitions) {
    format::LogReader reader(partition);
    CHECK(reader.seek(0).has_value());
    for (auto record = reader.next(); record && *record; record = reader.next()) {
      if ((*record)->endpoint == format::Endpoint::counters) {
        continue;
      }
      stored.push_back({(*record)->sequence, std::string((*record)->token),
                        std::string(base::as_text((*record)->body)),
                        std::string((*record)->client_address)});
    }
  }
  return stored;
}

Ending DataplaneProcess::run_to_end(const std::filesystem::path& home,
                                    const Environment& environment) {
  return wait_for(start(home, environment, Passed(environment)), home);
}

}  // namespace integration
