// Goal: the ledger in a real PostgreSQL has the numbers of one run wherever the worker is killed,
// and says it when events are lost on the way. Each death is a SIGKILL of a process of its own.
#include "controlplane/ingest/checkpoint.h"
#include "controlplane/model/ingestion_ledger.h"
#include "dataplane/format/capture_counts.h"
#include "tests/integration/ingest/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace cp::ingest {
namespace {

constexpr format::Minute kMinute = 60'000'000;  // in 2084, after the test project was made
constexpr std::int64_t kReceivedUs = kMinute * 60'000'000 + 7;
constexpr model::MinuteRange kRange{kMinute, kMinute + 1};

class IngestLedgerTest : public StoresTest {
 protected:
  void append(std::string_view body, std::uint32_t event_count,
              std::string_view token = Stores::kToken,
              format::Endpoint endpoint = format::Endpoint::batch) {
    format::LogRecord record;
    record.received_us = kReceivedUs;
    record.endpoint = endpoint;
    record.token = token;
    record.event_count = event_count;
    record.body = base::as_bytes(body);
    write(record);
  }

  void append_events(const std::vector<std::string>& uuids,
                     std::string_view token = Stores::kToken) {
    std::string events;
    for (const auto& uuid : uuids) {
      events += (events.empty() ? "" : ",") +
                std::string(R"({"event":"e","distinct_id":"u","uuid":")") + uuid + "\"}";
    }
    append(R"({"api_key":")" + std::string(token) + R"(","batch":[)" + events + "]}",
           static_cast<std::uint32_t>(uuids.size()), token);
  }

  /// What capture would say: `acknowledged` events told 200, two bodies that were no JSON, three
  /// events refused because the log was full.
  void append_counts(std::uint64_t source, std::uint32_t acknowledged) {
    std::vector<std::byte> body(1024);
    format::CountsEncoder encoder(body);
    encoder.add_outcome({200, "accepted", R"({"status":"Ok"})"});
    encoder.add_outcome({400, "invalid_json", "failed to parse request: "});
    encoder.add_outcome({503, "log_full", "transient error, please retry"});
    encoder.add_row({format::CountsOwner::token, Stores::kToken, 0, 1, acknowledged});
    encoder.add_row({format::CountsOwner::none, "", 1, 2, 0});
    encoder.add_row({format::CountsOwner::token, Stores::kToken, 2, 1, 3});
    body.resize(encoder.finish(source, kMinute));
    append(base::as_text(body), 0, "", format::Endpoint::counters);
  }

