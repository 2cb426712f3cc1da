// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/snapshot_items.h"

#include <string_view>

namespace format::codec {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kProperties = "properties";
constexpr std::string_view kSnapshotData = "$snapshot_data";
constexpr double kExactMax = 9'007'199'254'740'992.0;  // 2^53

/// A member's value and where it stands.
struct Member {
  element value;
  JsonCursor cursor;
};

/// The last member of that name; `cursor` stands on the object.
std::optional<Member> find_last(object members, JsonCursor cursor, std::string_view name) {
  std::optional<Member> found;
  cursor.step();
  for (const auto member : members) {
    cursor.step_to_value();
    if (member.key == name) {
      found = Member{member.value, cursor};
    }
    cursor.skip_value();
    cursor.step();
  }
  return found;
}

std::optional<element> find_last(object members, std::string_view name) noexcept {
  std::optional<element> found;
  for (const auto member : members) {
    if (member.key == name) {
      found = member.value;
    }
  }
  return found;
}

std::int64_t whole_number(element value) noexcept {
  std::int64_t number = -1;
  if (value.get(number) == simdjson::SUCCESS) {
    return number;
  }
  double fraction = 0;
  if (value.get(fraction) == simdjson::SUCCESS && fraction > 0 && fraction < kExactMax) {
    return static_cast<std::int64_t>(fraction);
  }
  return -1;
}

std::string_view text_or_empty(element value) noexcept {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

void read_payload(element value, SnapshotItem& item, std::string_view& href) noexcept {
  object payload;
  if (value.get(payload) != simdjson::SUCCESS) {
    return;
  }
  for (const auto member : payload) {
    if (member.key == "href") {
      href = text_or_empty(member.value);
    } else if (member.key == "level") {
      item.level = text_or_empty(member.value);
    }
  }
}

void read_data(element value, SnapshotItem& item) noexcept {
  object data;
  if (value.get(data) != simdjson::SUCCESS) {
    return;
  }
  std::string_view payload_href;
  for (const auto member : data) {
    const auto key = member.key;
    if (key == "source") {
      item.source = whole_number(member.value);
    } else if (key == "type") {
      item.interaction = whole_number(member.value);
    } else if (key == "href") {
      item.href = text_or_empty(member.value);
    } else if (key == "plugin") {
      item.plugin = text_or_empty(member.value);
    } else if (key == "payload") {
      read_payload(member.value, item, payload_href);
    }
  }
  if (item.href.empty()) {
    item.href = payload_href;
  }
}

/// Takes the value the cursor stands on, when it is an object; steps over it in any case.
void take_item(element value, JsonCursor& cursor, std::vector<SnapshotItem>& items) {
  object members;
  if (value.get(members) != simdjson::SUCCESS) {
    cursor.skip_value();
    return;
  }
  SnapshotItem item;
  item.json = cursor.take_container().text;
  for (const auto member : members) {
    const auto key = member.key;
    if (key == "timestamp") {
      item.timestamp_ms = whole_number(member.value);
    } else if (key == "type") {
      item.type = whole_number(member.value);
    } else if (key == "data") {
      read_data(member.value, item);
    }
  }
  items.push_back(item);
}

/// `cursor` stands on the element.
void collect_element(object members, const JsonCursor& cursor, std::vector<SnapshotItem>& items) {
  const auto properties = find_last(members, cursor, kProperties);
  if (!properties) {
    return;
  }
  const auto found =
      find_last(properties->value.get_object().value_unsafe(), properties->cursor, kSnapshotData);
  if (!found) {
    return;
  }
  auto place = found->cursor;
  array list;
  if (found->value.get(list) != simdjson::SUCCESS) {
    take_item(found->value, place, items);
    return;
  }
  place.step();
  for (const auto item : list) {
    take_item(item, place, items);
    place.step();
  }
}

}  // namespace

std::optional<element> find_snapshot_data(object members) noexcept {
  const auto properties = find_last(members, kProperties);
  object values;
  if (!properties || properties->get(values) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  const auto data = find_last(values, kSnapshotData);
  return data && (data->is_array() || data->is_object()) ? data : std::nullopt;
}

void collect_items(const JsonDocument& document, std::vector<SnapshotItem>& items) {
  auto cursor = document.cursor();
  array elements;
  if (document.root().get(elements) != simdjson::SUCCESS) {
    collect_element(document.root().get_object().value_unsafe(), cursor, items);
    return;
  }
  cursor.step();
  for (const auto member : elements) {
    collect_element(member.get_object().value_unsafe(), cursor, items);
    cursor.skip_value();
    cursor.step();
  }
}

}  // namespace format::codec
