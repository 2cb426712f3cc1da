// SPDX-License-Identifier: LicenseRef-Project
// What is left of an event in quarantine.
#include "dataplane/format/privacy/internal/rewriter_state.h"

namespace format::privacy {
namespace {

using internal::cut;
using internal::kShapeNameBytesMax;
using internal::kShapeNamesMax;

constexpr std::string_view kPerformanceEvent = "$performance_event";

}  // namespace

namespace internal {

std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() > bytes_max) {
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80U) {
      --bytes_max;
    }
    text = text.substr(0, bytes_max);
  }
  return text;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
  const auto start = text.find_first_not_of(kWhiteSpace);
  return start == std::string_view::npos
             ? std::string_view{}
             : text.substr(start, text.find_last_not_of(kWhiteSpace) + 1 - start);
}

}  // namespace internal

/// Writes what is left of the event at token `event`: no value, but what and how long its
/// properties were and which rule minded which of them.
void Rewriter::State::write_shape(std::size_t event, const internal::Offence& reason) {
  std::string shape;
  std::string name;
  std::string kept;
  shape_names = 0;
  cursor.go_to(event);
  collect_event(shape, name, kept);
  const auto is_ignored = name == kPerformanceEvent;
  out += "{\"event\":";
  internal::append_quoted(is_ignored ? kPerformanceEvent : kQuarantineEvent, out);
  out += ",\"distinct_id\":";
  internal::append_quoted(kQuarantineEvent, out);
  if (!token.empty()) {
    out += ",\"token\":";
    internal::append_quoted(token, out);
  }
  out += kept;
  out += ",\"properties\":{\"$process_person_profile\":false,\"$quarantined_event\":";
  internal::append_quoted(name, out);
  out += ",\"$quarantined_by\":";
  internal::append_quoted(reason.rule, out);
  out += ",\"$quarantined_property\":";
  append_clean(reason.property, out);
  out += ",\"$quarantined_shape\":{";
  out += shape;
  out += "}}}";
}

/// Reads the event the cursor stands on into the members of its shape, its name, and the fields
/// that place it: uuid and timestamp.
void Rewriter::State::collect_event(std::string& shape, std::string& name, std::string& kept) {
  cursor.step();
  while (cursor.kind() != '}') {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    const std::string field(internal::unescape(cursor.scalar(), unescaped));
    cursor.step();
    cursor.step();
    const auto is_text = cursor.kind() == '"';
    if (field == "event" && is_text) {
      const auto value = internal::unescape(cursor.scalar(), unescaped);
      const auto is_kept = internal::judge_text(*policy, value, clean).action == Action::keep;
      name.assign(is_kept ? value : std::string_view(clean));
    } else if ((field == "uuid" || field == "timestamp") && is_text) {
      keep_place(field, kept);
    } else if (cursor.kind() == '{' &&
               (field == "properties" || field == "$set" || field == "$set_once")) {
      collect_members(field == "properties" ? std::string() : field + ".", shape);
      continue;
    }
    cursor.skip_value();
  }
}

/// Adds the uuid or timestamp the cursor stands on to what is kept of an event.
void Rewriter::State::keep_place(std::string_view field, std::string& kept) {
  const auto sent = internal::trim(internal::unescape(cursor.scalar(), unescaped));
  const auto value = field == "uuid" && result != nullptr
                         ? std::string_view(result->uuid.data(), result->uuid.size())
                         : sent;
  // Those of an event that v1 took are well formed, however long.
  if ((value.size() <= kShapeNameBytesMax || result != nullptr) &&
      internal::judge_text(*policy, value, clean).action == Action::keep) {
    kept.append(",\"").append(field).append("\":");
    internal::append_quoted(value, kept);
  }
}

/// Adds the members of the object the cursor stands on to the shape.
void Rewriter::State::collect_members(const std::string& prefix, std::string& shape) {
  cursor.step();
  while (cursor.kind() != '}') {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    const auto name = prefix + std::string(internal::unescape(cursor.scalar(), unescaped));
    cursor.step();
    cursor.step();
    const auto value = shape_of_value();
    if (shape_names++ < kShapeNamesMax) {
      shape += shape.empty() ? "" : ",";
      append_clean(cut(name, kShapeNameBytesMax), shape);
      shape += ':';
      internal::append_quoted(value, shape);
    }
  }
  cursor.step();
}

/// Type and size of the value the cursor stands on, which it passes.
std::string Rewriter::State::shape_of_value() {
  const auto first = cursor.kind();
  if (first == '{' || first == '[') {
    const auto begin = cursor.place();
    cursor.skip_value();
    return std::string(first == '{' ? "object(" : "list(") +
           std::to_string(cursor.place() - begin) + " tokens)";
  }
  const auto raw = cursor.scalar();
  cursor.step();
  if (first == '"') {
    return "text(" + std::to_string(internal::unescape(raw, unescaped).size()) + ")";
  }
  if (first == 't' || first == 'f') {
    return "boolean";
  }
  return first == 'n' ? "null" : "number(" + std::to_string(raw.size()) + ")";
}

/// Appends `value` as a JSON string without any pattern.
void Rewriter::State::append_clean(std::string_view value, std::string& to) {
  const auto is_kept = internal::judge_text(*policy, value, clean).action == Action::keep;
  internal::append_quoted(is_kept ? value : std::string_view(clean), to);
}

}  // namespace format::privacy
