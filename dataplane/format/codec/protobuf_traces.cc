// SPDX-License-Identifier: LicenseRef-Project
// OTLP traces as protobuf: ExportTraceServiceRequest of opentelemetry-proto, as far as events need
// it. Unknown fields are skipped, wrong wire types of known ones are errors.
#include "dataplane/format/codec/internal/json_text.h"
#include "dataplane/format/codec/internal/span_list.h"

#include <simdjson.h>

#include <bit>
#include <cmath>
#include <cstring>

namespace format::codec {
namespace {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// One field of a message: a number, or the bytes of a text or message.
struct Field {
  std::uint64_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;
  std::string_view bytes;

  [[nodiscard]] bool is(std::uint64_t wanted) const noexcept { return number == wanted; }
};

/// Walks the fields of one message. Never reads outside of it.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) noexcept : rest_(message) {}

  /// False at the end of the message, or on anything that is no field (`is_broken`).
  bool next(Field& field) noexcept {
    if (rest_.empty() || is_broken_) {
      return false;
    }
    std::uint64_t key = 0;
    is_broken_ = !take_varint(key) || (key >> 3U) == 0 || !take_value(key, field);
    return !is_broken_;
  }

  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }

 private:
  bool take_varint(std::uint64_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) {
        return true;
      }
    }
    return false;
  }

  bool take_fixed(std::size_t size, std::uint64_t& value) noexcept {
    if (rest_.size() < size) {
      return false;
    }
    value = 0;
    std::memcpy(&value, rest_.data(), size);
    rest_.remove_prefix(size);
    return true;
  }

  bool take_value(std::uint64_t key, Field& field) noexcept {
    field.number = key >> 3U;
    field.type = static_cast<WireType>(key & 7U);
    switch (field.type) {
      case WireType::varint:
        return take_varint(field.value);
      case WireType::fixed64:
        return take_fixed(8, field.value);
      case WireType::fixed32:
        return take_fixed(4, field.value);
      case WireType::bytes:
        break;
      default:
        return false;  // groups are gone since proto3
    }
    std::uint64_t size = 0;
    if (!take_varint(size) || size > rest_.size()) {
      return false;
    }
    field.bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  bool is_broken_ = false;
};

static_assert(std::endian::native == std::endian::little);

class Reader {
 public:
  explicit Reader(SpanList& list) noexcept : list_(list) {}

  bool read_export(std::string_view message) {
    return each(message, [this](const Field& field) {
      return !field.is(1) || (is_message(field) && read_resource_spans(field.bytes));
    });
  }

 private:
  template <typename Visit>
  static bool each(std::string_view message, const Visit& visit) {
    FieldReader reader(message);
    Field field;
    while (reader.next(field)) {
      if (!visit(field)) {
        return false;
      }
    }
    return !reader.is_broken();
  }

  static bool is_message(const Field& field) noexcept { return field.type == WireType::bytes; }

  static bool is_text(const Field& field) noexcept {
    return is_message(field) && simdjson::validate_utf8(field.bytes.data(), field.bytes.size());
  }

  /// The resource may stand behind its spans, so it is read first.
  bool read_resource_spans(std::string_view message) {
    list_.begin_resource();
    const auto has_resource = each(message, [this](const Field& field) {
      return !field.is(1) || (is_message(field) && read_attributes(field.bytes, 1));
    });
    return has_resource && each(message, [this](const Field& field) {
             return !field.is(2) || (is_message(field) && read_scope_spans(field.bytes));
           });
  }

  bool read_scope_spans(std::string_view message) {
    std::string_view version;
    const auto has_scope = each(message, [&](const Field& field) {
      return !field.is(1) || (is_message(field) && read_scope(field.bytes, version));
    });
    return has_scope && each(message, [&](const Field& field) {
             return !field.is(2) || (is_message(field) && read_span(field.bytes, version));
           });
  }

  static bool read_scope(std::string_view message, std::string_view& version) {
    return each(message, [&](const Field& field) {
      if (field.is(2)) {
        version = field.bytes;
        return is_text(field);
      }
      return true;
    });
  }

