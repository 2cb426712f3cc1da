// SPDX-License-Identifier: LicenseRef-Project
// A throw-away PostgreSQL cluster for tests: own directory under /tmp, unix socket only, gone with
// the object. As root the server runs under the account `postgres` or `nobody`, because PostgreSQL
// refuses root.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace test_support {

/// A running cluster with one empty database. One per test program is enough; a start takes about a
/// second.
class Postgres {
 public:
  Postgres() {
    std::string pattern = "/tmp/bristle-postgres-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("mkdtemp failed");
    }
    directory_ = pattern;
    find_account();
    if (account_ != 0 && ::chown(pattern.c_str(), account_, group_) != 0) {
      throw std::runtime_error("chown failed");
    }
    wait_for(spawn({program("initdb"), "-D", data(), "-U", "bristle", "-A", "trust", "--no-sync",
                    "-E", "UTF8", "--locale=C.UTF-8"}),
             "initdb");
    start();
  }
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;
  Postgres(Postgres&&) = delete;
  Postgres& operator=(Postgres&&) = delete;
  ~Postgres() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  /// libpq URL of the database `postgres`, for DATABASE_URL.
  [[nodiscard]] std::string url() const {
    return "postgresql://bristle@/postgres?host=" + directory_.string();
  }

  /// A directory of the test's own that disappears with the cluster.
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// Starts the server again after `stop`; the data is kept.
  void start() {
    server_ = spawn({program("postgres"), "-D", data(), "-k", directory_.string(), "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c",
                     "max_connections=40", "-c", "shared_buffers=16MB"});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!answers()) {
      if (::waitpid(server_, nullptr, WNOHANG) == server_ ||
          std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("postgres did not start, see " + log());
      }
      std::this_thread::sleep_for(
          std::chrono::milliseconds(20));  // nothing to wait on but its answer
    }
  }

  /// Stops the server the hard way (SIGQUIT): clients see a lost connection.
  void stop() {
    if (server_ > 0) {
      ::kill(server_, SIGQUIT);
      ::waitpid(server_, nullptr, 0);
      server_ = -1;
    }
  }

 private:
  [[nodiscard]] std::string data() const { return (directory_ / "data").string(); }
  [[nodiscard]] std::string log() const { return (directory_ / "log").string(); }

  /// Newest installed version of `name`.
  static std::string program(const std::string& name) {
    const std::filesystem::path root = "/usr/lib/postgresql";
    std::filesystem::path best;
    int best_version = 0;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(root, ignored)) {
      const auto name_of_version = entry.path().filename().string();
      int version = 0;
      std::from_chars(name_of_version.data(), name_of_version.data() + name_of_version.size(),
                      version);
      if (version > best_version && std::filesystem::exists(entry.path() / "bin" / name)) {
        best_version = version;
        best = entry.path() / "bin" / name;
      }
    }
    if (best.empty()) {
      throw std::runtime_error("no " + name + " under " + root.string());
    }
    return best.string();
  }

  void find_account() {
    if (::geteuid() != 0) {
      return;
    }
    for (const char* name : {"postgres", "nobody"}) {
      if (const auto* account = ::getpwnam(name)) {  // NOLINT(concurrency-mt-unsafe): test set-up
        account_ = account->pw_uid;
        group_ = account->pw_gid;
        return;
      }
    }
    throw std::runtime_error("neither the account postgres nor nobody exists");
  }

  [[nodiscard]] pid_t spawn(const std::vector<std::string>& command) const {
    std::vector<char*> arguments;
    for (const auto& word : command) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) {
      return child;
    }
    if (account_ != 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(account_) != 0)) {
      ::_exit(126);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // a crashed test leaves no server behind
    const int out = ::open(log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (out < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0 || ::chdir("/") != 0) {
      ::_exit(126);
    }
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }

  void wait_for(pid_t child, const char* name) const {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) {
      throw std::runtime_error(std::string(name) + " failed, see " + log());
    }
  }

  /// True once the server accepts connections on its socket and answers a start-up packet.
  [[nodiscard]] bool answers() const {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
      return false;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (directory_ / ".s.PGSQL.5432").string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    bool is_ready = false;
    if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
      // StartupMessage 3.0 with user=bristle; 'R' is an authentication answer, 'E' "still
      // starting".
      std::string packet("\0\0\0\0\0\3\0\0user\0bristle\0\0", 22);
      packet[3] = static_cast<char>(packet.size());
      char kind = 0;
      is_ready = ::send(descriptor, packet.data(), packet.size(), MSG_NOSIGNAL) > 0 &&
                 ::recv(descriptor, &kind, 1, 0) == 1 && kind == 'R';
    }
    ::close(descriptor);
    return is_ready;
  }

  std::filesystem::path directory_;
  uid_t account_ = 0;
  gid_t group_ = 0;
  pid_t server_ = -1;
};

}  // namespace test_support
