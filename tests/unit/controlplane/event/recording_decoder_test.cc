// SPDX-License-Identifier: LicenseRef-Project
// Goal: a recording's record becomes the message and the items that upstream's consumer keeps
// (pipeline reference 10 and 12), always the same ones. Method: bodies as the log holds them.
#include "controlplane/event/recording_decoder.h"

#include "tests/support/recordings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::event {
namespace {

using Outcome = RecordingDecoder::Outcome;
using ::testing::ElementsAre;

constexpr std::int64_t kNowMs = 1'700'000'000'000;
constexpr std::int64_t kDayMs = 86'400'000;

class RecordingDecoderTest : public ::testing::Test {
 protected:
  Outcome decode(std::string body, std::string_view encoding = "") {
    body_ = std::move(body);
    format::LogRecord record;
    record.sequence = 12;
    record.received_us = kNowMs * 1000;
    record.endpoint = format::Endpoint::recordings;
    record.token = "phc_abc";
    record.content_encoding = encoding;
    record.user_agent = "posthog-ios/3.1";
    record.body = base::as_bytes(body_);
    return decoder_.decode(3, record, message_);
  }

  /// One message with these items.
  Outcome decode_items(const std::string& items, const std::string& properties = "") {
    return decode(R"({"event":"$snapshot","token":"phc_abc","distinct_id":"u","properties":{)" +
                  properties + R"("$session_id":"s","$snapshot_data":[)" + items + "]}}");
  }

  std::vector<std::string> items() const {
    std::vector<std::string> found;
    for (const auto& item : message_.items) {
      found.emplace_back(item.json);
    }
    return found;
  }

