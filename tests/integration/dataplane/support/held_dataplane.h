// SPDX-License-Identifier: LicenseRef-Project
// The real bristle-dataplane under the supervisor of `make run`, which keeps its listener and its
// connections over restarts.
#pragma once

#include "tests/integration/dataplane/support/dataplane_process.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace integration {

/// A dataplane on a free port of 127.0.0.1 that can be restarted. The destructor kills it. Set-up
/// failures abort the test program.
class HeldDataplane {
 public:
  explicit HeldDataplane(std::filesystem::path home, const Environment& environment = {});
  HeldDataplane(const HeldDataplane&) = delete;
  HeldDataplane& operator=(const HeldDataplane&) = delete;
  HeldDataplane(HeldDataplane&&) = delete;
  HeldDataplane& operator=(HeldDataplane&&) = delete;
  ~HeldDataplane();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// What supervisor and program said on standard error.
  [[nodiscard]] std::string log() const;

  /// Asks for a restart and returns when the next program listens.
  void restart();

  /// Ends everything in order; the exit code.
  int end();

  [[nodiscard]] std::vector<StoredRecord> stored() const { return stored_in(home_ / "event-log"); }

 private:
  /// How often the program has begun to listen.
  [[nodiscard]] std::size_t starts() const;
  void wait_for_start(std::size_t number);

  std::filesystem::path home_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace integration
