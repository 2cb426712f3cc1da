// SPDX-License-Identifier: LicenseRef-Project
// OTLP traces as JSON: the protobuf's JSON mapping with ids as hexadecimal digits, and what
// exporters really write (64-bit numbers as strings or numbers, null for absent).
#include "dataplane/format/codec/base64.h"
#include "dataplane/format/codec/internal/json_text.h"
#include "dataplane/format/codec/internal/span_list.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace format::codec {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// 64-bit numbers are written as strings, or as numbers by some.
template <typename Number>
std::optional<Number> number_of(element value) noexcept {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    Number number{};
    const auto* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, number);
    return failure == std::errc() && stop == end ? std::optional(number) : std::nullopt;
  }
  Number number{};
  return value.get(number) == simdjson::SUCCESS ? std::optional(number) : std::nullopt;
}

class Reader {
 public:
  Reader(SpanList& list, std::string& problem) noexcept : list_(list), problem_(problem) {}

  bool read_export(element root) {
    object request;
    if (root.get(request) != simdjson::SUCCESS) {
      return fail("expected an object");
    }
    return each(request, "resourceSpans", [this](object item) { return read_resource(item); });
  }

 private:
  bool fail(std::string_view problem) {
    if (problem_.empty()) {
      problem_ = problem;
    }
    return false;
  }

  /// Visits the objects of the list `name`; absent and null are empty lists.
  template <typename Visit>
  bool each(object holder, std::string_view name, const Visit& visit) {
    element value;
    if (holder.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) {
      return true;
    }
    array items;
    if (value.get(items) != simdjson::SUCCESS) {
      return fail(std::string(name) + ": expected a list");
    }
    for (const auto item : items) {
      object found;
      if (item.get(found) != simdjson::SUCCESS) {
        return fail(std::string(name) + ": expected objects");
      }
      if (!visit(found)) {
        return false;
      }
    }
    return true;
  }

  bool read_text(object holder, std::string_view name, std::string_view& text) {
    element value;
    if (holder.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) {
      return true;
    }
    return value.get(text) == simdjson::SUCCESS || fail(std::string(name) + ": expected a string");
  }

  bool read_time(object holder, std::string_view name, std::uint64_t& time_ns) {
    element value;
    if (holder.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) {
      return true;
    }
    const auto number = number_of<std::uint64_t>(value);
    time_ns = number.value_or(0);
    return number || fail(std::string(name) + ": expected nanoseconds");
  }

