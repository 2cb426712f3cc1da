// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/batch.h"

#include "dataplane/format/codec/ai_names.h"
#include "dataplane/format/codec/internal/compact.h"
#include "dataplane/format/codec/internal/event_fields.h"
#include "dataplane/format/codec/internal/identity.h"
#include "dataplane/format/codec/internal/json_document.h"
#include "dataplane/format/codec/internal/json_text.h"
#include "dataplane/format/codec/internal/json_tokens.h"
#include "dataplane/format/codec/internal/text_arena.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace format::codec {
namespace {

constexpr std::string_view kPerformanceEvent = "$performance_event";
constexpr std::string_view kIdentifyEvent = "$identify";
constexpr JsonToken kRoot = 0;
/// Above any decoded_bytes_max, with room for what a repair adds.
constexpr std::size_t kJsonBytesMax = std::size_t{128} << 20;
/// Events of one body whose fields are kept until it is known that all of it is accepted; those
/// behind are read a second time. SDKs send a few hundred at most.
constexpr std::size_t kFieldsKept = 1024;

/// The body's outer shape (capture-protocol section 5).
struct Shape {
  std::optional<JsonToken> events;        ///< Shapes 1 and 2; otherwise the root is the event.
  std::string_view prefix;                ///< Of field names in complaints.
  std::optional<std::string_view> token;  ///< Shape 2.
  std::string_view sent_at;
  bool is_historical_migration = false;
};

/// What an object at the root says that may be around the events.
struct Wrapper {
  JsonToken batch = kNoToken;
  std::optional<std::string_view> token;
  std::string_view sent_at;
  JsonToken historical = kNoToken;
  bool has_name = false;
};

/// What the events of one body say together, and what that is to become.
struct Tally {
  Tally(Batch& result, Endpoint route, bool is_delivered) noexcept
      : batch(result), endpoint(route), delivers(is_delivered) {}

  Batch& batch;
  Endpoint endpoint;
  bool delivers;
  std::size_t items = 0;
  std::optional<std::string_view> token;  ///< The first one.
  bool is_token_inconsistent = false;
  std::optional<BatchError> first_broken_rule;

  void add_token(std::optional<std::string_view> found) noexcept {
    if (!found) {
      return;
    }
    const auto trimmed = trim(*found);
    if (!token) {
      token = trimmed;
    } else if (*token != trimmed) {
      is_token_inconsistent = true;
    }
  }
};

}  // namespace

struct BatchReader::State {
  base::Result<Batch> parse(const Payload& payload, Endpoint endpoint, EventVisitor* visitor);

  std::optional<BatchError> load(const Payload& payload);
  std::optional<BatchError> find_shape(Endpoint endpoint);
  std::optional<BatchError> find_object_shape(Endpoint endpoint);
  void read_wrapper(std::string_view key, JsonToken value, Wrapper& wrapper);
  std::optional<BatchError> check(Tally& tally);
  std::optional<BatchError> check_list(JsonToken list, Tally& tally);
  std::optional<BatchError> check_item(JsonToken item, Tally& tally);
  std::optional<BatchError> read(JsonToken item, std::size_t index, bool delivers,
                                 EventFields& fields);
  std::optional<BatchError> check_event(const EventFields& fields, Endpoint endpoint);
  std::optional<BatchError> check_event_fields(const EventFields& fields);
  [[nodiscard]] bool is_cookieless(const EventFields& fields) const noexcept;
  [[nodiscard]] bool has_oversized_event();
  [[nodiscard]] bool is_oversized(JsonToken item);
  void deliver(EventVisitor& visitor);
  void deliver_event(const EventFields& fields, EventVisitor& visitor);
  Event make_event(const EventFields& fields);
  std::string_view render_object(JsonToken object);
  std::string_view render_distinct_id(JsonToken value);
  void render(JsonToken value);
  void show_identity(const EventFields& fields);
  BatchError complain(std::string_view field, std::string_view expected);
  void note_refused(BatchError error, const Tally& tally);

  IdentityObserver* observer = nullptr;
  JsonDocument document{
      {kJsonBytesMax, kJsonDepthMax, kJsonTokensMax, JsonRepair::replace, JsonForm::tokens}};
  const JsonTokens& tokens = document.tokens();
  Shape shape;
  std::vector<EventFields> kept;     ///< Of the first events, when they are to be delivered.
  JsonToken behind_kept = kNoToken;  ///< The event behind those, if any.
  TextArena arena;
  std::string rendered;
  std::string detail;
  RefusedEvents refused;
};

