// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/event_fields.h"

#include "dataplane/format/codec/internal/identity.h"

namespace format::codec {
namespace {

using simdjson::dom::element;
using Complaint = std::optional<FieldComplaint>;

/// The lengths of the keys that `read_property` knows, as bits.
constexpr std::size_t kPropertyKeyBytesMax = std::string_view("$cookieless_mode").size();
constexpr unsigned kPropertyKeySizes =
    1U << std::string_view("distinct_id").size() | 1U << std::string_view("token").size() |
    1U << std::string_view("$ignore_sent_at").size() | 1U << kPropertyKeyBytesMax;

/// Reads the members of one event object.
class EventFieldReader {
 public:
  EventFieldReader(JsonCursor* cursor, EventFields& fields) noexcept
      : cursor_(cursor), fields_(fields) {}

  Complaint read(simdjson::dom::object object) {
    step();
    auto is_empty = true;
    for (const auto member : object) {
      is_empty = false;
      step_to_value();
      slice_ = nullptr;
      if (const auto complaint = read_member(member.key, member.value)) {
        return complaint;
      }
      pass_value();
      step();  // the comma, or the closing brace
    }
    if (is_empty) {
      step();
    }
    if (!fields_.token) {
      fields_.token = properties_token_;
    }
    if (!fields_.distinct_id) {
      fields_.distinct_id = properties_distinct_id_;
    }
    return std::nullopt;
  }

 private:
  Complaint read_member(std::string_view key, element value) {
    if (key == "event") {
      return read_optional_text(key, value, fields_.name);
    }
    if (key == "properties") {
      return read_properties(value);
    }
    if (key == "distinct_id" || key == "$distinct_id") {
      keep_unless_null(value, fields_.distinct_id);
      return std::nullopt;
    }
    if (key == "token" || key == "$token" || key == "api_key") {
      return read_optional_text(key, value, fields_.token);
    }
    if (key == "uuid") {
      return read_uuid_field(value);
    }
    if (key == "timestamp") {
      return read_timestamp(value);
    }
    if (key == "offset") {
      return read_offset(value);
    }
    if (key == "$set") {
      return read_set(key, value, fields_.set);
    }
    if (key == "$set_once") {
      return read_set(key, value, fields_.set_once);
    }
    return std::nullopt;
  }

  static Complaint read_optional_text(std::string_view key, element value,
                                      std::optional<std::string_view>& text) {
    std::string_view found;
    if (value.get(found) == simdjson::SUCCESS) {
      text = found;
      return std::nullopt;
    }
    return value.is_null() ? Complaint() : FieldComplaint{key, "a string"};
  }

  static bool is_true(element value) {
    bool is_set = false;
    return value.get(is_set) == simdjson::SUCCESS && is_set;
  }

  static void keep_unless_null(element value, std::optional<element>& kept) {
    if (!value.is_null()) {
      kept = value;
    }
  }

  Complaint read_uuid_field(element value) {
    if (value.is_null()) {
      return std::nullopt;
    }
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) {
      return FieldComplaint{"uuid", "a UUID"};
    }
    fields_.has_stored_uuid = text.empty() || is_stored_uuid(text);
    if (!fields_.has_stored_uuid && !read_uuid(text)) {
      return FieldComplaint{"uuid", "a UUID"};
    }
    fields_.uuid = text;
    return std::nullopt;
  }

  Complaint read_timestamp(element value) {
    if (value.is_null() || value.get(fields_.timestamp) == simdjson::SUCCESS) {
      return std::nullopt;
    }
    return FieldComplaint{"timestamp", "a string"};
  }

  Complaint read_offset(element value) {
    std::int64_t milliseconds = 0;
    if (value.get(milliseconds) == simdjson::SUCCESS) {
      fields_.offset_ms = milliseconds;
      return std::nullopt;
    }
    return value.is_null() ? Complaint() : FieldComplaint{"offset", "a whole number"};
  }

  Complaint read_set(std::string_view key, element value, JsonSlice& slice) {
    if (value.is_object()) {
      slice_ = &slice;
      return std::nullopt;
    }
    return value.is_null() ? Complaint() : FieldComplaint{key, "an object"};
  }

  Complaint read_properties(element value) {
    simdjson::dom::object properties;
    if (value.get(properties) != simdjson::SUCCESS) {
      return FieldComplaint{"properties", "an object"};
    }
    slice_ = &fields_.properties;
    for (const auto member : properties) {
      read_property(member.key, member.value);
    }
    return std::nullopt;
  }

  void read_property(std::string_view key, element value) {
    if (key.size() > kPropertyKeyBytesMax || ((kPropertyKeySizes >> key.size()) & 1U) == 0) {
      return;  // most keys
    }
    if (key == "distinct_id") {
      keep_unless_null(value, properties_distinct_id_);
    } else if (key == "token") {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS) {
        properties_token_ = text;
      }
    } else if (key == "$ignore_sent_at") {
      fields_.ignores_sent_at = is_true(value);
    } else if (key == "$cookieless_mode") {
      keep_unless_null(value, fields_.cookieless_mode);
    }
  }

  void step() noexcept {
    if (cursor_ != nullptr) {
      cursor_->step();
    }
  }

  void step_to_value() noexcept {
    if (cursor_ != nullptr) {
      cursor_->step_to_value();
    }
  }

  void pass_value() noexcept {
    if (cursor_ == nullptr) {
      return;
    }
    if (slice_ != nullptr) {
      *slice_ = cursor_->take_container();
    } else {
      cursor_->skip_value();
    }
  }

  JsonCursor* cursor_;
  EventFields& fields_;
  JsonSlice* slice_ = nullptr;
  std::optional<std::string_view> properties_token_;
  std::optional<element> properties_distinct_id_;
};

}  // namespace

std::optional<FieldComplaint> read_event_fields(simdjson::dom::object object, JsonCursor* cursor,
                                                EventFields& fields) {
  return EventFieldReader(cursor, fields).read(object);
}

}  // namespace format::codec
