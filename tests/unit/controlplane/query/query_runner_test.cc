// SPDX-License-Identifier: LicenseRef-Project
// Goal: a wrong query is refused with its field and what was expected; a right one becomes guarded,
// read-only SQL, and sparse rows become a whole answer.
// Method: a fake store that keeps the statements and answers from a list.
#include "controlplane/query/query_runner.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::query {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

class QueryRunnerTest : public ::testing::Test {
 protected:
  std::string run(const std::string& query, Project project = {7, "UTC", false}) {
    const QueryRunner runner(
        [this](std::string_view sql, const olap::Parameters& parameters) {
          statements_.emplace_back(sql);
          settings_ = parameters;
          if (statements_.size() > answers_.size()) {
            return std::string();
          }
          return answers_[statements_.size() - 1];
        },
        std::move(project),
        [] {
          // 2024-01-10T12:00:00Z
          return std::chrono::system_clock::time_point(std::chrono::seconds(1'704'888'000));
        });
    return runner.run(query);
  }

  std::string refusal(const std::string& query) {
    try {
      run(query);
    } catch (const InvalidQuery& error) {
      return error.attr() + " | " + error.what();
    }
    return "accepted";
  }

  std::vector<std::string> answers_;
  std::vector<std::string> statements_;
  olap::Parameters settings_;
};

TEST_F(QueryRunnerTest, RefusesWithFieldAndExpectation) {
  struct Case {
    const char* query;
    const char* refusal;
  };
  const std::vector<Case> cases = {
      {"[]", "query | query: expected an object, got []"},
      {"{", "query | query: expected a JSON object, got incomplete JSON"},
      {R"({})", "kind | kind: expected a string, got nothing"},
      {R"({"kind":"PathsQuery"})",
       "kind | kind: expected one of EventsQuery, TrendsQuery, FunnelsQuery, RetentionQuery, "
       "HogQLQuery, got \"PathsQuery\""},
      {R"({"kind":"TrendsQuery"})", "series | series: expected at least 1 entry, got nothing"},
      {R"({"kind":"TrendsQuery","series":[5]})", "series.0 | series.0: expected an object, got 5"},
      {R"({"kind":"TrendsQuery","series":[{"kind":"ActionsNode","id":1}]})",
       "series.0.kind | series.0.kind: expected EventsNode (actions and warehouse tables are not "
       "supported yet), got \"ActionsNode\""},
      {R"({"kind":"TrendsQuery","series":[{"event":"a","math":"hogql"}]})",
       "series.0.math | series.0.math: expected one of total, dau, unique_session, avg, sum, min, "
       "max, "
       "median, p75, p90, p95, p99, got \"hogql\""},
      {R"({"kind":"TrendsQuery","series":[{"event":"a"}],"interval":"year"})",
       "interval | interval: expected one of hour, day, week, month, got \"year\""},
      {R"({"kind":"TrendsQuery","series":[{"event":"a"}],"dateRange":{"date_from":"soon"}})",
       "dateRange.date_from | dateRange.date_from: expected a date such as 2024-01-31, -7d, "
       "-1mStart or "
       "dStart, got \"soon\""},
      {R"({"kind":"TrendsQuery","series":[{"event":"a"}],"dateRange":{"date_from":"2024-02-01",
          "date_to":"2024-01-01"}})",
       "dateRange | dateRange: expected date_from before date_to"},
      {R"({"kind":"TrendsQuery","series":[{"event":"a"}],"interval":"hour",
          "dateRange":{"date_from":"-5y"}})",
       "dateRange | dateRange: expected at most 5000 intervals; choose a longer interval or a "
       "shorter range"},
      {R"({"kind":"TrendsQuery","series":[{"event":"a"}],"trendsFilter":{"formula":"A/B"}})",
       "trendsFilter.formula | trendsFilter.formula is not supported yet"},
      {R"({"kind":"TrendsQuery","series":[{"event":"a","properties":[{"key":"k","operator":"near",
          "value":1}]}]})",
       "series.0.properties.0.operator | series.0.properties.0.operator: expected one of exact, "
       "is_not, "
       "is_set, is_not_set, icontains, not_icontains, regex, not_regex, gt, gte, lt, lte, between, "
       "not_between, in, not_in, is_date_exact, is_date_before, is_date_after, got \"near\""},
      {R"({"kind":"TrendsQuery","series":[{"event":"a"}],"properties":[{"key":"k","type":"person",
          "value":1}]})",
       "properties.0.type | properties.0.type: expected event, feature or hogql (the other filter "
       "types are "
       "not supported yet), got \"person\""},
      {R"({"kind":"TrendsQuery","series":[{"event":"a"}],"properties":[{"key":"k","value":{}}]})",
       "properties.0.value | properties.0.value: expected a string, a number, true or false, or a "
       "list of "
       "these, got {}"},
      {R"({"kind":"FunnelsQuery","series":[{"event":"a"}]})",
       "series | series: expected at least 2 entries, got [{\"event\":\"a\"}]"},
      {R"({"kind":"FunnelsQuery","series":[{"event":"a"},{"event":"b"}],
          "funnelsFilter":{"funnelOrderType":"strict"}})",
       "funnelsFilter.funnelOrderType | funnelsFilter.funnelOrderType: expected one of ordered, "
       "got \"strict\""},
      {R"({"kind":"RetentionQuery","retentionFilter":{"totalIntervals":65}})",
       "retentionFilter.totalIntervals | retentionFilter.totalIntervals: expected a whole number "
       "from 1 to "
       "64, got 65"},
      {R"({"kind":"HogQLQuery","query":"select 1 from persons"})",
       "query | The table \"persons\" is not supported yet; \"events\", \"heatmaps\" and "
       "\"ingestion_warnings\" can be queried (line "
       "1, column 15)"},
      {R"({"kind":"EventsQuery","select":["nope"]})",
       "select.0 | select.0: There is no column \"nope\" in events (line 1, column 1)"},
      {R"({"kind":"EventsQuery","limit":0})",
       "limit | limit: expected a whole number from 1 to 50000, got 0"},
      {R"({"kind":"EventsQuery","where":["1 +"]})",
       "where.0 | where.0: The query ends where a value is expected (line 1, column 4)"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(refusal(each.query), each.refusal) << each.query;
  }
  EXPECT_TRUE(statements_.empty());
}

