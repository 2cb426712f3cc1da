// SPDX-License-Identifier: LicenseRef-Project
// Cases 72 to 79, 81 and 82: v1 batches.
#include "tests/integration/conformance/cases.h"
#include "tests/support/compression.h"

#include <map>

namespace conformance {
namespace {

using support::DeflateForm;

constexpr std::string_view kPath = "/i/v1/analytics/events";
const std::string kRequestId = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d";
const std::string kUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
const std::string kOther = "018a981f-4b35-7c66-825e-8b0eeae65715";

/// A right request; a change replaces a field, an empty value leaves it out.
std::string send(std::string_view body, const std::map<std::string, std::string>& changes = {},
                 std::string_view method = "POST") {
  std::map<std::string, std::string> fields = {
      {"Authorization", "Bearer phc_abc"},
      {"Content-Type", "application/json"},
      {"User-Agent", "posthog-node/5.8.0"},
      {"PostHog-Sdk-Info", "posthog-node/5.8.0"},
      {"PostHog-Attempt", "1"},
      {"PostHog-Request-Id", kRequestId},
      {"PostHog-Request-Timestamp", "2023-01-01T12:00:00Z"}};
  for (const auto& [name, value] : changes) {
    fields[name] = value;
  }
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) {
      text.append(name).append(": ").append(value).append("\r\n");
    }
  }
  return integration::request(method, kPath, body, text);
}

std::string event_of(std::string_view uuid, std::string_view time = "2023-01-01T11:00:00Z",
                     std::string_view more = "", std::string_view id = "u") {
  return R"({"event":"a","uuid":")" + std::string(uuid) + R"(","distinct_id":")" + std::string(id) +
         R"(","timestamp":")" + std::string(time) + "\"" + std::string(more) + "}";
}

std::string batch_of(std::string_view events) {
  return R"({"created_at":"2023-01-01T12:00:00Z","batch":[)" + std::string(events) + "]}";
}

std::string result(std::string_view uuid, std::string_view verdict = R"("result":"ok")") {
  return "\"" + std::string(uuid) + "\":{" + std::string(verdict) + "}";
}

std::string results(std::string_view each) { return R"({"results":{)" + std::string(each) + "}}"; }

/// A refusal as a whole: how its body begins.
Case refused(int number, std::string_view what, std::string request, int status,
             std::string_view tag) {
  Case row{number, std::string(what), std::move(request), status,
           R"({"error":")" + std::string(tag) + R"(","error_description":")"};
  row.is_body_start = true;
  return row;
}

}  // namespace

std::vector<Case> v1_cases() {
  const auto two = batch_of(event_of(kUuid) + "," + event_of(kOther));
  const auto both_ok = results(result(kUuid) + "," + result(kOther));
  const std::vector<StoredEvent> both = {{"a", "u", {}, kNow - kHour, kUuid},
                                         {"a", "u", {}, kNow - kHour, kOther}};
  const std::map<std::string, std::string> echo = {{"posthog-request-id", kRequestId}};
  const auto encoded = [&](std::string_view name, std::string_view body) {
    return Case{75,  std::string(name), send(body, {{"Content-Encoding", std::string(name)}}),
                200, both_ok,           both};
  };
  const std::string ahead = "2023-01-01T12:00:10Z";
  const auto big = event_of(kUuid, "2023-01-01T11:00:00Z",
                            R"(,"properties":{"x":")" + std::string(1'000'000, 'x') + "\"}");
  const auto is_too_big = result(kUuid, R"("result":"drop","details":"event_too_big")");
  return {
      {72, "two events", send(two), 200, both_ok, both, {}, echo},
      refused(73, "two fields missing", send(two, {{"Authorization", ""}, {"User-Agent", ""}}), 400,
              "missing_required_headers"),
      refused(74, "Basic", send(two, {{"Authorization", "Basic x"}}), 400, "invalid_header_value"),
      {74, "bearer", send(two, {{"Authorization", "bearer phc_abc"}}), 200, both_ok, both},
      refused(74, "personal key", send(two, {{"Authorization", "Bearer phx_a"}}), 401,
              "invalid_api_token"),
      refused(75, "text/plain", send(two, {{"Content-Type", "text/plain"}}), 415,
              "unsupported_content_type"),
      refused(75, "lz4", send(two, {{"Content-Encoding", "lz4"}}), 415, "unsupported_encoding"),
      encoded("gzip", support::deflate(two, DeflateForm::gzip)),
      encoded("deflate", support::deflate(two, DeflateForm::zlib)),
      encoded("deflate", support::deflate(two, DeflateForm::raw)),
      encoded("br", support::brotli_stored(two)),
      encoded("zstd", support::zstd(two)),
      refused(76, "attempt 0", send(two, {{"PostHog-Attempt", "0"}}), 400, "invalid_header_value"),
      refused(76, "request id", send(two, {{"PostHog-Request-Id", "x"}}), 400,
              "invalid_header_value"),
      refused(76, "timestamp", send(two, {{"PostHog-Request-Timestamp", "x"}}), 400,
              "invalid_header_value"),
      refused(77, "empty batch", send(batch_of("")), 400, "empty_batch"),
      refused(77, "created_at", send(R"({"created_at":"x","batch":[)" + event_of(kUuid) + "]}"),
              400, "invalid_batch"),
      refused(77, "uuid twice", send(batch_of(event_of(kUuid) + "," + event_of(kUuid))), 400,
              "duplicate_event_uuid"),
      refused(77, "bad uuid", send(batch_of(event_of("x"))), 400, "invalid_event_uuid"),
      {78,
       "one bad time",
       send(batch_of(event_of(kUuid, "x") + "," + event_of(kOther))),
       200,
       results(result(kUuid, R"("result":"drop","details":"invalid_event_timestamp")") + "," +
               result(kOther)),
       {{"a", "u", {}, kNow - kHour, kOther}}},
      {0,
       "an event above 1,000,000 bytes and another",
       send(support::zstd(batch_of(big + "," + event_of(kOther))), {{"Content-Encoding", "zstd"}}),
       200,
       results(is_too_big + "," + result(kOther)),
       {{"a", "u", {}, kNow - kHour, kOther}}},
      {0, "an event above 1,000,000 bytes alone", send(batch_of(big)), 200, results(is_too_big)},
      {79,
       "an id of nobody",
       send(batch_of(event_of(kUuid, "2023-01-01T11:00:00Z", "", " Anonymous "))),
       200,
       results(result(kUuid, R"("result":"ok","details":"person_processing_disabled")")),
       {{"a", "Anonymous", {}, kNow - kHour, kUuid}}},
      {81, "GET", send("", {}, "GET"), 405, "", {}, {}, {{"allow", "POST,OPTIONS"}}},
      {82,
       "clock 10 s ahead",
       send(batch_of(event_of(kUuid)), {{"PostHog-Request-Timestamp", ahead}}),
       200,
       results(result(kUuid)),
       {{"a", "u", {}, kNow - kHour - 10 * kSecond, kUuid}}},
      {82,
       "disable_skew_correction",
       send(batch_of(event_of(kUuid, "2023-01-01T11:00:00Z",
                              R"(,"options":{"disable_skew_correction":true})")),
            {{"PostHog-Request-Timestamp", ahead}}),
       200,
       results(result(kUuid)),
       {{"a", "u", {}, kNow - kHour, kUuid}}},
  };
}

}  // namespace conformance
