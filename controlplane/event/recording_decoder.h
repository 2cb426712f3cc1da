// SPDX-License-Identifier: LicenseRef-Project
// From a record of the event log to a message of a session recording: its items, and what they tell
// about the session (pipeline reference 10). Pure: the same record always gives the same message.
#pragma once

#include "controlplane/event/uuid.h"
#include "dataplane/format/codec/recording.h"
#include "dataplane/format/log_record.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace cp::event {

/// One message; views live until the decoder's next `decode`.
struct RecordingMessage {
  Uuid uuid;  ///< The first element's, or one made of the record's place.
  std::string_view distinct_id;
  std::string_view session_id;
  std::string_view window_id;
  std::string_view snapshot_source;
  std::string_view library;
  std::int64_t first_ms = 0;  ///< Earliest and latest item, milliseconds since 1970 UTC.
  std::int64_t last_ms = 0;
  std::vector<std::string_view> urls;  ///< Distinct, in order of appearance.
  std::int64_t click_count = 0;
  std::int64_t keypress_count = 0;
  std::int64_t mouse_activity_count = 0;
  std::int64_t active_ms = 0;
  std::int64_t console_log_count = 0;
  std::int64_t console_warn_count = 0;
  std::int64_t console_error_count = 0;
  std::int64_t size = 0;  ///< Bytes of the lines `[window,item]` that a player reads.
  std::span<const format::codec::SnapshotItem> items;
};

/// Decodes records one after another, reusing its memory. Owner and thread: one; not movable.
class RecordingDecoder {
 public:
  /// What became of a record. Everything but `kept` and `undecodable` is what upstream's consumer
  /// drops as well.
  enum class Outcome : std::uint8_t {
    kept,
    undecodable,  ///< Capture refuses such bodies, so it points to a bug.
    no_session,   ///< The session id is empty.
    no_items,     ///< No item has a time.
    out_of_time,  ///< The first or last item is seven days or more from its receipt.
  };

  RecordingDecoder();
  RecordingDecoder(const RecordingDecoder&) = delete;
  RecordingDecoder& operator=(const RecordingDecoder&) = delete;
  RecordingDecoder(RecordingDecoder&&) = delete;
  RecordingDecoder& operator=(RecordingDecoder&&) = delete;
  ~RecordingDecoder();

  /// Reads `record`, which stands in `partition`, into `message`.
  Outcome decode(std::uint32_t partition, const format::LogRecord& record,
                 RecordingMessage& message);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The milliseconds in which somebody did something: from the first to the last item of each
/// stretch that an active item opens and five seconds without one close; at least one each
/// (pipeline reference 10.3). `items` may come in any order.
[[nodiscard]] std::int64_t active_milliseconds(std::span<const format::codec::SnapshotItem> items);

}  // namespace cp::event
