// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/batch.h"

#include "dataplane/format/codec/ai_names.h"
#include "dataplane/format/codec/internal/compact.h"
#include "dataplane/format/codec/internal/event_fields.h"
#include "dataplane/format/codec/internal/identity.h"
#include "dataplane/format/codec/internal/json_document.h"
#include "dataplane/format/codec/internal/json_text.h"
#include "dataplane/format/codec/internal/text_arena.h"

#include <simdjson.h>

#include <string>
#include <vector>

namespace format::codec {
namespace {

using simdjson::dom::element;

constexpr std::string_view kPerformanceEvent = "$performance_event";
constexpr std::string_view kIdentifyEvent = "$identify";
/// Above any decoded_bytes_max, with room for what a repair adds.
constexpr std::size_t kJsonBytesMax = std::size_t{128} << 20;
/// Events of one body whose fields are kept until it is known that all of it is accepted; those
/// behind are read a second time. SDKs send a few hundred at most.
constexpr std::size_t kFieldsKept = 1024;

/// The body's outer shape (capture-protocol section 5).
struct Shape {
  std::optional<simdjson::dom::array> events;  ///< Shapes 1 and 2; otherwise the root is the event.
  std::string_view prefix;                     ///< Of field names in complaints.
  std::optional<std::string_view> token;       ///< Shape 2.
  std::string_view sent_at;
  bool is_historical_migration = false;
};

/// The tokens seen in the events of one body.
struct TokenTally {
  std::optional<std::string_view> first;
  bool is_inconsistent = false;

  void add(std::optional<std::string_view> token) noexcept {
    if (!token) {
      return;
    }
    const auto trimmed = trim(*token);
    if (!first) {
      first = trimmed;
    } else if (*first != trimmed) {
      is_inconsistent = true;
    }
  }
};

std::string_view text_or_empty(element value) noexcept {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

bool is_cookieless(const EventFields& fields) noexcept {
  bool is_set = false;
  return fields.cookieless_mode && fields.cookieless_mode->get(is_set) == simdjson::SUCCESS &&
         is_set;
}

/// The first rule that an event of well-typed fields breaks on every route.
std::optional<BatchError> check_event_fields(const EventFields& fields) {
  if (fields.name && fields.name->empty()) {
    return BatchError::empty_event_name;
  }
  if (!fields.distinct_id) {
    return BatchError::missing_distinct_id;
  }
  std::string_view text;
  if (fields.distinct_id->get(text) == simdjson::SUCCESS && is_blank(text)) {
    return BatchError::missing_distinct_id;
  }
  if (fields.cookieless_mode && !fields.cookieless_mode->is_bool()) {
    return BatchError::invalid_cookieless;
  }
  return std::nullopt;
}

}  // namespace

struct BatchReader::State {
  base::Result<Batch> parse(const Payload& payload, Endpoint endpoint, EventVisitor* visitor);

  std::optional<BatchError> load(const Payload& payload);
  std::optional<BatchError> find_shape(Endpoint endpoint);
  std::optional<BatchError> find_object_shape(simdjson::dom::object object, Endpoint endpoint);
  std::optional<BatchError> check(Batch& batch, Endpoint endpoint, bool delivers);
  std::optional<BatchError> read(element item, std::size_t index, JsonCursor* cursor,
                                 EventFields& fields);
  std::optional<BatchError> check_event(const EventFields& fields, Endpoint endpoint);
  JsonCursor cursor_at_first_event();
  [[nodiscard]] bool has_oversized_event();
  [[nodiscard]] bool is_oversized(element item, const JsonSlice& text);
  void deliver(EventVisitor& visitor);
  void deliver_event(const EventFields& fields, EventVisitor& visitor);
  Event make_event(const EventFields& fields);
  std::string_view render_distinct_id(element value);
  void show_identity(const EventFields& fields);
  BatchError complain(std::string_view field, std::string_view expected);