/// The first rule that an event of well-typed fields breaks on every route.
std::optional<BatchError> BatchReader::State::check_event_fields(const EventFields& fields) {
  if (fields.name && fields.name->empty()) {
    return BatchError::empty_event_name;
  }
  if (fields.distinct_id == kNoToken) {
    return BatchError::missing_distinct_id;
  }
  if (tokens.is_string(fields.distinct_id) && is_blank(tokens.text(fields.distinct_id, arena))) {
    return BatchError::missing_distinct_id;
  }
  if (fields.cookieless_mode != kNoToken && !tokens.boolean(fields.cookieless_mode)) {
    return BatchError::invalid_cookieless;
  }
  return std::nullopt;
}

bool BatchReader::State::is_cookieless(const EventFields& fields) const noexcept {
  return fields.cookieless_mode != kNoToken &&
         tokens.boolean(fields.cookieless_mode).value_or(false);
}

std::optional<BatchError> BatchReader::State::load(const Payload& payload) {
  switch (document.load(payload)) {
    case JsonDocument::Status::ok:
      return std::nullopt;
    case JsonDocument::Status::too_large:
      return BatchError::too_large;
    case JsonDocument::Status::too_deep:
      return complain("body", "JSON nested at most 128 deep");
    case JsonDocument::Status::invalid:
      break;
  }
  return complain("body", "valid JSON");
}

BatchError BatchReader::State::complain(std::string_view field, std::string_view expected) {
  detail.assign(field).append(": expected ").append(expected);
  return BatchError::invalid_json;
}

std::optional<BatchError> BatchReader::State::find_shape(Endpoint endpoint) {
  shape = Shape{};
  if (tokens.is_array(kRoot)) {
    shape.events = kRoot;
    return std::nullopt;
  }
  if (tokens.is_object(kRoot)) {
    return find_object_shape(endpoint);
  }
  return complain("body", "an event, a list of events or an object with a batch");
}

std::optional<BatchError> BatchReader::State::find_object_shape(Endpoint endpoint) {
  Wrapper wrapper;
  for (auto key = tokens.first(kRoot); key != kNoToken;) {
    const auto value = JsonTokens::value_of(key);
    read_wrapper(tokens.key(key, arena), value, wrapper);
    key = tokens.next(value);
  }
  if (wrapper.batch != kNoToken && wrapper.token) {
    shape.events = wrapper.batch;
    shape.prefix = "batch";
    shape.token = wrapper.token;
    shape.sent_at = wrapper.sent_at;
    if (wrapper.historical == kNoToken || tokens.is_null(wrapper.historical)) {
      return std::nullopt;
    }
    const auto is_historical = tokens.boolean(wrapper.historical);
    shape.is_historical_migration = is_historical.value_or(false);
    return is_historical ? std::nullopt
                         : std::optional(complain("historical_migration", "true or false"));
  }
  if (!wrapper.has_name && endpoint != Endpoint::engage) {
    shape.token = wrapper.token;  // of nothing but the refusal
    complain("event", "a name");
    return BatchError::missing_event_name;
  }
  return std::nullopt;
}

void BatchReader::State::read_wrapper(std::string_view key, JsonToken value, Wrapper& wrapper) {
  const auto is_text = tokens.is_string(value);
  if (key == "batch") {
    if (wrapper.batch == kNoToken && tokens.is_array(value)) {
      wrapper.batch = value;
    }
  } else if (key == "api_key" || key == "token") {
    if (is_text) {
      wrapper.token = tokens.text(value, arena);
    }
  } else if (key == "event") {
    wrapper.has_name = !tokens.is_null(value);
  } else if (key == "sent_at") {
    wrapper.sent_at = is_text ? tokens.text(value, arena) : std::string_view();
  } else if (key == "historical_migration") {
    wrapper.historical = value;
  }
}

/// Reads one event and complains about its types; `index` counts within a list.
std::optional<BatchError> BatchReader::State::read(JsonToken item, std::size_t index, bool delivers,
                                                   EventFields& fields) {
  const auto place = [this, index] {
    return !shape.events ? std::string()
                         : std::string(shape.prefix) + "[" + std::to_string(index) + "]";
  };
  if (!tokens.is_object(item)) {
    return complain(place(), "an event object");
  }
  if (const auto complaint = read_event_fields(tokens, item, arena, delivers, fields)) {
    const auto field = !shape.events ? std::string(complaint->field)
                                     : place() + "." + std::string(complaint->field);
    return complain(field, complaint->expected);
  }
  if (!fields.name && shape.events) {
    return complain(place() + ".event", "a string");
  }
  return std::nullopt;
}

