// SPDX-License-Identifier: LicenseRef-Project
// From JSON text to a session recording: the `/s` bodies of capture-protocol section 13. Capture
// uses it to answer, the worker to store; neither repeats a rule.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/codec/refused_events.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace format::codec {

/// Bounds of a recording's payload (capture-protocol section 11).
inline constexpr std::size_t kRecordingBytesMax = std::size_t{25} << 20;
inline constexpr PayloadLimits kRecordingLimits = {kRecordingBytesMax, 5 * kRecordingBytesMax};
/// Nesting of arrays and objects. A page's tree takes two levels per element, and SDKs that do not
/// compress it send pages deeper than the 128 of an event.
inline constexpr std::size_t kRecordingDepthMax = 1024;
/// Characters of a `$session_id`.
inline constexpr std::size_t kSessionIdBytesMax = 70;

/// Why a recording was refused. Status and body text: capture-protocol section 10.
enum class RecordingError : std::uint8_t {
  invalid_json = 1,       ///< 400 failed to parse request: ...
  empty,                  ///< 400 request holds no event
  missing_token,          ///< 401 event submitted without an api_key
  missing_session_id,     ///< 400 replay event submitted without session id
  invalid_session_id,     ///< 400 replay event has invalid session id
  missing_distinct_id,    ///< 400 event submitted without a distinct_id
  invalid_cookieless,     ///< 400 event submitted with invalid cookieless mode
  missing_snapshot_data,  ///< 400 replay event submitted without snapshot data
  too_large,              ///< 413 more tokens than kJsonTokensMax, or no memory to parse it
};

/// What one request says. Everything but the items is the first element's: the elements are one
/// message. Views are valid until the reader's next `parse`, and as long as payload and user agent.
struct Recording {
  std::string_view token;            ///< Trimmed; of any shape.
  std::string_view distinct_id;      ///< Text form, NUL replaced, cut to 200 code points.
  std::string_view session_id;       ///< May be empty; no consumer keeps such a recording.
  std::string_view window_id;        ///< The session id when the client names no window.
  std::string_view snapshot_source;  ///< `web` unless the client says otherwise.
  std::string_view library;          ///< `$lib`, or what the user agent tells.
  std::string_view uuid;             ///< Lower-case hyphenated text, or empty.
  bool is_cookieless = false;        ///< property `$cookieless_mode`.
  std::uint32_t element_count = 0;
};

/// One rrweb event that is a JSON object: its bytes, and what its header says. Numbers that are
/// missing or no whole numbers are -1.
struct SnapshotItem {
  std::string_view json;           ///< As sent, byte for byte, white space included.
  std::int64_t timestamp_ms = -1;  ///< A fraction is cut off.
  std::int64_t type = -1;          ///< rrweb's event type.
  std::int64_t source = -1;        ///< `data.source`: of an incremental snapshot.
  std::int64_t interaction = -1;   ///< `data.type`: of a mouse interaction.
  std::string_view href;           ///< `data.href`, else `data.payload.href`.
  std::string_view plugin;         ///< `data.plugin`
  std::string_view level;          ///< `data.payload.level`: of a console line.
};

/// Parses bodies one after another, reusing its memory. Owner and thread: one; not movable.
class RecordingReader {
 public:
  RecordingReader();
  RecordingReader(const RecordingReader&) = delete;
  RecordingReader& operator=(const RecordingReader&) = delete;
  RecordingReader(RecordingReader&&) = delete;
  RecordingReader& operator=(RecordingReader&&) = delete;
  ~RecordingReader();

  /// Checks every rule; with `items` also replaces them by the items of all elements, in order.
  base::Result<Recording> parse(const Payload& payload, std::string_view user_agent,
                                std::vector<SnapshotItem>* items = nullptr);

  /// What exactly the last failed `parse` disliked; empty when nothing more can be said.
  [[nodiscard]] std::string_view error_detail() const noexcept;

  /// Whose recording the last `parse` refused, if it did. Views as `Recording`.
  [[nodiscard]] RefusedEvents refused() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format::codec
