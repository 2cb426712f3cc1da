// Goal: events that are missing, and events that wait, become warnings of the appliance's health
// with project, minute and difference, and go when the ledger balances again. Method: a real
// PostgreSQL, engine and worker; capture's side of the log is written by hand; the appliance reads
// what the worker left on the disk.
#include "appliance/exec/failure.h"
#include "appliance/health/health.h"
#include "controlplane/ingest/ledger_watch.h"
#include "dataplane/format/capture_counts.h"
#include "tests/integration/ingest/environment.h"
#include "tests/support/fake_system_manager.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace cp::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NoTools final : public ap::exec::Runner {
 public:
  ap::exec::Outcome run(const ap::exec::Command& command) override {
    throw ap::exec::Failure(ap::exec::FailureKind::failed, command.arguments[0] + " is missing");
  }
};

class LedgerAlarmTest : public StoresTest {
 protected:
  void SetUp() override {
    StoresTest::SetUp();
    if (stores_ == nullptr) {
      return;
    }
    // In the minute in which a project is made it is not judged.
    db::Pool({.url = stores_->database_url()})
        .run("UPDATE projects SET created_at = now() - interval '1 day', name = 'Web shop'");
    for (const char* folder : {"proc", "run/bristle"}) {
      std::filesystem::create_directories(root_.path() / folder);
    }
    std::ofstream(root_.path() / "proc/uptime") << "4000.10 1.00";
    std::ofstream(root_.path() / "run/bristle/environment") << "BRISTLE_EVENT_LOG=/event-log\n";
  }

  void append(std::string_view body, std::uint32_t event_count, std::string_view token,
              format::Endpoint endpoint) {
    format::LogRecord record;
    record.received_us = received_s_ * 1'000'000;
    record.endpoint = endpoint;
    record.token = token;
    record.event_count = event_count;
    record.body = base::as_bytes(body);
    write(record);
  }

  void append_event() {
    append(R"({"api_key":"phc_integration","batch":[{"event":"e","distinct_id":"u"}]})", 1,
           Stores::kToken, format::Endpoint::batch);
  }

  /// Capture tells its clients of `events` in this minute.
  void acknowledge(std::uint32_t events) {
    std::vector<std::byte> body(1024);
    format::CountsEncoder encoder(body);
    encoder.add_outcome({200, "accepted", R"({"status":"Ok"})"});
    encoder.add_row({format::CountsOwner::token, Stores::kToken, 0, 1, events});
    body.resize(encoder.finish(1, received_s_ / 60));
    append(base::as_text(body), 0, "", format::Endpoint::counters);
  }

  void store() { ASSERT_TRUE(drain()); }

  /// What an operator reads, after the worker has looked.
  std::vector<std::string> warnings() {
    std::vector<std::string> complaints;
    db::Pool pool({.url = stores_->database_url()});
    {
      const LedgerWatch watch(pool, event_log_,
                              [&](const std::string& line) { complaints.push_back(line); });
    }
    EXPECT_TRUE(complaints.empty()) << complaints.front();
    ap::health::Health health(
        {root_.path(), tools_, [] { return std::make_unique<test_support::FakeSystemManager>(); },
         [] { return std::make_unique<test_support::FakeJournal>(); },
         [](const std::string&, const std::string&) { return std::optional<std::string>(""); },
         [] { return std::optional(true); }});
    const auto report = boost::json::parse(health.describe());
    std::vector<std::string> texts;
    for (const auto& problem : report.at("problems").as_array()) {
      if (problem.at("noun").as_string() == "ledger") {
        texts.emplace_back(problem.at("text").as_string());
      }
    }
    return texts;
  }

  NoTools tools_;
  std::int64_t received_s_ = std::time(nullptr) - 120;
};

TEST_F(LedgerAlarmTest, WarnsOfMissingEventsUntilTheyAreFound) {
  append_event();
  acknowledge(3);
  store();
  const auto project = std::to_string(stores_->project_id());
  EXPECT_THAT(warnings(),
              ElementsAre(testing::AllOf(HasSubstr("Web shop (project " + project + ")"),
                                         HasSubstr(" UTC: 2 events without a known end"))));
  append_event();
  append_event();
  store();
  EXPECT_THAT(warnings(), ElementsAre());
}

TEST_F(LedgerAlarmTest, WarnsOfWhatWaitsUntilItIsStored) {
  append_event();
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("are still not stored")));
  store();
  EXPECT_THAT(warnings(), ElementsAre());
}

// A minute that is wrong in no project alone, here for a token that is nobody's, is named too.
TEST_F(LedgerAlarmTest, NamesAllProjectsWhereNoneIsToBlame) {
  append_event();
  acknowledge(2);
  store();
  db::Pool({.url = stores_->database_url()}).run("UPDATE capture_count SET project_id = 0");
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("All projects together, ")));
}

}  // namespace
}  // namespace cp::ingest
