// SPDX-License-Identifier: LicenseRef-Project
// What the SDKs' own sources send and the table of section 20 lacks, from: posthog-js (browser
// request.ts, request-queue.ts), posthog-node, posthog-python (request.py), posthog-go (capture.go,
// alias.go, group_identify.go), posthog-android (PostHogApi.kt), posthog-ios (PostHogEvent.swift).
#include "tests/integration/conformance/cases.h"
#include "tests/support/encodings.h"

#include <algorithm>

namespace conformance {
namespace {

using integration::gzip;

constexpr std::string_view kUuid = "018a981f-4b35-7c66-825e-8b0eeae65714";

/// A chunked request, in pieces of `piece` bytes.
std::string chunked(std::string_view target, std::string_view fields, std::string_view body,
                    std::size_t piece) {
  std::string text = "POST " + std::string(target) + " HTTP/1.1\r\nHost: bristle.test\r\n" +
                     std::string(fields) + "Transfer-Encoding: chunked\r\n\r\n";
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    text += integration::chunk(body.substr(0, piece));
  }
  return text + "0\r\n\r\n";
}

std::vector<Case> browser_cases() {
  const std::string properties = R"({"token":"phc_abc","distinct_id":"u","$lib":"web"})";
  const auto queued = R"({"api_key":"phc_abc","batch":[{"uuid":")" + std::string(kUuid) +
                      R"(","event":"$autocapture","properties":)" + properties +
                      R"(,"offset":2000}],"sent_at":"2023-01-01T12:00:00.000Z"})";
  const StoredEvent stored{"$autocapture", "u", properties, kNow - 2 * kSecond, std::string(kUuid)};
  const auto single = R"({"uuid":")" + std::string(kUuid) +
                      R"(","event":"$autocapture","properties":)" + properties +
                      R"(,"timestamp":"2023-01-01T11:59:58.000Z"})";
  return {
      {0,
       "posthog-js: queued events with offset, gzip as text/plain",
       post("/e/?_=1672574400000&ver=1.260.0&compression=gzip-js", gzip(queued), kText),
       200,
       std::string(kOk),
       {stored}},
      {0,
       "posthog-js: before the config came, JSON",
       post("/i/v0/e/?_=1672574400000&ver=1.260.0&retry_count=2", queued),
       200,
       std::string(kOk),
       {stored}},
      {0,
       "posthog-js: unload, gzip beacon without any content type",
       post("/e/?_=1672574400000&ver=1.260.0&compression=gzip-js&beacon=1", gzip(queued), ""),
       204,
       "",
       {stored}},
      {0,
       "posthog-js: unload, form beacon",
       post("/e/?compression=base64&_=1672574400000&ver=1.260.0&beacon=1",
            "data=" + support::url_encode(support::base64(queued)), kForm),
       204,
       "",
       {stored}},
      {0,
       "old posthog-js: gzip hint over a form of plain base64",
       post("/e/?compression=gzip-js&ip=0&_=1672574400000&ver=1.78.5",
            "data=" + support::url_encode(support::base64(single)), kForm),
       200,
       std::string(kOk),
       {stored}},
      {0,
       "old posthog-js: array of events, each with its token",
       post("/e/?compression=gzip-js&ip=1&_=1672574400000&ver=1.57.2",
            gzip("[" + single + "," + single + "]"), kText),
       200,
       std::string(kOk),
       {stored, stored}},
      {0,
       "posthog-js: emoji cut in two by its own truncation",
       post("/e/", R"({"event":"a","properties":{"token":"phc_abc","distinct_id":"u",)"
                   R"("t":"x\ud83d..."}})"),
       200,
       std::string(kOk),
       {{"a", "u", R"({"token":"phc_abc","distinct_id":"u","t":"x\ufffd..."})"}}},
  };
}

