// SPDX-License-Identifier: LicenseRef-Project
#include "tests/sim/dataplane/daemon/requests.h"

#include "tests/support/ai_requests.h"
#include "tests/support/compression.h"
#include "tests/support/encodings.h"

#include <algorithm>
#include <array>

namespace sim {
namespace {

using format::Endpoint;

constexpr std::string_view kOk = R"({"status":"Ok"})";
constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kBearer = "Authorization: Bearer phc_sim\r\n";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), by);
    at += by.size();
  }
  return text;
}

std::string uuid_of(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "018a981f-4b35-7c66-825e-" + std::string(12 - digits.size(), '0') + digits;
}

}  // namespace

std::string RequestMaker::event(std::uint64_t number, std::string_view more) const {
  std::string text = R"({"event":"sim","distinct_id":"d)";
  text.append(std::to_string(number)).append("\"").append(more).append("}");
  return text;
}

/// Often little, at times as much as a record may hold beside the rest.
std::string RequestMaker::padding() {
  const std::size_t most = random_() % 12 == 0 ? record_bytes_max_ - 2048 : 600;
  return R"(,"properties":{"padding":")" +
         std::string(random_() % most, static_cast<char>('a' + random_() % 26)) + "\"}";
}

std::string RequestMaker::head(const Attempt& attempt, std::string_view start) const {
  std::string text(start);
  text.append(" HTTP/1.1\r\nHost: sim\r\nUser-Agent: ").append(kUserAgent).append("\r\n");
  if (!attempt.origin.empty()) {
    text.append("Origin: ").append(attempt.origin).append("\r\n");
  }
  return text;
}

void RequestMaker::post(Attempt& attempt, std::string_view target, std::string_view fields,
                        std::string_view body) {
  std::string start = "POST ";
  attempt.bytes = head(attempt, start.append(target));
  attempt.bytes.append(fields).append("Content-Length: ").append(std::to_string(body.size()));
  attempt.bytes.append("\r\n\r\n").append(body);
}

void RequestMaker::post_chunked(Attempt& attempt, std::string_view target, std::string_view fields,
                                std::string_view body) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string start = "POST ";
  attempt.bytes = head(attempt, start.append(target));
  attempt.bytes.append(fields).append("Transfer-Encoding: chunked\r\n\r\n");
  while (!body.empty()) {
    const std::size_t bytes = 1 + random_() % std::min<std::size_t>(body.size(), 4000);
    for (std::size_t shift = 16; shift > 0; shift -= 4) {
      attempt.bytes += kDigits[bytes >> (shift - 4) & 15U];
    }
    attempt.bytes.append("\r\n").append(body.substr(0, bytes)).append("\r\n");
    body.remove_prefix(bytes);
  }
  attempt.bytes.append("0\r\n\r\n");
}

Stored& RequestMaker::store(Attempt& attempt, Endpoint endpoint, std::string_view body,
                            std::uint32_t events) {
  auto& stored = attempt.stored.emplace();
  stored.endpoint = endpoint;
  stored.content_type = "application/json";
  stored.body = body;
  stored.events = events;
  return stored;
}

void RequestMaker::single(Attempt& attempt, std::string_view target, Endpoint endpoint) {
  std::string body = event(attempt.number, padding());
  body.insert(1, R"("api_key":"phc_sim",)");
  auto& stored = store(attempt, endpoint, body);
  const std::size_t mark = target.find('?');
  stored.query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  const bool is_beacon = target.find("beacon=1") != std::string_view::npos;
  attempt.status = is_beacon ? 204 : 200;
  attempt.answer = is_beacon ? "" : kOk;
  post(attempt, target, kJson, body);
}

void RequestMaker::batch(Attempt& attempt, bool is_gzip, bool is_chunked) {
  const auto events = static_cast<std::uint32_t>(1 + random_() % 12);
  std::string body = R"({"api_key":"phc_sim","batch":[)";
  for (std::uint32_t index = 0; index < events; ++index) {
    body.append(index == 0 ? "" : ",").append(event(attempt.number * 100 + index));
  }
  body.append("]}");
  std::string fields(kJson);
  if (is_gzip) {
    body = support::deflate(body, support::DeflateForm::gzip);
    fields.append("Content-Encoding: gzip\r\n");
  }
  auto& stored = store(attempt, Endpoint::batch, body, events);
  stored.content_encoding = is_gzip ? "gzip" : "";
  attempt.answer = kOk;
  if (is_chunked) {
    fields.append(random_() % 2 == 0 ? "Expect: 100-continue\r\n" : "");
    post_chunked(attempt, "/batch/", fields, body);
  } else {
    post(attempt, "/batch", fields, body);
  }
}