  static std::string uuid(int number) {
    return "018a981f-4b35-7c66-825e-" + std::to_string(100'000'000'000 + number);
  }

  std::vector<model::LedgerMinute> ledger(std::int64_t project_id) {
    db::Pool pool({.url = stores_->database_url()});
    auto transaction = pool.begin();
    model::freeze(transaction);
    return model::list_ledger(transaction, project_id, kRange);
  }

  std::vector<model::Refusal> refusals(std::int64_t project_id) {
    db::Pool pool({.url = stores_->database_url()});
    auto transaction = pool.begin();
    return model::list_refusals(transaction, project_id, kRange);
  }

  std::optional<std::int64_t> first_unbalanced() {
    db::Pool pool({.url = stores_->database_url()});
    auto transaction = pool.begin();
    return model::first_unbalanced_minute(transaction, kRange);
  }
};

TEST_F(IngestLedgerTest, CountsOnceWhereverTheWorkerIsKilled) {
  const char* points[] = {"after_range_fixed", "before_insert", "after_insert", "before_advance",
                          "after_advance"};
  std::uint64_t source = 0;
  for (const char* point : points) {
    stores_->reset();
    {
      db::Pool pool({.url = stores_->database_url()});
      pool.run("INSERT INTO ingest_checkpoint (log_partition, next_sequence) VALUES (0, $1)",
               db::Parameters().number(static_cast<std::int64_t>(log_.next_sequence())));
    }
    append_events({uuid(1), uuid(2), uuid(1)});
    append("{", 4);
    append_events({uuid(3), uuid(4)}, "phc_nobody");
    append_counts(++source, 7);
    EXPECT_FALSE(drain(point)) << point;
    ASSERT_TRUE(drain()) << point;
    const auto ours = ledger(stores_->project_id());
    ASSERT_EQ(ours.size(), 1U) << point;
    EXPECT_EQ(ours[0].acknowledged, 7) << point;
    EXPECT_EQ(ours[0].accepted, 7) << point;
    EXPECT_EQ(ours[0].stored, 2) << point;
    EXPECT_EQ(ours[0].duplicate, 1) << point;
    EXPECT_EQ(ours[0].quarantined, 4) << point;
    EXPECT_EQ(ours[0].missing(), 0) << point;
    const auto theirs = ledger(model::kNoProject);
    ASSERT_EQ(theirs.size(), 1U) << point;
    EXPECT_EQ(theirs[0].unknown_project, 2) << point;
    EXPECT_EQ(first_unbalanced(), std::nullopt) << point;
  }
}

TEST_F(IngestLedgerTest, CountsARequestThatIsSentAgain) {
  append_events({uuid(1), uuid(2)});
  ASSERT_TRUE(drain());
  append_events({uuid(1), uuid(2)});
  append_counts(1, 4);
  ASSERT_TRUE(drain());
  const auto ours = ledger(stores_->project_id());
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(ours[0].stored, 2);
  EXPECT_EQ(ours[0].duplicate, 2);
  EXPECT_EQ(first_unbalanced(), std::nullopt);
}

TEST_F(IngestLedgerTest, KeepsRefusalsWithTheirTextAndCountsASourceOnce) {
  append_events({uuid(1)});
  append_counts(1, 1);
  append_counts(1, 1);
  ASSERT_TRUE(drain());
  append_counts(1, 1);
  append_counts(2, 0);  // another life of the process in the same minute
  ASSERT_TRUE(drain());
  const auto ours = refusals(stores_->project_id());
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(ours[0].reason, "log_full");
  EXPECT_EQ(ours[0].status, 503);
  EXPECT_EQ(ours[0].text, "transient error, please retry");
  EXPECT_EQ(ours[0].requests, 2);
  EXPECT_EQ(ours[0].events, 6);
  const auto unread = refusals(model::kNoProject);
  ASSERT_EQ(unread.size(), 1U);
  EXPECT_EQ(unread[0].reason, "invalid_json");
  EXPECT_EQ(unread[0].events, 4) << "a request whose events are unknown counts as one";
  EXPECT_EQ(first_unbalanced(), std::nullopt);
}

// Capture told its clients of more events than the log holds: what the ledger exists to find.
TEST_F(IngestLedgerTest, FindsEventsThatAreNotInTheLog) {
  append_events({uuid(1), uuid(2)});
  append_counts(1, 3);
  ASSERT_TRUE(drain());
  const auto ours = ledger(stores_->project_id());
  ASSERT_EQ(ours.size(), 1U);
  EXPECT_EQ(ours[0].missing(), 1);
  EXPECT_EQ(first_unbalanced(), kMinute);
}

// A worker that decodes fewer events than capture counted loses some, also without any counters.
TEST_F(IngestLedgerTest, FindsEventsThatTheWorkerDoesNotSee) {
  append(R"({"api_key":"phc_integration","batch":[{"event":"e","distinct_id":"u"}]})", 2);
  ASSERT_TRUE(drain());
  EXPECT_EQ(ledger(stores_->project_id()).at(0).missing(), 1);
  EXPECT_EQ(first_unbalanced(), kMinute);
}

// The checkpoint says itself what is wrong when it moves, so that the worker can log it.
TEST_F(IngestLedgerTest, TellsTheWorkerWhatDoesNotBalance) {
  db::Pool pool({.url = stores_->database_url()});
  DatabaseCheckpoints checkpoints(pool);
  LedgerChange change;
  change.entries[{kMinute, 1}] = {4, 4, 0, 0, 0, 0};
  change.texts["accepted"] = {200, "Ok"};
  change.counts[1] = {1, kMinute, {{1, "accepted", 1, 4}}};
  checkpoints.fix(0, 0, 1);
  EXPECT_TRUE(checkpoints.advance(0, 0, 1, change).empty());
  change.entries.clear();
  change.counts[1].outcomes[0].events = 5;
  checkpoints.fix(0, 1, 2);
  const auto found = checkpoints.advance(0, 1, 2, change);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].minute, kMinute);
  EXPECT_EQ(found[0].acknowledged, 5U);
  EXPECT_EQ(found[0].received, 4U);
  EXPECT_EQ(found[0].accounted, 4U);
}

}  // namespace
}  // namespace cp::ingest
