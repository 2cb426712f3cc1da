// SPDX-License-Identifier: LicenseRef-Project
// The session recordings of one batch, encoded for ClickHouse as they arrive.
#pragma once

#include "controlplane/event/recording_decoder.h"
#include "dataplane/format/log_record.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cp::ingest {

/// One insert of items.
struct ItemSlice {
  std::string token;
  std::string_view bytes;
};

/// The rows of the recordings in a range of one partition; they depend on the records and the
/// projects' tokens alone. Reused from batch to batch; thread: one.
class RecordingBatch {
 public:
  using Outcome = event::RecordingDecoder::Outcome;

  /// The columns, in the order of the encoded rows.
  static constexpr const char* kItemColumns =
      "team_id, session_id, window_id, timestamp, type, item, _partition, _offset, _index";
  static constexpr const char* kMessageColumns =
      "team_id, session_id, uuid, distinct_id, window_id, first_timestamp, last_timestamp, urls, "
      "click_count, keypress_count, mouse_activity_count, active_milliseconds, console_log_count, "
      "console_warn_count, console_error_count, size, event_count, snapshot_source, "
      "snapshot_library, created_at, _partition, _offset";

  /// An insert of items is cut behind the row that reaches `slice_bytes`.
  explicit RecordingBatch(std::size_t slice_bytes) : slice_bytes_(slice_bytes) {}

  /// Forgets everything. Memory that an unusually large batch took is given back.
  void start(std::uint32_t partition);

  /// Decodes a record of a known project and appends its message and items; nothing unless the
  /// outcome is `kept`.
  Outcome add(const format::LogRecord& record, std::int64_t project_id);

  [[nodiscard]] bool is_empty() const noexcept { return message_count_ == 0; }
  [[nodiscard]] std::size_t bytes() const noexcept { return items_.size() + messages_.size(); }
  [[nodiscard]] std::size_t item_count() const noexcept { return item_count_; }
  [[nodiscard]] std::size_t message_count() const noexcept { return message_count_; }

  /// The inserts of items to make, named after the batch; valid until the batch changes.
  [[nodiscard]] std::vector<ItemSlice> item_slices(const std::string& batch_token) const;

  /// The rows of all messages: one insert.
  [[nodiscard]] std::string_view messages() const noexcept { return messages_; }

 private:
  void append_items(const event::RecordingMessage& message, const format::LogRecord& record,
                    std::int64_t project_id);
  void append_message(const event::RecordingMessage& message, const format::LogRecord& record,
                      std::int64_t project_id);

  std::size_t slice_bytes_;
  std::unique_ptr<event::RecordingDecoder> decoder_ = std::make_unique<event::RecordingDecoder>();
  event::RecordingMessage message_;
  std::uint32_t partition_ = 0;
  std::string items_;
  std::string messages_;
  std::vector<std::size_t> slice_ends_;  ///< Of the slices that are full.
  std::size_t item_count_ = 0;
  std::size_t message_count_ = 0;
};

}  // namespace cp::ingest