  IdentityObserver* observer = nullptr;
  JsonDocument document{{kJsonBytesMax, kJsonDepthMax, kJsonTokensMax}};
  element root;
  Shape shape;
  std::vector<EventFields> kept;  ///< Of the first events, when they are to be delivered.
  JsonCursor behind_kept{{}, {}};
  TextArena arena;
  std::string rendered;
  std::string detail;
};

std::optional<BatchError> BatchReader::State::load(const Payload& payload) {
  switch (document.load(payload)) {
    case JsonDocument::Status::ok:
      root = document.root();
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
  simdjson::dom::array array;
  simdjson::dom::object object;
  if (root.get(array) == simdjson::SUCCESS) {
    shape.events = array;
    return std::nullopt;
  }
  if (root.get(object) == simdjson::SUCCESS) {
    return find_object_shape(object, endpoint);
  }
  return complain("body", "an event, a list of events or an object with a batch");
}

std::optional<BatchError> BatchReader::State::find_object_shape(simdjson::dom::object object,
                                                                Endpoint endpoint) {
  std::optional<simdjson::dom::array> batch;
  auto has_name = false;
  std::optional<element> historical;
  for (const auto member : object) {
    const auto key = member.key;
    if (key == "batch") {
      simdjson::dom::array array;
      if (!batch && member.value.get(array) == simdjson::SUCCESS) {
        batch = array;
      }
    } else if (key == "api_key" || key == "token") {
      std::string_view token;
      if (member.value.get(token) == simdjson::SUCCESS) {
        shape.token = token;
      }
    } else if (key == "event") {
      has_name = !member.value.is_null();
    } else if (key == "sent_at") {
      shape.sent_at = text_or_empty(member.value);
    } else if (key == "historical_migration") {
      historical = member.value;
    }
  }
  if (batch && shape.token) {
    shape.events = batch;
    shape.prefix = "batch";
    if (historical && !historical->is_null() &&
        historical->get(shape.is_historical_migration) != simdjson::SUCCESS) {
      return complain("historical_migration", "true or false");
    }
    return std::nullopt;
  }
  shape.token.reset();
  shape.sent_at = {};
  if (!has_name && endpoint != Endpoint::engage) {
    complain("event", "a name");
    return BatchError::missing_event_name;
  }
  return std::nullopt;
}

/// Reads one event and complains about its types; `index` counts within a list. With a cursor,
/// which must stand on the event, moves it past the event.
std::optional<BatchError> BatchReader::State::read(element item, std::size_t index,
                                                   JsonCursor* cursor, EventFields& fields) {
  const auto place = [this, index] {
    return !shape.events ? std::string()
                         : std::string(shape.prefix) + "[" + std::to_string(index) + "]";
  };
  simdjson::dom::object object;
  if (item.get(object) != simdjson::SUCCESS) {
    return complain(place(), "an event object");
  }
  if (const auto complaint = read_event_fields(object, cursor, fields)) {
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
  std::string_view id;
  if (!fields.distinct_id) {
    return;
  }
  if (fields.distinct_id->get(id) != simdjson::SUCCESS) {
    rendered.clear();
    append_sorted_json(*fields.distinct_id, rendered);
    id = rendered;
  }
  observer->see(id);
}

/// Checks everything in upstream's order: types of all events, empty list, tokens, then event by
/// event.
std::optional<BatchError> BatchReader::State::check(Batch& batch, Endpoint endpoint,
                                                    bool delivers) {
  std::optional<BatchError> first_broken_rule;
  TokenTally tokens;
  std::size_t index = 0;
  kept.clear();
  if (delivers) {
    behind_kept = cursor_at_first_event();
  }
  const auto take = [&](element item) -> std::optional<BatchError> {
    const bool keeps = delivers && kept.size() < kFieldsKept;
    EventFields read_once;
    auto& fields = keeps ? kept.emplace_back() : read_once;
    if (const auto error = read(item, index++, keeps ? &behind_kept : nullptr, fields)) {
      return error;
    }
    if (keeps) {
      behind_kept.step();
    }
    if (fields.name == kPerformanceEvent) {
      return std::nullopt;
    }
    ++batch.event_count;
    tokens.add(fields.token);
    if (observer != nullptr) {
      show_identity(fields);
    }
    if (!first_broken_rule) {
      first_broken_rule = check_event(fields, endpoint);
    }
    batch.has_cookieless = batch.has_cookieless || is_cookieless(fields);
    return std::nullopt;
  };
  if (!shape.events) {
    if (const auto error = take(root)) {
      return error;
    }
  } else {
    for (const auto item : *shape.events) {
      if (const auto error = take(item)) {
        return error;
      }
    }
  }
  if (index == 0) {
    return BatchError::empty_batch;
  }
  if (batch.event_count == 0) {
    return std::nullopt;
  }
  if (!shape.token && !tokens.first) {
    return BatchError::missing_token;
  }
  if (!shape.token && tokens.is_inconsistent) {
    return BatchError::multiple_tokens;
  }
  batch.token = shape.token ? trim(*shape.token) : *tokens.first;
  const auto broken_token_rule = check_token(batch.token);
  return broken_token_rule ? broken_token_rule : first_broken_rule;
}

/// For an empty list it stands on its end.
JsonCursor BatchReader::State::cursor_at_first_event() {
  auto cursor = document.cursor();
  if (!shape.events) {
    return cursor;
  }
  simdjson::dom::object wrapper;
  if (root.get(wrapper) == simdjson::SUCCESS) {
    // The first `batch` that is a list counts, as in find_object_shape.
    cursor.step();
    for (const auto member : wrapper) {
      cursor.step_to_value();
      if (member.key == "batch" && member.value.is_array()) {
        break;
      }
      cursor.skip_value();
      cursor.step();
    }
  }
  cursor.step();
  return cursor;
}

bool BatchReader::State::has_oversized_event() {
  auto cursor = cursor_at_first_event();
  if (!shape.events) {
    return is_oversized(root, cursor.take_container());
  }
  for (const auto item : *shape.events) {
    if (is_oversized(item, cursor.take_container())) {
      return true;
    }
    cursor.step();
  }
  return false;
}

bool BatchReader::State::is_oversized(element item, const JsonSlice& text) {
  if (text.text.size() <= kEventBytesMax) {
    return false;
  }
  EventFields fields;
  static_cast<void>(read_event_fields(item.get_object().value_unsafe(), nullptr, fields));
  return fields.name != kPerformanceEvent && compact(text, arena).size() > kEventBytesMax;
}

void BatchReader::State::deliver(EventVisitor& visitor) {
  for (const auto& fields : kept) {
    deliver_event(fields, visitor);
  }
  if (!shape.events || kept.size() < kFieldsKept) {
    return;
  }
  auto cursor = behind_kept;
  std::size_t index = 0;
  for (const auto item : *shape.events) {
    if (index++ >= kept.size()) {
      EventFields fields;
      static_cast<void>(read_event_fields(item.get_object().value_unsafe(), &cursor, fields));
      deliver_event(fields, visitor);
      cursor.step();
    }
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
  if (fields.distinct_id) {
    event.distinct_id = render_distinct_id(*fields.distinct_id);
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
  event.set_json = compact(fields.set, arena);
  event.set_once_json = compact(fields.set_once, arena);
  return event;
}

std::string_view BatchReader::State::render_distinct_id(element value) {
  std::string_view id;
  if (value.get(id) != simdjson::SUCCESS) {
    rendered.clear();
    append_sorted_json(value, rendered);
    id = rendered;
    return arena.keep(is_clean_distinct_id(id) ? id : std::string_view(clean_distinct_id(id)));
  }
  return is_clean_distinct_id(id) ? id : arena.keep(clean_distinct_id(id));
}

base::Result<Batch> BatchReader::State::parse(const Payload& payload, Endpoint endpoint,
                                              EventVisitor* visitor) {
  const auto failed = [](BatchError error) {
    return base::unexpected({base::ErrorDomain::codec, static_cast<std::uint8_t>(error), 0});
  };
  detail.clear();
  arena.reset();
  if (observer != nullptr) {
    observer->start();
  }
  if (const auto error = load(payload)) {
    return failed(*error);
  }
  if (const auto error = find_shape(endpoint)) {
    return failed(*error);
  }
  Batch batch;
  batch.sent_at = shape.sent_at;
  batch.is_historical_migration = shape.is_historical_migration;
  if (const auto error = check(batch, endpoint, visitor != nullptr)) {
    return failed(*error);
  }
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

}  // namespace format::codec
