// SPDX-License-Identifier: LicenseRef-Project
// Goal: what a policy forbids never reaches the disk, whatever the request; a box closed to
// strangers stores nothing of them; hashes stay the same over a restart. Method: the real program,
// every request of tests/support/hidden_values.h, and then the raw bytes of its log files.
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/hidden_values.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace integration {
namespace {

/// Requests to every route.
std::vector<support::HiddenValueRequest> all_requests() {
  auto requests = support::hidden_value_requests();
  for (auto& request : support::hidden_value_requests_elsewhere()) {
    requests.push_back(std::move(request));
  }
  return requests;
}

/// The bytes of every file of the log, one after the other.
std::string bytes_below(const std::filesystem::path& directory) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(file), {});
    }
  }
  return all;
}

void send_all(const DataplaneProcess& dataplane) {
  for (const auto& hidden : all_requests()) {
    HttpClient client(dataplane.port());
    const auto answer =
        client.exchange(request(hidden.method, hidden.target, hidden.body, hidden.fields));
    EXPECT_EQ(answer.status, 200) << hidden.name << ": " << answer.body;
  }
}

class DataplanePrivacyTest : public testing::Test {
 protected:
  support::TemporaryDirectory home_;
  support::TenantPublisher publisher_{home_.path() / "tenants"};
};

TEST_F(DataplanePrivacyTest, NoForbiddenByteReachesTheDisk) {
  for (const std::string action : {"redact", "drop", "quarantine"}) {
    publisher_.publish(std::string(support::kHiddenToken),
                       R"({"patterns":{"email":")" + action + "\"}}");
    DataplaneProcess dataplane(home_.path());
    send_all(dataplane);
    EXPECT_EQ(dataplane.stored().size(), all_requests().size());
    EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
    const auto disk = bytes_below(dataplane.event_log());
    for (const std::string_view trace : {"anna", "example.com"}) {
      EXPECT_EQ(disk.find(trace), std::string::npos) << action << ": " << trace;
    }
    for (const auto& hidden : all_requests()) {
      const auto is_written = !hidden.body.empty() && !hidden.is_body_harmless &&
                              disk.find(hidden.body) != std::string::npos;
      EXPECT_FALSE(is_written) << action << ": " << hidden.name;
    }
    std::filesystem::remove_all(dataplane.event_log());
  }
}

TEST_F(DataplanePrivacyTest, WithoutAPolicyTheSameRequestsDoReachIt) {
  publisher_.publish(std::string(support::kHiddenToken));
  DataplaneProcess dataplane(home_.path());
  send_all(dataplane);
  EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
  const auto disk = bytes_below(dataplane.event_log());
  EXPECT_NE(disk.find(support::kHiddenValue), std::string::npos);
  for (const auto& hidden : all_requests()) {
    EXPECT_NE(disk.find(hidden.body), std::string::npos) << hidden.name;
  }
}

TEST_F(DataplanePrivacyTest, TheInstallationsDefaultGuardsEveryProject) {
  DataplaneProcess dataplane(home_.path(), {{"BRISTLE_PRIVACY_DEFAULT", "standard"}});
  send_all(dataplane);
  HttpClient client(dataplane.port());
  const auto metrics = client.exchange(request("GET", "/metrics"));
  EXPECT_EQ(metrics.body.find("bristle_privacy_bodies_rewritten_total 0\n"), std::string::npos);
  EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
  EXPECT_EQ(bytes_below(dataplane.event_log()).find("anna"), std::string::npos);
}

TEST_F(DataplanePrivacyTest, AClosedBoxStoresNothingOfStrangers) {
  publisher_.publish("phc_known");
  DataplaneProcess dataplane(home_.path(), {{"BRISTLE_UNKNOWN_TOKENS", "refuse"}});
  const std::string recording =
      R"({"event":"$snapshot","uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","token":"phc_x",)"
      R"("distinct_id":"u","properties":{"$session_id":"018a981f-4b35-7c66-825e-8b0eeae65714",)"
      R"("$snapshot_data":[{"type":2,"timestamp":1,"data":{}}]}})";
  const struct {
    std::string target;
    std::string body;
  } strangers[] = {
      {"/e/", R"({"event":"a","token":"phc_x","distinct_id":"stranger"})"},
      {"/batch/", R"({"api_key":"phc_x","batch":[{"event":"a","distinct_id":"stranger"}]})"},
      {"/i/v0/ai/batch",
       R"({"api_key":"phc_x","batch":[{"event":"$ai_span","distinct_id":"stranger"}]})"},
      {"/s/", recording},
  };
  for (const auto& [target, body] : strangers) {
    HttpClient client(dataplane.port());
    const auto answer =
        client.exchange(request("POST", target, body, "Content-Type: application/json\r\n"));
    EXPECT_EQ(answer.status, 401) << target;
    EXPECT_EQ(answer.body, "API key is not valid: unknown") << target;
  }
  EXPECT_TRUE(dataplane.stored().empty());
  HttpClient client(dataplane.port());
  const auto answer = client.exchange(
      request("POST", "/e/", R"({"event":"a","token":"phc_known","distinct_id":"u"})"));
  EXPECT_EQ(answer.status, 200);
  for (const std::string token : {"phc_known", "phc_stranger"}) {
    const auto body = R"({"event":"a","token":")" + token + "\"}";
    EXPECT_EQ(client.exchange(request("POST", "/e/", body)).status, 400);
  }
  EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
  const auto disk = bytes_below(dataplane.event_log());
  EXPECT_NE(disk.find("phc_known"), std::string::npos);
  EXPECT_EQ(disk.find("phc_stranger"), std::string::npos) << "the ledger's table is the projects'";
}

TEST_F(DataplanePrivacyTest, BadSettingsAreNamed) {
  const std::pair<std::string, std::string> cases[] = {{"BRISTLE_UNKNOWN_TOKENS", "no"},
                                                       {"BRISTLE_PRIVACY_DEFAULT", "on"},
                                                       {"BRISTLE_PRIVACY_KEY", "short"}};
  for (const auto& [name, value] : cases) {
    const auto ending = DataplaneProcess::run_to_end(home_.path(), {{name, value}});
    EXPECT_EQ(ending.exit_code, 78) << name;
    EXPECT_THAT(ending.log, testing::HasSubstr(name));
  }
}

}  // namespace
}  // namespace integration
