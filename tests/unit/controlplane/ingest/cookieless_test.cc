// Goal: a cookieless event gets the same ids however often it is processed while the salt of its
// day lives, and none when it is gone; what gets no id is dropped and counted by its reason. The
// stores and the clock are fakes.
#include "controlplane/ingest/cookieless.h"

#include "controlplane/ingest/worker.h"
#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/controlplane/ingest/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace cp::ingest {
namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::int64_t kDayUs = 24 * kHourUs;
constexpr std::int64_t kDay = 19'358;  // 2023-01-01
constexpr std::int64_t kNoon = kDay * kDayUs + 12 * kHourUs;

class FakeSalts final : public SaltStore {
 public:
  event::Salt salt_of(std::int64_t day) override {
    ++asked;
    if (!salts.contains(day)) {
      salts[day].fill(++made);
    }
    return salts[day];
  }
  void forget_before(std::int64_t day) override {
    salts.erase(salts.begin(), salts.lower_bound(day));
  }

  int asked = 0;
  std::uint8_t made = 0;
  std::map<std::int64_t, event::Salt> salts;
};

class CookielessIdentityTest : public ::testing::Test {
 protected:
  CookielessIdentityTest() {
    projects_.cookieless_settings[1] = {true, "Europe/Berlin"};
    event_.name = "a";
    event_.timestamp_us = kNoon;
    event_.created_us = kNoon;
    event_.cookieless = &traits_;
  }

  std::string id(std::int64_t project_id = 1) {
    event::CookielessIds ids;
    const auto outcome = identity_.identify(event_, project_id, ids);
    return outcome == CookielessOutcome::identified ? ids.distinct_id
                                                    : std::string(name_of(outcome));
  }

  FakeSalts salts_;
  FakeProjects projects_;
  std::int64_t now_us_ = kNoon;
  CookielessIdentity identity_{salts_, projects_, [this] { return now_us_; }};
  event::CookielessTraits traits_{"Firefox", "example.com", "10.0.0.1", "UTC", ""};
  event::ProcessedEvent event_;
};

TEST_F(CookielessIdentityTest, GivesAnIdForADay) {
  const auto first = id();
  EXPECT_TRUE(first.starts_with("cookieless_")) << first;
  event_.timestamp_us += 11 * kHourUs;
  EXPECT_EQ(id(), first);
  EXPECT_EQ(salts_.asked, 1) << "from memory";
  event_.timestamp_us += kHourUs;
  EXPECT_NE(id(), first) << "tomorrow nobody knows";
}

TEST_F(CookielessIdentityTest, TheDayIsThatOfTheSender) {
  event_.timestamp_us = kDay * kDayUs + 23 * kHourUs;
  const auto day_of = [this](std::string_view zone) {
    traits_.time_zone = zone;
    salts_.salts.clear();
    CookielessIdentity fresh(salts_, projects_, [this] { return now_us_; });
    event::CookielessIds ids;
    EXPECT_EQ(fresh.identify(event_, 1, ids), CookielessOutcome::identified) << zone;
    return salts_.salts.begin()->first;
  };
  EXPECT_EQ(day_of("UTC"), kDay);
  EXPECT_EQ(day_of("Asia/Tokyo"), kDay + 1);
  EXPECT_EQ(day_of(""), kDay + 1) << "the project's";
  EXPECT_EQ(day_of("Mars/Olympus"), kDay + 1) << "the project's";
  projects_.cookieless_settings[1].timezone = "nowhere";
  EXPECT_EQ(day_of("../../etc/passwd"), kDay) << "UTC";
}

TEST_F(CookielessIdentityTest, SaysWhyThereIsNoId) {
  EXPECT_EQ(id(2), "project_disabled");
  for (const char* name : {"$identify", "$create_alias", "$merge_dangerously"}) {
    event_.name = name;
    EXPECT_EQ(id(), "event_unsupported");
  }
  event_.name = "a";
  const auto whole = traits_;
  traits_.user_agent = {};
  EXPECT_EQ(id(), "no_user_agent");
  traits_ = whole;
  traits_.address = {};
  EXPECT_EQ(id(), "no_address");
  traits_ = whole;
  traits_.host = {};
  EXPECT_EQ(id(), "no_host");
  traits_ = whole;
  event_.timestamp_us = kNoon + 2 * kDayUs;
  EXPECT_EQ(id(), "future_day");
  event_.timestamp_us = kNoon - 3 * kDayUs;
  EXPECT_EQ(id(), "salt_gone");
  EXPECT_TRUE(salts_.salts.empty()) << "no salt is made for a day that is over";
}

