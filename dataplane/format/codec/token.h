// SPDX-License-Identifier: LicenseRef-Project
// The shape of a project token (capture-protocol section 6), wherever a request carries it.
#pragma once

#include "dataplane/format/codec/batch.h"

#include <optional>
#include <string_view>

namespace format::codec {

/// `text` without ASCII white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// The first rule a trimmed token breaks: one of BatchError's `token_…`.
[[nodiscard]] std::optional<BatchError> check_token(std::string_view token) noexcept;

}  // namespace format::codec
