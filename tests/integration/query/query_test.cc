// SPDX-License-Identifier: LicenseRef-Project
// Goal: the numbers of every query kind are right on a real ClickHouse.
// Method: four people over three days in Berlin, computed by hand:
//   alice  opened 8 Jan 00:30 (23:30 UTC the day before, iOS), signed up 10:00, bought for 10 at
//   11:00 bob    opened 8 Jan 11:00 (Android), signed up 9 Jan 11:00, opened 10 Jan 09:00 carol
//   opened 9 Jan 09:00 (iOS), bought for 20 at 10:00 without signing up dave   opened 10 Jan 10:00,
//   signed up 10:30, bought for "30" at 11:30
// and, in project 3, the two people of worked expectation 1 of analytics.md section 8.
#include "controlplane/query/query_runner.h"
#include "tests/integration/query/engine.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace cp::query {
namespace {

namespace json = boost::json;

std::unique_ptr<Engine>& engine() {
  static std::unique_ptr<Engine> instance;
  return instance;
}

void add_events(Engine& store) {
  store.add(1, "2024-01-07 23:30:00", "alice", "opened", R"({"os":"iOS","$session_id":"s1"})");
  store.add(1, "2024-01-08 09:00:00", "alice", "signed_up", R"({"plan":"free"})");
  store.add(1, "2024-01-08 10:00:00", "alice", "bought",
            R"({"price":10,"note":"he said \"ok\", ü"})");
  store.add(1, "2024-01-08 10:00:00", "bob", "opened", R"({"os":"Android"})");
  store.add(1, "2024-01-09 10:00:00", "bob", "signed_up",
            R"({"plan":"pro","beta":true,"nested":{"deep":[1]}})");
  store.add(1, "2024-01-10 08:00:00", "bob", "opened");
  store.add(1, "2024-01-09 08:00:00", "carol", "opened", R"({"os":"iOS"})");
  store.add(1, "2024-01-09 09:00:00", "carol", "bought", R"({"price":20})");
  store.add(1, "2024-01-10 09:00:00", "dave", "opened", R"({"os":null})");
  store.add(1, "2024-01-10 09:30:00", "dave", "signed_up", R"({"plan":""})");
  store.add(1, "2024-01-10 10:30:00", "dave", "bought", R"({"price":"30"})");
  store.add(2, "2024-01-09 12:00:00", "stranger", "opened", R"({"os":"iOS"})");
  for (const char* day : {"10", "11", "12", "15", "16"}) {
    store.add(3, std::string("2020-06-") + day + " 12:00:00", "p1", "$pageview");
  }
  store.add(3, "2020-06-15 13:00:00", "p1", "$pageview");
  for (const char* day : {"11", "12", "13", "16"}) {
    store.add(3, std::string("2020-06-") + day + " 12:00:00", "p2", "$pageview");
  }
  store.flush();
}

class QueryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("BRISTLE_CHDB_LIBRARY") == nullptr) {
      GTEST_SKIP() << "BRISTLE_CHDB_LIBRARY is not set";
    }
    if (engine() != nullptr) {
      return;
    }
    engine() = std::make_unique<Engine>();
    add_events(*engine());
  }

  // At 2024-01-10 12:00 UTC.
  json::value run(const std::string& query) {
    const QueryRunner runner(
        [](std::string_view sql, const olap::Parameters& parameters) {
          return engine()->run(sql, parameters);
        },
        project_,
        [] { return std::chrono::system_clock::time_point(std::chrono::seconds(1'704'888'000)); });
    json::parse_options options;
    options.max_depth = 100;
    return json::parse(runner.run(query), {}, options);
  }

  std::string results(const std::string& query) {
    return json::serialize(run(query).at("results"));
  }

  // "label: data" of every line.
  std::string lines(const std::string& query) {
    std::string text;
    const json::value response = run(query);
    for (const json::value& item : response.at("results").as_array()) {
      text +=
          std::string(item.at("label").as_string()) + ": " + json::serialize(item.at("data")) + " ";
    }
    return text;
  }

  // The counts of every step, per breakdown value.
  static std::string counts(const json::value& steps) {
    std::string text;
    for (const json::value& step : steps.as_array()) {
      text += json::serialize(step.at("count")) + " ";
    }
    return text;
  }

  std::string matrix(const std::string& query) {
    std::string text;
    const json::value response = run(query);
    for (const json::value& row : response.at("results").as_array()) {
      text += "[";
      for (const json::value& cell : row.at("values").as_array()) {
        text += json::serialize(cell.at("count")) + " ";
      }
      text.back() = ']';
    }
    return text;
  }

  Project project_ = {1, "Europe/Berlin", false};
};

constexpr const char* kThreeDays = R"("dateRange":{"date_from":"-2d"})";

std::string trends(const std::string& rest, const std::string& range = kThreeDays) {
  return R"({"kind":"TrendsQuery",)" + range + "," + rest + "}";
}

TEST_F(QueryTest, TrendsCountInTheProjectTimeZone) {
  EXPECT_EQ(lines(trends(R"("series":[{"event":"opened"}])")), "opened: [2,1,2] ");
  project_.timezone = "UTC";
  EXPECT_EQ(lines(trends(R"("series":[{"event":"opened"}])")), "opened: [1,1,2] ");
}

// 31 March 2024 has 23 hours in Berlin; the day starts at 23:00 UTC and ends at 22:00 UTC.
TEST_F(QueryTest, TrendsOverTheStartOfSummerTime) {
  project_.id = 5;
  for (const char* moment : {"2024-03-30 22:59:59", "2024-03-30 23:00:00", "2024-03-31 01:00:00",
                             "2024-03-31 21:59:59", "2024-03-31 22:00:00"}) {
    engine()->add(5, moment, "frank", "opened");
  }
  engine()->flush();
  const std::string range = R"("dateRange":{"date_from":"2024-03-30","date_to":"2024-04-01"})";
  EXPECT_EQ(lines(trends(R"("series":[{"event":"opened"}])", range)), "opened: [1,3,1] ");
  const std::string night =
      R"("interval":"hour","dateRange":{"date_from":"2024-03-31T00:00","date_to":"2024-03-31T04:00"})";
  EXPECT_EQ(lines(trends(R"("series":[{"event":"opened"}])", night)), "opened: [1,0,1,0] ");
}

TEST_F(QueryTest, TrendsOfSeveralSeries) {
  EXPECT_EQ(lines(trends(
                R"("series":[{"event":"opened","math":"dau","custom_name":"Users"},
                                      {"event":null,"math":"dau"},
                                      {"event":"bought","math":"sum","math_property":"price"},
                                      {"event":null,"math":"unique_session"}])")),
            "Users: [2,1,2] All events: [2,2,2] bought: [10,20,30] All events: [1,0,0] ");
}

TEST_F(QueryTest, TrendsByIntervals) {
  EXPECT_EQ(lines(trends(R"("series":[{"event":"opened"}],"interval":"week")",
                         R"("dateRange":{"date_from":"-7d"})")),
            "opened: [0,5] ");
  EXPECT_EQ(lines(trends(R"("series":[{"event":"opened"}],"interval":"month")",
                         R"("dateRange":{"date_from":"all"})")),
            "opened: [5] ");
  EXPECT_EQ(lines(trends(R"("series":[{"event":null}],"interval":"hour")",
                         R"("dateRange":{"date_from":"-4h"})")),
            "All events: [1,2,1,0,0] ");
}

TEST_F(QueryTest, TrendsWithBreakdown) {
  const std::string series =
      R"("series":[{"event":"opened"}],
          "breakdownFilter":{"breakdown":"os","breakdown_type":"event")";
  EXPECT_EQ(lines(trends(series + "}")), "iOS: [1,1,0] Android: [1,0,0] none: [0,0,2] ");
  EXPECT_EQ(lines(trends(series + R"(,"breakdown_limit":1})")),
            "iOS: [1,1,0] none: [0,0,2] Other: [1,0,0] ");
  EXPECT_TRUE(run(trends(series + R"(,"breakdown_limit":1})")).at("hasMore").as_bool());
}

TEST_F(QueryTest, TrendsComparedAccumulatedAndInTotal) {
  const std::string series = R"("series":[{"event":"opened"}],)";
  EXPECT_EQ(lines(trends(series + R"("compareFilter":{"compare":true})",
                         R"("dateRange":{"date_from":"dStart"})")),
            "opened: [2] opened: [1] ");
  EXPECT_EQ(lines(trends(series + R"("trendsFilter":{"display":"ActionsLineGraphCumulative"})")),
            "opened: [2,3,5] ");
  const json::value total = run(
      trends(R"("series":[{"event":null,"math":"dau"}],"trendsFilter":{"display":"BoldNumber"})"));
  EXPECT_EQ(total.at("results").at(0).at("aggregated_value").to_number<int>(), 4);
}

TEST_F(QueryTest, PropertyFilters) {
  struct Case {
    const char* filter;
    const char* data;
  };
  const std::vector<Case> cases = {
      {R"({"key":"os","value":"iOS"})", "[1,1,0]"},
      {R"({"key":"os","value":["iOS","Android"],"operator":"is_not"})", "[2,2,4]"},
      {R"({"key":"os","operator":"is_set"})", "[2,1,0]"},
      {R"({"key":"plan","operator":"is_set"})", "[1,1,0]"},
      {R"({"key":"price","value":15,"operator":"gt"})", "[0,1,1]"},
      {R"({"key":"price","value":"20","operator":"lte"})", "[1,1,0]"},
      {R"({"key":"price","value":[10,30],"operator":"in"})", "[1,0,1]"},
      {R"({"key":"beta","value":true})", "[0,1,0]"},
      {R"({"key":"note","value":"SAID \"OK\", Ü","operator":"icontains"})", "[1,0,0]"},
      {R"({"key":"os","value":"^[Ai]","operator":"regex"})", "[2,1,0]"},
      {R"({"key":"nested","value":"{\"deep\":[1]}"})", "[0,1,0]"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(lines(trends(R"("series":[{"event":null}],"properties":[)" +
                           std::string(each.filter) + "]")),
              "All events: " + std::string(each.data) + " ")
        << each.filter;
  }
}