void RequestMaker::form(Attempt& attempt) {
  std::string json = event(attempt.number);
  json.insert(1, R"("token":"phc_sim",)");
  const std::string body = "data=" + support::url_encode(support::base64(json));
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  auto& stored = store(attempt, Endpoint::capture, body);
  stored.content_type = kForm;
  attempt.answer = kOk;
  post(attempt, "/capture/", "Content-Type: application/x-www-form-urlencoded\r\n", body);
}

void RequestMaker::query(Attempt& attempt) {
  std::string json = event(attempt.number);
  json.insert(1, R"("token":"phc_sim",)");
  auto& stored = store(attempt, Endpoint::e, "");
  stored.query = "data=" + support::url_encode(support::base64(json));
  stored.content_type.clear();
  attempt.answer = kOk;
  attempt.bytes = head(attempt, "GET /e/?" + stored.query).append("\r\n");
}

void RequestMaker::recording(Attempt& attempt) {
  const std::string number = std::to_string(attempt.number);
  std::string body = R"({"event":"$snapshot","token":"phc_sim","distinct_id":"d)" + number;
  body.append(R"(","properties":{"$session_id":"s)").append(number);
  body.append(R"(","$snapshot_data":[{"type":4,"timestamp":1700000000000,"data":{"text":")");
  body.append(random_() % 4000, 'r').append(R"("}}]}})");
  store(attempt, Endpoint::recordings, body);
  attempt.answer = kOk;
  post(attempt, "/s/", kJson, body);
}

void RequestMaker::v1(Attempt& attempt) {
  const std::string uuid = uuid_of(attempt.number);
  std::string body =
      R"({"created_at":"2023-11-14T22:13:20Z","batch":[{"event":"a","uuid":")" + uuid;
  body.append(R"(","distinct_id":"u","timestamp":"2023-11-14T22:13:20Z"}]})");
  std::string fields(kBearer);
  fields.append(kJson).append("PostHog-Sdk-Info: posthog-sim/1.0\r\nPostHog-Attempt: 1\r\n");
  fields.append("PostHog-Request-Id: ").append(uuid);
  fields.append("\r\nPostHog-Request-Timestamp: 2023-11-14T22:13:20Z\r\n");
  store(attempt, Endpoint::analytics_v1, body);
  attempt.is_v1 = true;
  attempt.answer = R"({"results":{")" + uuid + R"(":{"result":"ok"}}})";
  post(attempt, "/i/v1/analytics/events", fields, body);
}

void RequestMaker::multipart(Attempt& attempt) {
  const std::string body = support::multipart(
      {{"event",
        R"({"event":"$ai_generation","distinct_id":"d)" + std::to_string(attempt.number) + "\"}",
        ""},
       {"event.properties", R"({"$ai_model":"m"})", "Content-Type: application/json\r\n"},
       {"event.properties.$ai_input", std::string(1 + random_() % 3000, 'i'),
        "Content-Type: text/plain\r\n"}});
  auto& stored = store(attempt, Endpoint::ai_event, body);
  stored.content_type = support::kMultipartType;
  attempt.answer = kOk;
  std::string fields(kBearer);
  fields.append("Content-Type: ").append(support::kMultipartType).append("\r\n");
  post(attempt, "/i/v0/ai", fields, body);
}

void RequestMaker::traces(Attempt& attempt) {
  const std::string body = replaced(std::string(support::kJsonTraces), "\"u1\"",
                                    "\"d" + std::to_string(attempt.number) + "\"");
  store(attempt, Endpoint::ai_traces, body);
  attempt.answer = "{}";
  post(attempt, "/i/v0/ai/otel", std::string(kBearer).append(kJson), body);
}

