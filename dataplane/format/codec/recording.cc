// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/recording.h"

#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/internal/identity.h"
#include "dataplane/format/codec/internal/json_document.h"
#include "dataplane/format/codec/internal/json_text.h"
#include "dataplane/format/codec/internal/snapshot_items.h"
#include "dataplane/format/codec/internal/text_arena.h"
#include "dataplane/format/codec/token.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>

namespace format::codec {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kJsonBytesMax = kRecordingLimits.decoded_bytes_max;
constexpr std::string_view kDefaultSource = "web";
constexpr std::string_view kLibraryOfBrowsers = "web";
constexpr std::string_view kUnknownLibrary = "unknown";

/// The fields of the first element that decide about all of them.
struct FirstElement {
  std::optional<std::string_view> token;
  std::optional<element> distinct_id;  ///< Never JSON null.
  std::string_view uuid;
  std::optional<std::string_view> properties_token;
  std::optional<element> properties_distinct_id;  ///< Never JSON null.
  std::optional<element> session_id;
  std::optional<element> cookieless_mode;  ///< Never JSON null.
  std::optional<std::string_view> window_id;
  std::optional<std::string_view> snapshot_source;
  std::optional<std::string_view> library;
};

void keep_text(element value, std::optional<std::string_view>& kept) noexcept {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    kept = text;
  }
}

void keep_unless_null(element value, std::optional<element>& kept) noexcept {
  if (!value.is_null()) {
    kept = value;
  }
}

void read_property(std::string_view key, element value, FirstElement& first) noexcept {
  if (key == "$session_id") {
    first.session_id = value;
  } else if (key == "$window_id") {
    keep_text(value, first.window_id);
  } else if (key == "$snapshot_source") {
    keep_text(value, first.snapshot_source);
  } else if (key == "$lib") {
    keep_text(value, first.library);
  } else if (key == "$cookieless_mode") {
    keep_unless_null(value, first.cookieless_mode);
  } else if (key == "distinct_id") {
    keep_unless_null(value, first.properties_distinct_id);
  } else if (key == "token") {
    keep_text(value, first.properties_token);
  }
}

bool is_session_id(std::string_view text) noexcept {
  return text.size() <= kSessionIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char character) {
           return (character >= '0' && character <= '9') ||
                  (character >= 'a' && character <= 'z') ||
                  (character >= 'A' && character <= 'Z') || character == '-';
         });
}

/// Old mobile SDKs do not name themselves in the body.
std::string_view library_of(std::string_view user_agent) noexcept {
  if (user_agent.empty()) {
    return kUnknownLibrary;
  }
  const auto product = user_agent.substr(0, user_agent.find('/'));
  return product.find("posthog") == std::string_view::npos ? kLibraryOfBrowsers : product;
}

}  // namespace

struct RecordingReader::State {
  base::Result<Recording> parse(const Payload& payload, std::string_view user_agent,
                                std::vector<SnapshotItem>* items);

  std::optional<RecordingError> load(const Payload& payload);
  std::optional<RecordingError> read_elements();
  std::optional<RecordingError> read_element(element item, std::size_t index);
  std::optional<RecordingError> read_member(std::string_view key, element value, bool is_first,
                                            bool& has_name);
  std::optional<RecordingError> read_uuid_field(element value, bool is_first);
  std::optional<RecordingError> read_properties(element value, bool is_first);
  std::optional<RecordingError> check(Recording& recording);
  std::optional<RecordingError> check_identity(Recording& recording);
  [[nodiscard]] RefusedEvents refused() const noexcept;
  [[nodiscard]] std::optional<std::string_view> token() const noexcept;
  std::string_view render_distinct_id(element value);
  std::string_view render_uuid();
  RecordingError complain(std::string_view field, std::string_view expected);

  JsonDocument document{
      {kJsonBytesMax, kRecordingDepthMax, kJsonTokensMax, JsonRepair::keep_length}};
  TextArena arena;
  FirstElement first;
  std::string place;  ///< Of the element that is being read.
  std::string detail;
  std::uint32_t element_count = 0;
  bool lacks_snapshot_data = false;
};

RecordingError RecordingReader::State::complain(std::string_view field, std::string_view expected) {
  detail.assign(place);
  if (!place.empty() && !field.empty()) {
    detail += '.';
  }
  detail.append(field).append(": expected ").append(expected);
  return RecordingError::invalid_json;
}

std::optional<RecordingError> RecordingReader::State::load(const Payload& payload) {
  switch (document.load(payload)) {
    case JsonDocument::Status::ok:
      return std::nullopt;
    case JsonDocument::Status::too_large:
      return RecordingError::too_large;
    case JsonDocument::Status::too_deep:
      return complain("body", "JSON nested at most 1024 deep");
    case JsonDocument::Status::invalid:
      break;
  }
  return complain("body", "valid JSON");
}

/// The types of all elements.
std::optional<RecordingError> RecordingReader::State::read_elements() {
  simdjson::dom::array array;
  if (document.root().get(array) != simdjson::SUCCESS) {
    return document.root().is_object()
               ? read_element(document.root(), 0)
               : complain("body", "a snapshot event or a list of snapshot events");
  }
  std::size_t index = 0;
  for (const auto item : array) {
    place = "[" + std::to_string(index) + "]";
    if (const auto error = read_element(item, index++)) {
      return error;
    }
  }
  return element_count == 0 ? std::optional(RecordingError::empty) : std::nullopt;
}

std::optional<RecordingError> RecordingReader::State::read_element(element item,
                                                                   std::size_t index) {
  object members;
  if (item.get(members) != simdjson::SUCCESS) {
    return complain("", "a snapshot event");
  }
  ++element_count;
  auto has_name = false;
  for (const auto member : members) {
    if (const auto error = read_member(member.key, member.value, index == 0, has_name)) {
      return error;
    }
  }
  if (!has_name) {
    return complain("event", "a string");
  }
  lacks_snapshot_data = lacks_snapshot_data || !find_snapshot_data(members);
  return std::nullopt;
}

