// SPDX-License-Identifier: LicenseRef-Project
// From the body of a v1 request to events: decompression, shape and the rules of single events
// (capture-protocol section 15). Capture uses it to answer event by event, the worker to store the
// events that were taken; neither repeats a rule.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/content_coding.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/codec/verdict.h"
#include "dataplane/format/log_record.h"
#include "dataplane/format/quota.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace format::codec {

/// Bounds of a v1 request (capture-protocol sections 7 and 11).
inline constexpr PayloadLimits kV1Limits = {std::size_t{10} << 20, std::size_t{50} << 20};
inline constexpr std::size_t kV1EventsMax = 100'000;  ///< Of one request; ours: bounds its answer.
inline constexpr std::size_t kV1NameBytesMax = 200;
inline constexpr std::size_t kV1DistinctIdBytesMax = 200;

/// Why a whole request was refused. Tags: capture-protocol section 15.
enum class V1Error : std::uint8_t {
  unsupported_encoding = 1,  ///< 415
  undecodable,               ///< 400 request_decoding_error
  unparsable,                ///< 400 request_parsing_error
  too_large,                 ///< 413 payload_too_large
  empty_batch,               ///< 400
  invalid_created_at,        ///< 400 invalid_batch
  missing_event_uuid,        ///< 400
  invalid_event_uuid,        ///< 400
  duplicate_event_uuid,      ///< 400
};

/// Reusable memory of one decoding thread; what a body beyond kScratchKeptBytes needed is given
/// back at the next one.
struct V1Scratch {
  std::vector<char> text;
  ContentDecoder decoder;
};

/// A body as received. At least kPayloadPadding bytes behind it may be read when `is_padded`.
struct V1Body {
  std::string_view content_encoding;
  base::Bytes bytes;
  bool is_padded = false;
};

/// Undoes the content encoding, within `limits`. The result lives as long as body and scratch,
/// until the next call.
base::Result<Payload> decode_v1_body(const V1Body& body, const PayloadLimits& limits,
                                     V1Scratch& scratch) noexcept;

/// Whether an id comes of a mistake in the client's code, not of a person (capture-protocol section
/// 7): `undefined`, `null`, `anonymous`, …, in any case.
bool is_illegal_distinct_id(std::string_view id) noexcept;

/// What became of one event, and which it was: lower-case hyphenated text.
struct EventResult {
  std::array<char, 36> uuid;
  Verdict verdict;
};

/// One event that was taken. Views are valid until the reader's next `parse`, and as long as the
/// payload.
struct V1Event {
  std::string_view name;
  std::string_view distinct_id;      ///< Trimmed, NUL replaced.
  std::string_view uuid;             ///< Lower-case hyphenated text.
  std::int64_t timestamp_us = 0;     ///< As the client's clock says.
  std::string_view properties_json;  ///< Compact JSON object.
  std::optional<std::string_view> session_id;
  std::optional<std::string_view> window_id;
  std::optional<std::string_view> product_tour_id;
  std::optional<bool> cookieless_mode;
  std::optional<bool> disable_skew_correction;
  std::optional<bool> process_person_profile;
  Verdict verdict = Verdict::ok;
};

/// What the whole body says.
struct V1Batch {
  bool is_historical_migration = false;
  bool is_internal = false;       ///< `capture_internal`: the client's address is not recorded.
  bool has_cookieless = false;    ///< A taken event with `cookieless_mode` true.
  std::uint32_t taken_count = 0;  ///< Events the worker stores.
};

/// What is dropped of a body besides what breaks a rule of the route. Whoever reads the record has
/// to drop the same: docs/formats/event-log.md, "Record".
struct V1Drops {
  ResourceSet used_up{};  ///< Events that use one of these.
  /// Larger ones, as compact JSON. The log may hold such events of earlier releases.
  std::size_t event_bytes_max = std::numeric_limits<std::size_t>::max();
};

/// Receives the taken events of one body in order.
class V1EventVisitor {
 public:
  virtual void visit(const V1Event& event) = 0;

 protected:
  ~V1EventVisitor() = default;
};

/// Parses bodies one after another, reusing its memory. Owner and thread: one; not movable.
class V1Reader {
 public:
  V1Reader();
  V1Reader(const V1Reader&) = delete;
  V1Reader& operator=(const V1Reader&) = delete;
  V1Reader(V1Reader&&) = delete;
  V1Reader& operator=(V1Reader&&) = delete;
  ~V1Reader();

  /// From now on shown the identities of the events that are taken.
  void observe(IdentityObserver* observer) noexcept;

  /// Judges every event; with a visitor also renders and delivers those that are taken, after the
  /// whole body was accepted.
  base::Result<V1Batch> parse(const Payload& payload, Endpoint endpoint,
                              V1EventVisitor* visitor = nullptr, const V1Drops& drops = {});

  /// One result per event of the last successful `parse`, in their order, until the next.
  [[nodiscard]] std::span<const EventResult> results() const noexcept;

  /// What exactly the last failed `parse` disliked; empty when nothing more can be said.
  [[nodiscard]] std::string_view error_detail() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format::codec