/// The first rule that an event of well-typed fields breaks.
std::optional<BatchError> BatchReader::State::check_event(const EventFields& fields,
                                                          Endpoint endpoint) {
  if (const auto error = check_event_fields(fields)) {
    return error;
  }
  const auto name = fields.name.value_or(kIdentifyEvent);
  if (!takes_name(endpoint, name)) {
    detail = name;
    return BatchError::not_ai_event;
  }
  return std::nullopt;
}

void BatchReader::State::show_identity(const EventFields& fields) {
  if (fields.distinct_id == kNoToken) {
    return;
  }
  if (tokens.is_string(fields.distinct_id)) {
    observer->see(tokens.text(fields.distinct_id, arena));
  } else {
    render(fields.distinct_id);
    observer->see(rendered);
  }
}

/// Checks everything in upstream's order: types of all events, empty list, tokens, then event by
/// event.
std::optional<BatchError> BatchReader::State::check(Tally& tally) {
  kept.clear();
  behind_kept = kNoToken;
  if (const auto error =
          shape.events ? check_list(*shape.events, tally) : check_item(kRoot, tally)) {
    return error;
  }
  if (tally.items == 0) {
    return BatchError::empty_batch;
  }
  auto& batch = tally.batch;
  if (batch.event_count == 0) {
    return std::nullopt;
  }
  const auto token = shape.token ? shape.token : tally.token;
  if (!token) {
    return BatchError::missing_token;
  }
  if (!shape.token && tally.is_token_inconsistent) {
    return BatchError::multiple_tokens;
  }
  batch.token = trim(*token);
  const auto broken_token_rule = check_token(batch.token);
  return broken_token_rule ? broken_token_rule : tally.first_broken_rule;
}

std::optional<BatchError> BatchReader::State::check_list(JsonToken list, Tally& tally) {
  for (auto item = tokens.first(list); item != kNoToken; item = tokens.next(item)) {
    if (const auto error = check_item(item, tally)) {
      return error;
    }
  }
  return std::nullopt;
}

/// Reads one event; what is wrong with it beyond its types is for the tally.
std::optional<BatchError> BatchReader::State::check_item(JsonToken item, Tally& tally) {
  const bool keeps = tally.delivers && kept.size() < kFieldsKept;
  if (tally.delivers && !keeps && behind_kept == kNoToken) {
    behind_kept = item;
  }
  EventFields read_once;
  auto& fields = keeps ? kept.emplace_back() : read_once;
  if (const auto error = read(item, tally.items++, keeps, fields)) {
    return error;
  }
  // Where there is only one event it has to be an AI event, and is refused as the others are.
  if (fields.name == kPerformanceEvent && tally.endpoint != Endpoint::ai_event) {
    return std::nullopt;
  }
  ++tally.batch.event_count;
  tally.add_token(fields.token);
  if (observer != nullptr) {
    show_identity(fields);
  }
  if (!tally.first_broken_rule) {
    tally.first_broken_rule = check_event(fields, tally.endpoint);
  }
  tally.batch.has_cookieless = tally.batch.has_cookieless || is_cookieless(fields);
  return std::nullopt;
}

bool BatchReader::State::has_oversized_event() {
  if (!shape.events) {
    return is_oversized(kRoot);
  }
  for (auto item = tokens.first(*shape.events); item != kNoToken; item = tokens.next(item)) {
    if (is_oversized(item)) {
      return true;
    }
  }
  return false;
}

bool BatchReader::State::is_oversized(JsonToken item) {
  if (tokens.source(item).size() <= kEventBytesMax) {
    return false;
  }
  EventFields fields;
  static_cast<void>(read_event_fields(tokens, item, arena, false, fields));
  return fields.name != kPerformanceEvent &&
         compact(tokens.slice(item), arena).size() > kEventBytesMax;
}

void BatchReader::State::deliver(EventVisitor& visitor) {
  for (const auto& fields : kept) {
    deliver_event(fields, visitor);
  }
  for (auto item = behind_kept; item != kNoToken; item = tokens.next(item)) {
    EventFields fields;
    static_cast<void>(read_event_fields(tokens, item, arena, true, fields));
    deliver_event(fields, visitor);
  }
}

