// SPDX-License-Identifier: LicenseRef-Project
// From a call on the bus to its answer: limits, permission, a thread, the audit log.
#pragma once

#include "appliance/bus/service.h"
#include "appliance/daemon/audit.h"
#include "appliance/daemon/contract.h"
#include "appliance/daemon/nouns.h"
#include "appliance/daemon/operations.h"
#include "appliance/daemon/workers.h"

#include <cstddef>
#include <string>

namespace ap::daemon {

/// The request boundary: the only place where failures become errors on the bus.
/// Owner: main. Threads: `handle` on the loop's; the work on its own.
/// Bounds: arguments of 16 KiB each, 64 waiting calls, `Operations::kRunningMax` operations.
class Dispatcher final : public bus::Handler {
 public:
  static constexpr std::size_t kArgumentBytesMax = 16U << 10U;
  static constexpr std::size_t kThreads = 3;
  static constexpr std::size_t kQueuedMax = 64;

  /// Answers go to `port`, which outlives this object: it waits for its threads when it ends.
  Dispatcher(bus::Port& port, Nouns& nouns, Audit& audit, std::string operation_prefix);

  void handle(const bus::Request& request) override;

  /// Returns when every action that was begun has ended. No more calls may come.
  void wait_for_actions() { operations_.wait(); }

 private:
  void decided(const bus::Request& request, const MethodInfo& info, bus::Decision decision);
  void work(const bus::Request& request, const MethodInfo& info);
  std::string perform(const bus::Request& request, const MethodInfo& info);
  std::string start(const bus::Request& request, const MethodInfo& info);
  void write_audit(const bus::Request& request, const std::string& result);

  bus::Port& port_;
  Nouns& nouns_;
  Audit& audit_;
  Operations operations_;
  Workers workers_;
};

}  // namespace ap::daemon
