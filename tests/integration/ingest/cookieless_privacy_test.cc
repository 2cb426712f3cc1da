// Goal: people without cookies are told apart whatever a privacy policy does with addresses: the
// same visitor has one id, another address another one, and no address reaches the log or the
// tables. Where a policy takes away what an id needs, the event is dropped and counted. Method: the
// real dataplane under each policy, visitors from addresses of their own, then the real worker.
#include "controlplane/db/database.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/integration/ingest/environment.h"
#include "tests/support/tenant_publisher.h"

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>

namespace cp::ingest {
namespace {

constexpr const char* kVisitor = "127.0.0.2";
constexpr const char* kOtherVisitor = "127.0.0.3";

class CookielessPrivacyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    stores_ = Stores::get();
    if (stores_ == nullptr) {
      GTEST_SKIP() << "BRISTLE_CHDB_LIBRARY is not set";
    }
    pool_.emplace(db::Options{.url = stores_->database_url()});
    stores_->reset();
    pool_->run("TRUNCATE cookieless_salts");
    pool_->run("UPDATE projects SET cookieless_server_hash_mode = 1");
    now_ = std::string(pool_->run(kNow)[0].text(0));
  }
  void TearDown() override {
    if (pool_) {
      pool_->run("UPDATE projects SET cookieless_server_hash_mode = 0");
    }
  }

  /// An event `name` from `source`; `properties` are further ones, each behind a comma.
  void capture(const std::string& name, const char* source, const std::string& properties = "") {
    send("/e/", source,
         R"({"token":"phc_integration","event":")" + name + R"(","timestamp":")" + now_ +
             R"(","distinct_id":"$posthog_cookieless","properties":{"$cookieless_mode":true,)"
             R"("$raw_user_agent":"F","$host":"example.com")" +
             properties + "}}");
  }

  void capture_v1(const std::string& name, const char* source) {
    send("/i/v1/analytics/events", source,
         R"({"created_at":"2026-08-01T12:00:00Z","batch":[{"event":")" + name +
             R"(","uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","timestamp":")" + now_ +
             R"(","distinct_id":"$posthog_cookieless",)"
             R"("options":{"cookieless_mode":true,"disable_skew_correction":true},)"
             R"("properties":{"$raw_user_agent":"F","$host":"example.com"}}]})",
         "Authorization: Bearer phc_integration\r\nContent-Type: application/json\r\n"
         "User-Agent: test\r\nPostHog-Sdk-Info: test/1\r\nPostHog-Attempt: 1\r\n"
         "PostHog-Request-Id: 018a981f-4b35-7c66-825e-8b0eeae65714\r\n"
         "PostHog-Request-Timestamp: " +
             now_ + "\r\n");
  }

  void send(const std::string& target, const char* source, const std::string& body,
            const std::string& fields = "Content-Type: application/json\r\n") {
    integration::HttpClient client(dataplane_->port(), "127.0.0.1", source);
    const auto answer = client.exchange(integration::request("POST", target, body, fields));
    EXPECT_EQ(answer.status, 200) << answer.body;
  }

  void start(const std::string& privacy, const std::string& standard = "off") {
    home_.emplace();
    support::TenantPublisher(home_->path() / "tenants").publish(Stores::kToken, privacy);
    dataplane_.emplace(
        home_->path(),
        integration::Environment{{"BRISTLE_PRIVACY_DEFAULT", standard},
                                 {"BRISTLE_PRIVACY_KEY", "0123456789abcdef0123456789abcdef"}});
  }

  /// Lets the worker store what was captured; the id of each event.
  std::map<std::string, std::string> stored_ids() {
    EXPECT_EQ(dataplane_->end(SIGTERM).exit_code, 0);
    stores_->reset();
    EXPECT_TRUE(drain_in_child(*stores_, dataplane_->event_log()));
    std::map<std::string, std::string> ids;
    std::istringstream lines(stores_->query("SELECT event, distinct_id FROM events"));
    for (std::string name, id; lines >> name >> id;) {
      ids[name] = id;
    }
    return ids;
  }

  static constexpr const char* kNow =
      R"(SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))";
  /// The time of every event: their day stays one when the test runs across midnight.
  std::string now_;
  Stores* stores_ = nullptr;
  std::optional<db::Pool> pool_;
  std::optional<support::TemporaryDirectory> home_;
  std::optional<integration::DataplaneProcess> dataplane_;
};

/// The addresses that `log` must not hold: those that were sent, once they are forbidden, and
/// always those of the connections.
void expect_no_address(const std::vector<integration::StoredRecord>& log, bool forbids_sent) {
  for (const auto& record : log) {
    for (const auto& text : {record.body, record.client_address}) {
      EXPECT_EQ(text.find("127.0.0."), std::string::npos) << text;
      EXPECT_TRUE(!forbids_sent || text.find("192.0.2.") == std::string::npos) << text;
    }
  }
}

TEST_F(CookielessPrivacyTest, TellsVisitorsApartUnderEveryRuleOfAddresses) {
  const struct {
    std::string privacy;
    std::string standard;
  } cases[] = {{"", "off"},
               {R"({"address":"drop"})", "off"},
               {R"({"address":"hash"})", "off"},
               {"", "standard"}};
  std::map<std::string, std::string> guarded;
  for (const auto& [privacy, standard] : cases) {
    SCOPED_TRACE(privacy + standard);
    start(privacy, standard);
    capture("first", kVisitor);
    capture("again", kVisitor, R"(,"$timezone":"UTC","note":"a@example.com")");
    capture("other", kOtherVisitor);
    capture_v1("v1", kVisitor);
    // What a server passes on for its visitors.
    capture("passed_on", kVisitor, R"(,"$ip":"192.0.2.1")");
    capture("passed_again", kOtherVisitor, R"(,"$ip":"192.0.2.1")");
    capture("passed_other", kVisitor, R"(,"$ip":"192.0.2.2")");
    const auto is_guarded = !privacy.empty() || standard != "off";
    auto ids = stored_ids();
    expect_no_address(dataplane_->stored(), is_guarded);

    ASSERT_EQ(ids.size(), 7U);
    EXPECT_TRUE(ids["first"].starts_with("cookieless_")) << ids["first"];
    EXPECT_EQ(ids["again"], ids["first"]);
    EXPECT_EQ(ids["v1"], ids["first"]);
    EXPECT_NE(ids["other"], ids["first"]);
    EXPECT_EQ(ids["passed_again"], ids["passed_on"]);
    EXPECT_NE(ids["passed_other"], ids["passed_on"]);
    EXPECT_NE(ids["passed_on"], ids["first"]);
    EXPECT_EQ(stores_->query("SELECT count() FROM events WHERE properties LIKE '%$ip%'"), "0");
    // A visitor stays who he is when the team chooses another rule.
    if (is_guarded) {
      guarded = guarded.empty() ? ids : guarded;
      EXPECT_EQ(ids, guarded);
    }
  }
}

TEST_F(CookielessPrivacyTest, DropsWhereAPolicyTakesWhatAnIdNeeds) {
  start(R"({"properties":{"mode":"allow","names":["$host"]}})");
  capture("without_agent", kVisitor);
  EXPECT_TRUE(stored_ids().empty());
  EXPECT_EQ(pool_->run("SELECT dropped FROM ingestion_ledger")[0].text(0), "1");
  start(R"({"properties":{"mode":"allow","names":["$host","$raw_user_agent"]}})");
  capture("with_agent", kVisitor);
  EXPECT_EQ(stored_ids().size(), 1U);
}

}  // namespace
}  // namespace cp::ingest
