// SPDX-License-Identifier: LicenseRef-Project
// Cases 51, 52, 54, 57 to 62, 83 and 86: transport, special properties and events, AI.
#include "tests/integration/conformance/cases.h"
#include "tests/support/ai_requests.h"
#include "tests/support/compression.h"
#include "tests/support/encodings.h"

namespace conformance {
namespace {

const std::map<std::string, std::string> kMirrored = {
    {"access-control-allow-origin", "https://app.test"},
    {"access-control-allow-credentials", "true"}};

/// An event of `bytes` bytes.
std::string ai_span_of(std::size_t bytes) {
  const std::string start =
      R"({"event":"$ai_span","token":"phc_abc","distinct_id":"u","properties":{"x":")";
  const std::string end = "\"}}";
  return start + std::string(bytes - start.size() - end.size(), 'x') + end;
}

std::string batch_of(std::string_view events) {
  return R"({"api_key":"phc_abc","batch":[)" + std::string(events) + "]}";
}

std::vector<Case> size_cases() {
  const std::string above(std::size_t{20 << 20} + 1024, ' ');
  const auto half = ai_span_of(std::size_t{1} << 19);
  const auto large = batch_of(support::repeat(half + ",", 7) + half);
  const std::vector<StoredEvent> of_large(8, StoredEvent{"$ai_span"});
  std::vector<Case> cases;
  for (const std::string path :
       {"/e", "/i/v0/e", "/capture", "/track", "/batch", "/engage", "/i/v0/ai/batch"}) {
    cases.push_back({52, path + " above the limit, connection goes on", post(path, above), 413,
                     "maximum event size exceeded: request body above 20 MiB"});
    cases.push_back({52, path + " with 4 MiB", post(path, large), 200, std::string(kOk), of_large});
  }
  return cases;
}

/// The other half of the case, a full disk, is DataplaneLifecycleTest.AFullDiskIs503AndHeals.
std::vector<Case> event_size_cases() {
  const auto largest = ai_span_of(1'000'000);
  const auto above = ai_span_of(1'000'001);
  const std::string refusal = "maximum event size exceeded: an event of more than 1000000 bytes";
  std::vector<Case> cases;
  for (const std::string path : {"/e", "/i/v0/e", "/capture", "/track", "/batch", "/engage"}) {
    cases.push_back({54, path + " alone", post(path, above), 413, refusal});
    cases.push_back({54, path + " in a list", post(path, "[" + above + "]"), 413, refusal});
    cases.push_back({54, path + " among others",
                     post(path, batch_of(std::string(kEvent) + "," + above)), 413, refusal});
    cases.push_back(
        {54, path + " just fits", post(path, largest), 200, std::string(kOk), {{"$ai_span"}}});
  }
  cases.push_back({54,
                   "white space is no part of an event",
                   post("/e", support::repeat(" ", 1'000'000) + "{  " + largest.substr(1)),
                   200,
                   std::string(kOk),
                   {{"$ai_span"}}});
  cases.push_back({54,
                   "AI events have limits of their own",
                   post("/i/v0/ai/batch", batch_of(above)),
                   200,
                   std::string(kOk),
                   {{"$ai_span"}}});
  return cases;
}

}  // namespace