// The promise: once the salt is gone nobody can tell who an id belonged to, nor make one.
TEST_F(CookielessIdentityTest, ASaltDiesWithItsDay) {
  const auto first = id();
  const auto over = (kDay + 1) * kDayUs + 12 * kHourUs;  // at UTC-12 as well
  const auto death = over + CookielessIdentity::kLagHours * kHourUs;
  now_us_ = death - 1;
  identity_.forget_expired();
  EXPECT_EQ(id(), first) << "what was late is stored";
  EXPECT_EQ(salts_.salts.count(kDay), 1U);
  now_us_ = death;
  EXPECT_EQ(id(), "salt_gone") << "even before it is deleted";
  identity_.forget_expired();
  EXPECT_EQ(salts_.salts.count(kDay), 0U);
  EXPECT_EQ(id(), "salt_gone");
}

// A restarted worker knows nothing of what it had in memory.
TEST_F(CookielessIdentityTest, AnotherWorkerGivesTheSameIds) {
  CookielessIdentity other(salts_, projects_, [this] { return now_us_; });
  event::CookielessIds ids;
  EXPECT_EQ(other.identify(event_, 1, ids), CookielessOutcome::identified);
  EXPECT_EQ(ids.distinct_id, id());
  EXPECT_EQ(salts_.made, 1);
}

// Through the worker: rows, ledger and counters, and the same rows after a death.
TEST_F(CookielessIdentityTest, TheWorkerStoresIdsOrDropsTheEvent) {
  support::TemporaryDirectory directory;
  support::LogFixture log(directory.path());
  const std::string traits =
      R"("$cookieless_mode":true,"$raw_user_agent":"F","$host":"example.com","$timezone":"UTC")";
  const std::string body = R"({"api_key":"phc_one","batch":[)"
                           R"({"event":"a","distinct_id":"$posthog_cookieless","properties":{)" +
                           traits + R"(}},{"event":"b","distinct_id":"u"},)" +
                           R"({"event":"$identify","distinct_id":"u","properties":{)" + traits +
                           "}}]}";
  format::LogRecord record;
  record.received_us = kNoon;
  record.endpoint = format::Endpoint::batch;
  record.token = "phc_one";
  record.event_count = 3;
  record.client_address = "hash";
  record.body = base::as_bytes(body);
  log.append(record);
  log.flush();

  WorkerOptions options;
  options.event_log = directory.path();
  FakeCheckpoints checkpoints;
  FakeRecordings recordings;
  const auto drain = [&](FakeEvents& events) {
    Worker worker(options, checkpoints, events, recordings, projects_, [](const std::string&) {});
    CookielessIdentity fresh(salts_, projects_, [this] { return now_us_; });
    worker.identify_with(&fresh);
    worker.drain();
    return worker.totals();
  };
  FakeEvents events;
  events.next_failure = InsertFailure::before_storing;
  EXPECT_THROW(drain(events), std::runtime_error);
  const auto totals = drain(events);
  ASSERT_EQ(events.rows.size(), 2U);
  EXPECT_TRUE(events.rows[0].distinct_id.starts_with("cookieless_"));
  EXPECT_THAT(events.rows[0].properties,
              ::testing::HasSubstr(R"("$distinct_id":")" + events.rows[0].distinct_id + '"'));
  EXPECT_EQ(events.rows[1].distinct_id, "u");
  EXPECT_EQ(totals.cookieless[static_cast<std::size_t>(CookielessOutcome::identified)], 1U);
  EXPECT_EQ(totals.cookieless[static_cast<std::size_t>(CookielessOutcome::event_unsupported)], 1U);
  const auto& entry = checkpoints.ledger.begin()->second;
  EXPECT_EQ(entry.received, 3U);
  EXPECT_EQ(entry.stored, 2U);
  EXPECT_EQ(entry.dropped, 1U);
  EXPECT_THAT(describe(totals, {}), ::testing::HasSubstr(" cookieless_event_unsupported=1"));

  FakeEvents again;
  checkpoints.positions.clear();
  static_cast<void>(drain(again));
  ASSERT_EQ(again.rows.size(), 2U);
  EXPECT_EQ(again.rows[0].distinct_id, events.rows[0].distinct_id) << "a replay of the log";

  FakeEvents late;
  checkpoints.positions.clear();
  now_us_ += 3 * kDayUs;
  EXPECT_EQ(drain(late).cookieless[static_cast<std::size_t>(CookielessOutcome::salt_gone)], 1U);
  EXPECT_EQ(late.rows.size(), 1U);
}

}  // namespace
}  // namespace cp::ingest