std::vector<Case> server_cases() {
  const auto historical = [](std::string_view value) {
    return R"({"batch":[{"properties":{"$lib":"posthog-python"},"event":"a","distinct_id":"u",)"
           R"("timestamp":"2023-01-01T11:00:00.123456+00:00","uuid":")" +
           std::string(kUuid) + R"("}],"historical_migration":)" + std::string(value) +
           R"(,"sentAt":"2023-01-01T13:00:00+00:00","sent_at":"2023-01-01T12:00:00+00:00",)"
           R"("api_key":"phc_abc"})";
  };
  const std::string python =
      "Content-Type: application/json\r\nUser-Agent: posthog-python/6.7.0\r\n";
  const StoredEvent stored{"a", "u", R"({"$lib":"posthog-python"})", kNow - kHour + 123'456,
                           std::string(kUuid)};
  auto migrated = stored;
  migrated.is_historical = true;
  const auto go = [](std::string_view event) {
    return R"({"api_key":"phc_abc","historical_migration":false,"batch":[)" + std::string(event) +
           "]}";
  };
  return {
      {0,
       "posthog-python: sentAt in camel case is not sent_at",
       post("/batch/", historical("false"), python),
       200,
       std::string(kOk),
       {stored}},
      {0,
       "posthog-python: gzip on request, migration",
       post("/batch/", gzip(historical("true")), python + "Content-Encoding: gzip\r\n"),
       200,
       std::string(kOk),
       {migrated}},
      {0,
       "posthog-node: type, library and $set at the root",
       post("/batch/",
            gzip(R"({"api_key":"phc_abc","batch":[{"distinct_id":"u","event":"$identify",)"
                 R"("properties":{"$lib":"posthog-node","$geoip_disable":true},)"
                 R"("$set":{"a":1},"type":"identify","library":"posthog-node",)"
                 R"("library_version":"5.8.0","timestamp":"2023-01-01T11:00:00.000Z",)"
                 R"("uuid":")" +
                 std::string(kUuid) + R"("}],"sent_at":"2023-01-01T12:00:00.000Z"})"),
            std::string(kJson) + "Content-Encoding: gzip\r\n"),
       200,
       std::string(kOk),
       {{"$identify", "u", R"({"$lib":"posthog-node","$geoip_disable":true,"$set":{"a":1}})",
         kNow - kHour, std::string(kUuid)}}},
      {0,
       "posthog-go: compression twice, nanoseconds, no sent_at",
       post("/batch/?compression=gzip",
            gzip(go(R"({"uuid":"","timestamp":"2023-01-01T11:00:00.123456789Z",)"
                    R"("distinct_id":"u","event":"a","properties":{"$is_server":true}})")),
            std::string(kJson) + "Content-Encoding: gzip\r\n"),
       200,
       std::string(kOk),
       {{"a", "u", R"({"$is_server":true})", kNow - kHour + 123'456, "01856cfd-07"}}},
      {0,
       "posthog-go: alias has its distinct_id in the properties",
       post("/batch/", go(R"({"type":"alias","library":"posthog-go","library_version":"1.6.8",)"
                          R"("timestamp":"2023-01-01T12:00:00+01:00","properties":)"
                          R"({"distinct_id":"u","alias":"v"},"event":"$create_alias"})")),
       200,
       std::string(kOk),
       {{"$create_alias", "u", R"({"distinct_id":"u","alias":"v"})", kNow - kHour}}},
      {0,
       "posthog-go: group identify",
       post("/batch/", go(R"({"library":"posthog-go","timestamp":"0001-01-01T00:00:00Z",)"
                          R"("event":"$groupidentify","distinct_id":"$company_7","properties":)"
                          R"({"$group_type":"company","$group_key":"7","$group_set":{}}})")),
       200,
       std::string(kOk),
       {{"$groupidentify", "$company_7"}}},
  };
}

std::vector<Case> mobile_cases() {
  const auto batch =
      R"({"api_key":"phc_abc","batch":[{"event":"Application Opened","distinct_id":"u",)"
      R"("properties":{"$lib":"posthog-android"},"timestamp":"2023-01-01T11:59:59.500Z",)"
      R"("uuid":"018A981F-4B35-7C66-825E-8B0EEAE65714"}],"sent_at":"2023-01-01T12:00:00.000Z"})";
  const StoredEvent stored{"Application Opened", "u", R"({"$lib":"posthog-android"})",
                           kNow - kSecond / 2, std::string(kUuid)};
  const std::string mobile =
      "Content-Type: application/json; charset=utf-8\r\nUser-Agent: posthog-android/3.20.0\r\n";
  return {
      {0,
       "posthog-android: OkHttp streams gzip, so the body is chunked",
       chunked("/batch", mobile + "Content-Encoding: gzip\r\n", gzip(batch), 60),
       200,
       std::string(kOk),
       {stored}},
      {0,
       "posthog-ios: no slash, gzip, uuid in upper case",
       post("/batch", gzip(batch), mobile + "Content-Encoding: gzip\r\n"),
       200,
       std::string(kOk),
       {stored}},
      {0,
       "posthog-ios: plain when its gzip fails",
       post("/batch", batch, mobile),
       200,
       std::string(kOk),
       {stored}},
      {0, "posthog-android: logs, chunked gzip",
       chunked("/i/v1/logs?token=phc_abc", mobile + "Content-Encoding: gzip\r\n",
               gzip(R"({"resourceLogs":[]})"), 20),
       200, "{}"},
  };
}

}  // namespace

std::vector<Case> sdk_cases() {
  auto cases = browser_cases();
  for (auto more : {server_cases(), mobile_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

std::vector<Elsewhere> elsewhere() {
  return {
      {50, "not applicable: the box has no import mode, every route takes every batch"},
      {80, "shown by AnalyticsV1ServiceTest.AsksForWhatTheLogDidNotKeep"},
      {84, "shown by DataplaneRoutesTest.RemoteConfigIsServedAndRevalidated"},
      {85, "not applicable: the box serves no SDK bundles, clients bring their own"},
      {87, "shown by ConformanceStallTest.TellsAClientThatStopsWithinItsBody"},
      {88, "shown by ConformanceTest.AnswersProbesWhileBodiesAreOpen; GET / is the page's"},
  };
}

}  // namespace conformance