/// Capture requests that store nothing, however well the dataplane is.
void RequestMaker::refused(Attempt& attempt, std::size_t kind) {
  attempt.status = 400;
  switch (kind) {
    case 12:
      post(attempt, "/e/", kJson, R"({"api_key":"phc_sim",)");
      break;
    case 13:
      attempt.status = 401;
      attempt.answer = "event submitted without an api_key";
      post(attempt, "/batch/", kJson, event(attempt.number));
      break;
    case 14:
      attempt.status = 405;
      attempt.answer = "";
      attempt.bytes = head(attempt, "PUT /batch/").append("Content-Length: 0\r\n\r\n");
      break;
    case 15:
      attempt.status = 413;
      attempt.answer = "maximum event size exceeded: record too large";
      post(attempt, "/capture/", kJson,
           event(attempt.number, R"(,"token":"phc_sim","properties":{"padding":")" +
                                     std::string(record_bytes_max_ + random_() % 50'000, 'l') +
                                     "\"}"));
      break;
    case 16:
      attempt.status = 413;
      attempt.ends_session = true;
      attempt.bytes = head(attempt, "POST /e/");
      attempt.bytes.append("Expect: 100-continue\r\nContent-Length: 30000000\r\n\r\n");
      break;
    case 17:
      attempt.answer = "request holds no event";
      post(attempt, "/batch", kJson, R"({"api_key":"phc_sim","batch":[]})");
      break;
    default:
      attempt.answer = "failed to decode request: invalid GZIP data";
      post(attempt, "/i/v0/e/", "Content-Encoding: gzip\r\n", "\x1f\x8b\x08 no, this is not");
      break;
  }
}

/// What is no capture of events at all.
void RequestMaker::other(Attempt& attempt, std::size_t kind, std::string_view receipt) {
  attempt.may_be_refused = false;
  switch (kind) {
    case 19:
      attempt.may_be_refused = true;
      attempt.answer = "";
      attempt.bytes = head(attempt, "OPTIONS /e/").append("\r\n");
      break;
    case 20:
      attempt.may_be_refused = true;
      attempt.answer = "{}";
      post(attempt, "/i/v1/logs", kJson, "{}");
      break;
    case 21:
      post(attempt, "/flags/?v=2", kJson, R"({"token":"phc_sim","distinct_id":"d"})");
      break;
    case 22:
      attempt.status = 503;  // without a tenant store nothing is known
      attempt.bytes = head(attempt, "GET /array/phc_sim/config").append("\r\n");
      break;
    case 23: {
      constexpr std::array<std::string_view, 3> kProbes = {"GET /_health", "GET /_readiness",
                                                           "GET /metrics"};
      const std::size_t probe = random_() % kProbes.size();
      attempt.may_be_refused = probe == 1;
      attempt.bytes = head(attempt, kProbes.at(probe)).append("\r\n");
      break;
    }
    case 24:
      attempt.status = 502;
      attempt.bytes = head(attempt, "GET /api/projects/").append("\r\n");
      break;
    case 25:
      attempt.may_be_refused = true;
      attempt.asked_receipt = receipt;
      attempt.status = receipt.empty() ? 400 : 200;
      attempt.bytes = head(attempt, "GET /_receipt/" + std::string(receipt)).append("\r\n");
      break;
    case 26:
      attempt.status = 400;
      attempt.has_head = false;
      attempt.ends_session = true;
      attempt.bytes = "POST /e/ HTTP/1.1\r\nHost sim\r\n\r\n";
      attempt.origin.clear();
      break;
    default:
      attempt.status = 400;
      attempt.ends_session = true;
      attempt.bytes = head(attempt, "POST /e/").append("Transfer-Encoding: chunked\r\n\r\nzz\r\n");
      break;
  }
}

Attempt RequestMaker::make(std::size_t kind, std::string_view receipt) {
  Attempt attempt;
  attempt.number = next_++;
  if (random_() % 5 != 0) {
    attempt.origin = "https://n" + std::to_string(attempt.number) + ".example";
  }
  switch (kind) {
    case 0:
      single(attempt, "/i/v0/e/", Endpoint::i_v0_e);
      break;
    case 1:
      single(attempt, "/e?ip=1&_=" + std::to_string(attempt.number), Endpoint::e);
      break;
    case 2:
      single(attempt, "/track/", Endpoint::track);
      break;
    case 3:
      single(attempt, "/e/?beacon=1", Endpoint::e);
      break;
    case 4:
      batch(attempt, false, false);
      break;
    case 5:
      batch(attempt, true, false);
      break;
    case 6:
      batch(attempt, random_() % 2 == 0, true);
      break;
    case 7:
      if (random_() % 2 == 0) {
        form(attempt);
      } else {
        query(attempt);
      }
      break;
    case 8:
      recording(attempt);
      break;
    case 9:
      v1(attempt);
      break;
    case 10:
      multipart(attempt);
      break;
    case 11:
      traces(attempt);
      break;
    default:
      if (kind < 19) {
        refused(attempt, kind);
      } else {
        other(attempt, kind, receipt);
      }
      break;
  }
  return attempt;
}

}  // namespace sim
