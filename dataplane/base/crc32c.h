// SPDX-License-Identifier: LicenseRef-Project
// CRC-32C (Castagnoli), the checksum of every record of ours (RFC 3720, appendix B.4).
#pragma once

#include "dataplane/base/bytes.h"

#include <cstdint>

namespace base {

/// The CRC-32C of `bytes`, continuing from `seed` (0 to start). Uses the SSE4.2 instruction.
std::uint32_t crc32c(Bytes bytes, std::uint32_t seed = 0) noexcept;

}  // namespace base