  std::string body_;
  RecordingDecoder decoder_;
  RecordingMessage message_;
};

std::string item(std::int64_t timestamp_ms, const std::string& rest = "") {
  return R"({"timestamp":)" + std::to_string(timestamp_ms) + rest + "}";
}

std::string incremental(std::int64_t timestamp_ms, int source, int interaction = -1) {
  return item(timestamp_ms, R"(,"type":3,"data":{"source":)" + std::to_string(source) +
                                R"(,"type":)" + std::to_string(interaction) + "}");
}

TEST_F(RecordingDecoderTest, KeepsItemsWithATime) {
  const auto good = item(kNowMs);
  const auto every_byte = support::item_of_every_byte(std::to_string(kNowMs + 5));
  ASSERT_EQ(decode_items("null,0," + item(0) + "," + item(-5) + R"(,{"timestamp":"5"},{},)" + good +
                         "," + every_byte),
            Outcome::kept);
  EXPECT_THAT(items(), ElementsAre(good, every_byte));
  EXPECT_EQ(message_.first_ms, kNowMs);
  EXPECT_EQ(message_.last_ms, kNowMs + 5);
  // ["s",<item>]\n
  EXPECT_EQ(message_.size, static_cast<std::int64_t>(good.size() + every_byte.size() + 14));
}

// Conformance case 69 of the pipeline reference.
TEST_F(RecordingDecoderTest, DropsWhatNobodyCouldPlay) {
  const struct {
    std::string items;
    Outcome outcome;
  } cases[] = {
      {"", Outcome::no_items},
      {item(0), Outcome::no_items},
      {item(kNowMs - 8 * kDayMs), Outcome::out_of_time},
      {item(kNowMs - 7 * kDayMs), Outcome::out_of_time},
      {item(kNowMs - 7 * kDayMs + 1), Outcome::kept},
      {item(kNowMs + 7 * kDayMs), Outcome::out_of_time},
      {item(kNowMs + 7 * kDayMs - 1), Outcome::kept},
      {item(kNowMs) + "," + item(9'223'372'036'854'775'807), Outcome::out_of_time},
      {item(1) + "," + item(kNowMs), Outcome::out_of_time},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(decode_items(each.items), each.outcome) << each.items;
  }
  EXPECT_EQ(decode(R"({"event":"e","token":"t","distinct_id":"u","properties":{"$session_id":"",)"
                   R"("$snapshot_data":[{"timestamp":1700000000000}]}})"),
            Outcome::no_session);
  EXPECT_EQ(decode("{"), Outcome::undecodable);
  EXPECT_EQ(decode("x", "gzip"), Outcome::undecodable);
}

TEST_F(RecordingDecoderTest, NamesTheMessage) {
  const std::string element =
      R"({"event":"e","token":"t","distinct_id":"u","properties":{"$session_id":"s",)"
      R"("$snapshot_data":[{"timestamp":1700000000000}]})";
  ASSERT_EQ(decode(element + R"(,"uuid":"018a981f-4b35-7c66-825e-8b0eeae65714"})"), Outcome::kept);
  EXPECT_EQ(to_text(message_.uuid), "018a981f-4b35-7c66-825e-8b0eeae65714");
  ASSERT_EQ(decode(element + "}"), Outcome::kept);
  EXPECT_EQ(message_.uuid, uuid_v7(kNowMs * 1000, {3, 12, 0})) << "a replay makes the same uuid";
  EXPECT_EQ(message_.distinct_id, "u");
  EXPECT_EQ(message_.session_id, "s");
  EXPECT_EQ(message_.window_id, "s");
  EXPECT_EQ(message_.snapshot_source, "web");
  EXPECT_EQ(message_.library, "posthog-ios");
}

TEST_F(RecordingDecoderTest, CutsNamesBetweenCharacters) {
  std::string long_text;
  for (int count = 0; count < 1000; ++count) {
    long_text += "é";
  }
  ASSERT_EQ(decode_items(
                item(kNowMs, R"(,"data":{"href":")" + long_text + long_text + long_text + R"("})"),
                R"("$snapshot_source":"x)" + long_text + R"(",)"),
            Outcome::kept);
  EXPECT_EQ(message_.snapshot_source.size(), 999U);
  ASSERT_EQ(message_.urls.size(), 1U);
  EXPECT_EQ(message_.urls[0].size(), 4096U);
}

TEST_F(RecordingDecoderTest, KeepsTwentyFiveUrls) {
  std::string items;
  for (int page = 0; page < 60; ++page) {
    items += (items.empty() ? "" : ",") +
             item(kNowMs, R"(,"type":4,"data":{"href":"p)" + std::to_string(page / 2) + R"("})");
  }
  ASSERT_EQ(decode_items(items), Outcome::kept);
  ASSERT_EQ(message_.urls.size(), 25U);
  EXPECT_EQ(message_.urls.front(), "p0");
  EXPECT_EQ(message_.urls.back(), "p24");
}

// Conformance case 70 of the pipeline reference is the touch end.
TEST_F(RecordingDecoderTest, CountsWhatThePersonDid) {
  const struct {
    std::string item;
    std::int64_t clicks;
    std::int64_t keypresses;
    std::int64_t mouse;
  } cases[] = {
      {incremental(kNowMs, 2, 2), 1, 0, 1},
      {incremental(kNowMs, 2, 3), 1, 0, 1},
      {incremental(kNowMs, 2, 4), 1, 0, 1},
      {incremental(kNowMs, 2, 9), 1, 0, 1},
      {incremental(kNowMs, 2, 7), 0, 0, 1},
      {incremental(kNowMs, 1), 0, 0, 1},
      {incremental(kNowMs, 6), 0, 0, 1},
      {incremental(kNowMs, 5), 0, 1, 0},
      {incremental(kNowMs, 3, 2), 0, 0, 0},
      {incremental(kNowMs, 0), 0, 0, 0},
      {item(kNowMs, R"(,"type":2,"data":{"source":2,"type":2})"), 0, 0, 0},
  };
  for (const auto& each : cases) {
    ASSERT_EQ(decode_items(each.item), Outcome::kept) << each.item;
    EXPECT_EQ(message_.click_count, each.clicks) << each.item;
    EXPECT_EQ(message_.keypress_count, each.keypresses) << each.item;
    EXPECT_EQ(message_.mouse_activity_count, each.mouse) << each.item;
  }
}

TEST_F(RecordingDecoderTest, CountsConsoleLines) {
  std::string items =
      item(kNowMs, R"(,"type":6,"data":{"plugin":"rrweb/network@1","payload":{"level":"warn"}})");
  for (const char* level : {"log", "info", "debug", "warn", "countReset", "error"}) {
    items +=
        "," + item(kNowMs, R"(,"type":6,"data":{"plugin":"rrweb/console@1","payload":{"level":")" +
                               std::string(level) + R"("}})");
  }
  ASSERT_EQ(decode_items(items), Outcome::kept);
  EXPECT_EQ(message_.console_log_count, 3);
  EXPECT_EQ(message_.console_warn_count, 2);
  EXPECT_EQ(message_.console_error_count, 1);
}

