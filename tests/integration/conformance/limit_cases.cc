// SPDX-License-Identifier: LicenseRef-Project
// Cases 55 and 56, and the other answers of capture-protocol section 9: projects whose quotas are
// used up.
#include "tests/integration/conformance/cases.h"

namespace conformance {
namespace {

constexpr std::string_view kV1Fields =
    "Authorization: Bearer phc_no_exceptions\r\nContent-Type: application/json\r\n"
    "User-Agent: t/1\r\nPostHog-Sdk-Info: t/1\r\nPostHog-Attempt: 1\r\n"
    "PostHog-Request-Id: a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d\r\n"
    "PostHog-Request-Timestamp: 2023-01-01T12:00:00Z\r\n";
constexpr std::string_view kV1Path = "/i/v1/analytics/events";

std::string event_of(std::string_view name, std::string_view members = "") {
  return R"({"event":")" + std::string(name) + R"(","distinct_id":"u")" + std::string(members) +
         "}";
}

std::string batch_of(std::string_view token, const std::string& events) {
  return R"({"api_key":")" + std::string(token) + R"(","batch":[)" + events + "]}";
}

StoredEvent stored(std::string_view name, std::string_view token) {
  StoredEvent event;
  event.name = name;
  event.token = token;
  return event;
}

std::string v1_event(std::string_view name, char last) {
  return event_of(name, R"(,"uuid":"018a981f-4b35-7c66-825e-8b0eeae6571)" + std::string(1, last) +
                            R"(","timestamp":"2023-01-01T11:00:00Z")");
}

std::string v1_batch(const std::string& events) {
  return R"({"created_at":"2023-01-01T12:00:00Z","batch":[)" + events + "]}";
}

}  // namespace

std::vector<Case> limit_cases() {
  const auto mixed = event_of("a") + "," + event_of("$exception") + "," + event_of("b");
  const std::string recording =
      R"({"event":"$snapshot","token":"phc_no_recordings","distinct_id":"u","properties":)"
      R"({"$session_id":"s","$snapshot_data":[{"type":4,"timestamp":1}]}})";
  return {
      {55, "events quota", post("/e/", batch_of("phc_no_events", event_of("a")))},
      {55, "events quota, a beacon", post("/e/?beacon=1", batch_of("phc_no_events", event_of("a"))),
       204, ""},
      {55,
       "events quota does not take what has a quota of its own",
       post("/batch", batch_of("phc_no_events", mixed)),
       200,
       std::string(kOk),
       {stored("$exception", "phc_no_events")}},
      {55,
       "exceptions quota, mixed batch",
       post("/batch", batch_of("phc_no_exceptions", mixed)),
       200,
       std::string(kOk),
       {stored("a", "phc_no_exceptions"), stored("b", "phc_no_exceptions")}},
      {55, "a bad event is still refused",
       post("/batch", batch_of("phc_no_events", R"({"event":"a"})")), 400,
       "event submitted without a distinct_id"},
      {55, "a project that has quota left", post("/e/", kEvent), 200, std::string(kOk), {{}}},
      {56, "recordings quota", post("/s/", recording), 200,
       R"({"status":"Ok","quota_limited":["recordings"]})"},
      {0,
       "v1: one of two is over quota",
       post(kV1Path, v1_batch(v1_event("a", '4') + "," + v1_event("$exception", '5')), kV1Fields),
       200,
       R"({"results":{"018a981f-4b35-7c66-825e-8b0eeae65714":{"result":"ok"},)"
       R"("018a981f-4b35-7c66-825e-8b0eeae65715":)"
       R"({"result":"drop","details":"billing_limit_exceeded"}}})",
       {stored("a", "phc_no_exceptions")}},
      {0,
       "v1: everything is over quota",
       post(kV1Path, v1_batch(v1_event("$exception", '4')), kV1Fields),
       402,
       R"({"error":"billing_limit_exceeded")",
       {},
       {},
       {},
       true},
  };
}

}  // namespace conformance
