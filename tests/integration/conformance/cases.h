// SPDX-License-Identifier: LicenseRef-Project
// The conformance cases of capture-protocol section 20 as rows: a request, its answer, and the
// events that the log then holds.
#pragma once

#include "controlplane/event/record_decoder.h"
#include "controlplane/event/recording_decoder.h"
#include "tests/integration/dataplane/support/http_client.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conformance {

/// The server's clock in every row, 2023-01-01T12:00:00Z: records are decoded as if received then.
inline constexpr std::int64_t kNow = 1'672'574'400'000'000;
inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kHour = 3600 * kSecond;

inline constexpr std::string_view kOk = R"({"status":"Ok"})";
inline constexpr std::string_view kJson = "Content-Type: application/json\r\n";
inline constexpr std::string_view kText = "Content-Type: text/plain\r\n";
inline constexpr std::string_view kForm = "Content-Type: application/x-www-form-urlencoded\r\n";
inline constexpr std::string_view kEvent = R"({"event":"a","token":"phc_abc","distinct_id":"u"})";

/// An event that the worker would store. What is not set is not compared.
struct StoredEvent {
  std::string name = "a";
  std::string distinct_id = "u";
  std::optional<std::string> properties{};
  std::optional<std::int64_t> timestamp_us{};
  std::optional<std::string> uuid{};
  bool is_historical = false;
  std::string token = "phc_abc";
  cp::event::Lane lane = cp::event::Lane::events;
  bool is_cookieless = false;  ///< The worker makes its id, of a hash of the sender's address.
};

/// A recording that the worker would store, or one in the log that it drops.
struct StoredRecording {
  std::string session_id;
  std::string window_id;
  std::string source;
  std::string library;
  std::vector<std::string> items;
  cp::event::RecordingDecoder::Outcome outcome = cp::event::RecordingDecoder::Outcome::kept;
};

/// Projects whose quota of one resource is used up: the token and the resource.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOverQuota = {
    {{"phc_no_events", "events"},
     {"phc_no_exceptions", "exceptions"},
     {"phc_no_recordings", "recordings"}}};

/// One row. `number` is the case's, 0 for rows that come from the SDKs' sources.
struct Case {
  int number = 0;
  std::string what;
  std::string request;
  int status = 200;
  std::string body{kOk};  ///< The whole body, or its start.
  std::vector<StoredEvent> events{};
  std::vector<StoredRecording> recordings{};
  std::map<std::string, std::string> fields{};  ///< Of the answer, names in lower case.
  bool is_body_start = false;
};

/// A case that no row here can show, and why.
struct Elsewhere {
  int number = 0;
  std::string reason;
};

std::vector<Case> shape_cases();
std::vector<Case> decoding_cases();
std::vector<Case> identity_cases();
std::vector<Case> time_cases();
std::vector<Case> transport_cases();
std::vector<Case> special_cases();
std::vector<Case> recording_cases();
std::vector<Case> ai_cases();
std::vector<Case> v1_cases();
std::vector<Case> limit_cases();
std::vector<Case> sdk_cases();
std::vector<Case> recorded_cases();
std::vector<Elsewhere> elsewhere();

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view fields = kJson) {
  return integration::request("POST", target, body, fields);
}

/// `{"event":"a",…}` with more members.
inline std::string event_with(std::string_view members) {
  return R"({"event":"a",)" + std::string(members) + "}";
}

}  // namespace conformance
