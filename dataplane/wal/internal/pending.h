// SPDX-License-Identifier: LicenseRef-Project
// How a disk operation ended, kept until the poller asks.
#pragma once

#include "dataplane/base/check.h"
#include "dataplane/sys/event_queue.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace dp::wal::internal {

/// One operation at a time. Thread: the shard's own.
class Pending final : public sys::Completion {
 public:
  void begin() noexcept {
    DCHECK(!is_under_way_ && !result_);
    is_under_way_ = true;
  }
  void completed(std::int32_t result) noexcept override {
    is_under_way_ = false;
    result_ = result;
  }
  std::optional<std::int32_t> take() noexcept { return std::exchange(result_, std::nullopt); }
  [[nodiscard]] bool is_busy() const noexcept { return is_under_way_ || result_.has_value(); }

 private:
  bool is_under_way_ = false;
  std::optional<std::int32_t> result_;
};

}  // namespace dp::wal::internal
