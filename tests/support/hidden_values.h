// SPDX-License-Identifier: LicenseRef-Project
// Every way in which an SDK, or somebody who means harm, can put a value into a capture request:
// shapes, encodings, headers and parameters. For tests that look for the value afterwards.
#pragma once

#include "tests/support/ai_requests.h"
#include "tests/support/encodings.h"

#include <libdeflate.h>

#include <string>
#include <string_view>
#include <vector>

namespace support {

/// The value that must not be found, and the token of the requests.
inline constexpr std::string_view kHiddenValue = "anna@example.com";
inline constexpr std::string_view kHiddenToken = "phc_abc";

/// One request: everything but Host and Content-Length.
struct HiddenValueRequest {
  std::string name;
  std::string method;
  std::string target;
  std::string fields;
  std::string body;
  bool is_body_harmless = false;  ///< The value stands elsewhere.
};

inline std::string gzip_of(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

/// Optional fields of a gzip header (RFC 1952 section 2.3).
inline constexpr char kGzipExtra = '\x04';
inline constexpr char kGzipName = '\x08';
inline constexpr char kGzipComment = '\x10';

/// The same member with `value` in one of its header's optional fields.
inline std::string gzip_with(char field, std::string_view text, std::string_view value) {
  auto member = gzip_of(text);
  member[3] = field;
  const auto written = field == kGzipExtra
                           ? std::string{static_cast<char>(value.size()), '\0'} + std::string(value)
                           : std::string(value) + '\0';
  return member.insert(10, written);
}

inline std::string event_with(std::string_view members) {
  return R"({"event":"a","token":"phc_abc","distinct_id":"u")" + std::string(members) + "}";
}

/// The requests to the event routes. Each holds one event at least and is answered 200.
inline std::vector<HiddenValueRequest> hidden_value_requests() {
  const std::string value(kHiddenValue);
  const std::string json = "Content-Type: application/json\r\n";
  const std::string text = "Content-Type: text/plain\r\n";
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const auto bad = event_with(R"(,"properties":{"m":")" + value + "\"}");
  const auto good = event_with("");
  const auto batch = [](const std::string& around, const std::string& event) {
    return R"({"api_key":"phc_abc")" + around + R"(,"batch":[)" + event + "]}";
  };
  std::vector<HiddenValueRequest> requests = {
      {"gzip", "POST", "/e/", text, gzip_of(bad)},
      {"gzip-js", "POST", "/e/?compression=gzip-js", text, gzip_of(bad)},
      {"gzip header", "POST", "/batch", json + "Content-Encoding: gzip\r\n",
       gzip_of(batch("", bad))},
      {"gzip with a name", "POST", "/e/", text, gzip_with(kGzipName, good, value)},
      {"gzip with a comment", "POST", "/e/", text, gzip_with(kGzipComment, good, value)},
      {"gzip with an extra field", "POST", "/e/", text, gzip_with(kGzipExtra, good, value)},
      {"behind gzip", "POST", "/e/", text, gzip_of(good) + value},
      {"gzip members", "POST", "/e/", text, gzip_of(good) + gzip_with(kGzipName, " ", value)},
      {"gzip of base64", "POST", "/e/", text, gzip_of(base64(bad))},
      {"base64", "POST", "/e/", text, base64(bad)},
      {"lz64", "POST", "/e/?compression=lz64", text,
       "N4IgpgbmB2AuIC4QEMQBoSwPYGsaJAAcALAYwH1kAjU9EAEwEsBnWR6U2cx+"
       "ggVzqEATlkJghbMM0SgAtgWTRoyAAJgAHslmEANmAB0pLPIC+JoA"},
      {"form of base64", "POST", "/e/", form, "data=" + url_encode(base64(bad))},
      {"form of JSON", "POST", "/e/", form, "data=" + url_encode(bad)},
      {"beside form data", "POST", "/e/", form, "data=" + url_encode(good) + "&mail=" + value},
      {"form data twice", "POST", "/e/", form, "data=" + value + "&data=" + url_encode(good)},
      {"GET", "GET", "/e/?data=" + url_encode(base64(bad)), "", ""},
      {"GET of JSON", "GET", "/e/?data=" + url_encode(bad), "", ""},
      {"beside GET data", "GET", "/e/?mail=" + value + "&data=" + url_encode(good), "", ""},
      {"body beside data", "POST", "/e/?data=" + url_encode(base64(good)), json, bad},
      {"query", "POST", "/e/?ip=1&who=" + value, json, good, true},
      {"compression hint", "POST", "/e/?compression=" + value, json, good, true},
      {"user agent", "POST", "/e/", json + "User-Agent: app (" + value + ")\r\n", good, true},
      {"content type", "POST", "/e/", "Content-Type: " + value + "\r\n", good, true},
      {"content encoding", "POST", "/e/", json + "Content-Encoding: " + value + "\r\n", good, true},
      {"list", "POST", "/e/", json, "[" + good + "," + bad + "]"},
      {"batch within an event", "POST", "/e/", json,
       "[" + event_with(R"(,"batch":[{"m":")" + value + "\"}]") + "]"},
      {"around a batch", "POST", "/batch/", json, batch(R"(,"who":")" + value + "\"", good)},
      {"engage", "POST", "/engage/", json,
       R"({"token":"phc_abc","distinct_id":"u","$set":{"m":")" + value + "\"}}"},
      {"escaped", "POST", "/e/", json,
       event_with(R"(,"properties":{"m":"anna\u0040example.com"})")},
      {"escaped within JSON within a string", "POST", "/e/", json,
       event_with(R"(,"properties":{"m":"{\"m\":\"anna\\u0040example.com\"}"})")},
      {"first of two members", "POST", "/e/", json,
       event_with(R"(,"properties":{"m":")" + value + R"("},"properties":{})")},
      {"pretty", "POST", "/e/", json,
       "{ \"event\" : \"a\" ,\n \"token\":\"phc_abc\", \"distinct_id\":\"u\",\n\"properties\" : { "
       "\"m\" : \"" +
           value + "\" } }"},
  };
  for (const std::string path : {"/i/v0/e", "/e", "/capture", "/track", "/batch", "/engage"}) {
    requests.push_back({"plain " + path, "POST", path, json, bad});
  }
  for (const std::string members :
       {R"(,"properties":{"$set":{"m":"V"}})", R"(,"properties":{"$set_once":{"m":"V"}})",
        R"(,"$set":{"m":"V"})", R"(,"$set_once":{"m":"V"})", R"(,"who":"V")",
        R"(,"properties":{"a":[1,{"b":["V"]}]})", R"(,"properties":{"V":1})", R"(,"timestamp":"V")",
        R"(,"properties":{"m":"V","m":1})", R"(,"properties":{"m":"{\"n\":\"V\"}"})",
        R"(,"properties":{"$groups":{"company":"V"}})", R"(,"$groups":{"company":"V"})",
        R"(,"properties":{"$group_set":{"name":"V"},"$group_key":"V"})",
        R"(,"properties":{"$elements_chain":"a:href=\"mailto:V\"text=\"V\""})",
        R"(,"properties":{"alias":"V"})", R"(,"distinct_id":"V")",
        R"(,"properties":{"u":"https://x.example/?m=V&n=1"})"}) {
    auto filled = members;
    for (auto at = filled.find('V'); at != std::string::npos; at = filled.find('V')) {
      filled.replace(at, 1, value);
    }
    requests.push_back({members, "POST", "/e/", json, event_with(filled)});
  }
  return requests;
}

