// SPDX-License-Identifier: LicenseRef-Project
// Goal: the tenant store says what PostgreSQL says, replaced as a whole, with every field an SDK
// acts on. Read back with LMDB itself. Against a throw-away cluster.
#include "controlplane/publish/publisher.h"

#include "controlplane/model/privacy_policy.h"
#include "controlplane/model/project.h"
#include "controlplane/model/project_limits.h"
#include "controlplane/publish/remote_config.h"
#include "dataplane/format/tenant_store.h"
#include "tests/support/postgres.h"
#include "tests/support/schema.h"
#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <lmdb.h>

#include <fstream>
#include <map>

namespace cp::publish {
namespace {

/// Everything in the store, as a process of its own would read it.
std::map<std::string, std::string> read_store(const std::filesystem::path& directory) {
  MDB_env* environment = nullptr;
  MDB_txn* transaction = nullptr;
  MDB_cursor* cursor = nullptr;
  MDB_dbi projects = 0;
  EXPECT_EQ(mdb_env_create(&environment), 0);
  mdb_env_set_mapsize(environment, format::kTenantStoreMapBytes);
  mdb_env_set_maxdbs(environment, format::kTenantStoreDatabasesMax);
  EXPECT_EQ(mdb_env_open(environment, directory.c_str(), MDB_RDONLY, 0), 0);
  EXPECT_EQ(mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction), 0);
  EXPECT_EQ(mdb_dbi_open(transaction, format::kTenantProjectsDatabase, 0, &projects), 0);
  EXPECT_EQ(mdb_cursor_open(transaction, projects, &cursor), 0);
  std::map<std::string, std::string> content;
  MDB_val key;
  MDB_val value;
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
    content[std::string(static_cast<const char*>(key.mv_data), key.mv_size)] =
        std::string(static_cast<const char*>(value.mv_data), value.mv_size);
  }
  mdb_cursor_close(cursor);
  mdb_txn_abort(transaction);
  mdb_env_close(environment);
  return content;
}

TEST(PublisherTest, TheStoreFollowsPostgres) {
  test_support::Postgres postgres;
  support::TemporaryDirectory directory;
  const auto store = directory.path() / "tenants";
  db::Pool pool({.url = postgres.url()});
  pool.run(test_support::postgres_schema());
  const auto create = [&](const std::string& token) {
    auto transaction = pool.begin();
    const auto organization = model::create_organization(transaction, "o");
    model::create_project(transaction, organization.id, "p", token);
    transaction.commit();
  };
  const auto publish = [&] { return Publisher(store).publish_projects(pool); };

  EXPECT_EQ(publish(), 0U);
  EXPECT_TRUE(read_store(store).empty());
  create("phc_one");
  create("phc_two");
  EXPECT_EQ(publish(), 2U);
  const auto content = read_store(store);
  ASSERT_EQ(content.size(), 2U);
  const auto value = boost::json::parse(content.at("phc_two")).as_object();
  EXPECT_EQ(value.at("project_id").to_number<int>(), 2);
  EXPECT_EQ(value.at("remote_config").at("token").as_string(), "phc_two");
  EXPECT_FALSE(value.contains("privacy"));
  pool.run("DELETE FROM projects WHERE api_token = 'phc_two'");
  EXPECT_EQ(publish(), 1U);
  EXPECT_EQ(read_store(store).count("phc_two"), 0U);
  {
    auto transaction = pool.begin();
    model::set_privacy_policy(transaction, 1, R"({"patterns":{"email":"drop"}})");
    transaction.commit();
  }
  EXPECT_EQ(publish(), 1U);
  const auto guarded = boost::json::parse(read_store(store).at("phc_one")).as_object();
  EXPECT_EQ(guarded.at("privacy").at("patterns").at("email").as_string(), "drop");
  EXPECT_FALSE(guarded.contains("limits"));
  EXPECT_FALSE(guarded.at("remote_config").as_object().contains("quotaLimited"));
  {
    auto transaction = pool.begin();
    model::set_project_limits(transaction, 1,
                              R"({"events_per_second":5,"quota_limited":["events","recordings"]})");
    transaction.commit();
  }
  EXPECT_EQ(publish(), 1U);
  const auto limited = boost::json::parse(read_store(store).at("phc_one")).as_object();
  EXPECT_EQ(limited.at("limits").at("events_per_second").to_number<int>(), 5);
  EXPECT_EQ(limited.at("limits").at("quota_limited").as_array().size(), 2U);
  EXPECT_EQ(boost::json::serialize(limited.at("remote_config").at("quotaLimited")),
            R"(["recordings"])");
}

TEST(PublisherTest, AnUnusableDirectoryIsReported) {
  support::TemporaryDirectory directory;
  std::ofstream(directory.path() / "file") << "x";
  EXPECT_THROW(Publisher(directory.path() / "file" / "tenants"), PublishError);
}

TEST(RemoteConfigTest, HasEveryFieldThatSdksActOn) {
  model::Project project;
  project.api_token = "phc_one";
  project.autocapture_opt_out = true;
  const auto config = boost::json::parse(remote_config_json(project)).as_object();
  const std::map<std::string, std::string> expected = {
      {"supportedCompression", R"(["gzip","gzip-js"])"},
      {"hasFeatureFlags", "false"},
      {"sessionRecording", "false"},
      {"autocapture_opt_out", "true"},
      {"analytics", R"({"endpoint":"/i/v0/e/"})"},
      {"elementsChainAsString", "true"},
      {"surveys", "false"},
      {"heatmaps", "false"},
      {"capturePerformance", "false"},
      {"defaultIdentifiedOnly", "true"},
      {"siteApps", "[]"},
      {"toolbarParams", "{}"},
      {"isAuthenticated", "false"},
  };
  for (const auto& [key, value] : expected) {
    EXPECT_EQ(boost::json::serialize(config.at(key)), value) << key;
  }
}

TEST(RemoteConfigTest, TellsSdksToSendHeatmaps) {
  model::Project project;
  project.heatmaps_opt_in = true;
  const auto config = boost::json::parse(remote_config_json(project)).as_object();
  EXPECT_TRUE(config.at("heatmaps").as_bool());
}

// posthog-js records only when it finds an object; false stops it.
TEST(RemoteConfigTest, TellsSdksToRecord) {
  model::Project project;
  project.session_recording_opt_in = true;
  const auto config = boost::json::parse(remote_config_json(project)).as_object();
  const auto& recording = config.at("sessionRecording").as_object();
  EXPECT_EQ(recording.at("endpoint").as_string(), "/s/");
  EXPECT_EQ(recording.at("recorderVersion").as_string(), "v2");
  for (const char* key : {"consoleLogRecordingEnabled", "sampleRate", "minimumDurationMilliseconds",
                          "linkedFlag", "networkPayloadCapture", "masking", "urlTriggers",
                          "urlBlocklist", "eventTriggers", "triggerMatchType", "recordCanvas",
                          "canvasFps", "canvasQuality", "scriptConfig", "domains"}) {
    EXPECT_TRUE(recording.contains(key)) << key;
  }
}

// Who may not send recordings any more is not asked to record.
TEST(RemoteConfigTest, TellsSdksToStopRecordingOverQuota) {
  model::Project project;
  project.session_recording_opt_in = true;
  const auto config = boost::json::parse(remote_config_json(project, false)).as_object();
  EXPECT_EQ(config.at("sessionRecording"), boost::json::value(false));
  EXPECT_EQ(boost::json::serialize(config.at("quotaLimited")), R"(["recordings"])");
}

}  // namespace
}  // namespace cp::publish
