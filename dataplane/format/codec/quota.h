// SPDX-License-Identifier: LicenseRef-Project
// Which events of a batch a used-up quota takes away. Capture counts them when it answers, the
// worker leaves them out; neither repeats a rule.
#pragma once

#include "dataplane/format/codec/batch.h"
#include "dataplane/format/quota.h"

#include <cstdint>

namespace format::codec {

/// Whether `event`, rendered, uses a resource of `used_up`.
[[nodiscard]] bool is_over_quota(ResourceSet used_up, const Event& event) noexcept;

/// Counts the events of a batch that are over quota.
class OverQuotaCounter final : public EventVisitor {
 public:
  explicit OverQuotaCounter(ResourceSet used_up) noexcept : used_up_(used_up) {}
  void visit(const Event& event) override { count_ += is_over_quota(used_up_, event) ? 1U : 0U; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

 private:
  ResourceSet used_up_;
  std::uint32_t count_ = 0;
};

}  // namespace format::codec