constexpr const char* kFunnel = R"({"kind":"FunnelsQuery",
    "series":[{"event":"opened"},{"event":"signed_up"},{"event":"bought"}])";

TEST_F(QueryTest, FunnelCountsAndTimes) {
  const json::value response = run(std::string(kFunnel) + "}");
  const json::value& steps = response.at("results");
  EXPECT_EQ(counts(steps), "4 3 2 ");
  EXPECT_TRUE(steps.at(0).at("average_conversion_time").is_null());
  EXPECT_EQ(steps.at(1).at("average_conversion_time").to_number<int>(), 40'800);
  EXPECT_EQ(steps.at(1).at("median_conversion_time").to_number<int>(), 34'200);
  EXPECT_EQ(steps.at(2).at("average_conversion_time").to_number<int>(), 3'600);
  EXPECT_EQ(steps.at(2).at("total_median_conversion_time").to_number<int>(), 21'600);
}

TEST_F(QueryTest, FunnelWindow) {
  const std::string hour =
      R"(,"funnelsFilter":{"funnelWindowInterval":1,"funnelWindowIntervalUnit":"hour"}})";
  EXPECT_EQ(counts(run(kFunnel + hour).at("results")), "4 1 0 ");
}

TEST_F(QueryTest, FunnelBreakdown) {
  const json::value response =
      run(std::string(kFunnel) + R"(,"breakdownFilter":{"breakdown":"os"}})");
  std::string text;
  for (const json::value& steps : response.at("results").as_array()) {
    text += json::serialize(steps.at(0).at("breakdown_value")) + " " + counts(steps);
  }
  EXPECT_EQ(text, "[\"iOS\"] 2 1 1 [\"\"] 1 1 1 [\"Android\"] 1 1 0 ");
}

std::string retention(const std::string& type, const std::string& returning) {
  return R"({"kind":"RetentionQuery",
      "retentionFilter":{"period":"Day","totalIntervals":3,"retentionType":")" +
         type + R"(","targetEntity":{"id":"opened","type":"events"},"returningEntity":{"id":)" +
         returning + R"(,"type":"events"}}})";
}

TEST_F(QueryTest, Retention) {
  EXPECT_EQ(matrix(retention("retention_first_time", "null")), "[2 1 1][1 0 0][1 0 0]");
  EXPECT_EQ(matrix(retention("retention_recurring", "\"opened\"")), "[2 0 1][1 0 0][2 0 0]");
  project_.timezone = "UTC";
  EXPECT_EQ(matrix(retention("retention_first_time", "null")), "[1 1 1][1 0 0][1 0 0]");
}

TEST_F(QueryTest, RetentionOfTheWorkedExpectation) {
  project_ = {3, "UTC", false};
  const std::string query = R"({"kind":"RetentionQuery","dateRange":{"date_to":"2020-06-20"},
      "retentionFilter":{"period":"Day","totalIntervals":11,
                         "retentionType":"retention_recurring"}})";
  EXPECT_EQ(
      matrix(query),
      "[1 1 1 0 0 1 1 0 0 0 0][2 2 1 0 1 2 0 0 0 0 0][2 1 0 1 2 0 0 0 0 0 0][1 0 0 1 0 0 0 0 0 0 0]"
      "[0 0 0 0 0 0 0 0 0 0 0][1 1 0 0 0 0 0 0 0 0 0][2 0 0 0 0 0 0 0 0 0 0][0 0 0 0 0 0 0 0 0 0 0]"
      "[0 0 0 0 0 0 0 0 0 0 0][0 0 0 0 0 0 0 0 0 0 0][0 0 0 0 0 0 0 0 0 0 0]");
  EXPECT_EQ(run(query).at("results").at(0).at("date").as_string(), "2020-06-10T00:00:00Z");
}

TEST_F(QueryTest, RetentionTakesSixtyFourIntervals) {
  project_ = {3, "UTC", false};
  const json::value response = run(R"({"kind":"RetentionQuery","dateRange":{"date_to":"2020-06-16"},
      "retentionFilter":{"totalIntervals":64,"retentionType":"retention_recurring"}})");
  EXPECT_EQ(response.at("results").at(63).at("values").at(0).at("count").to_number<int>(), 2);
}

TEST_F(QueryTest, Events) {
  const json::value response =
      run(R"q({"kind":"EventsQuery","select":["event","distinct_id","timestamp"],"limit":2})q");
  EXPECT_EQ(json::serialize(response.at("results")),
            R"q([["bought","dave","2024-01-10T10:30:00.000000Z"],)q"
            R"q(["signed_up","dave","2024-01-10T09:30:00.000000Z"]])q");
  EXPECT_TRUE(response.at("hasMore").as_bool());
  EXPECT_EQ(results(R"q({"kind":"EventsQuery","select":["properties.note"],"after":"all",
                         "where":["properties.price < 15"]})q"),
            R"q([["he said \"ok\", ü"]])q");
  EXPECT_EQ(results(R"q({"kind":"EventsQuery","select":["event","count()"],"after":"2024-01-01",
                         "orderBy":["count() DESC","event"]})q"),
            R"q([["opened",5],["bought",3],["signed_up",3]])q");
  EXPECT_EQ(
      results(R"q({"kind":"EventsQuery","select":["count(distinct distinct_id)"],"after":"-1h"})q"),
      "[[0]]");
}

