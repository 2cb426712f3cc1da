// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/flags/family.h"

#include <charconv>

namespace dp::flags {
namespace {

/// `v`: absent or empty is nothing, text that is no number is 1.
std::optional<int> version_of(std::string_view query) noexcept {
  auto text = query_parameter(query, "v");
  if (!text) {
    text = query_parameter(query, "version");
  }
  if (!text || text->empty()) {
    return std::nullopt;
  }
  int version = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), version);
  return error == std::errc{} && end == text->data() + text->size() ? version : 1;
}

Family decide_family(int version) noexcept {
  if (version <= 1) {
    return Family::decide_1;
  }
  return version == 2 ? Family::decide_2 : version == 3 ? Family::legacy : Family::detailed;
}

Family flags_family(int version) noexcept {
  if (version < 2) {
    return Family::legacy;
  }
  return version == 3 ? Family::typed : Family::detailed;
}

}  // namespace

std::optional<std::string_view> query_parameter(std::string_view query,
                                                std::string_view name) noexcept {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    }
  }
  return std::nullopt;
}

Wish read_wish(bool is_decide, std::string_view query) noexcept {
  Wish wish;
  const auto version = version_of(query);
  const auto config = query_parameter(query, "config");
  if (is_decide) {
    wish.family = decide_family(version.value_or(1));
    wish.with_config = !config;
  } else {
    wish.family = version || config ? flags_family(version.value_or(1)) : Family::detailed;
    wish.with_config = !version && !config;
  }
  if (config) {
    wish.with_config = *config == "true" || *config == "1";
  }
  wish.compression = query_parameter(query, "compression").value_or("");
  return wish;
}

}  // namespace dp::flags
