// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/event_fields.h"

#include "dataplane/format/codec/internal/identity.h"

namespace format::codec {
namespace {

using Complaint = std::optional<FieldComplaint>;

/// The lengths of the keys that `read_property` knows, as bits.
constexpr std::uint32_t kPropertyKeySizes = 1U << std::string_view("distinct_id").size() |
                                            1U << std::string_view("token").size() |
                                            1U << std::string_view("$ignore_sent_at").size() |
                                            1U << std::string_view("$cookieless_mode").size();

/// Reads the members of one event object.
class EventFieldReader {
 public:
  EventFieldReader(const JsonTokens& tokens, TextArena& arena, bool delivers,
                   EventFields& fields) noexcept
      : tokens_(tokens), arena_(arena), delivers_(delivers), fields_(fields) {}

  Complaint read(JsonToken object) {
    for (auto key = tokens_.first(object); key != kNoToken;) {
      const auto value = JsonTokens::value_of(key);
      if (const auto complaint = read_member(tokens_.key(key, arena_), value)) {
        return complaint;
      }
      key = tokens_.next(value);
    }
    if (!fields_.token) {
      fields_.token = properties_token_;
    }
    if (fields_.distinct_id == kNoToken) {
      fields_.distinct_id = properties_distinct_id_;
    }
    return std::nullopt;
  }

 private:
  Complaint read_member(std::string_view key, JsonToken value) {
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

  Complaint read_optional_text(std::string_view key, JsonToken value,
                               std::optional<std::string_view>& text) {
    if (tokens_.is_string(value)) {
      text = tokens_.text(value, arena_);
      return std::nullopt;
    }
    return tokens_.is_null(value) ? Complaint() : FieldComplaint{key, "a string"};
  }

  void keep_unless_null(JsonToken value, JsonToken& kept) const noexcept {
    if (!tokens_.is_null(value)) {
      kept = value;
    }
  }

  Complaint read_uuid_field(JsonToken value) {
    if (tokens_.is_null(value)) {
      return std::nullopt;
    }
    if (!tokens_.is_string(value)) {
      return FieldComplaint{"uuid", "a UUID"};
    }
    const auto text = tokens_.text(value, arena_);
    fields_.has_stored_uuid = text.empty() || is_stored_uuid(text);
    if (!fields_.has_stored_uuid && !read_uuid(text)) {
      return FieldComplaint{"uuid", "a UUID"};
    }
    fields_.uuid = text;
    return std::nullopt;
  }

  Complaint read_timestamp(JsonToken value) {
    if (tokens_.is_string(value)) {
      fields_.timestamp = tokens_.text(value, arena_);
      return std::nullopt;
    }
    return tokens_.is_null(value) ? Complaint() : FieldComplaint{"timestamp", "a string"};
  }

  Complaint read_offset(JsonToken value) {
    if (const auto milliseconds = tokens_.integer(value)) {
      fields_.offset_ms = milliseconds;
      return std::nullopt;
    }
    return tokens_.is_null(value) ? Complaint() : FieldComplaint{"offset", "a whole number"};
  }

  Complaint read_set(std::string_view key, JsonToken value, JsonToken& kept) const {
    if (tokens_.is_object(value)) {
      kept = value;
      return std::nullopt;
    }
    return tokens_.is_null(value) ? Complaint() : FieldComplaint{key, "an object"};
  }

  Complaint read_properties(JsonToken value) {
    if (!tokens_.is_object(value)) {
      return FieldComplaint{"properties", "an object"};
    }
    const auto is_compact = tokens_.visit_members(
        value, kPropertyKeySizes, delivers_,
        [this](JsonToken key, JsonToken property) { read_property(key, property); });
    fields_.properties = {tokens_.source(value), is_compact};
    return std::nullopt;
  }

  void read_property(JsonToken name, JsonToken value) {
    const auto key = tokens_.key(name, arena_);
    if (key == "distinct_id") {
      keep_unless_null(value, properties_distinct_id_);
    } else if (key == "token") {
      if (tokens_.is_string(value)) {
        properties_token_ = tokens_.text(value, arena_);
      }
    } else if (key == "$ignore_sent_at") {
      fields_.ignores_sent_at = tokens_.boolean(value).value_or(false);
    } else if (key == "$cookieless_mode") {
      keep_unless_null(value, fields_.cookieless_mode);
    }
  }

  const JsonTokens& tokens_;
  TextArena& arena_;
  bool delivers_;
  EventFields& fields_;
  std::optional<std::string_view> properties_token_;
  JsonToken properties_distinct_id_ = kNoToken;
};

}  // namespace

std::optional<FieldComplaint> read_event_fields(const JsonTokens& tokens, JsonToken object,
                                                TextArena& arena, bool delivers,
                                                EventFields& fields) {
  return EventFieldReader(tokens, arena, delivers, fields).read(object);
}

}  // namespace format::codec