TEST_F(QueryRunnerTest, EveryStatementIsGuardedAndReadOnly) {
  run(R"({"kind":"TrendsQuery","series":[{"event":"a"}],"breakdownFilter":{"breakdown":"plan"}})");
  run(R"({"kind":"TrendsQuery","series":[{"event":"a"}],"dateRange":{"date_from":"2024-01-01"}})");
  run(R"({"kind":"FunnelsQuery","series":[{"event":"a"},{"event":"b"}]})");
  run(R"({"kind":"RetentionQuery"})");
  EXPECT_EQ(statements_.size(), 4U);
  EXPECT_THAT(statements_, Each(HasSubstr("(events.team_id = 7)")));
  EXPECT_EQ(settings_.at("readonly"), "2");
  EXPECT_EQ(settings_.at("max_execution_time"), "60");
}

TEST_F(QueryRunnerTest, RefusesWhatClickHouseWouldNotRead) {
  std::string columns = "properties.a";
  for (int count = 0; count < 4000; ++count) {
    columns += ", properties.a";
  }
  EXPECT_EQ(refusal(R"({"kind":"HogQLQuery","query":"select )" + columns + R"( from events"})"),
            "query | query: expected fewer or shorter expressions and filters");
}

TEST_F(QueryRunnerTest, UserTextStaysText) {
  run(R"json({"kind":"TrendsQuery","series":[{"event":"a' OR 1=1 --",
             "properties":[{"key":"k')","value":"v\\'"}]}]})json");
  EXPECT_THAT(statements_.at(0), HasSubstr(R"(events.event = 'a\' OR 1=1 --')"));
  EXPECT_THAT(statements_.at(0),
              HasSubstr(R"sql(JSONExtract(events.properties, 'k\')', 'Nullable(String)'))sql"));
  EXPECT_THAT(statements_.at(0), HasSubstr(R"(= 'v\\\'')"));
}

TEST_F(QueryRunnerTest, FillsTheAxisWithZeros) {
  answers_ = {"[\"\", 1704758400, 3, 0]\n"};
  const auto response = boost::json::parse(
      run(R"({"kind":"TrendsQuery","series":[{"event":"a"}],"dateRange":{"date_from":"-2d"}})"));
  const auto& item = response.at("results").at(0);
  EXPECT_EQ(boost::json::serialize(item.at("data")), "[0,3,0]");
  EXPECT_EQ(boost::json::serialize(item.at("days")), R"(["2024-01-08","2024-01-09","2024-01-10"])");
  EXPECT_EQ(boost::json::serialize(item.at("labels")),
            R"(["8-Jan-2024","9-Jan-2024","10-Jan-2024"])");
  EXPECT_EQ(item.at("count").as_int64(), 3);
  EXPECT_EQ(item.at("label").as_string(), "a");
  EXPECT_EQ(item.at("action").at("id").as_string(), "a");
}

