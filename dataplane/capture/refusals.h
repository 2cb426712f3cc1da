// SPDX-License-Identifier: LicenseRef-Project
// What the codec's errors and the session's refusals mean to the client: their rows of outcome.h.
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/http/service.h"

namespace dp::capture {

[[nodiscard]] Outcome outcome_of(format::codec::PayloadError error) noexcept;
[[nodiscard]] Outcome outcome_of(format::codec::BatchError error) noexcept;

/// What the v0 routes call a refusal; `too_large` is the route's own.
[[nodiscard]] Outcome outcome_of(http::Refusal refusal, Outcome too_large) noexcept;

}  // namespace dp::capture
