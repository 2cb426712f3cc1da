// SPDX-License-Identifier: LicenseRef-Project
// Goal: the bodies of `/s` become the recording, or the refusal, that capture-protocol sections 10,
// 13 and 20 demand, and items keep their bytes. Method: tables of JSON texts. Numbers are the
// conformance cases of section 20.
#include "dataplane/format/codec/recording.h"

#include "dataplane/format/codec/json_repair.h"
#include "tests/support/recordings.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace format::codec {
namespace {

constexpr std::string_view kBrowser = "Mozilla/5.0 (X11; Linux x86_64)";

/// One element with these properties besides those every recording needs.
std::string element(std::string_view properties, std::string_view fields = "") {
  return R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u")" + std::string(fields) +
         R"(,"properties":{"$session_id":"s-1")" + std::string(properties) + "}}";
}

std::string with_data(std::string_view data) {
  return element(R"(,"$snapshot_data":)" + std::string(data));
}

class RecordingReaderTest : public ::testing::Test {
 protected:
  base::Result<Recording> parse(const std::string& json, std::string_view user_agent = kBrowser) {
    text_ = json;
    return reader_.parse({text_}, user_agent, &items_);
  }

  std::optional<RecordingError> error_of(const std::string& json) {
    const auto result = parse(json);
    return result ? std::nullopt : std::optional(static_cast<RecordingError>(result.error().code));
  }

  std::vector<std::string> items() const {
    std::vector<std::string> found;
    for (const auto& item : items_) {
      found.emplace_back(item.json);
    }
    return found;
  }

