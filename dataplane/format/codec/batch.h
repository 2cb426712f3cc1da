// SPDX-License-Identifier: LicenseRef-Project
// From JSON text to events: the four body shapes, token and identity rules of capture-protocol
// sections 5 to 7. Capture uses it to answer, the worker to store; neither repeats a rule.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/codec/refused_events.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace format::codec {

/// Nesting of arrays and objects, the limit of upstream's parser; deeper bodies do not parse.
inline constexpr std::size_t kJsonDepthMax = 128;
/// Commas, colons and opening brackets of one body: a hundred megabytes of ordinary events have
/// half as many. Bounds the parser's memory, which grows with the values, not with the bytes.
inline constexpr std::size_t kJsonTokensMax = std::size_t{24} << 20;
/// Code points of a distinct_id that are kept (capture-protocol section 7).
inline constexpr std::size_t kDistinctIdPointsMax = 200;
/// Bytes of one event as compact JSON that capture takes outside of the AI lane: what upstream's
/// broker takes as one record (capture-protocol section 11).
inline constexpr std::size_t kEventBytesMax = 1'000'000;
/// Bytes of a token (capture-protocol section 6).
inline constexpr std::size_t kTokenBytesMax = 64;

/// Why a batch was refused. Status and body text: capture-protocol section 10.
enum class BatchError : std::uint8_t {
  invalid_json = 1,     ///< 400 failed to parse request: ...
  missing_event_name,   ///< 400 failed to hydrate events from request: ...
  empty_batch,          ///< 400 request holds no event
  empty_event_name,     ///< 400 event submitted with an empty event name
  missing_distinct_id,  ///< 400 event submitted without a distinct_id
  invalid_cookieless,   ///< 400 event submitted with invalid cookieless mode
  not_ai_event,         ///< 400 names the offender
  missing_token,        ///< 401 event submitted without an api_key
  multiple_tokens,      ///< 401 batch submitted with inconsistent api_key values
  token_empty,          ///< 401 API key is not valid: empty
  token_too_long,       ///< 401 ... too_long
  token_not_ascii,      ///< 401 ... not_ascii
  token_personal_key,   ///< 401 ... personal_api_key
  token_null_byte,      ///< 401 ... null_byte
  too_large,            ///< 413 more than kJsonTokensMax, or no memory to parse it
};

/// One event as the client sent it. Views are valid until the reader's next `parse`, and as long as
/// the payload.
struct Event {
  std::string_view name;         ///< `$identify` for a nameless event on /engage.
  std::string_view distinct_id;  ///< Text form, NUL replaced, cut to 200 code points.
  std::string_view uuid;         ///< Lower-case hyphenated text, or empty: the worker makes one.
  std::string_view timestamp;    ///< As sent, or empty.
  std::optional<std::int64_t> offset_ms;  ///< `offset` field.
  bool ignores_sent_at = false;           ///< property `$ignore_sent_at`.
  bool is_cookieless = false;             ///< property `$cookieless_mode`.
  std::string_view
      properties_json;        ///< Compact JSON object. Empty unless `parse` was told to render.
  std::string_view set_json;  ///< Top-level `$set` object or empty; rendered likewise.
  std::string_view set_once_json;  ///< Top-level `$set_once` object or empty; rendered likewise.
};

/// What the whole body says.
struct Batch {
  std::string_view token;    ///< Trimmed and checked for shape.
  std::string_view sent_at;  ///< Wrapper `sent_at` text, or empty.
  bool is_historical_migration = false;
  bool has_cookieless = false;  ///< An event with `$cookieless_mode` true.
  /// Without a visitor: an event is larger than kEventBytesMax. Not an error: the log may hold such
  /// events of earlier releases, which the worker stores.
  bool has_oversized = false;
  std::uint32_t event_count =
      0;  ///< After `$performance_event` was removed; may be 0 with success.
};

/// Receives the events of one body in order.
class EventVisitor {
 public:
  virtual void visit(const Event& event) = 0;

 protected:
  ~EventVisitor() = default;
};

/// Sees whose events a body holds while it is being checked: far cheaper than having them
/// delivered.
class IdentityObserver {
 public:
  /// A new body; what was seen of the last one is void.
  virtual void start() noexcept = 0;
  /// The distinct_id of the next event: as sent, or as sorted JSON when it is no string.
  virtual void see(std::string_view distinct_id) noexcept = 0;

 protected:
  ~IdentityObserver() = default;
};

/// Parses bodies one after another, reusing its memory. Owner and thread: one; not movable.
class BatchReader {
 public:
  BatchReader();
  BatchReader(const BatchReader&) = delete;
  BatchReader& operator=(const BatchReader&) = delete;
  BatchReader(BatchReader&&) = delete;
  BatchReader& operator=(BatchReader&&) = delete;
  ~BatchReader();

  /// From now on shown the identities of every body, also of one that is then refused.
  void observe(IdentityObserver* observer) noexcept;

  /// Checks every rule; with a visitor also renders and delivers every event, after the whole body
  /// was accepted.
  base::Result<Batch> parse(const Payload& payload, Endpoint endpoint,
                            EventVisitor* visitor = nullptr);

  /// What exactly the last failed `parse` disliked (field and expectation, or the name of an event
  /// that is no AI event); empty when nothing more can be said.
  [[nodiscard]] std::string_view error_detail() const noexcept;

  /// Whose events the last `parse` refused, if it did. A body is refused at its first fault: its
  /// events are counted when all of them could be read. Views as `Batch`.
  [[nodiscard]] RefusedEvents refused() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format::codec