TEST_F(QueryRunnerTest, FilterOperatorsBecomePredicates) {
  const std::string property =
      "nullIf(nullIf(JSONExtract(events.properties, 'k', 'Nullable(String)'), ''), 'null')";
  struct Case {
    const char* filter;
    std::string condition;
  };
  const std::vector<Case> cases = {
      {R"("value":"x")", "(ifNull(" + property + " = 'x', 0))"},
      {R"("value":["x","y"])", "(ifNull(" + property + " IN ('x', 'y'), 0))"},
      {R"("value":true,"operator":"is_not")", "(ifNull(" + property + " != 'true', 1))"},
      {R"("value":[1,2.5],"operator":"not_in")",
       "(ifNull(" + property + " NOT IN ('1', '2.5'), 1))"},
      {R"("operator":"is_set")", "(isNotNull(" + property + "))"},
      {R"("operator":"is_not_set")", "(isNull(" + property + "))"},
      {R"("value":"5%","operator":"icontains")",
       "(ifNull((" + property + " ILIKE '%5\\\\%%'), 0))"},
      {R"("value":"x","operator":"not_icontains")",
       "(ifNull(not(" + property + " ILIKE '%x%'), 1))"},
      {R"("value":"^a","operator":"regex")", "(ifNull(match(" + property + ", '^a'), 0))"},
      {R"("value":"^a","operator":"not_regex")", "(ifNull(not(match(" + property + ", '^a')), 1))"},
      {R"("value":5,"operator":"gt")", "(ifNull(toFloat64OrNull(" + property + ") > 5, 0))"},
      {R"("value":"5.5","operator":"lte")",
       "(ifNull(toFloat64OrNull(" + property + ") <= 5.5, 0))"},
      {R"("value":"b","operator":"lt")", "(ifNull(" + property + " < 'b', 0))"},
  };
  for (const Case& each : cases) {
    statements_.clear();
    run(R"({"kind":"TrendsQuery","series":[{"event":"a"}],"properties":[{"key":"k",)" +
        std::string(each.filter) + "}]}");
    EXPECT_THAT(statements_.at(0), HasSubstr(each.condition)) << each.filter;
  }
}

TEST_F(QueryRunnerTest, FilterGroupsNest) {
  run(R"({"kind":"TrendsQuery","series":[{"event":"a"}],"properties":{"type":"AND",
          "values":[{"type":"OR","values":[
        {"key":"event = 'x'","type":"hogql"},{"key":"event = 'y'","type":"hogql"}]}]}})");
  EXPECT_THAT(statements_.at(0), HasSubstr("((events.event = 'x')) OR ((events.event = 'y'))"));
}

TEST_F(QueryRunnerTest, RefusalsOfClickHouseAreTheCallersUnlessTheyAreNot) {
  const auto outcome = [](int code, const std::string& message) -> std::string {
    const QueryRunner runner(
        [&](std::string_view, const olap::Parameters&) -> std::string {
          throw olap::QueryError(500, code, message);
        },
        Project{}, [] { return std::chrono::system_clock::time_point(); });
    try {
      runner.run(R"({"kind":"HogQLQuery","query":"select event + 1 from events"})");
    } catch (const InvalidQuery& error) {
      return error.code() + ": " + error.what();
    } catch (const olap::QueryError&) {
      return "server";
    }
    return "nothing";
  };
  EXPECT_EQ(
      outcome(
          43,
          "Code: 43. DB::Exception: Illegal types String and UInt8 of arguments of function plus: "
          "In scope SELECT 1. (ILLEGAL_TYPE_OF_ARGUMENT) (version 26.5.1.1)"),
      "illegal_type_of_argument: Illegal types String and UInt8 of arguments of function plus");
  EXPECT_EQ(outcome(159, "Code: 159. DB::Exception: Timeout exceeded (TIMEOUT_EXCEEDED)"),
            "server");
  EXPECT_EQ(outcome(0, "connection refused"), "server");
}

TEST_F(QueryRunnerTest, HogqlKeepsRowsAsTheyAreAndTellsOfMore) {
  answers_ = {"[\"event\"]\n[\"String\"]\n[\"a\"]\n[\"b\\n\"]\n"};
  const auto response = boost::json::parse(
      run(R"({"kind":"HogQLQuery","query":"select event from events limit 1"})"));
  EXPECT_EQ(boost::json::serialize(response.at("results")), R"([["a"]])");
  EXPECT_EQ(boost::json::serialize(response.at("columns")), R"(["event"])");
  EXPECT_EQ(boost::json::serialize(response.at("types")), R"([["event","String"]])");
  EXPECT_TRUE(response.at("hasMore").as_bool());
  EXPECT_THAT(statements_.at(0), HasSubstr("LIMIT 2 FORMAT JSONCompactEachRowWithNamesAndTypes"));
}

TEST_F(QueryRunnerTest, AnEmptyFunnelHasAllItsSteps) {
  const auto response =
      boost::json::parse(run(R"({"kind":"FunnelsQuery","series":[{"event":"a"},{"event":"b"}]})"));
  ASSERT_EQ(response.at("results").as_array().size(), 2U);
  EXPECT_EQ(response.at("results").at(1).at("count").to_number<int>(), 0);
  EXPECT_TRUE(response.at("results").at(1).at("average_conversion_time").is_null());
}

}  // namespace
}  // namespace cp::query
