// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/recording_batch.h"

#include "controlplane/ingest/internal/row_binary.h"

#include <limits>

namespace cp::ingest {
namespace {

/// Room for the numbers of a row and the lengths of its texts.
constexpr std::size_t kFixedBytes = 320;
constexpr std::size_t kCapacityKept = std::size_t{192} << 20;

/// The column's eight bits; rrweb's types are small.
std::int8_t type_of(const format::codec::SnapshotItem& item) noexcept {
  return item.type >= 0 && item.type <= std::numeric_limits<std::int8_t>::max()
             ? static_cast<std::int8_t>(item.type)
             : std::int8_t{-1};
}

}  // namespace

void RecordingBatch::start(std::uint32_t partition) {
  partition_ = partition;
  if (items_.capacity() > kCapacityKept) {
    std::string().swap(items_);
    decoder_ = std::make_unique<event::RecordingDecoder>();
  }
  items_.clear();
  messages_.clear();
  slice_ends_.clear();
  item_count_ = 0;
  message_count_ = 0;
}

RecordingBatch::Outcome RecordingBatch::add(const format::LogRecord& record,
                                            std::int64_t project_id) {
  const auto outcome = decoder_->decode(partition_, record, message_);
  if (outcome == Outcome::kept) {
    append_items(message_, record, project_id);
    append_message(message_, record, project_id);
  }
  return outcome;
}

void RecordingBatch::append_items(const event::RecordingMessage& message,
                                  const format::LogRecord& record, std::int64_t project_id) {
  std::uint32_t index = 0;
  for (const auto& item : message.items) {
    internal::RowWriter writer(items_, kFixedBytes + message.session_id.size() +
                                           message.window_id.size() + item.json.size());
    writer.number(project_id);
    writer.text(message.session_id);
    writer.text(message.window_id);
    writer.number(item.timestamp_ms);
    writer.number(type_of(item));
    writer.text(item.json);
    writer.number(partition_);
    writer.number(record.sequence);
    writer.number(index++);
    writer.finish();
    const std::size_t begin = slice_ends_.empty() ? 0 : slice_ends_.back();
    if (items_.size() - begin >= slice_bytes_) {
      slice_ends_.push_back(items_.size());
    }
  }
  item_count_ += message.items.size();
}

void RecordingBatch::append_message(const event::RecordingMessage& message,
                                    const format::LogRecord& record, std::int64_t project_id) {
  std::size_t bytes = kFixedBytes + message.session_id.size() + message.window_id.size() +
                      message.distinct_id.size() + message.snapshot_source.size() +
                      message.library.size();
  for (const auto url : message.urls) {
    bytes += url.size() + sizeof(std::uint64_t);
  }
  internal::RowWriter writer(messages_, bytes);
  writer.number(project_id);
  writer.text(message.session_id);
  writer.uuid(message.uuid);
  writer.text(message.distinct_id);
  writer.text(message.window_id);
  writer.number(message.first_ms);
  writer.number(message.last_ms);
  writer.length(message.urls.size());
  for (const auto url : message.urls) {
    writer.text(url);
  }
  for (const auto count :
       {message.click_count, message.keypress_count, message.mouse_activity_count,
        message.active_ms, message.console_log_count, message.console_warn_count,
        message.console_error_count, message.size}) {
    writer.number(count);
  }
  writer.number(std::uint64_t{message.items.size()});
  writer.text(message.snapshot_source);
  writer.text(message.library);
  writer.number(record.received_us);
  writer.number(partition_);
  writer.number(record.sequence);
  writer.finish();
  ++message_count_;
}

std::vector<ItemSlice> RecordingBatch::item_slices(const std::string& batch_token) const {
  std::vector<ItemSlice> slices;
  const std::string_view bytes = items_;
  std::size_t begin = 0;
  const auto cut = [&](std::size_t end) {
    if (end > begin) {
      slices.push_back(
          {batch_token + "-i" + std::to_string(slices.size()), bytes.substr(begin, end - begin)});
      begin = end;
    }
  };
  for (const std::size_t end : slice_ends_) {
    cut(end);
  }
  cut(bytes.size());
  return slices;
}

}  // namespace cp::ingest
