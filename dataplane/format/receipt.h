// SPDX-License-Identifier: LicenseRef-Project
// The receipt of a durable record: where it lies in the log and its checksum, as text that a client
// may keep and ask about. Described for clients in docs/wire/capture.md, "Receipts".
#pragma once

#include "dataplane/format/log_record.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace format {

/// What the text says: `<shard>-<segment>:<offset>:<crc>`, three decimal numbers without leading
/// zeros and eight lower-case hexadecimal digits, such as `0-73113:8192:1f2e3d4c`.
struct Receipt {
  std::uint32_t shard = 0;
  Sequence segment = 0;      ///< First sequence of the segment, which names its file.
  std::uint64_t offset = 0;  ///< Of the record in that file; a multiple of 8 behind the header.
  std::uint32_t crc = 0;     ///< As it stands in the record.

  friend constexpr bool operator==(const Receipt&, const Receipt&) noexcept = default;
};

/// No receipt is longer.
inline constexpr std::size_t kReceiptBytesMax = 10 + 1 + 20 + 1 + 20 + 1 + 8;

/// Writes the part that all records of one group share, `<shard>-<segment>:`; returns its end. `to`
/// has room for kReceiptBytesMax.
char* write_receipt_segment(char* to, std::uint32_t shard, Sequence segment) noexcept;

/// Writes `<offset>:<crc>`, which completes it; returns its end.
char* write_receipt_record(char* to, std::uint64_t offset, std::uint32_t crc) noexcept;

/// Reads a receipt. Any text is safe; only what the functions above write is accepted.
std::optional<Receipt> parse_receipt(std::string_view text) noexcept;

}  // namespace format
