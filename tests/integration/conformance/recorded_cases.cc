// SPDX-License-Identifier: LicenseRef-Project
// The requests of the iOS and Flutter SDKs that stand in tests/wire/mobile, as rows.
#include "dataplane/base/check.h"
#include "tests/integration/conformance/cases.h"
#include "tests/support/encodings.h"

#include <boost/json.hpp>

#include <fstream>

namespace conformance {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) { return json::value_to<std::string>(value); }

/// The list `name` of a line; empty where the line has none.
json::array list_of(const json::object& line, std::string_view name) {
  const auto* found = line.if_contains({name.data(), name.size()});
  return found == nullptr ? json::array{} : found->as_array();
}

StoredEvent event_of(const json::object& stored) {
  StoredEvent event;
  event.name = text_of(stored.at("event"));
  event.distinct_id = text_of(stored.at("distinct_id"));
  event.properties = text_of(stored.at("properties"));
  event.timestamp_us = stored.at("timestamp_ms").as_int64() * 1000;
  event.uuid = text_of(stored.at("uuid"));
  return event;
}

StoredRecording recording_of(const json::object& stored) {
  return {text_of(stored.at("session_id")), text_of(stored.at("window_id")),
          text_of(stored.at("source")), text_of(stored.at("library")),
          json::value_to<std::vector<std::string>>(stored.at("items"))};
}

Case case_of(const json::object& line) {
  std::string fields;
  for (const auto& [name, value] : line.at("headers").as_object()) {
    fields += name;
    fields += ": ";
    fields += text_of(value);
    fields += "\r\n";
  }
  auto body = text_of(line.at("body"));
  if (fields.find("Content-Encoding: gzip\r\n") != std::string::npos) {
    body = integration::gzip(body);
  }
  Case row;
  row.what = text_of(line.at("what")) + ", after " + text_of(line.at("source"));
  row.request =
      integration::request(text_of(line.at("method")), text_of(line.at("target")), body, fields);
  row.status = static_cast<int>(line.at("status").as_int64());
  row.body = text_of(line.at("answer"));
  for (const auto& event : list_of(line, "events")) {
    row.events.push_back(event_of(event.as_object()));
  }
  for (const auto& recording : list_of(line, "recordings")) {
    row.recordings.push_back(recording_of(recording.as_object()));
  }
  return row;
}

}  // namespace

std::vector<Case> recorded_cases() {
  std::vector<Case> cases;
  for (const auto* const name : {"posthog_ios.jsonl", "posthog_flutter.jsonl"}) {
    std::ifstream file("tests/wire/mobile/" + std::string(name));
    std::string line;
    while (std::getline(file, line)) {
      cases.push_back(case_of(json::parse(line).as_object()));
    }
  }
  CHECK(!cases.empty());
  return cases;
}

}  // namespace conformance