void BatchReader::State::deliver_event(const EventFields& fields, EventVisitor& visitor) {
  if (fields.name != kPerformanceEvent) {
    visitor.visit(make_event(fields));
  }
}

Event BatchReader::State::make_event(const EventFields& fields) {
  Event event;
  event.name = fields.name.value_or(kIdentifyEvent);
  if (fields.distinct_id != kNoToken) {
    event.distinct_id = render_distinct_id(fields.distinct_id);
  }
  event.uuid = fields.uuid;
  if (!fields.has_stored_uuid) {
    const auto uuid = read_uuid(fields.uuid).value_or(UuidText{});
    event.uuid = arena.keep({uuid.data(), uuid.size()});
  }
  event.timestamp = fields.timestamp;
  event.offset_ms = fields.offset_ms;
  event.ignores_sent_at = fields.ignores_sent_at;
  event.is_cookieless = is_cookieless(fields);
  event.properties_json = compact(fields.properties, arena);
  event.set_json = render_object(fields.set);
  event.set_once_json = render_object(fields.set_once);
  return event;
}

std::string_view BatchReader::State::render_object(JsonToken object) {
  return object == kNoToken ? std::string_view() : compact(tokens.slice(object), arena);
}

std::string_view BatchReader::State::render_distinct_id(JsonToken value) {
  if (!tokens.is_string(value)) {
    render(value);
    return arena.keep(is_clean_distinct_id(rendered)
                          ? std::string_view(rendered)
                          : std::string_view(clean_distinct_id(rendered)));
  }
  const auto id = tokens.text(value, arena);
  return is_clean_distinct_id(id) ? id : arena.keep(clean_distinct_id(id));
}

/// Puts a value that is no string into `rendered` as sorted JSON. Whole numbers are the ids of many
/// a server; the rest hardly anybody's.
void BatchReader::State::render(JsonToken value) {
  rendered.clear();
  if (const auto whole = tokens.integer(value)) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *whole).ptr;
    rendered.append(digits.data(), end);
    return;
  }
  const auto source = tokens.source(value);
  simdjson::dom::parser parser;
  simdjson::dom::element tree;
  if (parser.parse(source.data(), source.size()).get(tree) == simdjson::SUCCESS) {
    append_sorted_json(tree, rendered);
  }
}

void BatchReader::State::note_refused(BatchError error, const Tally& tally) {
  if (!shape.token && tally.is_token_inconsistent) {
    return;
  }
  const auto token = trim(shape.token.value_or(tally.token.value_or(std::string_view())));
  if (!check_token(token)) {
    // Rules are told once every event has been read; anything else ends the reading.
    refused = {token, tally.first_broken_rule == error ? tally.batch.event_count : 0};
  }
}

base::Result<Batch> BatchReader::State::parse(const Payload& payload, Endpoint endpoint,
                                              EventVisitor* visitor) {
  const auto failed = [](BatchError error) {
    return base::unexpected({base::ErrorDomain::codec, static_cast<std::uint8_t>(error), 0});
  };
  detail.clear();
  refused = {};
  arena.reset();
  if (observer != nullptr) {
    observer->start();
  }
  if (const auto error = load(payload)) {
    return failed(*error);
  }
  Batch batch;
  Tally tally(batch, endpoint, visitor != nullptr);
  auto error = find_shape(endpoint);
  if (!error) {
    error = check(tally);
  }
  if (error) {
    note_refused(*error, tally);
    return failed(*error);
  }
  batch.sent_at = shape.sent_at;
  batch.is_historical_migration = shape.is_historical_migration;
  if (visitor != nullptr && batch.event_count > 0) {
    deliver(*visitor);
  }
  // Nearly every body is smaller than what one event may be.
  batch.has_oversized =
      visitor == nullptr && payload.json.size() > kEventBytesMax && has_oversized_event();
  return batch;
}

BatchReader::BatchReader() : state_(std::make_unique<State>()) {}
BatchReader::~BatchReader() = default;

void BatchReader::observe(IdentityObserver* observer) noexcept { state_->observer = observer; }

base::Result<Batch> BatchReader::parse(const Payload& payload, Endpoint endpoint,
                                       EventVisitor* visitor) {
  return state_->parse(payload, endpoint, visitor);
}

std::string_view BatchReader::error_detail() const noexcept { return state_->detail; }

RefusedEvents BatchReader::refused() const noexcept { return state_->refused; }

}  // namespace format::codec
