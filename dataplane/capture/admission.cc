// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/admission.h"

namespace dp::capture {

void Admission::turn_ended(std::uint64_t began_ns, std::uint64_t now_ns, std::uint32_t waiting,
                           std::uint64_t flushes) noexcept {
  // Longer than the limit begins it, half of that ends it: in between it stays as it is.
  const std::uint64_t took_ns = now_ns - began_ns;
  is_overloaded_ = took_ns > kTurnNsMax || (is_overloaded_ && took_ns > kTurnNsMax / 2);
  if (waiting == 0 || flushes != flushes_) {
    flushes_ = flushes;
    log_moved_ns_ = now_ns;
  }
  is_log_stuck_ = now_ns - log_moved_ns_ > kLogNsMax;
}

bool Admission::admits(std::size_t body_bytes, std::uint64_t turn_began_ns,
                       std::uint64_t now_ns) const noexcept {
  if (is_log_stuck_) {
    return false;
  }
  return !is_overloaded_ || body_bytes <= kLightBodyBytes || now_ns - turn_began_ns <= kTurnNsMax;
}

}  // namespace dp::capture