  std::string text_;
  RecordingReader reader_;
  std::vector<SnapshotItem> items_;
};

using Texts = std::vector<std::string>;

// 64
TEST_F(RecordingReaderTest, ReadsOneElement) {
  const auto recording = parse(
      R"({"event":"$snapshot","api_key":" phc_abc ","uuid":"018A981F-4B35-7C66-825E-8B0EEAE65714",)"
      R"("properties":{"distinct_id":23,"$session_id":"018a-S","$snapshot_data":[{"a":1},{"b":2}],)"
      R"("$snapshot_bytes":12,"$lib":"web-x"},"sent_at":"2020-01-01T00:00:00Z","timestamp":7})");
  ASSERT_TRUE(recording) << reader_.error_detail();
  EXPECT_EQ(recording->token, "phc_abc");
  EXPECT_EQ(recording->distinct_id, "23");
  EXPECT_EQ(recording->session_id, "018a-S");
  EXPECT_EQ(recording->window_id, "018a-S");
  EXPECT_EQ(recording->snapshot_source, "web");
  EXPECT_EQ(recording->library, "web-x");
  EXPECT_EQ(recording->uuid, "018a981f-4b35-7c66-825e-8b0eeae65714");
  EXPECT_EQ(recording->element_count, 1U);
  EXPECT_FALSE(recording->is_cookieless);
  EXPECT_EQ(items(), (Texts{R"({"a":1})", R"({"b":2})"}));
}

// 65
TEST_F(RecordingReaderTest, JoinsTheItemsOfAllElementsInOrder) {
  const auto recording = parse(
      "[" + with_data(R"([{"i":0},{"i":1}])") + "," + with_data(R"({"i":2})") + " , " +
      R"({"event":"x","properties":{"$session_id":5,"$snapshot_data":[ {"i":3} ],"z":[1]},"a":0})" +
      "]");
  ASSERT_TRUE(recording) << reader_.error_detail();
  EXPECT_EQ(recording->session_id, "s-1") << "the first element decides";
  EXPECT_EQ(recording->element_count, 3U);
  EXPECT_EQ(items(), (Texts{R"({"i":0})", R"({"i":1})", R"({"i":2})", R"({"i":3})"}));
}

TEST_F(RecordingReaderTest, RefusesWithTheReason) {
  const std::string no_data = element("");
  const std::string seventy(70, 'a');
  const auto session = [](const std::string& value) {
    return R"({"event":"e","token":"t","distinct_id":"u","properties":{"$snapshot_data":[])" +
           (value.empty() ? "" : R"(,"$session_id":)" + value) + "}}";
  };
  const struct {
    std::string json;
    std::optional<RecordingError> error;
  } cases[] = {
      {"[]", RecordingError::empty},
      {"{", RecordingError::invalid_json},
      {"5", RecordingError::invalid_json},
      {"[5]", RecordingError::invalid_json},
      {"{}", RecordingError::invalid_json},
      {R"({"event":5})", RecordingError::invalid_json},
      {R"({"event":"e","properties":null})", RecordingError::invalid_json},
      {R"({"event":"e","token":5})", RecordingError::invalid_json},
      {element("", R"(,"uuid":"")"), RecordingError::invalid_json},
      {element("", R"(,"uuid":"x")"), RecordingError::invalid_json},
      {element(R"(,"$snapshot_data":[])", R"(,"uuid":null)"), std::nullopt},
      {R"({"event":"e","properties":{"$session_id":"s"}})", RecordingError::missing_token},
      {R"([{"event":"e"},)" + no_data + "]", RecordingError::missing_token},
      // Only the presence of a token is checked.
      {R"({"event":"e","token":"phx_é","distinct_id":"u","properties":{"$session_id":"s","$snapshot_data":{}}})",
       std::nullopt},
      {session(""), RecordingError::missing_session_id},                     // 66
      {session('"' + seventy + "a\""), RecordingError::invalid_session_id},  // 66
      {session(R"("a_b")"), RecordingError::invalid_session_id},             // 66
      {session("5"), RecordingError::invalid_session_id},                    // 66
      {session("null"), RecordingError::invalid_session_id},
      {session(R"("é")"), RecordingError::invalid_session_id},
      {session('"' + seventy + '"'), std::nullopt},
      {session(R"("")"), std::nullopt},
      {R"({"event":"e","token":"t","properties":{"$session_id":"s","$snapshot_data":[]}})",
       RecordingError::missing_distinct_id},
      {R"({"event":"e","token":"t","distinct_id":"","properties":{"$session_id":"s","$snapshot_data":[]}})",
       RecordingError::missing_distinct_id},
      {R"({"event":"e","token":"t","distinct_id":"  ","properties":{"$session_id":"s","$snapshot_data":[]}})",
       std::nullopt},
      {element(R"(,"$snapshot_data":[],"$cookieless_mode":"yes")"),
       RecordingError::invalid_cookieless},
      {no_data, RecordingError::missing_snapshot_data},
      {"[" + with_data("[]") + "," + no_data + "]", RecordingError::missing_snapshot_data},  // 67
      {with_data(R"("text")"), RecordingError::missing_snapshot_data},                       // 67
      {with_data("null"), RecordingError::missing_snapshot_data},
      {with_data("5"), RecordingError::missing_snapshot_data},
      {R"([)" + with_data("[]") + R"(,{"event":"e"}])", RecordingError::missing_snapshot_data},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(error_of(each.json), each.error) << each.json << ' ' << reader_.error_detail();
  }
}

TEST_F(RecordingReaderTest, NamesTheFieldItDislikes) {
  const struct {
    std::string json;
    std::string detail;
  } cases[] = {
      {"[" + with_data("[]") + R"(,{"event":"e","uuid":"x"}])", "[1].uuid: expected a UUID"},
      {R"({"event":null})", "event: expected a string"},
      {"[null]", "[0]: expected a snapshot event"},
      {"{", "body: expected valid JSON"},
      {std::string(1025, '[') + std::string(1025, ']'),
       "body: expected JSON nested at most 1024 deep"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(error_of(each.json), RecordingError::invalid_json) << each.json;
    EXPECT_EQ(reader_.error_detail(), each.detail) << each.json;
  }
}

// 68
TEST_F(RecordingReaderTest, FindsTheLibrary) {
  const struct {
    std::string properties;
    std::string user_agent;
    std::string library;
  } cases[] = {
      {"", "posthog-ios/3.1", "posthog-ios"},
      {"", std::string(kBrowser), "web"},
      {"", "", "unknown"},
      {"", "posthog-flutter", "posthog-flutter"},
      {"", "okhttp/posthog-android", "web"},
      {R"(,"$lib":"posthog-android")", "posthog-ios/3.1", "posthog-android"},
      {R"(,"$lib":5)", "posthog-ios/3.1", "posthog-ios"},
  };
  for (const auto& each : cases) {
    const auto recording =
        parse(element(R"(,"$snapshot_data":[])" + each.properties), each.user_agent);
    ASSERT_TRUE(recording) << each.properties;
    EXPECT_EQ(recording->library, each.library) << each.properties << each.user_agent;
  }
}

TEST_F(RecordingReaderTest, TakesWindowSourceAndCookielessMode) {
  const auto recording = parse(element(
      R"(,"$window_id":"w","$snapshot_source":"mobile","$cookieless_mode":true,"$snapshot_data":[])"));
  ASSERT_TRUE(recording);
  EXPECT_EQ(recording->window_id, "w");
  EXPECT_EQ(recording->snapshot_source, "mobile");
  EXPECT_TRUE(recording->is_cookieless);
}

TEST_F(RecordingReaderTest, ReadsTheHeaderOfAnItem) {
  const struct {
    std::string json;
    SnapshotItem expected;
  } cases[] = {
      {R"({"type":4,"data":{"href":"https://a/b","width":1},"timestamp":1700000000000})",
       {"", 1'700'000'000'000, 4, -1, -1, "https://a/b", "", ""}},
      {R"({"type":3,"timestamp":1700000000000.75,"data":{"source":2,"type":9,"id":1}})",
       {"", 1'700'000'000'000, 3, 2, 9, "", "", ""}},
      {R"({"type":6,"timestamp":5,"data":{"plugin":"rrweb/console@1","payload":{"level":"warn","payload":["x"]}}})",
       {"", 5, 6, -1, -1, "", "rrweb/console@1", "warn"}},
      {R"({"type":5,"timestamp":5,"data":{"tag":"$pageview","payload":{"href":"https://c"}}})",
       {"", 5, 5, -1, -1, "https://c", "", ""}},
      {R"({"type":2,"timestamp":5,"data":"\u001f\u008b","cv":"2024-10"})",
       {"", 5, 2, -1, -1, "", "", ""}},
      {R"({"type":"3","timestamp":"5","data":[]})", {"", -1, -1, -1, -1, "", "", ""}},
      {R"({"timestamp":-5.5})", {"", -1, -1, -1, -1, "", "", ""}},
      {R"({"timestamp":1e300})", {"", -1, -1, -1, -1, "", "", ""}},
  };
  for (const auto& [json, expected] : cases) {
    ASSERT_TRUE(parse(with_data("[" + json + "]"))) << json;
    ASSERT_EQ(items(), Texts{json});
    const auto& item = items_.front();
    EXPECT_EQ(item.timestamp_ms, expected.timestamp_ms) << json;
    EXPECT_EQ(item.type, expected.type) << json;
    EXPECT_EQ(item.source, expected.source) << json;
    EXPECT_EQ(item.interaction, expected.interaction) << json;
    EXPECT_EQ(item.href, expected.href) << json;
    EXPECT_EQ(item.plugin, expected.plugin) << json;
    EXPECT_EQ(item.level, expected.level) << json;
  }
}

// 69, and what else a parser would have changed: numbers, escapes, white space, order, doubles.
TEST_F(RecordingReaderTest, KeepsEveryByteOfAnItem) {
  std::string deep;
  for (int level = 0; level < 250; ++level) {
    deep += R"({"childNodes":[)";
  }
  deep += R"({"type":3,"textContent":""})";
  for (int level = 0; level < 250; ++level) {
    deep += "]}";
  }
  const Texts bodies = {
      support::item_of_every_byte("1700000000000"),
      R"({ "b" : 1.10, "a":1E5 ,"a":"\u0041\/\u00e9é", "n":-0.0 })",
      R"({"text":"cut \ud83d here","id":123456789012345678901234567890,"t":-99999999999999999999})",
      R"({"empty":{},"list":[],"nul":"\u0000"})",
      R"({"type":2,"data":{"node":)" + deep + "}}",
  };
  std::string data;
  for (const auto& body : bodies) {
    data += (data.empty() ? "" : " ,\n ") + body;
  }
  const auto recording = parse(with_data("[ " + data + "\t]"));
  ASSERT_TRUE(recording) << reader_.error_detail();
  EXPECT_EQ(items(), bodies);
}

TEST_F(RecordingReaderTest, OfRepeatedKeysTheLastCounts) {
  ASSERT_TRUE(parse(
      R"({"event":"e","token":"t","distinct_id":"u","properties":{"x":[{"i":9}]},"properties":)"
      R"({"$session_id":"s","$snapshot_data":[{"i":1}],"$snapshot_data":[{"i":2}]}})"));
  EXPECT_EQ(items(), Texts{R"({"i":2})"});
}

TEST_F(RecordingReaderTest, LeavesOutWhatIsNoObject) {
  ASSERT_TRUE(parse(with_data(R"([null,0,"",[{"timestamp":1}],"x",{"i":1},true])")));
  EXPECT_EQ(items(), Texts{R"({"i":1})"});
}

TEST_F(RecordingReaderTest, ReadsOneBodyAfterAnother) {
  ASSERT_TRUE(parse(with_data(R"([{"i":1}])")));
  EXPECT_EQ(error_of(R"({"event":"e"})"), RecordingError::missing_token)
      << "nothing of the last body is left";
  ASSERT_TRUE(parse(with_data("{}")));
  EXPECT_EQ(items(), Texts{"{}"});
}

TEST(JsonRepairTest, CanKeepEveryPosition) {
  const std::string json = R"([123456789012345678901,"\udc00",-99999999999999999999,1])";
  std::vector<char> out;
  EXPECT_EQ(repair_json(json, 0, out, JsonRepair::keep_length),
            R"([1234567890123456789.0,"\ufffd",-999999999999999999.0,1])");
}

}  // namespace
}  // namespace format::codec
