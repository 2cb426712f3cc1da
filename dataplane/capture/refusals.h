// SPDX-License-Identifier: LicenseRef-Project
// What the codec's errors mean to the client: their rows of outcome.h.
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/payload.h"

namespace dp::capture {

[[nodiscard]] Outcome outcome_of(format::codec::PayloadError error) noexcept;
[[nodiscard]] Outcome outcome_of(format::codec::BatchError error) noexcept;

}  // namespace dp::capture
