// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/flags/document.h"

#include "dataplane/flags/lenient_json.h"

#include <charconv>

namespace dp::flags {
namespace {

/// The flags of an evaluation that found none, in each family; decide-1 and decide-2 have no error
/// field.
std::string_view empty_flags(Family family) noexcept {
  switch (family) {
    case Family::decide_1:
      return R"("featureFlags":[])";
    case Family::decide_2:
      return R"("featureFlags":{})";
    case Family::legacy:
      return R"("errorsWhileComputingFlags":false,"featureFlags":{},"featureFlagPayloads":{})";
    case Family::detailed:
    case Family::typed:
      return R"("errorsWhileComputingFlags":false,"flags":{})";
  }
  return {};
}

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
  static_cast<void>(error);  // 24 digits hold every 64-bit number
  out.append(digits, end);
}

}  // namespace

void render_empty_evaluation(std::string& out, Family family, const Evaluation& evaluation) {
  out.clear();
  out += '{';
  out += empty_flags(family);
  out += R"(,"requestId":")";
  out += evaluation.request_id;
  out += R"(","evaluatedAt":)";
  append_number(out, evaluation.evaluated_ms);
  if (!evaluation.config_fields.empty()) {
    out += ',';
    out += evaluation.config_fields;
  }
  out += '}';
}

std::optional<std::string_view> remote_config_of(std::string_view project_json) noexcept {
  JsonFields fields(project_json);
  while (const auto field = fields.next()) {
    if (field->name == "remote_config" && field->kind == JsonKind::object) {
      return field->value;
    }
  }
  return std::nullopt;
}

std::string_view fields_of(std::string_view object) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  object.remove_prefix(1);
  object.remove_suffix(1);
  const auto from = object.find_first_not_of(kSpace);
  if (from == std::string_view::npos) {
    return {};
  }
  return object.substr(from, object.find_last_not_of(kSpace) - from + 1);
}

void render_config_script(std::string& out, std::string_view token,
                          std::string_view remote_config) {
  out =
      "(function(){window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{};window._POSTHOG_"
      "REMOTE_CONFIG[\"";
  out += token;
  out += "\"]={config:";
  out += remote_config;
  out += ",siteApps:[]};})();\n";
}

void render_error(std::string& out, std::string_view type, std::string_view code,
                  std::string_view detail) {
  out = R"({"type":")";
  out += type;
  out += R"(","code":")";
  out += code;
  out += R"(","detail":")";
  out += detail;
  out += R"(","attr":null})";
}

void render_entity_tag(std::string& out, std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bits
  for (const char c : content) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out = '"';
  for (int shift = 60; shift >= 0; shift -= 4) {
    out += kDigits[(hash >> shift) & 15];
  }
  out += '"';
}

bool matches_entity_tag(std::string_view if_none_match, std::string_view entity_tag) noexcept {
  while (!if_none_match.empty()) {
    const auto comma = if_none_match.find(',');
    auto item = if_none_match.substr(0, comma);
    if_none_match =
        comma == std::string_view::npos ? std::string_view() : if_none_match.substr(comma + 1);
    while (item.starts_with(' ')) {
      item.remove_prefix(1);
    }
    while (item.ends_with(' ')) {
      item.remove_suffix(1);
    }
    if (item == "*") {
      return true;
    }
    if (item.starts_with("W/")) {
      item.remove_prefix(2);
    }
    if (item == entity_tag) {
      return true;
    }
  }
  return false;
}

}  // namespace dp::flags
