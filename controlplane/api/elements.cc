// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/internal/elements.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>

namespace cp::api {
namespace {

/// Takes `key="value"` off the front, `\"` standing for a quote; false when there is none.
bool take_attribute(std::string_view& rest, std::string& key, std::string& value) {
  const auto equals = rest.find("=\"");
  if (equals == std::string_view::npos) {
    return false;
  }
  key = rest.substr(0, equals);
  value.clear();
  for (std::size_t i = equals + 2; i < rest.size(); ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size() && rest[i + 1] == '"') {
      value += '"';
      ++i;
    } else if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    } else {
      value += rest[i];
    }
  }
  return false;
}

/// `button.big.primary` before the colon: tag and classes.
void set_tag(boost::json::object& element, std::string_view text) {
  const auto dot = text.find('.');
  element["tag_name"] = text.substr(0, dot);
  boost::json::array classes;
  while (text.find('.') != std::string_view::npos) {
    text.remove_prefix(text.find('.') + 1);
    classes.emplace_back(text.substr(0, text.find('.')));
  }
  if (!classes.empty()) {
    element["attr_class"] = std::move(classes);
  }
}

void set_attribute(boost::json::object& element, const std::string& key, const std::string& value) {
  if (key == "text" || key == "href" || key == "attr_id") {
    element[key] = value;
  } else if (key == "nth-child" || key == "nth-of-type") {
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    element[key == "nth-child" ? "nth_child" : "nth_of_type"] = number;
  } else {
    element["attributes"].as_object()[key] = value;
  }
}

boost::json::object new_element(std::size_t order) {
  return {{"tag_name", nullptr},    {"text", nullptr},
          {"href", nullptr},        {"attr_class", nullptr},
          {"attr_id", nullptr},     {"nth_child", nullptr},
          {"nth_of_type", nullptr}, {"attributes", boost::json::object()},
          {"order", order}};
}

/// Takes all attributes up to the `;` of the next element off the front; false at a damage.
bool take_attributes(std::string_view& rest, boost::json::object& element) {
  std::string key;
  std::string value;
  while (!rest.empty() && !rest.starts_with(';')) {
    if (!take_attribute(rest, key, value)) {
      return false;
    }
    set_attribute(element, key, value);
  }
  return true;
}

}  // namespace

boost::json::array elements_of_chain(std::string_view chain) {
  boost::json::array elements;
  while (!chain.empty()) {
    const auto end_of_tag = std::min(chain.find_first_of(":;"), chain.size());
    auto element = new_element(elements.size());
    set_tag(element, chain.substr(0, end_of_tag));
    chain.remove_prefix(end_of_tag);
    if (chain.starts_with(':')) {
      chain.remove_prefix(1);
      if (!take_attributes(chain, element)) {
        return elements;
      }
    }
    elements.push_back(std::move(element));
    if (chain.starts_with(';')) {
      chain.remove_prefix(1);
    }
  }
  return elements;
}

}  // namespace cp::api
