// SPDX-License-Identifier: LicenseRef-Project
// Goal: the capture routes answer exactly what capture-protocol sections 2, 10, 19 and 20 say, and
// never before the log is durable. Method: bytes into a session, a log in memory, bytes out.
// Numbers are the conformance cases of section 20.
#include "dataplane/capture/service.h"

#include "dataplane/format/receipt.h"
#include "tests/support/encodings.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <array>
#include <string>
#include <vector>

namespace dp::capture {
namespace {

using support::base64;
using support::repeat;
using support::url_encode;

constexpr std::string_view kOk = R"({"status":"Ok"})";
constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kText = "Content-Type: text/plain\r\n";
constexpr std::string_view kForm = "Content-Type: application/x-www-form-urlencoded\r\n";
const std::string kEvent = R"({"event":"a","token":"phc_abc","distinct_id":"u"})";

std::string gzip(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

struct Case {
  std::string name;
  std::string request;
  int status;
  std::string body;
  std::size_t records;
};

std::string post(std::string_view target, std::string_view body, std::string_view fields = kJson) {
  return make_request("POST", target, fields, body);
}

std::vector<Case> decoding_cases() {
  const auto ok = std::string(kOk);
  const auto compressed = gzip(kEvent);
  return {
      {"13 gzip without hint", post("/e/", compressed, kText), 200, ok, 1},
      {"14 gzip-js hint", post("/e/?compression=gzip-js", compressed, kText), 200, ok, 1},
      {"14 upper case hint", post("/e/?compression=GZIP", compressed, kText), 200, ok, 1},
      {"14 content encoding", post("/batch", compressed, "Content-Encoding: gzip\r\n"), 200, ok, 1},
      {"15 hint over plain JSON", post("/e/?compression=gzip-js", kEvent), 400,
       "failed to decode request: invalid GZIP data", 0},
      {"16 unknown hint", post("/e/?compression=foobar", kEvent), 200, ok, 1},
      {"17 truncated gzip", post("/e/", compressed.substr(0, compressed.size() - 9), kText), 400,
       "failed to decode request: invalid GZIP data", 0},
      {"18 gzip bomb", post("/e/", gzip(std::string(kDecodedBytesMax + 1, ' ')), kText), 413,
       "maximum event size exceeded: decompressed body too large", 0},
      {"19 form with base64",
       post("/e/?compression=base64", "data=" + url_encode(base64(kEvent)), kForm), 200, ok, 1},
      {"20 plus turned to space",
       post("/e/", "data=" + base64(R"({"event":"a>>>??","token":"phc_abc","distinct_id":"u"} )"),
            kForm),
       200, ok, 1},
      {"21 urlencoded JSON", post("/e/", "data=" + url_encode(kEvent) + "&ver=1.2", kForm), 200, ok,
       1},
      {"22 form type with JSON", post("/e/", kEvent, kForm), 400,
       "failed to decode request: expected form data in POST request payload", 0},
      {"22 with charset",
       post("/e/", kEvent, "Content-Type: Application/x-www-form-urlencoded; charset=utf-8\r\n"),
       400, "failed to decode request: expected form data in POST request payload", 0},
      {"23 whole body base64", post("/e/", base64(kEvent), kText), 200, ok, 1},
      {"24 LZ-string",
       post("/e/?compression=lz64",
            "N4IgpgbmB2AuIC4QEMQBoSwPYGsaJAAcALAYwH1kAjU9EAEwEsBnWR6U2cx+ggVxABfIA===", kText),
       200, ok, 1},
      {"25 GET", make_request("GET", "/e/?data=" + url_encode(base64(kEvent)), {}, {}), 200, ok, 1},
      {"26 query wins",
       post("/e/?data=" + url_encode(base64(kEvent)), R"({"event":"b","distinct_id":"u"})"), 200,
       ok, 1},
      {"27 gzip of base64 on /e/", post("/e/", gzip(base64(kEvent)), kText), 200, ok, 1},
      {"27 gzip of base64 on /batch", post("/batch", gzip(base64(kEvent)), kText), 400,
       "failed to parse request: body: expected valid JSON", 0},
      {"28 empty", post("/e/", ""), 400, "request missing data payload", 0},
      {"invalid UTF-8", post("/e/", "{\"event\":\"\xff\"}"), 400,
       "failed to decode request: invalid UTF8 in request payload", 0},
      {"invalid UTF-8 in a stored value",
       post("/e/", R"({"event":"a","token":"phc_abc","distinct_id":"u","x":")"
                   "\xc3\"}"),
       400, "failed to decode request: invalid UTF8 in request payload", 0},
      {"invalid UTF-8 and no JSON", post("/e/", "\xff"), 400,
       "failed to decode request: invalid UTF8 in request payload", 0},
      {"invalid UTF-8 in gzip", post("/e/", gzip("{\"event\":\"\xff\"}"), kText), 400,
       "failed to decode request: invalid GZIP data", 0},
      {"63 lone surrogate",
       post("/e/",
            R"({"event":"a","token":"phc_abc","distinct_id":"u","properties":{"x":"\ud83d"}})"),
       200, ok, 1},
  };
}

std::vector<Case> validation_cases() {
  const auto ok = std::string(kOk);
  const auto with = [](std::string_view fields) {
    return R"({"event":"a",)" + std::string(fields) + "}";
  };
  return {
      {"1", post("/e/", kEvent), 200, ok, 1},
      {"3", post("/batch", R"({"api_key":"phc_abc","batch":[)" + kEvent + "," + kEvent + "]}"), 200,
       ok, 1},
      {"4", post("/e/", "[" + kEvent + R"(,{"event":"b","distinct_id":"u"}])"), 200, ok, 1},
      {"5",
       post(
           "/e/",
           R"([{"event":"a","token":"a","distinct_id":"u"},{"event":"a","token":"b","distinct_id":"u"}])"),
       401, "batch submitted with inconsistent api_key values", 0},
      {"7", post("/e/", with(R"("distinct_id":"u","properties":{"token":"phc_abc"})")), 200, ok, 1},
      {"8", post("/e/", with(R"("distinct_id":"u")")), 401, "event submitted without an api_key",
       0},
      {"9", post("/e/", with(R"("distinct_id":"u","token":"phx_secret")")), 401,
       "API key is not valid: personal_api_key", 0},
      {"10 long", post("/e/", with(R"("distinct_id":"u","token":")" + std::string(65, 'a') + "\"")),
       401, "API key is not valid: too_long", 0},
      {"10 empty", post("/e/", with(R"("distinct_id":"u","token":"")")), 401,
       "API key is not valid: empty", 0},
      {"10 not ASCII", post("/e/", with(R"("distinct_id":"u","token":"é")")), 401,
       "API key is not valid: not_ascii", 0},
      {"10 NUL", post("/e/", with(R"("distinct_id":"u","token":"a\u0000")")), 401,
       "API key is not valid: null_byte", 0},
      {"29 list", post("/e/", "[]"), 400, "request holds no event", 0},
      {"29 batch", post("/batch", R"({"api_key":"phc_abc","batch":[]})"), 400,
       "request holds no event", 0},
      {"30 string", post("/e/", R"("x")"), 400,
       "failed to parse request: body: expected an event, a list of events or an object with a "
       "batch",
       0},
      {"30 brace", post("/e/", "{"), 400, "failed to parse request: body: expected valid JSON", 0},
      {"30 type", post("/e/", with(R"("timestamp":5,"token":"phc_abc","distinct_id":"u")")), 400,
       "failed to parse request: timestamp: expected a string", 0},
      {"31", post("/e/", R"({"token":"phc_abc","distinct_id":"u"})"), 400,
       "failed to hydrate events from request: non-engage request missing event name attribute", 0},
      {"32", post("/engage/", R"({"token":"phc_abc","distinct_id":"u","$set":{"a":1}})"), 200, ok,
       1},
      {"33", post("/e/", R"({"event":"$performance_event","token":"phc_abc","distinct_id":"u"})"),
       200, ok, 0},
      {"34", post("/e/", R"({"event":"","token":"phc_abc","distinct_id":"u"})"), 400,
       "event submitted with an empty event name", 0},
      {"35", post("/e/", with(R"("token":"phc_abc","distinct_id":"  ")")), 400,
       "event submitted without a distinct_id", 0},
      {"59",
       post("/e/",
            with(R"("token":"phc_abc","distinct_id":"u","properties":{"$cookieless_mode":"yes"})")),
       400, "event submitted with invalid cookieless mode", 0},
      {"83 not AI",
       post("/i/v0/ai/batch/", R"({"api_key":"phc_abc","batch":[)"
                               R"({"event":"$ai_generation","distinct_id":"u"},)"
                               R"({"event":"$pageview","distinct_id":"u"}]})"),
       400, "non-AI event submitted to an AI endpoint: $pageview", 0},
      {"83 long name is cut",
       post("/i/v0/ai/batch",
            R"({"token":"phc_abc","distinct_id":"u","event":"x)" + repeat("é", 200) + "\"}"),
       400, "non-AI event submitted to an AI endpoint: x" + repeat("é", 127), 0},
      {"83 AI",
       post("/i/v0/ai/batch",
            R"({"api_key":"phc_abc","batch":[{"event":"$ai_trace","distinct_id":"u"}]})"),
       200, ok, 1},
      {"51 beacon", post("/e/?beacon=1", kEvent), 204, "", 1},
      {"51 beacon error", post("/e/?beacon=1", "[]"), 400, "request holds no event", 0},
      {"method", make_request("PUT", "/e/", {}, kEvent), 405, "", 0},
  };
}

