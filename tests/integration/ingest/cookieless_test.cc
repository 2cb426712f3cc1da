// Goal: with real stores, ids of cookieless people survive the worker's death and are the same for
// every worker, and a salt is gone from PostgreSQL once its day is over.
#include "controlplane/ingest/cookieless.h"

#include "controlplane/db/database.h"
#include "tests/integration/ingest/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cp::ingest {
namespace {

class CookielessTest : public StoresTest {
 protected:
  void SetUp() override {
    StoresTest::SetUp();
    if (stores_ == nullptr) {
      return;
    }
    pool().run("TRUNCATE cookieless_salts");
    pool().run("UPDATE projects SET cookieless_server_hash_mode = 1");
  }
  void TearDown() override {
    if (stores_ != nullptr) {
      pool().run("UPDATE projects SET cookieless_server_hash_mode = 0");
    }
  }

  db::Pool& pool() {
    if (!pool_) {
      pool_.emplace(db::Options{.url = stores_->database_url()});
    }
    return *pool_;
  }

  void append(const std::string& timestamp_member = "") {
    const std::string body =
        R"({"api_key":"phc_integration","batch":[{"event":"a","distinct_id":"$posthog_cookieless",)" +
        timestamp_member +
        R"("properties":{"$cookieless_mode":true,"$raw_user_agent":"F","$host":"example.com"}}]})";
    format::LogRecord record;
    record.received_us = received_us_;
    record.endpoint = format::Endpoint::batch;
    record.token = Stores::kToken;
    record.client_address = "0123456789abcdef0123456789abcdef";
    record.body = base::as_bytes(body);
    write(record);
  }

  std::string salts() {
    return std::string(pool().run("SELECT count(*) FROM cookieless_salts")[0].text(0));
  }

  std::optional<db::Pool> pool_;
  /// Of every record: their day stays one when the test runs across midnight.
  const std::int64_t received_us_ = system_now_us();
};

TEST_F(CookielessTest, GivesTheSameIdAfterEveryDeath) {
  int stored = 0;
  for (const char* point : {"after_range_fixed", "after_insert", "before_advance"}) {
    append();
    ++stored;
    EXPECT_FALSE(drain(point)) << point;
    ASSERT_TRUE(drain()) << point;
    EXPECT_EQ(stores_->query("SELECT count(), uniqExact(distinct_id), uniqExact($session_id), "
                             "countIf(startsWith(distinct_id, 'cookieless_')), "
                             "countIf(JSONExtractString(properties, '$distinct_id') = distinct_id) "
                             "FROM events"),
              std::to_string(stored) + "\t1\t1\t" + std::to_string(stored) + '\t' +
                  std::to_string(stored))
        << point;
  }
  EXPECT_EQ(stores_->query("SELECT count() FROM events WHERE properties LIKE '%raw_user_agent%'"),
            "0");
}

TEST_F(CookielessTest, DropsWhereTheProjectHasNotAsked) {
  pool().run("UPDATE projects SET cookieless_server_hash_mode = 0");
  append();
  ASSERT_TRUE(drain());
  EXPECT_EQ(stores_->query("SELECT count() FROM events"), "0");
  EXPECT_EQ(pool().run("SELECT dropped, stored FROM ingestion_ledger")[0].text(0), "1");
  EXPECT_EQ(salts(), "0");
}

TEST_F(CookielessTest, WorkersAgreeOnASaltAndForgetIt) {
  DatabaseSalts one(pool());
  DatabaseSalts two(pool());
  const auto salt = one.salt_of(19'358);
  EXPECT_EQ(two.salt_of(19'358), salt);
  EXPECT_NE(two.salt_of(19'359), salt);
  one.forget_before(19'359);
  EXPECT_EQ(salts(), "1");
  EXPECT_EQ(pool().run("SELECT day FROM cookieless_salts")[0].text(0), "2023-01-02");
  EXPECT_NE(one.salt_of(19'358), salt) << "a deleted salt does not come back";
}

}  // namespace
}  // namespace cp::ingest
