// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/admission.h"

namespace dp::capture {

void Admission::turn_ended(std::uint64_t now_ns, std::uint32_t waiting,
                           std::uint64_t flushes) noexcept {
  if (waiting == 0 || flushes != flushes_) {
    flushes_ = flushes;
    log_moved_ns_ = now_ns;
  }
  is_log_stuck_ = now_ns - log_moved_ns_ > kLogNsMax;
}

}  // namespace dp::capture
