// SPDX-License-Identifier: LicenseRef-Project
// Cases 1 to 12 and 29 to 35: routes, body shapes and tokens.
#include "tests/integration/conformance/cases.h"

namespace conformance {
namespace {

std::vector<Case> route_cases() {
  std::vector<Case> cases = {{1, "one event", post("/e/", kEvent), 200, std::string(kOk), {{}}}};
  for (const std::string path : {"/e", "/i/v0/e", "/capture", "/track", "/batch", "/engage"}) {
    for (const std::string slash : {"", "/"}) {
      cases.push_back({2, path + slash, post(path + slash, kEvent), 200, std::string(kOk), {{}}});
    }
  }
  return cases;
}

std::vector<Case> token_cases() {
  const auto with_token = [](std::string_view token) {
    return post("/e/", event_with(R"("distinct_id":"u","token":")" + std::string(token) + "\""));
  };
  const std::string invalid = "API key is not valid: ";
  const std::string two = R"([{"event":"a","token":"a","distinct_id":"u"},)"
                          R"({"event":"a","token":"b","distinct_id":"u"}])";
  return {
      {3,
       "batch",
       post("/batch", R"({"api_key":"phc_abc","batch":[{"event":"a","distinct_id":"u"},)"
                      R"({"event":"b","distinct_id":"v"}]})"),
       200,
       std::string(kOk),
       {{}, {"b", "v"}}},
      {4,
       "one token for all",
       post("/e/", "[" + std::string(kEvent) + R"(,{"event":"b","distinct_id":"v"}])"),
       200,
       std::string(kOk),
       {{}, {"b", "v"}}},
      {5, "two tokens", post("/e/", two), 401, "batch submitted with inconsistent api_key values"},
      {6,
       "the wrapper's token wins",
       post("/batch", R"({"api_key":"w","batch":[{"event":"a","distinct_id":"u","token":"x"}]})"),
       200,
       std::string(kOk),
       {{"a", "u", "{}", {}, {}, false, "w"}}},
      {7,
       "token in the properties",
       post("/e/", event_with(R"("distinct_id":"u","properties":{"token":"phc_abc"})")),
       200,
       std::string(kOk),
       {{"a", "u", R"({"token":"phc_abc"})"}}},
      {8, "no token", post("/e/", event_with(R"("distinct_id":"u")")), 401,
       "event submitted without an api_key"},
      {9, "personal key", with_token("phx_secret"), 401, invalid + "personal_api_key"},
      {10, "65 characters", with_token(std::string(65, 'a')), 401, invalid + "too_long"},
      {10, "empty", with_token(""), 401, invalid + "empty"},
      {10, "not ASCII", with_token("é"), 401, invalid + "not_ascii"},
      {10, "NUL", with_token("a\\u0000"), 401, invalid + "null_byte"},
      {11, "white space around", with_token(" phc_abc\\n"), 200, std::string(kOk), {{}}},
      {12,
       "unknown token",
       with_token("phc_unknown"),
       200,
       std::string(kOk),
       {{"a", "u", "{}", {}, {}, false, "phc_unknown"}}},
  };
}

std::vector<Case> body_cases() {
  const std::string no_distinct_id = "event submitted without a distinct_id";
  const auto with_id = [](std::string_view member) {
    return post("/e/", event_with(R"("token":"phc_abc")" + std::string(member)));
  };
  return {
      {29, "empty list", post("/e/", "[]"), 400, "request holds no event"},
      {29, "empty batch", post("/batch", R"({"api_key":"phc_abc","batch":[]})"), 400,
       "request holds no event"},
      {30, "a string", post("/e/", R"("x")"), 400,
       "failed to parse request: body: expected an event, a list of events or an object with a "
       "batch"},
      {30, "a brace", post("/e/", "{"), 400, "failed to parse request: body: expected valid JSON"},
      {30, "a number as time",
       post("/e/", event_with(R"("timestamp":5,"token":"phc_abc","distinct_id":"u")")), 400,
       "failed to parse request: timestamp: expected a string"},
      {31, "no name", post("/e/", R"({"token":"phc_abc","distinct_id":"u"})"), 400,
       "failed to hydrate events from request: non-engage request missing event name attribute"},
      {32,
       "engage",
       post("/engage/", R"({"token":"phc_abc","distinct_id":"u","$set":{"a":1}})"),
       200,
       std::string(kOk),
       {{"$identify", "u", R"({"$set":{"a":1}})"}}},
      {33, "only $performance_event",
       post("/e/", R"({"event":"$performance_event","token":"phc_abc","distinct_id":"u"})")},
      {34, "empty name", post("/e/", R"({"event":"","token":"phc_abc","distinct_id":"u"})"), 400,
       "event submitted with an empty event name"},
      {35, "no distinct_id", with_id(""), 400, no_distinct_id},
      {35, "null", with_id(R"(,"distinct_id":null)"), 400, no_distinct_id},
      {35, "empty", with_id(R"(,"distinct_id":"")"), 400, no_distinct_id},
      {35, "white space", with_id(R"(,"distinct_id":"  ")"), 400, no_distinct_id},
  };
}

}  // namespace

std::vector<Case> shape_cases() {
  auto cases = route_cases();
  for (auto more : {token_cases(), body_cases()}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

}  // namespace conformance