  bool read_id(object holder, std::string_view name, std::string_view& id) {
    std::string_view text;
    if (!read_text(holder, name, text)) {
      return false;
    }
    auto& lower = list_.value();
    lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char character) {
      return character >= 'A' && character <= 'F' ? static_cast<char>(character + ('a' - 'A'))
                                                  : character;
    });
    if (lower.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return fail(std::string(name) + ": expected hexadecimal digits");
    }
    id = list_.keep(lower);
    lower.clear();
    return true;
  }

  bool read_resource(object item) {
    list_.begin_resource();
    object resource;
    if (item.at_key("resource").get(resource) == simdjson::SUCCESS && !read_attributes(resource)) {
      return false;
    }
    return each(item, "scopeSpans", [this](object scope) { return read_scope(scope); });
  }

  bool read_scope(object item) {
    object scope;
    std::string_view version;
    if (item.at_key("scope").get(scope) == simdjson::SUCCESS &&
        !read_text(scope, "version", version)) {
      return false;
    }
    return each(item, "spans", [&](object span) { return read_span(span, version); });
  }

  bool read_span(object item, std::string_view version) {
    TraceSpan span;
    span.scope_version = version;
    list_.begin_span();
    const auto is_read =
        read_id(item, "traceId", span.trace_id) && read_id(item, "spanId", span.span_id) &&
        read_id(item, "parentSpanId", span.parent_id) && read_text(item, "name", span.name) &&
        read_time(item, "startTimeUnixNano", span.start_ns) &&
        read_time(item, "endTimeUnixNano", span.end_ns) && read_attributes(item);
    return is_read && (list_.end_span(span) || fail(list_.problem()));
  }

  /// Attributes without a value are left out.
  bool read_attributes(object holder) {
    return each(holder, "attributes", [this](object pair) {
      std::string_view key;
      list_.value().clear();
      if (!read_text(pair, "key", key) || !append_pair_value(pair, 0)) {
        return false;
      }
      if (!list_.value().empty()) {
        list_.add_attribute(key);
      }
      return true;
    });
  }

  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_pair_value(object pair, std::size_t depth) {
    object value;
    return pair.at_key("value").get(value) != simdjson::SUCCESS || append_value(value, depth);
  }

  /// Appends an AnyValue; nothing when it has none.
  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_value(object any, std::size_t depth) {
    if (depth > kSpanValueDepthMax) {
      return fail("value: nested too deep");
    }
    for (const auto member : any) {
      if (!member.value.is_null()) {
        return append_member_value(member.key, member.value, depth);
      }
    }
    return true;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_member_value(std::string_view type, element value, std::size_t depth) {
    auto& out = list_.value();
    std::string_view text;
    if (type == "arrayValue" || type == "kvlistValue") {
      object holder;
      return value.get(holder) == simdjson::SUCCESS
                 ? append_values(holder, type == "kvlistValue", depth)
                 : fail("value: expected an object");
    }
    if (type == "intValue") {
      const auto number = number_of<std::int64_t>(value);
      out.append(number ? std::to_string(*number) : "");
      return number || fail("intValue: expected a whole number");
    }
    if (type == "doubleValue") {
      const auto number = number_of<double>(value);
      append_json_number(number.value_or(0), out);
      return number || fail("doubleValue: expected a number");
    }
    if (type == "boolValue") {
      bool is_set = false;
      const auto is_bool = value.get(is_set) == simdjson::SUCCESS;
      out.append(is_set ? "true" : "false");
      return is_bool || fail("boolValue: expected true or false");
    }
    if (value.get(text) != simdjson::SUCCESS) {
      return fail("value: expected a string");
    }
    if (type == "bytesValue") {
      return append_bytes(text);
    }
    append_json_string(text, out);
    return true;
  }

  bool append_bytes(std::string_view base64) {
    std::string_view bytes;
    if (!base64.empty() && !decode_base64(base64, 0, decoded_, bytes)) {
      return fail("bytesValue: expected base64");
    }
    list_.value() += '"';
    append_hexadecimal(bytes, list_.value());
    list_.value() += '"';
    return true;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_values(object holder, bool has_keys, std::size_t depth) {
    auto& out = list_.value();
    out += has_keys ? '{' : '[';
    const auto first = out.size();
    const auto is_read = each(holder, "values", [&](object item) {
      const auto before = out.size();
      out.append(before == first ? "" : ",");
      std::string_view key;
      if (has_keys) {
        if (!read_text(item, "key", key)) {
          return false;
        }
        append_json_string(key, out);
        out += ':';
      }
      const auto start = out.size();
      if (!(has_keys ? append_pair_value(item, depth + 1) : append_value(item, depth + 1))) {
        return false;
      }
      if (out.size() == start) {
        out.resize(before);
      }
      return true;
    });
    out += has_keys ? '}' : ']';
    return is_read;
  }

  SpanList& list_;
  std::string& problem_;
  std::vector<char> decoded_;
};

}  // namespace

bool read_json_traces(std::string_view body, JsonDocument& document, SpanList& list,
                      std::string& problem) {
  Payload payload;
  payload.json = body;
  if (document.load(payload) != JsonDocument::Status::ok) {
    problem = "invalid JSON";
    return false;
  }
  return Reader(list, problem).read_export(document.root());
}

}  // namespace format::codec
