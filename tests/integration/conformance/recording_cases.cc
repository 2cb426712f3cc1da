// SPDX-License-Identifier: LicenseRef-Project
// Cases 53 and 64 to 71: session recordings.
#include "tests/integration/conformance/cases.h"
#include "tests/support/recordings.h"

#include <utility>

namespace conformance {
namespace {

using Outcome = cp::event::RecordingDecoder::Outcome;

const std::string kItem = R"({"type":4,"timestamp":1672574400000,"data":{"href":"/"}})";
const std::string kOther = R"({"timestamp":1672574400001, "type":3})";

/// One element with that snapshot data and more properties.
std::string element(std::string_view data, std::string_view properties = "",
                    std::string_view members = "") {
  return R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u",)" + std::string(members) +
         R"("properties":{"$session_id":"s-1",)" + std::string(properties) +
         R"("$snapshot_data":)" + std::string(data) + "}}";
}

/// In the log, and then dropped by the worker, as upstream's does.
StoredRecording dropped(Outcome outcome) { return {{}, {}, {}, {}, {}, outcome}; }

/// What capture takes although little or nothing of it is kept; and what a broker would not take.
std::vector<Case> accepted_cases() {
  return {
      {0,
       "an empty session id",
       post("/s/", R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u","properties":)"
                   R"({"$session_id":"","$snapshot_data":[)" +
                       kItem + "]}}"),
       200,
       std::string(kOk),
       {},
       {dropped(Outcome::no_session)}},
      {0,
       "items without a time",
       post("/s/", element(R"([{"type":4},{"type":4,"timestamp":0},null])")),
       200,
       std::string(kOk),
       {},
       {dropped(Outcome::no_items)}},
      {0,
       "no items",
       post("/s/", element("[]")),
       200,
       std::string(kOk),
       {},
       {dropped(Outcome::no_items)}},
      {0,
       "one item of two without a time",
       post("/s/", element(R"([{"type":4},)" + kItem + "]")),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "unknown", {kItem}}}},
      {0,
       "more than a broker's message",
       post("/s/", element(R"([{"type":3,"timestamp":1672574400000,"data":")" +
                           std::string(2'000'000, 'x') + "\"}]")),
       200,
       std::string(kOk),
       {},
       {{"s-1",
         "s-1",
         "web",
         "unknown",
         {R"({"type":3,"timestamp":1672574400000,"data":")" + std::string(2'000'000, 'x') +
          "\"}"}}}},
  };
}

/// The numbered cases.
std::vector<Case> rule_cases() {
  const std::string invalid = "replay event has invalid session id";
  const std::string no_data = "replay event submitted without snapshot data";
  const auto session = [](std::string_view member) {
    return post("/s/",
                R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u","properties":{)" +
                    std::string(member) + R"("$snapshot_data":[]}})");
  };
  const auto agent = [](std::string_view fields) {
    return post("/s/", element("[" + kItem + "]"), fields);
  };
  const auto bytes = support::item_of_every_byte("1672574400000");
  return {
      {53, "/s above 25 MiB", post("/s", std::string(std::size_t{26} << 20, ' ')), 413,
       "maximum event size exceeded: request body above 25 MiB"},
      {64,
       "one element with a list",
       post("/s/", element("[" + kItem + "," + kOther + "]")),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "unknown", {kItem, kOther}}}},
      {65,
       "three elements",
       post("/s/", "[" + element("[" + kItem + "]") + "," + element(kOther) + "," +
                       element("[" + kOther + "," + kItem + "]") + "]"),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "unknown", {kItem, kOther, kOther, kItem}}}},
      {66, "no session", session(""), 400, "replay event submitted without session id"},
      {66, "71 characters", session(R"("$session_id":")" + std::string(71, 'a') + R"(",)"), 400,
       invalid},
      {66, "underscore", session(R"("$session_id":"a_b",)"), 400, invalid},
      {66, "number", session(R"("$session_id":5,)"), 400, invalid},
      {67, "second element without data",
       post("/s/",
            "[" + element("[]") + R"(,{"event":"$snapshot","properties":{"$session_id":"s-1"}}])"),
       400, no_data},
      {67, "data is a string", post("/s/", element("\"x\"")), 400, no_data},
      {68,
       "SDK's user agent",
       agent("User-Agent: posthog-ios/3.1\r\n"),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "posthog-ios", {kItem}}}},
      {68,
       "browser",
       agent("User-Agent: Mozilla/5.0\r\n"),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "web", {kItem}}}},
      {68,
       "no user agent",
       agent(""),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "unknown", {kItem}}}},
      {69,
       "every byte",
       post("/s/", element("[" + bytes + "]")),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "unknown", {bytes}}}},
      {70,
       "iOS",
       post("/s/",
            support::gzip(R"([{"api_key":"phc_abc","event":"$snapshot","distinct_id":"u",)"
                          R"("uuid":"018A981F-4B35-7C66-825E-8B0EEAE65714","timestamp":)"
                          R"("2023-01-01T12:00:00.000Z","properties":{"$lib":"posthog-ios",)"
                          R"("$snapshot_source":"mobile","$session_id":"s-1","$window_id":"s-1",)"
                          R"("$snapshot_data":[)" +
                          kItem + "]}}]"),
            "Content-Type: application/json; charset=utf-8\r\nContent-Encoding: gzip\r\n"
            "User-Agent: posthog-ios/3.1\r\n"),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "mobile", "posthog-ios", {kItem}}}},
      {71,
       "sent_at of an element is ignored",
       post("/s/", element("[" + kItem + "]", "", R"("sent_at":"2023-01-01T13:00:00Z",)")),
       200,
       std::string(kOk),
       {},
       {{"s-1", "s-1", "web", "unknown", {kItem}}}},
  };
}

}  // namespace

std::vector<Case> recording_cases() {
  auto cases = rule_cases();
  for (auto& more : accepted_cases()) {
    cases.push_back(std::move(more));
  }
  return cases;
}

}  // namespace conformance
