// SPDX-License-Identifier: LicenseRef-Project
// GET /_receipt/<receipt>: what became of a request that was answered with a receipt.
#pragma once

#include "dataplane/daemon/log_board.h"
#include "dataplane/format/receipt.h"
#include "dataplane/format/segment.h"
#include "dataplane/http/service.h"
#include "dataplane/sys/log_disk.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dp::daemon {

/// Answers by status. One writer.
struct ReceiptCounters {
  std::uint64_t ok = 0;                  ///< 200
  std::uint64_t malformed = 0;           ///< 400
  std::uint64_t unknown = 0;             ///< 404
  std::uint64_t method_not_allowed = 0;  ///< 405
  std::uint64_t body_refused = 0;        ///< 408, 413
  std::uint64_t unavailable = 0;         ///< 503
};

/// Reads the record a receipt names, all of it, and compares checksum and place with the durable
/// mark and the worker's watermark. Owner and thread: one shard; receipts of other shards are read
/// from their files. Bounds: one record is looked up at a time, through one buffer; kQueueMax
/// questions wait. Failure: 503 when that is full or the disk does not read.
class ReceiptService final : public http::Service, private sys::Completion {
 public:
  static constexpr std::size_t kQueueMax = 64;

  /// `disk` is the partition of any shard; `places` has one entry per shard.
  ReceiptService(sys::LogDisk& disk, std::span<const LogPlace> places);

  /// True for the paths this service knows.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

  [[nodiscard]] const ReceiptCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

  struct Question {
    http::Exchange exchange;
    format::Receipt receipt;
  };
  enum class Step : std::uint8_t { idle, header, record, rest };

  void completed(std::int32_t result) noexcept override;
  void next_question() noexcept;
  void read(Step step, std::uint64_t offset, std::size_t bytes) noexcept;
  void have_header(base::Bytes bytes) noexcept;
  void have_record(base::Bytes bytes) noexcept;
  void have_rest(base::Bytes bytes) noexcept;
  void read_on_or_judge() noexcept;
  void judge() noexcept;
  void segment_is_missing() noexcept;
  void answer_state(std::string_view state, bool is_verified) noexcept;
  void answer_unknown() noexcept;
  void close_question() noexcept;

  sys::LogDisk& disk_;
  std::span<const LogPlace> places_;
  ReceiptCounters counters_;
  std::array<Question, kQueueMax> queue_{};
  std::uint32_t first_ = 0;  ///< The question under way, or the next one.
  std::uint32_t end_ = 0;

  // The question under way.
  Step step_ = Step::idle;
  std::string path_;
  format::SegmentHeader header_;
  format::Sequence sequence_ = 0;
  std::uint64_t read_to_ = 0;     ///< Of the segment, so far.
  std::uint64_t record_end_ = 0;  ///< In the segment.
  std::uint32_t crc_ = 0;         ///< Of what was read.
  std::vector<std::byte> buffer_;

  http::StaticAnswer malformed_;
  http::StaticAnswer unknown_;
  http::StaticAnswer busy_;
  http::StaticAnswer unreadable_;
  http::StaticAnswer wrong_method_;
  http::StaticAnswer no_body_wanted_;
  http::StaticAnswer stalled_;
};

}  // namespace dp::daemon
