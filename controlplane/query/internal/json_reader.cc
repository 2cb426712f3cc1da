// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/internal/json_reader.h"

#include "controlplane/query/query_runner.h"

#include <algorithm>
#include <utility>

namespace cp::query {
namespace {

constexpr std::size_t kShownBytesMax = 60;

bool is_empty(const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return true;
    case boost::json::kind::bool_:
      return !value.get_bool();
    case boost::json::kind::string:
      return value.get_string().empty();
    case boost::json::kind::array:
      return value.get_array().empty();
    case boost::json::kind::object:
      return value.get_object().empty();
    default:
      return false;
  }
}

}  // namespace

std::string shown(const boost::json::value& value) {
  std::string text = boost::json::serialize(value);
  if (text.size() <= kShownBytesMax) {
    return text;
  }
  std::size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end) + "…";
}

JsonReader::JsonReader(const boost::json::value& value, std::string path)
    : object_(value.if_object()), path_(std::move(path)) {
  if (object_ == nullptr) {
    const std::string place = path_.empty() ? "query" : path_;
    throw InvalidQuery(place, place + ": expected an object, got " + shown(value));
  }
}

const boost::json::value* JsonReader::find(std::string_view name) const {
  const boost::json::value* value = object_->if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> JsonReader::text(std::string_view name) const {
  const boost::json::value* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    fail(name, "a string");
  }
  return std::string(value->get_string());
}

std::string JsonReader::required_text(std::string_view name) const {
  std::optional<std::string> value = text(name);
  if (!value || value->empty()) {
    fail(name, "a string");
  }
  return std::move(*value);
}

std::string JsonReader::choice(std::string_view name, std::string_view fallback,
                               std::initializer_list<std::string_view> allowed) const {
  const std::optional<std::string> value = text(name);
  if (!value) {
    return std::string(fallback);
  }
  if (std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) {
    return *value;
  }
  std::string expected = "one of ";
  for (const std::string_view each : allowed) {
    expected += (each == *allowed.begin() ? "" : ", ") + std::string(each);
  }
  fail(name, expected);
}

void JsonReader::check_choice(std::string_view name,
                              std::initializer_list<std::string_view> allowed) const {
  static_cast<void>(choice(name, "", allowed));
}

std::int64_t JsonReader::integer(std::string_view name, std::int64_t fallback, std::int64_t least,
                                 std::int64_t most) const {
  const boost::json::value* value = find(name);
  if (value == nullptr) {
    return fallback;
  }
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  if (error || number < least || number > most) {
    fail(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

bool JsonReader::boolean(std::string_view name, bool fallback) const {
  const boost::json::value* value = find(name);
  if (value == nullptr) {
    return fallback;
  }
  if (!value->is_bool()) {
    fail(name, "true or false");
  }
  return value->get_bool();
}

const boost::json::array& JsonReader::array(std::string_view name, std::size_t count_max) const {
  static const boost::json::array none;
  const boost::json::value* value = find(name);
  if (value == nullptr) {
    return none;
  }
  const boost::json::array* list = value->if_array();
  if (list == nullptr || list->size() > count_max) {
    fail(name, "a list of at most " + std::to_string(count_max) + " entries");
  }
  return *list;
}

std::vector<std::string> JsonReader::texts(std::string_view name, std::size_t count_max) const {
  std::vector<std::string> result;
  for (const boost::json::value& value : array(name, count_max)) {
    if (!value.is_string()) {
      fail(name, "a list of strings");
    }
    result.emplace_back(value.get_string());
  }
  return result;
}

std::optional<JsonReader> JsonReader::object(std::string_view name) const {
  const boost::json::value* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  return JsonReader(*value, path_of(name));
}

void JsonReader::refuse(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names) {
    const boost::json::value* value = find(name);
    if (value != nullptr && !is_empty(*value)) {
      throw InvalidQuery(path_of(name), path_of(name) + " is not supported yet");
    }
  }
}

std::string JsonReader::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

void JsonReader::fail(std::string_view name, std::string_view expected) const {
  const boost::json::value* value = object_->if_contains(name);
  const std::string place = path_of(name);
  throw InvalidQuery(place, place + ": expected " + std::string(expected) + ", got " +
                                (value == nullptr ? "nothing" : shown(*value)));
}

}  // namespace cp::query
