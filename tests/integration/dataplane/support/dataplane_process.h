// SPDX-License-Identifier: LicenseRef-Project
// Starts the real bristle-dataplane for a test and ends it again.
#pragma once

#include "dataplane/format/log_record.h"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace integration {

/// Variables for the program. LISTEN_FDS=n also passes it n listening sockets as systemd does.
using Environment = std::vector<std::pair<std::string, std::string>>;

/// How a process ended.
struct Ending {
  int exit_code = -1;  ///< -1: a signal ended it.
  int signal = 0;
  std::string log;  ///< Its standard error.
};

/// What a stored record says, copied.
struct StoredRecord {
  format::Sequence sequence = 0;
  std::string token;
  std::string body;
  std::string client_address;
};

/// Every durable request of every shard's log in `event_log`.
std::vector<StoredRecord> stored_in(const std::filesystem::path& event_log);

/// The whole environment of a dataplane below `home`: what DataplaneProcess sets, and `environment`
/// over it.
Environment complete(const std::filesystem::path& home, const Environment& environment);

/// One running dataplane on a free port of 127.0.0.1 with its own directories below `home`.
/// The destructor kills it. Set-up failures abort the test program.
class DataplaneProcess {
 public:
  /// `environment` adds to and overrides: BRISTLE_LISTEN 127.0.0.1:0, BRISTLE_EVENT_LOG,
  /// BRISTLE_TENANT_STORE, BRISTLE_API_SOCKET, 32 MiB segments. Waits until it listens.
  explicit DataplaneProcess(std::filesystem::path home, Environment environment = {});
  DataplaneProcess(const DataplaneProcess&) = delete;
  DataplaneProcess& operator=(const DataplaneProcess&) = delete;
  DataplaneProcess(DataplaneProcess&&) = delete;
  DataplaneProcess& operator=(DataplaneProcess&&) = delete;
  ~DataplaneProcess();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] std::filesystem::path event_log() const { return home_ / "event-log"; }
  [[nodiscard]] std::filesystem::path tenant_store() const { return home_ / "tenants"; }
  [[nodiscard]] std::filesystem::path api_socket() const { return home_ / "api.sock"; }

  /// The port the n-th passed socket listens on.
  [[nodiscard]] std::uint16_t passed_port(std::size_t index) const { return passed_.at(index); }

  /// Sends `signal` and waits for the end.
  Ending end(int signal);

  /// Every durable record of every shard's log.
  [[nodiscard]] std::vector<StoredRecord> stored() const { return stored_in(event_log()); }

  /// Runs the program until it ends by itself; for starts that must fail.
  static Ending run_to_end(const std::filesystem::path& home, const Environment& environment);

 private:
  std::filesystem::path home_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::uint16_t> passed_;
};

}  // namespace integration
