// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/analytics_v1.h"

#include "dataplane/format/codec/ai_names.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/internal/compact.h"
#include "dataplane/format/codec/internal/identity.h"
#include "dataplane/format/codec/internal/json_document.h"
#include "dataplane/format/codec/internal/text_arena.h"
#include "dataplane/format/codec/internal/v1_fields.h"
#include "dataplane/format/codec/rfc3339.h"

#include <simdjson.h>

#include <algorithm>
#include <string>

namespace format::codec {
namespace {

using simdjson::dom::element;

constexpr std::string_view kPerformanceEvent = "$performance_event";
/// Above kV1Limits, with room for what a repair adds.
constexpr std::size_t kJsonBytesMax = std::size_t{64} << 20;
static_assert(kV1Limits.decoded_bytes_max < kJsonBytesMax);

/// Ids that come of a mistake in the client's code, not of a person (capture-protocol section 7).
constexpr std::array<std::string_view, 20> kIllegalDistinctIds = {
    "0",
    "00000000-0000-0000-0000-000000000000",
    "[object object]",
    "anonymous",
    "anonymous-user",
    "backend",
    "distinct_id",
    "distinctid",
    "email",
    "false",
    "guest",
    "id",
    "nan",
    "none",
    "not_authenticated",
    "null",
    "system",
    "true",
    "undefined",
    "user"};
constexpr std::size_t kIllegalBytesMax = 36;

base::Error failure_of(V1Error error) noexcept {
  return {base::ErrorDomain::codec, static_cast<std::uint8_t>(error), 0};
}

/// An event of well-typed fields, judged.
struct Judged {
  Verdict verdict = Verdict::ok;
  std::string_view distinct_id;
  std::int64_t timestamp_us = 0;
  V1Options options;
};

/// Where a body came in, and what of it is not wanted.
struct Lane {
  Endpoint endpoint = Endpoint::analytics_v1;
  V1Drops drops;
  bool may_hold_larger = false;  ///< Than `drops` allows. Nearly every body is smaller as a whole.
};

/// The first rule an event breaks, in upstream's order.
Judged judge(const V1Fields& fields, const Lane& lane, TextArena& arena) {
  Judged judged;
  const auto because = [&judged](Verdict verdict) {
    judged.verdict = verdict;
    return judged;
  };
  const auto name = fields.name;
  if (name == kPerformanceEvent) {
    return because(Verdict::dropped_performance_event);
  }
  if (name.empty()) {
    return because(Verdict::missing_event_name);
  }
  if (name.size() > kV1NameBytesMax) {
    return because(Verdict::event_name_too_long);
  }
  judged.distinct_id = trim_unicode(fields.distinct_id);
  if (judged.distinct_id.empty()) {
    return because(Verdict::missing_distinct_id);
  }
  if (judged.distinct_id.size() > kV1DistinctIdBytesMax) {
    return because(Verdict::distinct_id_too_large);
  }
  const auto timestamp_us = parse_rfc3339(fields.timestamp);
  if (!timestamp_us) {
    return because(Verdict::invalid_event_timestamp);
  }
  judged.timestamp_us = *timestamp_us;
  if (!fields.has_properties_object) {
    return because(Verdict::malformed_event_properties);
  }
  const auto options = read_v1_options(fields.options, arena);
  if (!options) {
    return because(Verdict::invalid_options);
  }
  judged.options = *options;
  if (!takes_name(lane.endpoint, name)) {
    return because(Verdict::misrouted_event);
  }
  if (lane.drops.used_up.has(resource_of(name, options->product_tour_id.has_value()))) {
    return because(Verdict::billing_limit_exceeded);
  }
  return because(is_illegal_distinct_id(judged.distinct_id) ? Verdict::person_processing_disabled
                                                            : Verdict::ok);
}

bool is_larger(const JsonSlice& event, const V1Drops& drops, TextArena& arena) {
  return event.text.size() > drops.event_bytes_max &&
         compact(event, arena).size() > drops.event_bytes_max;
}

}  // namespace

bool is_illegal_distinct_id(std::string_view id) noexcept {
  if (id.size() > kIllegalBytesMax) {
    return false;
  }
  std::array<char, kIllegalBytesMax> lower{};
  std::transform(id.begin(), id.end(), lower.begin(), [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                                : character;
  });
  return std::find(kIllegalDistinctIds.begin(), kIllegalDistinctIds.end(),
                   std::string_view(lower.data(), id.size())) != kIllegalDistinctIds.end();
}

base::Result<Payload> decode_v1_body(const V1Body& body, const PayloadLimits& limits,
                                     V1Scratch& scratch) noexcept {
  if (scratch.text.size() > kScratchKeptBytes) {
    std::vector<char>().swap(scratch.text);
  }
  const auto coding = find_content_coding(body.content_encoding);
  if (!coding) {
    return base::unexpected(failure_of(V1Error::unsupported_encoding));
  }
  if (body.bytes.size() > limits.wire_bytes_max) {
    return base::unexpected(failure_of(V1Error::too_large));
  }
  Payload payload;
  payload.json = base::as_text(body.bytes);
  payload.is_padded = body.is_padded;
  if (*coding == ContentCoding::identity) {
    return payload;
  }
  const ContentDecoder::Room room{limits.decoded_bytes_max, kPayloadPadding};
  switch (scratch.decoder.decode(*coding, payload.json, room, scratch.text, payload.json)) {
    case ContentDecoder::Status::ok:
      payload.is_padded = true;
      return payload;
    case ContentDecoder::Status::too_large:
      return base::unexpected(failure_of(V1Error::too_large));
    case ContentDecoder::Status::invalid:
      break;
  }
  return base::unexpected(failure_of(V1Error::undecodable));
}

struct V1Reader::State {
  base::Result<V1Batch> parse(const Payload& payload, const Lane& lane, V1EventVisitor* visitor);

