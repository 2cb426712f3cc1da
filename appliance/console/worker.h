// SPDX-License-Identifier: LicenseRef-Project
// Makes the calls on a thread of its own, so that a slow bus never holds up a key.
#pragma once

#include "appliance/console/app.h"
#include "appliance/console/appliance.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace ap::console {

/// One thread, one call at a time, answers in order.
/// `make` creates the connection on the worker's own thread. `descriptor` becomes readable when
/// answers wait. Destruction does not wait for a call that is under way: its thread ends by itself.
class Worker {
 public:
  explicit Worker(std::function<std::unique_ptr<Appliance>()> make);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  Worker(Worker&&) = delete;
  Worker& operator=(Worker&&) = delete;
  ~Worker();

  [[nodiscard]] int descriptor() const noexcept;
  void submit(std::vector<Request> requests);
  [[nodiscard]] std::vector<std::pair<std::uint64_t, Answer>> take_answers();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace ap::console