void expect_cases(const std::vector<Case>& cases) {
  for (const auto& [name, request, status, body, records] : cases) {
    CaptureHarness harness;
    const auto answer = harness.exchange(request);
    EXPECT_EQ(answer.status, status) << name << ": " << answer.body;
    EXPECT_EQ(answer.body, body) << name;
    EXPECT_EQ(harness.log.records.size(), records) << name;
    EXPECT_FALSE(harness.connection.is_closing) << name;
    for (const auto& record : harness.log.records) {
      EXPECT_EQ(record.token, "phc_abc") << name;
    }
    EXPECT_EQ(harness.exchange(post("/e/", kEvent)).status, 200) << "after " << name;
  }
}

TEST(CaptureServiceTest, DecodesAsTheProtocolSays) { expect_cases(decoding_cases()); }

TEST(CaptureServiceTest, ValidatesAsTheProtocolSays) { expect_cases(validation_cases()); }

TEST(CaptureServiceTest, ServesEveryPathInBothSlashForms) {
  for (const std::string path : {"/e", "/i/v0/e", "/capture", "/track", "/batch", "/engage"}) {
    for (const auto& target : {path, path + "/"}) {
      ASSERT_TRUE(CaptureService::endpoint_of(target)) << target;
      CaptureHarness harness;
      EXPECT_EQ(harness.exchange(post(target, kEvent)).status, 200) << target;
      EXPECT_EQ(harness.log.records.front().endpoint, CaptureService::endpoint_of(path));
    }
  }
  for (const std::string path : {"/", "", "/e/x", "/ee", "/i/v0", "//e", "/e//"}) {
    EXPECT_FALSE(CaptureService::endpoint_of(path)) << path;
  }
}

