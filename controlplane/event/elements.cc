// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/elements.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

namespace cp::event {
namespace {

constexpr std::size_t kTextCharactersMax = 400;
constexpr std::size_t kHrefCharactersMax = 2048;

std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

/// The first `count` code points.
std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t position = 0;
  while (position < text.size()) {
    const bool is_start = (static_cast<unsigned char>(text[position]) & 0xC0U) != 0x80U;
    if (is_start && count-- == 0) {
      break;
    }
    ++position;
  }
  return text.substr(0, position);
}

/// A value as JavaScript's toString prints it, near enough: text bare, arrays joined, the rest as
/// JSON.
std::string printed(const boost::json::value& value) {
  if (value.is_string()) {
    return std::string(view(value.get_string()));
  }
  if (!value.is_array()) {
    return boost::json::serialize(value);
  }
  std::string joined;
  for (const auto& item : value.get_array()) {
    joined += joined.empty() ? "" : ",";
    joined += printed(item);
  }
  return joined;
}

/// Text of a member, or nothing when it is absent, null or empty.
std::string member_text(const boost::json::object& element, std::string_view key) {
  const auto* value = element.if_contains(key);
  return value == nullptr || value->is_null() ? std::string() : printed(*value);
}

std::vector<std::string> class_names(const boost::json::object& element) {
  std::vector<std::string> names;
  const auto* value = element.if_contains("attr__class");
  if (value == nullptr) {
    return names;
  }
  if (value->is_array()) {
    for (const auto& name : value->get_array()) {
      names.push_back(printed(name));
    }
  } else if (value->is_string() && !value->get_string().empty()) {
    std::string_view rest = view(value->get_string());
    while (true) {
      const auto space = rest.find(' ');
      names.emplace_back(rest.substr(0, space));
      if (space == std::string_view::npos) {
        break;
      }
      rest.remove_prefix(space + 1);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char letter : text) {
    if (letter == '"') {
      out += '\\';
    }
    out += letter;
  }
}

std::map<std::string, std::string> attributes(const boost::json::object& element) {
  std::map<std::string, std::string> found{{"nth-child", "0"}, {"nth-of-type", "0"}};
  const auto add = [&](const char* name, std::string value) {
    if (!value.empty()) {
      found.insert_or_assign(name, std::move(value));
    }
  };
  add("text", std::string(first_characters(member_text(element, "$el_text"), kTextCharactersMax)));
  add("nth-child", member_text(element, "nth_child"));
  add("nth-of-type", member_text(element, "nth_of_type"));
  add("href",
      std::string(first_characters(member_text(element, "attr__href"), kHrefCharactersMax)));
  add("attr_id", member_text(element, "attr__id"));
  for (const auto& [key, value] : element) {
    if (key.starts_with("attr__")) {
      found.insert_or_assign(std::string(view(key)), printed(value));
    }
  }
  return found;
}

void append_element(std::string& out, const boost::json::object& element) {
  out += member_text(element, "tag_name");
  for (const auto& name : class_names(element)) {
    out += '.';
    std::copy_if(name.begin(), name.end(), std::back_inserter(out),
                 [](char c) { return c != '"'; });
  }
  out += ':';
  for (const auto& [key, value] : attributes(element)) {
    append_escaped(out, key);
    out += "=\"";
    append_escaped(out, value);
    out += '"';
  }
}

}  // namespace

std::string elements_chain(std::string_view elements_json) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse(elements_json, error);
  std::string chain;
  if (error || !parsed.is_array()) {
    return chain;
  }
  for (const auto& element : parsed.get_array()) {
    if (!element.is_object()) {
      continue;
    }
    if (!chain.empty()) {
      chain += ';';
    }
    append_element(chain, element.get_object());
  }
  return chain;
}

}  // namespace cp::event
