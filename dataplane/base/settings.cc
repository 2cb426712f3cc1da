// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/settings.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace base {

std::optional<std::string> Settings::optional_text(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): start-up, one thread
  if (value == nullptr || *value == '\0') {
    return std::nullopt;
  }
  return std::string(value);
}

std::string Settings::text(const char* name, std::string_view fallback) {
  return optional_text(name).value_or(std::string(fallback));
}

std::string Settings::required_text(const char* name) {
  auto value = optional_text(name);
  if (!value) {
    complain(name, "a value (it is not set)");
  }
  return value.value_or("");
}

std::uint64_t Settings::number(const char* name, std::uint64_t fallback, std::uint64_t minimum,
                               std::uint64_t maximum) {
  const auto value = optional_text(name);
  if (!value) {
    return fallback;
  }
  std::uint64_t parsed = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), parsed);
  if (error != std::errc{} || end != value->data() + value->size() || parsed < minimum ||
      parsed > maximum) {
    complain(name,
             "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return fallback;
  }
  return parsed;
}

bool Settings::flag(const char* name, bool fallback) {
  const auto value = optional_text(name);
  if (!value) {
    return fallback;
  }
  if (*value == "true" || *value == "1") {
    return true;
  }
  if (*value != "false" && *value != "0") {
    complain(name, "true or false");
  }
  return false;
}

void Settings::complain(const char* name, std::string_view expected) {
  complaints_.push_back(std::string(name) + ": expected " + std::string(expected));
}

void Settings::exit_if_invalid() const {
  if (complaints_.empty()) {
    return;
  }
  for (const auto& complaint : complaints_) {
    std::fprintf(stderr, "bad setting %s\n", complaint.c_str());
  }
  std::exit(78);  // NOLINT(concurrency-mt-unsafe): start-up, one thread
}

}  // namespace base