  std::optional<V1Error> load(const Payload& payload);
  std::optional<V1Error> read_wrapper(V1Batch& batch);
  std::optional<V1Error> read_flag(std::string_view key, element value, bool& flag);
  std::optional<V1Error> judge_events(const Lane& lane, V1Batch& batch);
  std::optional<V1Error> read_event(element item, std::size_t index, V1Fields& fields);
  std::optional<V1Error> add_result(const V1Fields& fields);
  void judge_event(const V1Fields& fields, bool is_too_big, const Lane& lane, V1Batch& batch);
  JsonCursor cursor_at_first_event() const;
  std::optional<V1Error> find_duplicate();
  void deliver(const Lane& lane, V1EventVisitor& visitor);
  V1Event make_event(const V1Fields& fields, const Judged& judged, const EventResult& result);
  V1Error complain(std::string_view field, std::string_view expected);

  IdentityObserver* observer = nullptr;
  JsonDocument document{{kJsonBytesMax, kJsonDepthMax, kJsonTokensMax}};
  simdjson::dom::object wrapper;
  simdjson::dom::array events;
  std::string_view created;  ///< `created_at`.
  TextArena arena;
  std::vector<EventResult> results;
  std::vector<UuidText> uuids;
  std::string detail;
};

V1Error V1Reader::State::complain(std::string_view field, std::string_view expected) {
  detail.assign(field).append(": expected ").append(expected);
  return V1Error::unparsable;
}

std::optional<V1Error> V1Reader::State::load(const Payload& payload) {
  switch (document.load(payload)) {
    case JsonDocument::Status::ok:
      break;
    case JsonDocument::Status::too_large:
      return V1Error::too_large;
    case JsonDocument::Status::too_deep:
      return complain("body", "JSON nested at most 128 deep");
    case JsonDocument::Status::invalid:
      return complain("body", "valid JSON");
  }
  if (document.root().get(wrapper) != simdjson::SUCCESS) {
    return complain("body", "an object with created_at and batch");
  }
  return std::nullopt;
}

std::optional<V1Error> V1Reader::State::read_flag(std::string_view key, element value, bool& flag) {
  return value.get(flag) == simdjson::SUCCESS ? std::optional<V1Error>()
                                              : complain(key, "true or false");
}

std::optional<V1Error> V1Reader::State::read_wrapper(V1Batch& batch) {
  std::optional<std::string_view> created_at;
  auto has_batch = false;
  for (const auto member : wrapper) {
    std::optional<V1Error> error;
    if (member.key == "batch") {
      if (has_batch || member.value.get(events) != simdjson::SUCCESS) {
        return complain("batch", "one list of events");
      }
      has_batch = true;
    } else if (member.key == "created_at") {
      std::string_view text;
      if (member.value.get(text) != simdjson::SUCCESS) {
        return complain("created_at", "a string");
      }
      created_at = text;
    } else if (member.key == "historical_migration") {
      error = read_flag(member.key, member.value, batch.is_historical_migration);
    } else if (member.key == "capture_internal" && !member.value.is_null()) {
      error = read_flag(member.key, member.value, batch.is_internal);
    }
    if (error) {
      return error;
    }
  }
  if (!has_batch || !created_at) {
    return complain(has_batch ? "created_at" : "batch",
                    has_batch ? "a string" : "a list of events");
  }
  created = *created_at;
  return events.size() > kV1EventsMax ? std::optional(V1Error::too_large) : std::nullopt;
}

std::optional<V1Error> V1Reader::State::read_event(element item, std::size_t index,
                                                   V1Fields& fields) {
  const auto place = [index] { return "batch[" + std::to_string(index) + "]"; };
  simdjson::dom::object object;
  if (item.get(object) != simdjson::SUCCESS) {
    return complain(place(), "an event object");
  }
  if (const auto complaint = read_v1_fields(object, nullptr, fields)) {
    return complain(place() + "." + std::string(complaint->field), complaint->expected);
  }
  return std::nullopt;
}

std::optional<V1Error> V1Reader::State::add_result(const V1Fields& fields) {
  const auto text = trim_unicode(fields.uuid);
  if (text.empty()) {
    return V1Error::missing_event_uuid;
  }
  const auto uuid = read_uuid(text);
  if (!uuid) {
    detail.assign(text);
    return V1Error::invalid_event_uuid;
  }
  results.push_back({*uuid, Verdict::ok});
  return std::nullopt;
}

std::optional<V1Error> V1Reader::State::find_duplicate() {
  uuids.clear();
  for (const auto& result : results) {
    uuids.push_back(result.uuid);
  }
  std::sort(uuids.begin(), uuids.end());
  const auto twice = std::adjacent_find(uuids.begin(), uuids.end());
  if (twice == uuids.end()) {
    return std::nullopt;
  }
  detail.assign(twice->data(), twice->size());
  return V1Error::duplicate_event_uuid;
}

void V1Reader::State::judge_event(const V1Fields& fields, bool is_too_big, const Lane& lane,
                                  V1Batch& batch) {
  const auto judged = judge(fields, lane, arena);
  auto& verdict = results.back().verdict;
  verdict = is_too_big && is_taken(judged.verdict) ? Verdict::event_too_big : judged.verdict;
  if (!is_taken(verdict)) {
    return;
  }
  ++batch.taken_count;
  batch.has_cookieless = batch.has_cookieless || judged.options.cookieless_mode.value_or(false);
  if (observer != nullptr) {
    observer->see(judged.distinct_id);
  }
}

JsonCursor V1Reader::State::cursor_at_first_event() const {
  auto cursor = document.cursor();
  cursor.step();
  for (const auto member : wrapper) {
    cursor.step_to_value();
    if (member.key == "batch") {
      break;
    }
    cursor.skip_value();
    cursor.step();
  }
  cursor.step();
  return cursor;
}

/// Types of all events count before the list and its date, these before the rules of uuids.
std::optional<V1Error> V1Reader::State::judge_events(const Lane& lane, V1Batch& batch) {
  std::optional<V1Error> bad_uuid;
  std::size_t index = 0;
  auto cursor = lane.may_hold_larger ? std::optional(cursor_at_first_event()) : std::nullopt;
  for (const auto item : events) {
    V1Fields fields;
    if (const auto error = read_event(item, index++, fields)) {
      return error;
    }
    const bool is_too_big = cursor && is_larger(cursor->take_container(), lane.drops, arena);
    if (cursor) {
      cursor->step();
    }
    if (!bad_uuid) {
      bad_uuid = add_result(fields);
    }
    if (!bad_uuid) {
      judge_event(fields, is_too_big, lane, batch);
    }
  }
  if (index == 0) {
    return V1Error::empty_batch;
  }
  if (!parse_rfc3339(created)) {
    detail.assign("created_at is not valid RFC 3339: ").append(created);
    return V1Error::invalid_created_at;
  }
  return bad_uuid ? bad_uuid : find_duplicate();
}

void V1Reader::State::deliver(const Lane& lane, V1EventVisitor& visitor) {
  auto cursor = cursor_at_first_event();
  auto result = results.begin();
  for (const auto item : events) {
    V1Fields fields;
    static_cast<void>(read_v1_fields(item.get_object().value_unsafe(), &cursor, fields));
    cursor.step();
    if (is_taken(result->verdict)) {
      visitor.visit(make_event(fields, judge(fields, lane, arena), *result));
    }
    ++result;
  }
}

V1Event V1Reader::State::make_event(const V1Fields& fields, const Judged& judged,
                                    const EventResult& result) {
  V1Event event;
  event.name = fields.name;
  event.distinct_id = is_clean_distinct_id(judged.distinct_id)
                          ? judged.distinct_id
                          : arena.keep(clean_distinct_id(judged.distinct_id));
  event.uuid = {result.uuid.data(), result.uuid.size()};
  event.timestamp_us = judged.timestamp_us;
  event.properties_json = compact(fields.properties, arena);
  event.session_id = fields.session_id;
  event.window_id = fields.window_id;
  event.product_tour_id = judged.options.product_tour_id;
  event.cookieless_mode = judged.options.cookieless_mode;
  event.disable_skew_correction = judged.options.disable_skew_correction;
  event.process_person_profile = judged.options.process_person_profile;
  event.verdict = judged.verdict;
  return event;
}

base::Result<V1Batch> V1Reader::State::parse(const Payload& payload, const Lane& lane,
                                             V1EventVisitor* visitor) {
  detail.clear();
  arena.reset();
  results.clear();
  if (observer != nullptr) {
    observer->start();
  }
  V1Batch batch;
  auto error = load(payload);
  if (!error) {
    error = read_wrapper(batch);
  }
  if (!error) {
    error = judge_events(lane, batch);
  }
  if (error) {
    results.clear();
    return base::unexpected(failure_of(*error));
  }
  if (visitor != nullptr && batch.taken_count > 0) {
    deliver(lane, *visitor);
  }
  return batch;
}

V1Reader::V1Reader() : state_(std::make_unique<State>()) {}
V1Reader::~V1Reader() = default;

void V1Reader::observe(IdentityObserver* observer) noexcept { state_->observer = observer; }

base::Result<V1Batch> V1Reader::parse(const Payload& payload, Endpoint endpoint,
                                      V1EventVisitor* visitor, const V1Drops& drops) {
  return state_->parse(payload, {endpoint, drops, payload.json.size() > drops.event_bytes_max},
                       visitor);
}

std::span<const EventResult> V1Reader::results() const noexcept { return state_->results; }

std::string_view V1Reader::error_detail() const noexcept { return state_->detail; }

}  // namespace format::codec
