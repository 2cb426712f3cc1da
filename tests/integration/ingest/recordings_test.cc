// SPDX-License-Identifier: LicenseRef-Project
// Goal: between a real log, PostgreSQL and ClickHouse a session recording comes back byte for byte,
// once, whenever the worker dies, and its session is summed up. Each death is a SIGKILL of a
// process of its own.
#include "tests/support/recordings.h"

#include "tests/integration/ingest/environment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::ingest {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000'000;  // 2023-11-14T22:13:20Z

class RecordingsTest : public StoresTest {
 protected:
  void append(const std::string& body, std::string_view encoding = "",
              std::string_view user_agent = "") {
    format::LogRecord record;
    record.received_us = kNow;
    record.endpoint = format::Endpoint::recordings;
    record.token = Stores::kToken;
    record.content_encoding = encoding;
    record.user_agent = user_agent;
    record.body = base::as_bytes(body);
    write(record);
  }

  /// The items of a session in the order a player reads them, a line each.
  std::string items(const std::string& session) {
    return stores_->query(
        "SELECT item FROM session_replay_items FINAL WHERE team_id = " +
        std::to_string(stores_->project_id()) + " AND session_id = '" + session +
        "' ORDER BY timestamp, _partition, _offset, _index FORMAT TabSeparatedRaw");
  }
};

/// One element; `properties` and `fields` start with a comma when there are any.
std::string element(const std::string& session, const std::string& data,
                    const std::string& properties = "", const std::string& fields = "") {
  return R"({"event":"$snapshot","api_key":"phc_integration","properties":{"distinct_id":"u",)"
         R"("$session_id":")" +
         session + R"(","$snapshot_data":)" + data + properties + "}" + fields + "}";
}

TEST_F(RecordingsTest, EveryByteComesBack) {
  const std::vector<std::string> sent = {
      R"({"type":4,"data":{"href":"https://a.example/é","width":1},"timestamp":1700000000000})",
      support::item_of_every_byte("1700000000000"),
      R"({ "type":3 , "timestamp":1700000000001,"data":{"n":1.10,"t":"a\u0000b\/\ud83d"} })",
  };
  append(support::gzip("[" + element("s-1", "[" + sent[0] + "," + sent[1] + "]") + "," +
                       element("s-1", sent[2]) + "]"),
         "gzip");
  ASSERT_TRUE(drain());
  EXPECT_EQ(items("s-1"), sent[0] + "\n" + sent[1] + "\n" + sent[2]);
}

TEST_F(RecordingsTest, SumsUpASession) {
  const std::string click =
      R"({"type":3,"timestamp":1700000001000,"data":{"source":2,"type":2,"id":1}})";
  const std::string key = R"({"type":3,"timestamp":1700000000500,"data":{"source":5}})";
  const std::string warning =
      R"({"type":6,"timestamp":1700000001000,"data":{"plugin":"rrweb/console@1","payload":{"level":"warn"}}})";
  const std::string meta = R"({"type":4,"timestamp":1700000000000,"data":{"href":"/first"}})";
  append(element("s-1", "[" + click + "," + warning + "]"), "", "posthog-ios/3.1");
  append(element("s-1", "[" + meta + "," + key + "]",
                 R"(,"$snapshot_source":"mobile","$lib":"posthog-android")"));
  append(element("s-2", click));
  ASSERT_TRUE(drain());
  EXPECT_EQ(
      stores_->query(
          "SELECT team_id, distinct_id, min_first_timestamp, max_last_timestamp, first_url, "
          "all_urls, click_count, keypress_count, mouse_activity_count, active_milliseconds, "
          "console_log_count, console_warn_count, console_error_count, size, event_count, "
          "message_count, snapshot_source, snapshot_library FROM session_replay_events "
          "WHERE session_id = 's-1' FORMAT TabSeparated"),
      std::to_string(stores_->project_id()) +
          "\tu\t2023-11-14 22:13:20.000\t2023-11-14 22:13:21.000\t/first\t['/first']\t1\t1\t1\t2\t"
          "0\t1\t0\t" +
          std::to_string(click.size() + key.size() + warning.size() + meta.size() +
                         4 * std::size_t{9}) +
          "\t4\t2\tmobile\tposthog-android");
}

TEST_F(RecordingsTest, SurvivesAKillAtEveryPoint) {
  int stored = 0;
  for (const char* point :
       {"after_range_fixed", "after_items", "after_messages", "before_advance", "after_advance"}) {
    const auto time = std::to_string(1'700'000'000'000 + stored);
    std::string pair = R"([{"timestamp":)" + time;
    pair.append(R"(},{"timestamp":)").append(time).append(R"(,"b":1}])");
    append(element("s-1", pair));
    stored += 2;
    EXPECT_FALSE(drain(point)) << point;
    ASSERT_TRUE(drain()) << point;
    EXPECT_EQ(stores_->query("SELECT event_count, message_count FROM session_replay_events"),
              std::to_string(stored) + '\t' + std::to_string(stored / 2))
        << point;
    EXPECT_EQ(stores_->query("SELECT count(), uniqExact(item) FROM session_replay_items FINAL"),
              std::to_string(stored) + '\t' + std::to_string(stored))
        << point;
  }
}

// What a kill between ClickHouse's token log and the commit of a part leaves behind.
TEST_F(RecordingsTest, RepeatsWhenTheEngineLostTheRowsButKeptTheToken) {
  append(element("s-1", R"({"timestamp":1700000000000})"));
  EXPECT_FALSE(drain("after_messages"));
  stores_->query("ALTER TABLE session_replay_items DELETE WHERE 1 SETTINGS mutations_sync = 2");
  ASSERT_TRUE(drain());
  EXPECT_EQ(items("s-1"), R"({"timestamp":1700000000000})");
}

// Mobile SDKs send what was not answered again, with more behind it.
TEST_F(RecordingsTest, ARepeatedRequestCountsOnce) {
  const std::string first = element("s-1", R"({"timestamp":1700000000000})", "",
                                    R"(,"uuid":"018a981f-4b35-7c66-825e-8b0eeae65714")");
  const std::string second = element("s-1", R"({"timestamp":1700000000001})");
  std::string both = "[" + first;
  both.append(",").append(second).append("]");
  for (const auto& body : {first, first, both, first}) {
    append(body);
    ASSERT_TRUE(drain());
  }
  EXPECT_EQ(items("s-1"), "{\"timestamp\":1700000000000}\n{\"timestamp\":1700000000001}");
  EXPECT_EQ(stores_->query("SELECT event_count, message_count FROM session_replay_events"), "2\t1");
}

}  // namespace
}  // namespace cp::ingest
