// SPDX-License-Identifier: LicenseRef-Project
// Goal: a watcher sees the durable events of its own project that it asked for, in the protocol's
// shape; a slow one loses events instead of slowing anybody. On a log written by the fixture.
#include "controlplane/livestream/event_stream.h"
#include "controlplane/livestream/hub.h"
#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::livestream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kLong{20};
constexpr std::chrono::milliseconds kShort{150};

class LivestreamTest : public testing::Test {
 protected:
  void capture(const std::string& token, const std::string& body) {
    format::LogRecord record;
    record.received_us = 1'700'000'000'123'456;
    record.token = token;
    record.content_type = "application/json";
    record.body = base::as_bytes(body);
    log_.append(record);
    log_.flush();
  }
  void capture_named(const std::string& name, const std::string& distinct_id = "d1") {
    capture("phc_one", R"({"api_key":"phc_one","event":")" + name + R"(","distinct_id":")" +
                           distinct_id + R"(","properties":{"a":1,"b":"x"}})");
  }
  std::shared_ptr<Subscription> subscribe(Filter filter = {}) {
    return hub_.subscribe(7, "phc_one", std::move(filter));
  }

  support::TemporaryDirectory directory_;
  support::LogFixture log_{directory_.path()};
  Hub hub_{{.event_log = directory_.path(),
            .buffered_events_max = 3,
            .poll = std::chrono::milliseconds(2),
            .log = nullptr}};
};

TEST_F(LivestreamTest, ShowsWhatComesAfterTheSubscription) {
  capture_named("before");
  const auto subscription = subscribe();
  capture_named("after");
  const auto events = subscription->take(kLong);
  ASSERT_EQ(events.size(), 1U);
  const auto event = boost::json::parse(events[0]).as_object();
  EXPECT_EQ(event.at("event").as_string(), "after");
  EXPECT_EQ(event.at("distinct_id").as_string(), "d1");
  EXPECT_EQ(event.at("timestamp").as_string(), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(event.at("person_id").as_string(), event::to_text(event::person_uuid(7, "d1")).c_str());
  EXPECT_EQ(event.at("uuid").as_string().size(), 36U);
  EXPECT_EQ(event.at("properties").at("b").as_string(), "x");
}

TEST_F(LivestreamTest, ShowsOneProjectOnly) {
  const auto subscription = subscribe();
  capture("phc_two", R"({"api_key":"phc_two","event":"theirs","distinct_id":"d"})");
  capture_named("ours");
  EXPECT_THAT(subscription->take(kLong), ElementsAre(HasSubstr("\"ours\"")));
}

TEST_F(LivestreamTest, ShowsOnlyWhatWasAskedFor) {
  const auto by_name = subscribe({.event_types = {"b", "c"}, .distinct_id = "", .columns = {}});
  const auto by_person = subscribe({.event_types = {}, .distinct_id = "d2", .columns = {}});
  const auto one_column = subscribe(
      {.event_types = {"a"}, .distinct_id = "", .columns = std::vector<std::string>{"a", "z"}});
  const auto no_columns =
      subscribe({.event_types = {"a"}, .distinct_id = "", .columns = std::vector<std::string>{}});
  capture_named("a", "d1");
  capture_named("b", "d2");
  EXPECT_THAT(by_name->take(kLong), ElementsAre(HasSubstr("\"event\":\"b\"")));
  EXPECT_THAT(by_person->take(kLong), ElementsAre(HasSubstr("\"distinct_id\":\"d2\"")));
  EXPECT_THAT(one_column->take(kLong), ElementsAre(HasSubstr("\"properties\":{\"a\":1}}")));
  EXPECT_THAT(no_columns->take(kLong), ElementsAre(HasSubstr("\"properties\":{}}")));
}

TEST_F(LivestreamTest, AFullBufferDropsAndCounts) {
  const auto slow = subscribe();
  const auto witness = subscribe({.event_types = {"last"}, .distinct_id = "", .columns = {}});
  for (const char* name : {"1", "2", "3", "4", "5"}) {
    capture_named(name);
  }
  capture_named("last");
  EXPECT_EQ(witness->take(kLong).size(), 1U);
  EXPECT_THAT(slow->take(kLong),
              ElementsAre(HasSubstr("\"1\""), HasSubstr("\"2\""), HasSubstr("\"3\"")));
  EXPECT_EQ(slow->take_dropped(), 3U);
  EXPECT_EQ(slow->take_dropped(), 0U);
}

TEST_F(LivestreamTest, FollowsNewSegmentsAndPartitions) {
  const auto subscription = subscribe();
  log_.start_segment();
  capture_named("in a new segment");
  EXPECT_EQ(subscription->take(kLong).size(), 1U);
  support::LogFixture second(directory_.path(), 1);
  format::LogRecord record;
  const std::string body = R"({"api_key":"phc_one","event":"elsewhere","distinct_id":"d"})";
  record.token = "phc_one";
  record.body = base::as_bytes(body);
  second.append(record);
  second.flush();
  EXPECT_THAT(subscription->take(kLong), ElementsAre(HasSubstr("elsewhere")));
}

TEST_F(LivestreamTest, StartsAfreshAfterTheLastWatcherLeft) {
  subscribe().reset();
  capture_named("unseen");
  const auto subscription = subscribe();
  capture_named("seen");
  EXPECT_THAT(subscription->take(kLong), ElementsAre(HasSubstr("\"seen\"")));
}

/// A client that leaves after `pieces_max` pieces.
class FakeSink final : public web::BodySink {
 public:
  explicit FakeSink(std::size_t pieces_max) : pieces_max_(pieces_max) {}
  bool write(std::string_view piece) override {
    pieces_.emplace_back(piece);
    return pieces_.size() < pieces_max_;
  }
  [[nodiscard]] bool is_open() const noexcept override { return pieces_.size() < pieces_max_; }
  [[nodiscard]] bool is_stopping() const noexcept override { return false; }
  [[nodiscard]] const std::vector<std::string>& pieces() const { return pieces_; }

 private:
  std::size_t pieces_max_;
  std::vector<std::string> pieces_;
};

TEST_F(LivestreamTest, AStreamIsServerSentEvents) {
  auto response = stream_events(subscribe());
  EXPECT_EQ(response.headers.find("content-type"), "text/event-stream");
  capture_named("seen");
  FakeSink sink(2);
  response.producer(sink);
  ASSERT_EQ(sink.pieces().size(), 2U);
  EXPECT_THAT(sink.pieces()[1], StartsWith("data: {\"uuid\":"));
  EXPECT_TRUE(sink.pieces()[1].ends_with("}\n\n"));
}

TEST_F(LivestreamTest, ASilentStreamKeepsAliveAndEnds) {
  const StreamTimes times{.keep_alive = std::chrono::milliseconds(1),
                          .lifetime = kShort,
                          .look = std::chrono::milliseconds(5)};
  FakeSink sink(1000);
  stream_events(subscribe(), times).producer(sink);
  ASSERT_GE(sink.pieces().size(), 2U);
  EXPECT_EQ(sink.pieces()[1], ": keep-alive\n\n");
}

}  // namespace
}  // namespace cp::livestream
