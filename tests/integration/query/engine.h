// SPDX-License-Identifier: LicenseRef-Project
// One bristle-engine with the product's tables and a small, known set of events, for all cases.
#pragma once

#include "controlplane/olap/client.h"
#include "tests/support/temporary_directory.h"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace cp::query {

/// Owns the process; killed with the test program. Thread: one.
class Engine {
 public:
  /// Starts the engine and creates the tables. Throws when it does not come up within 60 s.
  Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) = delete;
  Engine& operator=(Engine&&) = delete;
  ~Engine();

  /// Runs a statement over a fresh connection.
  std::string run(std::string_view sql, const olap::Parameters& parameters = {}) const;

  /// Adds an event; `moment` is UTC text, the person is derived from `distinct_id`.
  void add(int project, std::string_view moment, std::string_view distinct_id,
           std::string_view event, std::string_view properties = "{}");

  /// Stores the added events.
  void flush();

 private:
  void wait_until_it_answers() const;

  support::TemporaryDirectory directory_;
  pid_t process_ = -1;
  std::string rows_;
  int added_ = 0;
};

}  // namespace cp::query