/// The items of a recorded body, cut out of its text: between `"$snapshot_data":[` and the `]`
/// before the next key, parted where one ends and the next begins with its type.
std::vector<std::string> items_of(const std::string& body) {
  constexpr std::string_view kStart = R"("$snapshot_data":[)";
  std::vector<std::string> found;
  for (auto at = body.find(kStart); at != std::string::npos; at = body.find(kStart, at)) {
    at += kStart.size();
    const auto end = body.find(R"(}],"$)", at) + 1;
    while (at < end) {
      const auto between = body.find(R"(},{"type":)", at);
      const auto next = between < end ? between + 1 : end;
      found.push_back(body.substr(at, next - at));
      at = next + 1;
    }
  }
  return found;
}

// Conformance case 70 of the capture protocol: what mobile SDKs send, with the escapes of their
// serializers.
TEST_F(RecordingDecoderTest, ReadsWhatMobileSdksSend) {
  const auto ios = support::recorded_body("posthog_ios.json");
  ASSERT_EQ(decode(support::gzip(ios), "gzip"), Outcome::kept);
  EXPECT_EQ(items().size(), 8U);
  EXPECT_EQ(items(), items_of(ios));
  EXPECT_EQ(message_.library, "posthog-ios");
  EXPECT_EQ(message_.snapshot_source, "mobile");
  EXPECT_THAT(message_.urls, ElementsAre("ProductListView"));
  EXPECT_EQ(message_.click_count, 1);
  EXPECT_EQ(message_.mouse_activity_count, 2);
  EXPECT_EQ(message_.console_error_count, 1);

  const auto android = support::recorded_body("posthog_android.json");
  ASSERT_EQ(decode(support::gzip(android), "gzip"), Outcome::kept);
  EXPECT_EQ(items().size(), 5U);
  EXPECT_EQ(items(), items_of(android));
  EXPECT_EQ(message_.library, "posthog-android");
  EXPECT_EQ(message_.snapshot_source, "mobile");
  EXPECT_THAT(message_.urls, ElementsAre("MainActivity"));
  EXPECT_EQ(message_.click_count, 1);
  EXPECT_EQ(message_.mouse_activity_count, 2);
}

// The first is conformance case 67 of the pipeline reference.
TEST(ActiveMillisecondsTest, AddsUpTheStretchesOfActivity) {
  struct Moment {
    std::int64_t ms;
    bool is_active;
  };
  const struct {
    std::vector<Moment> moments;
    std::int64_t expected;
  } cases[] = {
      {{{0, true}, {4000, false}, {6000, false}, {20'000, true}}, 4001},
      {{{6000, false}, {20'000, true}, {4000, false}, {0, true}}, 4001},
      {{}, 0},
      {{{5, false}, {6, false}}, 0},
      {{{5, true}}, 1},
      {{{0, true}, {5000, true}, {10'000, true}}, 10'000},
      {{{0, true}, {5001, true}}, 2},
      {{{0, false}, {1000, true}, {1500, false}}, 500},
  };
  for (const auto& each : cases) {
    std::vector<format::codec::SnapshotItem> items;
    for (const auto& moment : each.moments) {
      format::codec::SnapshotItem made;
      made.timestamp_ms = 1'000'000 + moment.ms;
      made.type = moment.is_active ? 3 : 2;
      made.source = 5;
      items.push_back(made);
    }
    EXPECT_EQ(active_milliseconds(items), each.expected);
  }
}

}  // namespace
}  // namespace cp::event
