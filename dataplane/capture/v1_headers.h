// SPDX-License-Identifier: LicenseRef-Project
// The header fields every v1 request must have, and what they must say (capture-protocol section
// 15).
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/format/codec/v1_context.h"
#include "dataplane/http/request.h"

#include <optional>
#include <string>
#include <string_view>

namespace dp::capture {

/// The fields of one request; views as long as the request's.
struct V1Headers {
  std::string_view token;  ///< Of `Authorization: Bearer`, trimmed; empty unless it is valid.
  format::codec::V1Context context;
};

/// Why a whole request is refused. `detail` stands behind the text of the outcome's row.
struct V1Refusal {
  Outcome outcome;
  std::string detail{};
  std::uint32_t events = 0;  ///< 0 where they could not be counted.
};

/// Collects and checks the fields; nothing when all are right. `headers` holds what was found
/// either way. One pass over the request's fields; allocates only for a refusal.
[[nodiscard]] std::optional<V1Refusal> read_v1_headers(const http::Request& request,
                                                       V1Headers& headers) noexcept;

}  // namespace dp::capture