std::vector<Case> transport_cases() {
  const std::string origin = "Origin: https://app.test\r\n";
  auto preflight = kMirrored;
  preflight["access-control-allow-methods"] = "GET,POST,OPTIONS";
  preflight["access-control-allow-headers"] = "x-a,content-type";
  std::vector<Case> cases = {
      {51, "beacon", post("/e/?beacon=1", kEvent), 204, "", {{}}},
      {51, "beacon error", post("/e/?beacon=1", "[]"), 400, "request holds no event"},
      {51,
       "other integers are no beacon",
       post("/e/?beacon=2", kEvent),
       200,
       std::string(kOk),
       {{}}},
      {57,
       "preflight",
       integration::request("OPTIONS", "/e/", "",
                            origin + "Access-Control-Request-Method: POST\r\n"
                                     "Access-Control-Request-Headers: x-a,content-type\r\n"),
       200,
       "",
       {},
       {},
       preflight},
      {58,
       "CORS on 400",
       post("/e/", "[]", origin),
       400,
       "request holds no event",
       {},
       {},
       kMirrored},
      {58,
       "CORS on 401",
       post("/e/", R"({"event":"a","distinct_id":"u"})", origin),
       401,
       "event submitted without an api_key",
       {},
       {},
       kMirrored},
      {58,
       "CORS on 405",
       integration::request("PUT", "/e/", "x", origin),
       405,
       "",
       {},
       {},
       kMirrored},
      {58,
       "CORS on 413",
       post("/batch", std::string(std::size_t{20 << 20} + 1, ' '), origin),
       413,
       "maximum event size exceeded: request body above 20 MiB",
       {},
       {},
       kMirrored},
      {58, "CORS on 200", post("/e/", kEvent, origin), 200, std::string(kOk), {{}}, {}, kMirrored},
  };
  for (const auto& more : {size_cases(), event_size_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

std::vector<Case> special_cases() {
  const auto with = [](std::string_view name, std::string_view properties) {
    return post("/e/", R"({"event":")" + std::string(name) +
                           R"(","token":"phc_abc","distinct_id":"u","properties":)" +
                           std::string(properties) + "}");
  };
  using cp::event::Lane;
  const std::string uuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
  const auto repeated = event_with(R"("token":"phc_abc","distinct_id":"u","uuid":")" + uuid + "\"");
  return {
      {59,
       "cookieless; CookielessTest has the ids",
       with("a", R"({"$cookieless_mode":true,"$raw_user_agent":"F","b":1})"),
       200,
       std::string(kOk),
       {{"a",
         "u",
         R"({"$cookieless_mode":true,"b":1})",
         {},
         {},
         false,
         "phc_abc",
         Lane::events,
         true}}},
      {59, "cookieless, no boolean", with("a", R"({"$cookieless_mode":"yes"})"), 400,
       "event submitted with invalid cookieless mode"},
      {60,
       "no address is kept by default; PropertiesTest has the case where it is",
       with("a", R"({"capture_internal":true,"$ip":"1.2.3.4"})"),
       200,
       std::string(kOk),
       {{"a", "u", R"({"capture_internal":true})"}}},
      {61,
       "heatmap data, split from its event",
       with("$pageview", R"({"a":1,"$heatmap_data":{"/":[]},"$current_url":"/"})"),
       200,
       std::string(kOk),
       {{"$pageview", "u", R"({"a":1,"$current_url":"/"})"},
        {"$$heatmap",
         "u",
         R"({"$heatmap_data":{"/":[]},"$current_url":"/"})",
         {},
         {},
         false,
         "phc_abc",
         Lane::heatmaps}}},
      {61,
       "how far the page before was scrolled",
       with("$pageleave", R"({"$prev_pageview_pathname":"/o","$current_url":"https://a/"})"),
       200,
       std::string(kOk),
       {{"$pageleave", "u", R"({"$prev_pageview_pathname":"/o","$current_url":"https://a/"})"},
        {"$$heatmap", "u", {}, {}, {}, false, "phc_abc", Lane::heatmaps}}},
      {62,
       "each in its lane, historical or not; LanesTest has the tables",
       post("/batch", R"({"api_key":"phc_abc","historical_migration":true,"batch":[)"
                      R"({"event":"$exception","distinct_id":"u"},)"
                      R"({"event":"$$client_ingestion_warning","distinct_id":"u"},)"
                      R"({"event":"$$heatmap","distinct_id":"u"}]})"),
       200,
       std::string(kOk),
       {{"$exception", "u", {}, {}, {}, true},
        {"$$client_ingestion_warning", "u", {}, {}, {}, true, "phc_abc", Lane::warnings},
        {"$$heatmap", "u", {}, {}, {}, true, "phc_abc", Lane::heatmaps}}},
      {86,
       "first of two",
       post("/e/", repeated),
       200,
       std::string(kOk),
       {{"a", "u", {}, {}, uuid}}},
      {86,
       "the same uuid again",
       post("/e/", repeated),
       200,
       std::string(kOk),
       {{"a", "u", {}, {}, uuid}}},
  };
}

std::vector<Case> ai_cases() {
  const std::string bearer = "Authorization: Bearer phc_abc\r\n";
  const auto multipart = support::multipart(
      {{"event", R"({"event":"$ai_generation","distinct_id":"u"})", ""},
       {"event.properties", R"({"$ai_model":"m"})", "Content-Type: application/json\r\n"},
       {"event.properties.$ai_input", "hi", "Content-Type: text/plain\r\n"}});
  const auto large = support::protobuf::pair(
      1, "large", support::protobuf::text(std::string(std::size_t{3} << 20, 'x')));
  return {
      {83, "AI batch with a page view",
       post("/i/v0/ai/batch", R"({"api_key":"phc_abc","batch":[)"
                              R"({"event":"$ai_generation","distinct_id":"u"},)"
                              R"({"event":"$pageview","distinct_id":"u"}]})"),
       400, "non-AI event submitted to an AI endpoint: $pageview"},
      {83,
       "AI batch",
       post("/i/v0/ai/batch/",
            R"({"api_key":"phc_abc","batch":[{"event":"$ai_generation","distinct_id":"u"}]})"),
       200,
       std::string(kOk),
       {{"$ai_generation"}}},
      {0,
       "/i/v0/ai",
       post("/i/v0/ai/", multipart,
            bearer + "Content-Type: " + std::string(support::kMultipartType) + "\r\n"),
       200,
       std::string(kOk),
       {{"$ai_generation", "u", R"({"$ai_model":"m","$ai_input":"hi"})"}}},
      {0, "/i/v0/ai with an encoding that nobody undoes",
       post("/i/v0/ai", support::brotli_stored(multipart),
            bearer + "Content-Type: " + std::string(support::kMultipartType) +
                "\r\nContent-Encoding: br\r\n"),
       400, "failed to decode request: unsupported Content-Encoding: br"},
      {0,
       "/i/v0/ai/otel protobuf",
       post("/i/v0/ai/otel", support::protobuf_traces(),
            bearer + "Content-Type: application/x-protobuf\r\n"),
       200,
       "{}",
       {{"$ai_generation", "u1", {}, kNow - kHour}}},
      {0,
       "/i/v0/ai/otel JSON, gzip",
       post("/i/v0/ai/otel/", integration::gzip(support::kJsonTraces),
            bearer + "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"),
       200,
       "{}",
       {{"$ai_generation", "u1", {}, kNow - kHour}}},
      {0, "/i/v0/ai/otel without a token",
       post("/i/v0/ai/otel", support::protobuf_traces(),
            "Content-Type: application/x-protobuf\r\n"),
       401, "event submitted without an api_key"},
      {0, "/i/v0/ai/otel with attributes that grow",
       post("/i/v0/ai/otel",
            support::protobuf::request(large, support::repeat(support::chat_span(), 3)),
            bearer + "Content-Type: application/x-protobuf\r\n"),
       413,
       "maximum event size exceeded: attributes of the AI spans have more than 8388608 bytes, "
       "those of a resource counted for each of its spans"},
      {0, "/i/v0/ai/otel above its limit once unpacked",
       post("/i/v0/ai/otel", integration::gzip(std::string((std::size_t{4} << 20) + 1, ' ')),
            bearer + "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"),
       413, "maximum event size exceeded: decompressed body has more than 4194304 bytes"},
      {0, "/i/v0/ai/otel above its limit",
       post("/i/v0/ai/otel", std::string(std::size_t{4 << 20} + 1, ' '), bearer), 413,
       "maximum event size exceeded: request body too large"},
      {0, "logs", post("/i/v1/logs?token=phc_abc", R"({"resourceLogs":[]})"), 200, "{}"},
      {0, "metrics", post("/i/v1/metrics?token=phc_abc", R"({"resourceMetrics":[]})"), 200, "{}"},
      {0, "black hole", post("/test/black_hole", "anything")},
  };
}

}  // namespace conformance
