// SPDX-License-Identifier: LicenseRef-Project
// Cases 36 to 49: who, which and when.
#include "tests/integration/conformance/cases.h"
#include "tests/support/encodings.h"

namespace conformance {
namespace {

/// A request to `target` with one event of phc_abc and u, and what the worker makes of it.
Case timed(int number, std::string_view what, std::string_view members, std::int64_t expected,
           std::string_view target = "/e/") {
  return {number,
          std::string(what),
          post(target, event_with(R"("token":"phc_abc","distinct_id":"u")" + std::string(members))),
          200,
          std::string(kOk),
          {{"a", "u", {}, expected}}};
}

/// The same within a batch that brings `wrapper`.
Case batched(int number, std::string_view what, std::string_view wrapper, std::string_view members,
             std::int64_t expected) {
  return {number,
          std::string(what),
          post("/batch", R"({"api_key":"phc_abc",)" + std::string(wrapper) +
                             R"("batch":[{"event":"a","distinct_id":"u")" + std::string(members) +
                             "}]}"),
          200,
          std::string(kOk),
          {{"a", "u", {}, expected}}};
}

}  // namespace

std::vector<Case> identity_cases() {
  const auto with = [](int number, std::string_view what, std::string_view members,
                       std::string_view id) {
    return Case{number,
                std::string(what),
                post("/e/", event_with(R"("token":"phc_abc",)" + std::string(members))),
                200,
                std::string(kOk),
                {{"a", std::string(id)}}};
  };
  const std::string uuid = "018a981f-4b35-7c66-825e-8b0eeae65714";
  const auto with_uuid = [](std::string_view value) {
    return post("/e/",
                event_with(R"("token":"phc_abc","distinct_id":"u","uuid":)" + std::string(value)));
  };
  return {
      with(36, "$distinct_id", R"("$distinct_id":"u")", "u"),
      with(36, "in the properties", R"("properties":{"distinct_id":"u"})", "u"),
      with(36, "root wins", R"("distinct_id":23,"properties":{"distinct_id":"x"})", "23"),
      with(37, "list", R"("distinct_id":["a", "b"])", R"(["a","b"])"),
      with(37, "object", R"("distinct_id":{"string":"a","number":3})",
           R"({"number":3,"string":"a"})"),
      with(37, "fraction", R"("distinct_id":23.4)", "23.4"),
      with(38, "250 characters", R"("distinct_id":")" + support::repeat("€", 250) + "\"",
           support::repeat("€", 200)),
      with(39, "spaces are kept", R"("distinct_id":"  hello  ")", "  hello  "),
      with(39, "NUL", R"("distinct_id":"a\u0000b")",
           "a\xEF\xBF\xBD"
           "b"),
      {40,
       "uuid given",
       with_uuid("\"" + uuid + "\""),
       200,
       std::string(kOk),
       {{"a", "u", {}, {}, uuid}}},
      {40,
       "uuid in upper case, as iOS sends it",
       with_uuid(R"("018A981F-4B35-7C66-825E-8B0EEAE65714")"),
       200,
       std::string(kOk),
       {{"a", "u", {}, {}, uuid}}},
      {40,
       "uuid empty: a version 7 of the event's time",
       with_uuid("\"\""),
       200,
       std::string(kOk),
       {{"a", "u", {}, {}, "01856d33-f600-7"}}},
      {40,
       "uuid absent",
       post("/e/", kEvent),
       200,
       std::string(kOk),
       {{"a", "u", {}, {}, "01856d33-f600-7"}}},
      {40, "uuid malformed", with_uuid("\"x\""), 400,
       "failed to parse request: uuid: expected a UUID"},
  };
}

std::vector<Case> time_cases() {
  const std::string eleven = R"(,"timestamp":"2023-01-01T11:00:00Z")";
  const std::string ahead = R"("sent_at":"2023-01-01T12:00:10Z",)";
  const auto at = [](std::string_view text) {
    return R"(,"timestamp":")" + std::string(text) + "\"";
  };
  const std::int64_t midnight = kNow - 12 * kHour;
  return {
      batched(41, "client 10 s ahead", ahead, eleven, kNow - kHour - 10 * kSecond),
      batched(42, "client 10 s behind", R"("sent_at":"2023-01-01T11:59:50Z",)", eleven,
              kNow - kHour + 10 * kSecond),
      batched(43, "$ignore_sent_at", ahead, eleven + R"(,"properties":{"$ignore_sent_at":true})",
              kNow - kHour),
      batched(43, "no sent_at", "", eleven, kNow - kHour),
      batched(44, "no timestamp", ahead, "", kNow),
      timed(44, "no date", at("not a date"), kNow),
      timed(45, "offset", eleven + R"(,"offset":5000)", kNow - 5 * kSecond),
      timed(46, "24 h ahead", at("2023-01-02T12:00:00Z"), kNow),
      timed(46, "22 h ahead", at("2023-01-02T10:00:00Z"), kNow + 22 * kHour),
      timed(47, "_ in milliseconds", eleven, kNow - kHour - 10 * kSecond, "/e/?_=1672574410000"),
      timed(47, "_ in seconds", eleven, kNow - kHour, "/e/?_=1672574410"),
      timed(48, "zone of two digits", at("2022-09-17T14:05:04.805+03"), 1'663'412'704'805'000),
      timed(48, "date", at("2023-01-01"), midnight),
      timed(48, "space for the T", at("2023-01-01 12:00:00"), kNow),
      timed(48, "no zone", at("2023-01-01T12:00:00"), kNow),
      timed(48, "RFC 2822", at("Sun, 01 Jan 2023 11:00:00 +0000"), kNow - kHour),
      timed(48, "milliseconds", at("1672574400000"), kNow),
      {49,
       "historical batch",
       post("/batch", R"({"api_key":"phc_abc","historical_migration":true,)"
                      R"("batch":[{"event":"a","distinct_id":"u"}]})"),
       200,
       std::string(kOk),
       {{"a", "u", {}, {}, {}, true}}},
      {49,
       "the flag of a single event is ignored",
       post("/e/",
            event_with(R"("token":"phc_abc","distinct_id":"u","historical_migration":true)")),
       200,
       std::string(kOk),
       {{}}},
  };
}

}  // namespace conformance
