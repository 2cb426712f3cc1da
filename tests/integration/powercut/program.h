// SPDX-License-Identifier: LicenseRef-Project
// One life of bristle-dataplane on a disk whose power may go at any moment, even while it starts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace powercut {

/// Owner and thread: the campaign's. The destructor kills it and waits; while it waits for a disk
/// that does not answer, that takes until the disk is pulled.
class Program {
 public:
  /// Its standard error goes to `home`, its log to `event_log`, where segments that the
  /// consumer has stored go when they are a second old.
  Program(const std::filesystem::path& home, const std::filesystem::path& event_log);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  Program(Program&&) = delete;
  Program& operator=(Program&&) = delete;
  ~Program();

  /// What it said on standard error.
  [[nodiscard]] std::string said() const;
  /// The port it listens on, when it does.
  [[nodiscard]] std::optional<std::uint16_t> port() const;
  [[nodiscard]] bool has_ended();
  /// Does not wait.
  void kill() const;

 private:
  std::filesystem::path messages_;
  pid_t pid_ = -1;
};

}  // namespace powercut