/// The same for the routes that read bodies in ways of their own.
inline std::vector<HiddenValueRequest> hidden_value_requests_elsewhere() {
  const std::string value(kHiddenValue);
  const std::string json = "Content-Type: application/json\r\n";
  const std::string bearer = "Authorization: Bearer phc_abc\r\n";
  const std::string v1 = bearer + json + "User-Agent: posthog-python/7.91.1 (" + value +
                         ")\r\nPostHog-Sdk-Info: posthog-python/7.91.1\r\nPostHog-Attempt: 1\r\n"
                         "PostHog-Request-Id: a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d\r\n"
                         "PostHog-Request-Timestamp: 2023-01-01T12:00:10Z\r\n";
  const auto v1_body = [](const std::string& around, const std::string& event) {
    return R"({"created_at":"2023-01-01T12:00:00Z")" + around +
           R"(,"batch":[{"uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","distinct_id":"u",)"
           R"("event":"$ai_span","timestamp":"2023-01-01T11:00:00Z",)" +
           event + "}]}";
  };
  const auto bad = R"("properties":{"m":")" + value + "\"}";
  const std::string good = R"("properties":{})";
  const auto recording = [](const std::string& members) {
    return R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u","properties":)"
           R"({"$session_id":"018a981f-4b35-7c66-825e-8b0eeae65714",)" +
           members + "}}";
  };
  const auto items =
      R"("$snapshot_data":[{"type":2,"timestamp":1,"data":{"text":")" + value + "\"}}]";
  const auto spans = [](std::string export_json, std::string_view from, const std::string& to) {
    return export_json.replace(export_json.find(from), from.size(), to);
  };
  const std::string traces(kJsonTraces);
  const std::string binary = "Content-Type: application/x-protobuf\r\n";
  const std::string form = "Content-Type: " + std::string(kMultipartType) + "\r\n";
  const auto event = R"({"event":"$ai_generation","distinct_id":"u"})";
  return {
      {"v1", "POST", "/i/v1/analytics/events", v1, v1_body("", bad)},
      {"v1 around", "POST", "/i/v1/analytics/events", v1,
       v1_body(",\"x\":\"" + value + "\"", good)},
      {"v1 gzip", "POST", "/i/v1/analytics/events", v1 + "Content-Encoding: gzip\r\n",
       gzip_of(v1_body("", bad))},
      {"v1 gzip with a comment", "POST", "/i/v1/analytics/events",
       v1 + "Content-Encoding: gzip\r\n", gzip_with(kGzipComment, v1_body("", good), value)},
      {"v1 AI", "POST", "/i/v1/ai/events", v1, v1_body("", bad)},
      {"recording", "POST", "/s/", json, recording(items)},
      {"recording, beside the items", "POST", "/s/", json,
       recording(R"("$snapshot_data":[],"m":")" + value + "\"")},
      {"recording gzip", "POST", "/s/", json, gzip_of(recording(items))},
      {"AI batch", "POST", "/i/v0/ai/batch", json,
       R"({"api_key":"phc_abc","batch":[{"event":"$ai_span","distinct_id":"u",)" + bad + "}]}"},
      {"AI event", "POST", "/i/v0/ai", bearer + form,
       multipart({{"event", event, ""},
                  {"event.properties", R"({"$ai_model":"m","m":")" + value + "\"}", ""}})},
      {"AI event's other part", "POST", "/i/v0/ai", bearer + form,
       multipart({{"event", event, ""},
                  {"event.properties", R"({"$ai_model":"m"})", ""},
                  {"event.properties.$ai_input", value, "Content-Type: text/plain\r\n"}})},
      {"traces", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "\"gpt-4\"", '"' + value + '"')},
      {"traces gzip", "POST", "/i/v0/ai/otel", bearer + json + "Content-Encoding: gzip\r\n",
       gzip_of(spans(traces, "\"gpt-4\"", '"' + value + '"'))},
      {"traces, a key", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "gen_ai.request.model", value)},
      {"traces, the name", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "chat gpt-4", "chat " + value)},
      {"traces, the resource", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "web-1", value)},
      {"traces, the scope", "POST", "/i/v0/ai/otel", bearer + json, spans(traces, "1.2.3", value)},
      {"traces, another scope's name", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "\"openai\"", '"' + value + '"')},
      {"traces, another span", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "\"GET\"", '"' + value + '"')},
      {"traces, the user", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "\"u1\"", '"' + value + '"')},
      {"traces, a list", "POST", "/i/v0/ai/otel", bearer + json,
       spans(
           traces, R"({"intValue":"7"})",
           R"({"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"m","value":{"stringValue":")" +
               value + R"("}}]}}]}})")},
      {"traces, protobuf", "POST", "/i/v0/ai/otel", bearer + binary,
       protobuf::request(protobuf::pair(1, "host.name", protobuf::text(value)), chat_span())},
      {"traces, unknown fields", "POST", "/i/v0/ai/otel", bearer + json,
       spans(traces, "{\"resourceSpans\"", R"({"who":")" + value + R"(","resourceSpans")")},
  };
}

}  // namespace support