  bool read_span(std::string_view message, std::string_view version) {
    TraceSpan span;
    span.scope_version = version;
    list_.begin_span();
    const auto is_read = each(message, [&](const Field& field) {
      switch (field.number) {
        case 1:
          span.trace_id = list_.keep_hexadecimal(field.bytes);
          return is_message(field);
        case 2:
          span.span_id = list_.keep_hexadecimal(field.bytes);
          return is_message(field);
        case 4:
          span.parent_id = list_.keep_hexadecimal(field.bytes);
          return is_message(field);
        case 5:
          span.name = field.bytes;
          return is_text(field);
        case 7:
          span.start_ns = field.value;
          return field.type == WireType::fixed64;
        case 8:
          span.end_ns = field.value;
          return field.type == WireType::fixed64;
        case 9:
          return is_message(field) && read_attribute(field.bytes);
        default:
          return true;
      }
    });
    return is_read && list_.end_span(span);
  }

  bool read_attributes(std::string_view message, std::uint64_t number) {
    return each(message, [&](const Field& field) {
      return !field.is(number) || (is_message(field) && read_attribute(field.bytes));
    });
  }

  /// Attributes without a value are left out.
  bool read_attribute(std::string_view message) {
    std::string_view key;
    std::string_view value;
    list_.value().clear();
    if (!read_pair(message, key, value) || !append_value(value, 0)) {
      return false;
    }
    if (!list_.value().empty()) {
      list_.add_attribute(key);
    }
    return true;
  }

  static bool read_pair(std::string_view message, std::string_view& key, std::string_view& value) {
    return each(message, [&](const Field& field) {
      if (field.is(1)) {
        key = field.bytes;
        return is_text(field);
      }
      if (field.is(2)) {
        value = field.bytes;
        return is_message(field);
      }
      return true;
    });
  }

  /// Appends an AnyValue; nothing when it has none. The last of several counts.
  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_value(std::string_view message, std::size_t depth) {
    Field last;
    const auto is_read = each(message, [&](const Field& field) {
      if (field.number >= 1 && field.number <= 7) {
        last = field;
      }
      return true;
    });
    return is_read && depth <= kSpanValueDepthMax && (last.number == 0 || append(last, depth));
  }

  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append(const Field& field, std::size_t depth) {
    auto& out = list_.value();
    switch (field.number) {
      case 1:
        return is_text(field) && (append_json_string(field.bytes, out), true);
      case 2:
        out.append(field.value != 0 ? "true" : "false");
        return field.type == WireType::varint;
      case 3:
        out.append(std::to_string(static_cast<std::int64_t>(field.value)));
        return field.type == WireType::varint;
      case 4:
        append_json_number(std::bit_cast<double>(field.value), out);
        return field.type == WireType::fixed64;
      case 5:
        return is_message(field) && append_list(field.bytes, depth);
      case 6:
        return is_message(field) && append_object(field.bytes, depth);
      default:
        out += '"';
        append_hexadecimal(field.bytes, out);
        out += '"';
        return is_message(field);
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_list(std::string_view message, std::size_t depth) {
    auto& out = list_.value();
    out += '[';
    const auto size = out.size();
    const auto is_read = each(message, [&](const Field& field) {
      if (!field.is(1)) {
        return true;
      }
      const auto before = out.size();
      out.append(before == size ? "" : ",");
      const auto start = out.size();
      if (!is_message(field) || !append_value(field.bytes, depth + 1)) {
        return false;
      }
      if (out.size() == start) {
        out.resize(before);
      }
      return true;
    });
    out += ']';
    return is_read;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_object(std::string_view message, std::size_t depth) {
    auto& out = list_.value();
    out += '{';
    const auto size = out.size();
    const auto is_read = each(message, [&](const Field& field) {
      return !field.is(1) || (is_message(field) && append_member(field.bytes, depth + 1, size));
    });
    out += '}';
    return is_read;
  }

  // NOLINTNEXTLINE(misc-no-recursion): kSpanValueDepthMax bounds it.
  bool append_member(std::string_view message, std::size_t depth, std::size_t object_start) {
    auto& out = list_.value();
    std::string_view key;
    std::string_view value;
    if (!read_pair(message, key, value)) {
      return false;
    }
    const auto before = out.size();
    out.append(before == object_start ? "" : ",");
    append_json_string(key, out);
    out += ':';
    const auto start = out.size();
    if (!append_value(value, depth)) {
      return false;
    }
    if (out.size() == start) {
      out.resize(before);
    }
    return true;
  }

  SpanList& list_;
};

}  // namespace

bool read_protobuf_traces(std::string_view body, SpanList& list, std::string& problem) {
  if (Reader(list).read_export(body)) {
    return true;
  }
  problem = list.problem().empty() ? "invalid OTLP protobuf" : list.problem();
  return false;
}

}  // namespace format::codec