std::optional<RecordingError> RecordingReader::State::read_member(std::string_view key,
                                                                  element value, bool is_first,
                                                                  bool& has_name) {
  if (key == "event") {
    has_name = value.is_string();
    return has_name ? std::nullopt : std::optional(complain(key, "a string"));
  }
  if (key == "properties") {
    return read_properties(value, is_first);
  }
  if (key == "uuid") {
    return read_uuid_field(value, is_first);
  }
  if (key == "token" || key == "$token" || key == "api_key") {
    if (!value.is_null() && !value.is_string()) {
      return complain(key, "a string");
    }
    if (is_first) {
      keep_text(value, first.token);
    }
  } else if (is_first && (key == "distinct_id" || key == "$distinct_id")) {
    keep_unless_null(value, first.distinct_id);
  }
  return std::nullopt;
}

std::optional<RecordingError> RecordingReader::State::read_uuid_field(element value,
                                                                      bool is_first) {
  if (value.is_null()) {
    return std::nullopt;
  }
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS || (!is_stored_uuid(text) && !read_uuid(text))) {
    return complain("uuid", "a UUID");
  }
  if (is_first) {
    first.uuid = text;
  }
  return std::nullopt;
}

std::optional<RecordingError> RecordingReader::State::read_properties(element value,
                                                                      bool is_first) {
  object properties;
  if (value.get(properties) != simdjson::SUCCESS) {
    return complain("properties", "an object");
  }
  if (is_first) {
    for (const auto member : properties) {
      read_property(member.key, member.value, first);
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> RecordingReader::State::token() const noexcept {
  return first.token ? first.token : first.properties_token;
}

RefusedEvents RecordingReader::State::refused() const noexcept {
  const auto trimmed = trim(token().value_or(std::string_view()));
  return check_token(trimmed) ? RefusedEvents{} : RefusedEvents{trimmed, 1};
}

/// The rules in upstream's order.
std::optional<RecordingError> RecordingReader::State::check(Recording& recording) {
  const auto sent = token();
  if (!sent) {
    return RecordingError::missing_token;
  }
  recording.token = trim(*sent);
  if (!first.session_id) {
    return RecordingError::missing_session_id;
  }
  if (first.session_id->get(recording.session_id) != simdjson::SUCCESS ||
      !is_session_id(recording.session_id)) {
    return RecordingError::invalid_session_id;
  }
  if (const auto error = check_identity(recording)) {
    return error;
  }
  return lacks_snapshot_data ? std::optional(RecordingError::missing_snapshot_data) : std::nullopt;
}

std::optional<RecordingError> RecordingReader::State::check_identity(Recording& recording) {
  const auto id = first.distinct_id ? first.distinct_id : first.properties_distinct_id;
  if (!id) {
    return RecordingError::missing_distinct_id;
  }
  recording.distinct_id = render_distinct_id(*id);
  if (recording.distinct_id.empty()) {
    return RecordingError::missing_distinct_id;
  }
  if (first.cookieless_mode &&
      first.cookieless_mode->get(recording.is_cookieless) != simdjson::SUCCESS) {
    return RecordingError::invalid_cookieless;
  }
  return std::nullopt;
}

std::string_view RecordingReader::State::render_distinct_id(element value) {
  std::string_view id;
  std::string rendered;
  if (value.get(id) == simdjson::SUCCESS) {
    return is_clean_distinct_id(id) ? id : arena.keep(clean_distinct_id(id));
  }
  append_sorted_json(value, rendered);
  return arena.keep(is_clean_distinct_id(rendered) ? rendered : clean_distinct_id(rendered));
}

std::string_view RecordingReader::State::render_uuid() {
  if (first.uuid.empty() || is_stored_uuid(first.uuid)) {
    return first.uuid;
  }
  const auto uuid = read_uuid(first.uuid).value_or(UuidText{});
  return arena.keep({uuid.data(), uuid.size()});
}

base::Result<Recording> RecordingReader::State::parse(const Payload& payload,
                                                      std::string_view user_agent,
                                                      std::vector<SnapshotItem>* items) {
  const auto failed = [](RecordingError error) {
    return base::unexpected({base::ErrorDomain::codec, static_cast<std::uint8_t>(error), 0});
  };
  detail.clear();
  place.clear();
  arena.reset();
  first = {};
  element_count = 0;
  lacks_snapshot_data = false;
  if (const auto error = load(payload)) {
    return failed(*error);
  }
  if (const auto error = read_elements()) {
    return failed(*error);
  }
  Recording recording;
  if (const auto error = check(recording)) {
    return failed(*error);
  }
  recording.window_id = first.window_id.value_or(recording.session_id);
  recording.snapshot_source = first.snapshot_source.value_or(kDefaultSource);
  recording.library = first.library.value_or(library_of(user_agent));
  recording.uuid = render_uuid();
  recording.element_count = element_count;
  if (items != nullptr) {
    items->clear();
    collect_items(document, *items);
  }
  return recording;
}

RecordingReader::RecordingReader() : state_(std::make_unique<State>()) {}
RecordingReader::~RecordingReader() = default;

base::Result<Recording> RecordingReader::parse(const Payload& payload, std::string_view user_agent,
                                               std::vector<SnapshotItem>* items) {
  return state_->parse(payload, user_agent, items);
}

std::string_view RecordingReader::error_detail() const noexcept { return state_->detail; }

RefusedEvents RecordingReader::refused() const noexcept { return state_->refused(); }

}  // namespace format::codec
