// SPDX-License-Identifier: LicenseRef-Project
// Renders the receipts of a group that has just become durable, as header lines.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/format/log_codec.h"
#include "dataplane/format/receipt.h"
#include "dataplane/wal/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dp::capture {

inline constexpr std::string_view kReceiptField = "bristle-receipt: ";

/// Walks the group once, alongside its waiters. Bounds: one line of fixed size; never allocates.
class ReceiptWriter {
 public:
  explicit ReceiptWriter(const wal::DurableGroup& group) noexcept
      : rest_(group.records), offset_(group.offset), sequence_(group.first) {
    std::memcpy(line_.data(), kReceiptField.data(), kReceiptField.size());
    record_at_ = format::write_receipt_segment(line_.data() + kReceiptField.size(), group.shard,
                                               group.segment);
  }
  ReceiptWriter(const ReceiptWriter&) = delete;
  ReceiptWriter& operator=(const ReceiptWriter&) = delete;
  ReceiptWriter(ReceiptWriter&&) = delete;
  ReceiptWriter& operator=(ReceiptWriter&&) = delete;
  ~ReceiptWriter() = default;

  /// The header line of the record, complete with CRLF, until the next call; empty when the group
  /// does not hold it. Sequences are asked for in order.
  std::string_view line_of(format::Sequence sequence) noexcept {
    while (sequence_ < sequence && !rest_.empty()) {
      skip();
    }
    if (sequence_ != sequence || rest_.empty()) {
      return {};
    }
    char* end = format::write_receipt_record(record_at_, offset_,
                                             base::load_little_endian<std::uint32_t>(rest_, 0));
    *end++ = '\r';
    *end++ = '\n';
    return {line_.data(), static_cast<std::size_t>(end - line_.data())};
  }

 private:
  void skip() noexcept {
    const std::size_t bytes =
        base::align_up(format::claimed_record_bytes(rest_), format::kRecordAlignment);
    rest_ = rest_.subspan(bytes);
    offset_ += bytes;
    ++sequence_;
  }

  base::Bytes rest_;
  std::uint64_t offset_;
  format::Sequence sequence_;
  char* record_at_;
  std::array<char, kReceiptField.size() + format::kReceiptBytesMax + 2> line_{};
};

}  // namespace dp::capture
