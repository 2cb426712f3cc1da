// SPDX-License-Identifier: LicenseRef-Project
// Goal: stored events, definitions and queries come out of the real api as the contract says, for
// the caller's project only, and failures of a query never show our SQL.
#include "tests/integration/controlplane/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class DataTest : public IntegrationTest {
 protected:
  void SetUp() override {
    IntegrationTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    static bool is_filled = false;
    if (!is_filled) {
      fill();
      is_filled = true;
    }
  }

  /// Five events of ours, two and two at the same time, and one of another project.
  static void fill() {
    const std::string head =
        "INSERT INTO events (uuid, event, properties, timestamp, team_id, distinct_id, "
        "created_at, person_id) ";
    shared_installation().clickhouse(
        head +
        "SELECT toUUID(concat('00000000-0000-7000-8000-00000000000', toString(number))), "
        "if(number = 4, 'bought', 'opened'), "
        "'{\"n\":1,\"s\":\"x\",\"b\":true,\"at\":\"2026-01-01T00:00:00Z\",\"o\":{}}', "
        "now() - toIntervalHour(10 - intDiv(number, 2)), 1, concat('d', toString(number)), now(), "
        "generateUUIDv4() FROM numbers(5)");
    shared_installation().clickhouse(
        head +
        "SELECT generateUUIDv4(), 'theirs', '{\"secret\":1}', now(), 77, 'd0', now(), "
        "generateUUIDv4()");
  }

  static Answer get(const std::string& target) {
    return Caller::with_key(shared_installation()).get(target);
  }
  static Answer query(const std::string& body) {
    return Caller::with_key(shared_installation()).post("/api/projects/1/query/", body);
  }
  static std::vector<std::string> column(const Answer& answer, const char* key) {
    std::vector<std::string> values;
    for (const auto& result : answer.json.at("results").as_array()) {
      values.emplace_back(result.at(key).as_string());
    }
    return values;
  }
};

TEST_F(DataTest, EventsComeNewestFirst) {
  const auto answer = get("/api/projects/1/events/");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(column(answer, "distinct_id"), testing::ElementsAre("d4", "d3", "d2", "d1", "d0"));
  EXPECT_TRUE(answer.json.at("next").is_null());
  const auto& newest = answer.json.at("results").as_array()[0];
  EXPECT_EQ(newest.at("id").as_string(), "00000000-0000-7000-8000-000000000004");
  EXPECT_EQ(newest.at("event").as_string(), "bought");
  EXPECT_EQ(newest.at("properties").at("s").as_string(), "x");
  EXPECT_THAT(std::string(newest.at("timestamp").as_string()),
              testing::MatchesRegex("....-..-..T..:..:...*Z"));
  for (const char* field : {"person", "elements", "elements_chain"}) {
    EXPECT_TRUE(newest.as_object().contains(field)) << field;
  }
}

TEST_F(DataTest, EventsAreFilteredAndPaged) {
  EXPECT_THAT(column(get("/api/projects/1/events/?event=bought"), "event"),
              testing::ElementsAre("bought"));
  EXPECT_THAT(column(get("/api/projects/@current/events/?distinct_id=d2"), "distinct_id"),
              testing::ElementsAre("d2"));
  EXPECT_THAT(column(get("/api/projects/1/events/?event=it%27s%5C"), "event"), testing::IsEmpty());
  EXPECT_EQ(
      column(get("/api/projects/1/events/?after=2020-01-01T00:00:00%2B01:00"), "event").size(), 5U);
  EXPECT_EQ(column(get("/api/projects/1/events/?before=2020-01-01"), "event").size(), 0U);

  std::vector<std::string> seen;
  std::string target = "/api/projects/1/events/?limit=2";
  for (int page = 0; page < 5 && !target.empty(); ++page) {
    const auto answer = get(target);
    for (const auto& id : column(answer, "distinct_id")) {
      seen.push_back(id);
    }
    const auto& next = answer.json.at("next");
    target = next.is_null() ? "" : std::string(next.as_string()).substr(21);  // after the origin
  }
  EXPECT_THAT(seen, testing::ElementsAre("d4", "d3", "d2", "d1", "d0"));
}

TEST_F(DataTest, BadParametersAreNamed) {
  for (const char* parameter : {"limit=0", "limit=x", "limit=99999999", "offset=-1", "after=soon",
                                "before=2026-13", "before=2026-01-01T1", "before_uuid=x"}) {
    const auto answer = get(std::string("/api/projects/1/events/?") + parameter);
    EXPECT_EQ(answer.status, 400) << parameter;
    const std::string name(parameter, std::string_view(parameter).find('='));
    EXPECT_EQ(answer.json.at("attr").as_string(), name);
  }
  EXPECT_EQ(get("/api/projects/1/property_definitions/?event_names=%5B1%5D").json.at("attr"),
            "event_names");
}