TEST_F(QueryTest, EventsAsObjects) {
  const json::value response = run(
      R"({"kind":"EventsQuery","select":["*","person"],"event":"signed_up","after":"all",
              "orderBy":["timestamp"],"offset":1,"limit":1})");
  const json::value& event = response.at("results").at(0).at(0);
  EXPECT_EQ(event.at("distinct_id").as_string(), "bob");
  EXPECT_EQ(json::serialize(event.at("properties")),
            R"({"plan":"pro","beta":true,"nested":{"deep":[1]}})");
  EXPECT_EQ(event.at("person_id"), response.at("results").at(0).at(1).at("uuid"));
}

// Deeper than JSON parsers allow by default.
TEST_F(QueryTest, DeepPropertiesStayWhole) {
  project_.id = 4;
  const std::string deep = "{\"a\":" + std::string(60, '[') + std::string(60, ']') + "}";
  engine()->add(4, "2024-01-10 11:00:00", "erin", "deep", deep);
  engine()->flush();
  const json::value response = run(R"({"kind":"EventsQuery","select":["*"]})");
  const json::value& properties = response.at("results").at(0).at(0).at("properties");
  EXPECT_EQ(json::serialize(properties), deep);
}

TEST_F(QueryTest, Hogql) {
  struct Case {
    const char* query;
    const char* results;
  };
  const std::vector<Case> cases = {
      {"select event, count() c, count(distinct person_id) from events group by event order by c "
       "desc, event",
       R"([["opened",5,4],["bought",3,3],["signed_up",3,3]])"},
      {"select toDate(timestamp) d, uniq(distinct_id) from events group by d having d > "
       "'2024-01-08' order by d",
       R"([["2024-01-09",2],["2024-01-10",2]])"},
      {"select sum(properties.price), max(toFloat(properties.price)), countIf(properties.os = "
       "'iOS') from events",
       "[[60,30,2]]"},
      {"select distinct_id from events where timestamp between '2024-01-08' and '2024-01-08 "
       "00:59'",
       R"([["alice"]])"},
      {"select properties.nested.deep, properties['beta'] from events where properties.nested is "
       "not null",
       R"([["[1]","true"]])"},
      {"select formatDateTime(min(timestamp), '%d.%m. %H'), dateDiff('day', min(timestamp), "
       "max(timestamp)) from events",
       R"([["08.01. 00",2]])"},
      {"select event in ('opened') ? 'yes' : 'no' as answer, count() from events group by answer "
       "order by answer",
       R"([["no",6],["yes",5]])"},
      {"select count() from events where properties.os != 'iOS'", "[[9]]"},
      {"select distinct_id from events where event = {e} order by distinct_id desc limit 1 "
       "offset 1",
       R"([["carol"]])"},
      {"select 1 + 2 * 3, 'a' || null, [1, 2][2]", R"([[7,"a",2]])"},
  };
  for (const Case& each : cases) {
    json::object query = {
        {"kind", "HogQLQuery"}, {"query", each.query}, {"values", {{"e", "bought"}}}};
    EXPECT_EQ(results(json::serialize(query)), each.results) << each.query;
  }
}

TEST_F(QueryTest, ARefusalOfClickHouseIsTheCallersMistake) {
  try {
    run(R"({"kind":"HogQLQuery","query":"select event + 1 from events"})");
    FAIL() << "accepted";
  } catch (const InvalidQuery& error) {
    EXPECT_EQ(error.code(), "illegal_type_of_argument");
    EXPECT_THAT(error.what(), ::testing::HasSubstr("Illegal types String and UInt8"));
  }
}

}  // namespace
}  // namespace cp::query

int main(int count, char** arguments) {
  ::testing::InitGoogleTest(&count, arguments);
  const int result = RUN_ALL_TESTS();
  cp::query::engine().reset();
  return result;
}