TEST(CaptureServiceTest, StoresTheRequestAsReceived) {
  CaptureHarness harness;
  const auto body = gzip(kEvent);
  EXPECT_EQ(
      harness
          .exchange(post("/batch/?ver=1&x=%20", body,
                         "Content-Type: text/plain\r\nContent-Encoding: gzip\r\nUser-Agent: " +
                             std::string(600, 'a') + "\r\n"))
          .status,
      200);
  ASSERT_EQ(harness.log.records.size(), 1U);
  const auto& record = harness.log.records.front();
  EXPECT_EQ(record.received_us, 1'672'574'400'000'000);
  EXPECT_EQ(record.query, "ver=1&x=%20");
  EXPECT_EQ(record.content_type, "text/plain");
  EXPECT_EQ(record.content_encoding, "gzip");
  EXPECT_EQ(record.user_agent, std::string(kUserAgentBytesMax, 'a'));
  EXPECT_EQ(record.client_address, "") << "discarded by default";
  EXPECT_EQ(record.body, body);
}

TEST(CaptureServiceTest, KeepsTheAddressWhenTold) {
  CaptureHarness harness({format::AddressPolicy::keep, 16});
  EXPECT_EQ(harness.exchange(post("/e/", kEvent, "X-Forwarded-For: 203.0.113.9\r\n")).status, 200);
  EXPECT_EQ(harness.log.records.front().client_address, "192.0.2.7");
}

TEST(CaptureServiceTest, AnswersOnlyWhatIsDurable) {
  CaptureHarness harness;
  harness.connection.receive(post("/e/", kEvent) + post("/e/?beacon=1", kEvent));
  EXPECT_EQ(harness.connection.sent, "");
  EXPECT_EQ(harness.acknowledger.waiting_count(), 2U);
  harness.acknowledger.durable_up_to(6);
  EXPECT_EQ(harness.connection.sent, "");
  harness.acknowledger.durable_up_to(7);
  EXPECT_EQ(harness.take_answer().status, 200);
  harness.acknowledger.durable_up_to(8);
  EXPECT_EQ(harness.take_answer().status, 204);
  EXPECT_EQ(harness.acknowledger.waiting_count(), 0U);
  EXPECT_EQ(harness.acknowledger.counters().events_accepted, 2U);
  EXPECT_EQ(harness.acknowledger.counters().of(Outcome::accepted_beacon), 1U);
}

// The receipt names the place of the client's own record, whatever else lies in the group.
TEST(CaptureServiceTest, GivesReceiptsForWhatIsDurableOnly) {
  CaptureHarness harness;
  harness.log.has_places = true;
  harness.connection.receive(post("/e/", kEvent));
  const std::size_t second_at = harness.log.bytes.size();
  harness.connection.receive(post("/e/?beacon=1", kEvent));
  const auto receipt_of = [&](std::size_t at) {
    std::array<char, format::kReceiptBytesMax> text{};
    char* end = format::write_receipt_segment(text.data(), 2, 5);
    end = format::write_receipt_record(
        end, 8192 + at, base::load_little_endian<std::uint32_t>(harness.log.bytes, at));
    return "bristle-receipt: " + std::string(text.data(), end) + "\r\n";
  };
  harness.acknowledger.durable_up_to(8);
  const auto sent = harness.connection.take_sent();
  const auto second = sent.find("HTTP/1.1 204");
  EXPECT_NE(sent.substr(0, second).find(receipt_of(0)), std::string::npos) << sent;
  EXPECT_NE(sent.substr(second).find(receipt_of(second_at)), std::string::npos) << sent;
  for (const auto& refused : {post("/e/", "{}"), post("/e/", "")}) {
    EXPECT_EQ(harness.exchange(refused).head.find("bristle-receipt"), std::string::npos);
  }
  harness.connection.receive(post("/e/", kEvent));
  harness.acknowledger.lost_from(9);
  EXPECT_EQ(harness.take_answer().head.find("bristle-receipt"), std::string::npos);
}

TEST(CaptureServiceTest, TellsClientsThatTheLogFailed) {
  const std::vector<std::pair<wal::WalError, int>> errors = {
      {wal::WalError::full, 503},
      {wal::WalError::not_writable, 503},
      {wal::WalError::budget_used, 503},
      {wal::WalError::record_too_large, 413},
  };
  for (const auto& [error, status] : errors) {
    CaptureHarness harness;
    harness.log.error = error;
    const auto answer = harness.exchange(post("/e/", kEvent, "Origin: https://a.example\r\n"));
    EXPECT_EQ(answer.status, status);
    EXPECT_NE(answer.head.find("access-control-allow-origin: https://a.example\r\n"),
              std::string::npos);
    if (status == 503) {
      EXPECT_EQ(answer.body, "transient error, please retry");
      EXPECT_NE(answer.head.find("retry-after: 30\r\n"), std::string::npos);
    }
    harness.log.error.reset();
    EXPECT_EQ(harness.exchange(post("/e/", kEvent)).status, 200) << "it recovers";
  }
}

TEST(CaptureServiceTest, TellsClientsThatTheirGroupWasLost) {
  CaptureHarness harness;
  harness.connection.receive(post("/e/", kEvent) + post("/e/", kEvent) + post("/e/", kEvent));
  harness.acknowledger.durable_up_to(7);
  EXPECT_EQ(harness.take_answer().status, 200);
  harness.acknowledger.lost_from(8);
  EXPECT_EQ(harness.take_answer().status, 503);
  EXPECT_EQ(harness.acknowledger.counters().of(Outcome::log_lost), 2U);
  EXPECT_EQ(harness.acknowledger.counters().events_accepted, 1U);
  harness.log.next_sequence = 8;
  EXPECT_EQ(harness.exchange(post("/e/", kEvent)).status, 200) << "sequences are used again";
}

TEST(CaptureServiceTest, RefusesBeyondItsWaitingLine) {
  CaptureHarness harness({format::AddressPolicy::discard, 2});
  harness.connection.receive(post("/e/", kEvent) + post("/e/", kEvent) + post("/e/", kEvent));
  EXPECT_EQ(harness.log.records.size(), 2U);
  EXPECT_EQ(harness.acknowledger.counters().of(Outcome::too_many_waiting), 1U);
  harness.flush();
  EXPECT_EQ(harness.take_answer().status, 200);
}

TEST(CaptureServiceTest, SkipsConnectionsThatClosed) {
  CaptureHarness harness;
  harness.connection.receive(post("/e/", kEvent));
  harness.connect();
  harness.connection.receive(post("/e/", kEvent));
  harness.acknowledger.durable_up_to(7);
  EXPECT_EQ(harness.connection.sent, "");
  harness.acknowledger.durable_up_to(8);
  EXPECT_EQ(harness.take_answer().status, 200);
}

TEST(CaptureServiceTest, RefusesRequestsBeforeTheLogIsThere) {
  Acknowledger acknowledger;
  CaptureService service(acknowledger, {[]() noexcept -> std::int64_t { return 0; }});
  struct OneRoute final : http::Router {
    explicit OneRoute(CaptureService& routed) : target(routed) {}
    http::Route route(const http::Request& /*head*/) noexcept override {
      return {&target, nullptr, kBodyBytesMax};
    }
    CaptureService& target;
  } router(service);
  http::SessionContext context(router);
  http::SessionPool pool(context, 1);
  http::FakeConnection connection;
  connection.bind(pool.accepted(connection));
  connection.receive(post("/e/", kEvent));
  EXPECT_TRUE(connection.sent.starts_with("HTTP/1.1 503 "));
}

// Case 52: the limit, and a usable connection behind it.
TEST(CaptureServiceTest, RefusesOversizeBodiesAndGoesOn) {
  CaptureHarness harness;
  for (const std::string path : {"/e", "/i/v0/e", "/capture", "/track", "/batch", "/engage"}) {
    const auto answer = harness.exchange(post(path, std::string(kBodyBytesMax + 1024, ' ')));
    EXPECT_EQ(answer.status, 413) << path;
    EXPECT_EQ(answer.body, "maximum event size exceeded: request body above 20 MiB");
    EXPECT_FALSE(harness.connection.is_closing);
  }
  const auto large = std::string(std::size_t{4} << 20, ' ') + kEvent;
  EXPECT_EQ(harness.exchange(post("/e", large)).status, 200);
}

// Case 54: one event that upstream's broker would not take fails the request, as there; many that
// it takes do not. The bytes of the single event count, without the white space between its tokens.
TEST(CaptureServiceTest, RefusesAnOversizedEventOutsideOfTheAiLane) {
  const auto event_of = [](std::size_t bytes, const std::string& name = "$ai_span") {
    const auto start = R"({"distinct_id":"u","event":")" + name + R"(","properties":{"x":")";
    return start + std::string(bytes - start.size() - 3, 'x') + "\"}}";
  };
  const auto batch_of = [](const std::string& events) {
    return R"({"batch":[)" + events + R"(],"api_key":"phc_abc"})";
  };
  const auto fits = event_of(1'000'000);
  const auto above = event_of(1'000'001);
  const auto spaced = "{" + std::string(1'000'000, '\n') + fits.substr(1);
  const auto old = event_of(2'000'000, "$performance_event");
  const auto largest = R"({"token":"phc_abc",)" + event_of(1'000'000 - 18).substr(1);
  ASSERT_EQ(largest.size(), 1'000'000U);
  CaptureHarness harness;
  for (const auto& body : {batch_of(repeat(fits + ",", 19) + fits), batch_of(spaced), largest,
                           batch_of(old + "," + fits), gzip(batch_of(fits + "," + fits))}) {
    EXPECT_EQ(harness.exchange(post("/batch", body)).status, 200);
  }
  ASSERT_EQ(harness.log.records.size(), 5U);
  const auto alone = R"({"token":"phc_abc",)" + event_of(1'000'001 - 18).substr(1);
  for (const auto& body : {batch_of(above), batch_of(fits + "," + above), alone,
                           "[" + largest + "," + above + "]", gzip(batch_of(above))}) {
    const auto answer = harness.exchange(post("/batch", body));
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer.body, "maximum event size exceeded: an event of more than 1000000 bytes");
  }
  EXPECT_EQ(harness.log.records.size(), 5U) << "all or nothing: the SDK halves and sends again";
  EXPECT_EQ(harness.acknowledger.counters().of(Outcome::event_too_large), 5U);
  EXPECT_EQ(harness.exchange(post("/i/v0/ai/batch", batch_of(above))).status, 200);
}