TEST_F(DataTest, DefinitionsAreWhatWasSeen) {
  const auto events = get("/api/projects/1/event_definitions/");
  ASSERT_EQ(events.status, 200) << events.body;
  EXPECT_THAT(column(events, "name"), testing::ElementsAre("opened", "bought"));
  EXPECT_EQ(events.json.at("count").to_number<int>(), 2);
  EXPECT_EQ(events.json.at("results").as_array()[0].at("volume").to_number<int>(), 4);
  EXPECT_THAT(column(get("/api/projects/1/event_definitions/?search=BOU"), "name"),
              testing::ElementsAre("bought"));
  EXPECT_THAT(column(get("/api/projects/1/event_definitions/?search=%25"), "name"),
              testing::IsEmpty());
  const auto paged = get("/api/projects/1/event_definitions/?limit=1");
  EXPECT_EQ(paged.json.at("results").as_array().size(), 1U);
  EXPECT_TRUE(paged.json.at("next").is_string());

  const auto properties =
      get("/api/projects/1/property_definitions/?event_names=%5B%22bought%22%5D");
  ASSERT_EQ(properties.status, 200) << properties.body;
  std::map<std::string, std::string> types;
  for (const auto& result : properties.json.at("results").as_array()) {
    const auto& type = result.at("property_type");
    types[std::string(result.at("name").as_string())] =
        type.is_null() ? "" : std::string(type.as_string());
  }
  EXPECT_EQ(
      types,
      (std::map<std::string, std::string>{
          {"n", "Numeric"}, {"s", "String"}, {"b", "Boolean"}, {"at", "DateTime"}, {"o", ""}}));
}

TEST_F(DataTest, AQuerySeesItsProjectOnly) {
  const auto answer =
      query(R"({"query":{"kind":"HogQLQuery","query":"select event, count() from events )"
            R"(group by event order by event"}})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(boost::json::serialize(answer.json.at("results")), R"([["bought",1],["opened",4]])");
}

TEST_F(DataTest, TheKindOfThePathMustMatch) {
  auto caller = Caller::with_key(shared_installation());
  const std::string body = R"({"query":{"kind":"HogQLQuery","query":"select 1"}})";
  EXPECT_EQ(caller.post("/api/projects/1/query/HogQLQuery/", body).status, 200);
  EXPECT_EQ(caller.post("/api/projects/1/query/TrendsQuery/", body).json.at("attr"), "kind");
}

TEST_F(DataTest, ABadQueryIsRefusedWithItsField) {
  for (const char* body :
       {"{}", R"({"query":null})", R"({"query":"select 1"})", R"({"query":{}})",
        R"({"query":{"kind":"Nonsense"}})", R"({"query":{"kind":"HogQLQuery","query":"select"}})",
        R"({"query":{"kind":"HogQLQuery","query":"drop table events"}})"}) {
    const auto answer = query(body);
    EXPECT_EQ(answer.status, 400) << body << answer.body;
    EXPECT_EQ(answer.json.at("type").as_string(), "validation_error");
    EXPECT_TRUE(answer.json.at("attr").is_string()) << answer.body;
  }
}

TEST_F(DataTest, AFailureOfClickhouseShowsNoSqlOfOurs) {
  const auto answer =
      query(R"({"query":{"kind":"HogQLQuery","query":"select toDate('nonsense') from events"}})");
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_THAT(answer.body, Not(HasSubstr("team_id")));
  EXPECT_THAT(answer.body, Not(HasSubstr("SELECT")));
}

TEST_F(DataTest, LongAnswersAreCompressed) {
  auto caller = Caller::with_key(shared_installation());
  caller.headers.set("Accept-Encoding", "gzip");
  const auto answer = caller.get("/api/projects/1/events/");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.find("Content-Encoding"), "gzip");
  EXPECT_TRUE(answer.body.starts_with("\x1f\x8b"));
  EXPECT_FALSE(caller.get("/api/projects/1/").headers.contains("Content-Encoding"));
}

TEST_F(DataTest, ALostClickhouseIsSaid) {
  const Installation alone;
  ASSERT_EQ(alone.run("migrate").exit_code, 0);
  auto environment = alone.environment();
  environment["CLICKHOUSE_URL"] = "unix:/nonexistent/engine.sock";
  const auto api = alone.start_api(environment);
  const auto answer = Caller::with_key(alone).get("/api/projects/1/events/");
  EXPECT_EQ(answer.status, 503) << answer.body;
  EXPECT_EQ(answer.json.at("code").as_string(), "unavailable");
}

}  // namespace
}  // namespace cp::test
