// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/v1_fields.h"

#include "dataplane/format/codec/internal/json_text.h"
#include "dataplane/format/codec/token.h"

#include <algorithm>
#include <string>

namespace format::codec {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using Complaint = std::optional<FieldComplaint>;

struct RequiredText {
  std::string_view key;
  std::string_view V1Fields::* field;
};
constexpr std::array<RequiredText, 4> kRequiredTexts = {{{"event", &V1Fields::name},
                                                         {"uuid", &V1Fields::uuid},
                                                         {"distinct_id", &V1Fields::distinct_id},
                                                         {"timestamp", &V1Fields::timestamp}}};
struct OptionalText {
  std::string_view key;
  std::optional<std::string_view> V1Fields::* field;
};
constexpr std::array<OptionalText, 2> kOptionalTexts = {
    {{"session_id", &V1Fields::session_id}, {"window_id", &V1Fields::window_id}}};

FieldComplaint not_text(std::string_view key) { return {key, "a string"}; }

Complaint read_member(std::string_view key, element value, V1Fields& fields) {
  if (key == "properties") {
    fields.has_properties_object = value.is_object();
    return std::nullopt;
  }
  if (key == "options") {
    fields.options = value.is_null() ? std::nullopt : std::optional(value);
    return std::nullopt;
  }
  std::string_view text;
  const bool is_text = value.get(text) == simdjson::SUCCESS;
  for (const auto& required : kRequiredTexts) {
    if (required.key == key) {
      fields.*required.field = text;
      return is_text ? Complaint() : not_text(required.key);
    }
  }
  for (const auto& optional : kOptionalTexts) {
    if (optional.key == key && is_text) {
      fields.*optional.field = text;
    } else if (optional.key == key && !value.is_null()) {
      return not_text(optional.key);
    }
  }
  return std::nullopt;
}

/// Steps over one member's value; cuts it out when it is the properties.
void pass_value(JsonCursor& cursor, std::string_view key, element value, V1Fields& fields) {
  if (key == "properties" && value.is_object()) {
    fields.properties = cursor.take_container();
  } else {
    cursor.skip_value();
  }
}

bool equals_lower(std::string_view text, std::string_view lower) noexcept {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char left, char right) {
                      return left == right || (left >= 'A' && left <= 'Z' && left + 32 == right);
                    });
}

std::optional<bool> bool_of_text(std::string_view text) noexcept {
  const auto trimmed = trim(text);
  if (trimmed == "1" || equals_lower(trimmed, "true")) {
    return true;
  }
  if (trimmed == "0" || equals_lower(trimmed, "false")) {
    return false;
  }
  return std::nullopt;
}

/// False when `value` is neither null nor something that can be taken for true or false.
bool read_bool(element value, std::optional<bool>& option) {
  switch (value.type()) {
    case element_type::NULL_VALUE:
      option.reset();
      return true;
    case element_type::BOOL:
      option = value.get_bool().value_unsafe();
      return true;
    case element_type::STRING:
      option = bool_of_text(value.get_string().value_unsafe());
      return option.has_value();
    case element_type::INT64:
      option = value.get_int64().value_unsafe() != 0;
      return true;
    case element_type::UINT64:
      option = true;  // Beyond what INT64 holds.
      return true;
    case element_type::DOUBLE:
      option = value.get_double().value_unsafe() != 0.0;
      return true;
    default:
      return false;
  }
}

/// False when `value` is neither null nor text nor a whole number.
bool read_tour(element value, std::optional<std::string_view>& option, TextArena& arena) {
  switch (value.type()) {
    case element_type::NULL_VALUE:
      option.reset();
      return true;
    case element_type::STRING:
      option = value.get_string().value_unsafe();
      return true;
    case element_type::INT64:
    case element_type::UINT64: {
      std::string text;
      append_sorted_json(value, text);
      option = arena.keep(text);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

Complaint read_v1_fields(simdjson::dom::object object, JsonCursor* cursor, V1Fields& fields) {
  const auto step = [cursor] {
    if (cursor != nullptr) {
      cursor->step();
    }
  };
  step();
  auto is_empty = true;
  for (const auto member : object) {
    is_empty = false;
    if (const auto complaint = read_member(member.key, member.value, fields)) {
      return complaint;
    }
    if (cursor != nullptr) {
      cursor->step_to_value();
      pass_value(*cursor, member.key, member.value, fields);
    }
    step();  // the comma, or the closing brace
  }
  if (is_empty) {
    step();
  }
  for (const auto& required : kRequiredTexts) {
    if ((fields.*required.field).data() == nullptr) {
      return not_text(required.key);
    }
  }
  return std::nullopt;
}

std::optional<V1Options> read_v1_options(std::optional<element> value, TextArena& arena) {
  V1Options options;
  if (!value) {
    return options;
  }
  simdjson::dom::object object;
  if (value->get(object) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  auto is_readable = true;
  std::optional<bool> older_name;
  for (const auto member : object) {
    if (member.key == "cookieless_mode") {
      is_readable &= read_bool(member.value, options.cookieless_mode);
    } else if (member.key == "disable_skew_correction") {
      is_readable &= read_bool(member.value, options.disable_skew_correction);
    } else if (member.key == "disable_skew_adjustment") {
      is_readable &= read_bool(member.value, older_name);
    } else if (member.key == "process_person_profile") {
      is_readable &= read_bool(member.value, options.process_person_profile);
    } else if (member.key == "product_tour_id") {
      is_readable &= read_tour(member.value, options.product_tour_id, arena);
    }
  }
  if (!options.disable_skew_correction) {
    options.disable_skew_correction = older_name;
  }
  return is_readable ? std::optional(options) : std::nullopt;
}

}  // namespace format::codec