// Cases 57 and 58.
TEST(CaptureServiceTest, AnswersPreflightsAndMirrorsTheOriginOnErrors) {
  CaptureHarness harness;
  const auto preflight = harness.exchange(
      "OPTIONS /e/ HTTP/1.1\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: x-a,content-type\r\n\r\n");
  EXPECT_EQ(preflight.status, 200);
  EXPECT_EQ(preflight.body, "");
  for (const std::string field : {
           "access-control-allow-origin: https://a.example\r\n",
           "access-control-allow-credentials: true\r\n",
           "access-control-allow-methods: GET,POST,OPTIONS\r\n",
           "access-control-allow-headers: x-a,content-type\r\n",
       }) {
    EXPECT_NE(preflight.head.find(field), std::string::npos) << field;
  }
  for (const std::string body : {"", "[]", "{", R"({"event":"a","distinct_id":"u"})"}) {
    const auto answer = harness.exchange(post("/e/", body, "Origin: null\r\n"));
    EXPECT_GE(answer.status, 400);
    EXPECT_NE(answer.head.find("access-control-allow-origin: null\r\n"), std::string::npos);
    EXPECT_NE(answer.head.find("content-type: text/plain; charset=utf-8\r\n"), std::string::npos);
  }
}

TEST(CaptureServiceTest, TellsStalledClients) {
  CaptureHarness harness;
  harness.connection.receive("POST /e HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
  harness.connection.fire_timeout();
  const auto answer = harness.take_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.body, "client stopped sending data");
  EXPECT_TRUE(harness.connection.is_closing);
}

TEST(OutcomeTest, EveryRowIsWellFormed) {
  for (const auto& row : kOutcomes) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_TRUE(row.status >= 200 && row.status < 600);
    EXPECT_NE(http::reason_phrase(row.status), "Unknown") << row.name;
  }
}

}  // namespace
}  // namespace dp::capture
