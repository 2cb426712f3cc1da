// SPDX-License-Identifier: LicenseRef-Project
// Goal: HogQL becomes the ClickHouse SQL we mean, guarded by the project, and nothing else gets
// through. Method: tables of text -> SQL, and of text -> the whole error sentence.
#include "controlplane/hog/printer.h"

#include "controlplane/hog/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::hog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Context berlin() {
  Context context;
  context.project_id = 7;
  context.timezone = "Europe/Berlin";
  context.week_starts_monday = true;
  context.placeholders = {{"name", "'value'"}};
  return context;
}

std::string expression_sql(const std::string& text) {
  return print_expression(parse_expression(text), berlin());
}

PrintedSelect select_sql(const std::string& text) {
  return print_select(parse_select(text), berlin());
}

std::string error_of(const std::string& text) {
  try {
    select_sql(text);
  } catch (const HogqlError& error) {
    return error.what();
  }
  return "no error";
}

struct Case {
  const char* text;
  const char* sql;
};

TEST(HogPrinterTest, PrintsExpressions) {
  const std::vector<Case> cases = {
      {"1 + 2 * 3", "(1 + (2 * 3))"},
      {"(1 + 2) * -3", "((1 + 2) * -3)"},
      {"10 - 2 - 3", "((10 - 2) - 3)"},
      {"not event = 'a' and 1 = 1 or 2 = 2",
       "or(and(not((events.event = 'a')), (1 = 1)), (2 = 2))"},
      {"'it''s \\\\ \\n'", "'it\\'s \\\\ \\n'"},
      {"event", "events.event"},
      {"events.event", "events.event"},
      {"`event`", "events.event"},
      {"$session_id", "events.`$session_id`"},
      {"person.id", "events.person_id"},
      {"timestamp", "toTimeZone(events.timestamp, 'Europe/Berlin')"},
      {"properties.plan",
       "nullIf(nullIf(JSONExtract(events.properties, 'plan', 'Nullable(String)'), ''), 'null')"},
      {"properties.$os.name",
       "nullIf(nullIf(JSONExtract(events.properties, '$os', 'name', 'Nullable(String)'), ''), "
       "'null')"},
      {"properties['a\\'b']",
       "nullIf(nullIf(JSONExtract(events.properties, 'a\\'b', 'Nullable(String)'), ''), 'null')"},
      {"event in ('a', 'b')", "in(events.event, tuple('a', 'b'))"},
      {"event not in ('a')", "notIn(events.event, tuple('a'))"},
      {"event like 'a%'", "(events.event like 'a%')"},
      {"event NOT ILIKE 'a%'", "(events.event not ilike 'a%')"},
      {"event =~ '^a'", "match(events.event, '^a')"},
      {"event !~* '^a'", "not(match(events.event, concat('(?i)', '^a')))"},
      {"event is null", "isNull(events.event)"},
      {"event = null", "isNull(events.event)"},
      {"event != null", "isNotNull(events.event)"},
      {"event is not null", "isNotNull(events.event)"},
      {"5 between 1 and 9", "and((5 >= 1), (5 <= 9))"},
      {"5 not between 1 and 9 and 1", "and(not(and((5 >= 1), (5 <= 9))), 1)"},
      {"event = 'a' ? 1 : 2", "if((events.event = 'a'), 1, 2)"},
      {"case when event = 'a' then 1 when event = 'b' then 2 else 3 end",
       "multiIf((events.event = 'a'), 1, (events.event = 'b'), 2, 3)"},
      {"case event when 'a' then 1 end", "if((events.event = 'a'), 1, NULL)"},
      {"event ?? 'none'", "coalesce(events.event, 'none')"},
      {"[1, 2][1]", "arrayElement([1, 2], 1)"},
      {"(1, 'a').2", "tupleElement(tuple(1, 'a'), 2)"},
      {"event || 1", "concat(ifNull(toString(events.event), ''), ifNull(toString(1), ''))"},
      {"now() - interval 7 day", "(now64(6, 'Europe/Berlin') - toIntervalDay(7))"},
      {"now() - interval '2 hours'", "(now64(6, 'Europe/Berlin') - toIntervalHour(2))"},
      {"{name}", "'value'"},
      {"true", "true"},
      {"COUNT(DISTINCT person_id)", "count(DISTINCT events.person_id)"},
      {"count(*)", "count()"},
      {"countIf(event = 'a')", "countIf((events.event = 'a'))"},
      {"quantile(0.9)(properties.price)",
       "quantile(0.9)(toFloat64OrNull(nullIf(nullIf(JSONExtract(events.properties, 'price', "
       "'Nullable(String)'), ''), 'null')))"},
      {"toStartOfDay(timestamp)", "toStartOfDay(toTimeZone(events.timestamp, 'Europe/Berlin'))"},
      {"toStartOfWeek(timestamp)",
       "toStartOfWeek(toTimeZone(events.timestamp, 'Europe/Berlin'), 3)"},
      {"toInt('5')", "accurateCastOrNull('5', 'Int64')"},
      {"cast('5' as float)", "accurateCastOrNull('5', 'Float64')"},
      {"dateAdd(day, 1, timestamp)",
       "(toTimeZone(events.timestamp, 'Europe/Berlin') + toIntervalDay(1))"},
      {"dateDiff('minute', timestamp, now())",
       "dateDiff('minute', toTimeZone(events.timestamp, 'Europe/Berlin'), "
       "now64(6, 'Europe/Berlin'), 'Europe/Berlin')"},
      {"/* why */ 1 -- because\n", "1"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(expression_sql(each.text), each.sql) << each.text;
  }
}

TEST(HogPrinterTest, ComparesPropertiesByTheOtherSide) {
  const std::string price =
      "nullIf(nullIf(JSONExtract(events.properties, 'p', 'Nullable(String)'), ''), 'null')";
  EXPECT_EQ(expression_sql("properties.p = 'x'"), "ifNull((" + price + " = 'x'), 0)");
  EXPECT_EQ(expression_sql("properties.p != 'x'"), "ifNull((" + price + " != 'x'), 1)");
  EXPECT_EQ(expression_sql("properties.p > 5"), "ifNull((toFloat64OrNull(" + price + ") > 5), 0)");
  EXPECT_EQ(expression_sql("properties.p = true"), "ifNull((" + price + " = 'true'), 0)");
  EXPECT_EQ(expression_sql("properties.p in (1, 2)"),
            "ifNull(in(toFloat64OrNull(" + price + "), tuple(1, 2)), 0)");
  EXPECT_EQ(expression_sql("properties.p not like 'a'"), "ifNull((" + price + " not like 'a'), 1)");
}

TEST(HogPrinterTest, ComparesTimestampsInTheProjectTimeZone) {
  EXPECT_EQ(expression_sql("timestamp >= '2024-01-01'"),
            "(events.timestamp >= parseDateTime64BestEffort('2024-01-01', 6, 'Europe/Berlin'))");
  EXPECT_EQ(expression_sql("timestamp > now() - interval 1 day"),
            "(events.timestamp > (now64(6, 'Europe/Berlin') - toIntervalDay(1)))");
  EXPECT_EQ(expression_sql("timestamp > today()"),
            "(toTimeZone(events.timestamp, 'Europe/Berlin') > toDate(now('Europe/Berlin')))");
}

TEST(HogPrinterTest, GuardsAndLimitsAStatement) {
  const PrintedSelect printed = select_sql(
      "SELECT event AS name, count() c FROM events e WHERE e.event != 'x' OR 1 = 1 GROUP BY name "
      "HAVING c > 1 ORDER BY c DESC NULLS LAST, name LIMIT 10 OFFSET 20;");
  EXPECT_EQ(
      printed.sql,
      "SELECT events.event AS `name`, count() AS `c` FROM events AS events WHERE "
      "(events.team_id = 7) AND or((events.event != 'x'), (1 = 1)) GROUP BY `name` "
      "HAVING ifNull((`c` > 1), 0) ORDER BY `c` DESC NULLS LAST, `name` ASC LIMIT 11 OFFSET 20");
  EXPECT_THAT(printed.columns, ElementsAre("name", "c"));
  EXPECT_EQ(printed.limit, 10U);
  EXPECT_EQ(printed.offset, 20U);
}

// What is stored beside events is read without the copies that a repeated request leaves until the
// next merge.
TEST(HogPrinterTest, ReadsTheTablesBesideEvents) {
  EXPECT_EQ(select_sql("select x * scale_factor, h.timestamp from Heatmaps h where "
                       "heatmaps.current_url = 'u' and type = 'click'")
                .sql,
            "SELECT (events.x * events.scale_factor), toTimeZone(events.timestamp, "
            "'Europe/Berlin') FROM heatmaps AS events FINAL WHERE (events.team_id = 7) AND "
            "and((events.current_url = 'u'), (events.type = 'click')) LIMIT 101");
  EXPECT_THAT(select_sql("select * from heatmaps").columns,
              ElementsAre("session_id", "distinct_id", "timestamp", "x", "y", "scale_factor",
                          "viewport_width", "viewport_height", "pointer_target_fixed",
                          "current_url", "type"));
  EXPECT_THAT(select_sql("select count() from ingestion_warnings").sql,
              HasSubstr("FROM ingestion_warnings AS events FINAL WHERE (events.team_id = 7)"));
}

TEST(HogPrinterTest, LimitsRows) {
  EXPECT_EQ(select_sql("select 1").limit, 100U);
  EXPECT_EQ(select_sql("select 1 limit 60000").limit, 50'000U);
  EXPECT_EQ(select_sql("select 1 limit 5, 10").offset, 5U);
  EXPECT_EQ(select_sql("select 1 limit 5, 10").limit, 10U);
}

TEST(HogPrinterTest, NamesColumnsAsTheUserWroteThem) {
  EXPECT_THAT(select_sql("select event, properties.$os, count( * ), 1+1 from events").columns,
              ElementsAre("event", "$os", "count( * )", "1+1"));
  EXPECT_EQ(select_sql("select * from events").columns, star_columns());
}

TEST(HogPrinterTest, AnAliasHidesAColumnOnlyAfterWhere) {
  EXPECT_THAT(
      select_sql("select toDate(timestamp) as timestamp from events where timestamp > "
                 "'2024-01-01' group by timestamp")
          .sql,
      HasSubstr(
          "WHERE (events.team_id = 7) AND (events.timestamp > "
          "parseDateTime64BestEffort('2024-01-01', 6, 'Europe/Berlin')) GROUP BY `timestamp`"));
}

TEST(HogPrinterTest, NamesWhatIsNotSupportedAndWhere) {
  const std::vector<Case> cases = {
      {"", "Expected SELECT but found the end of the query (line 1, column 1)"},
      {"delete from events", "Expected SELECT but found \"delete\" (line 1, column 1)"},
      {"select 1 from persons",
       "The table \"persons\" is not supported yet; \"events\", \"heatmaps\" and "
       "\"ingestion_warnings\" can be queried (line 1, column "
       "15)"},
      {"select 1\nfrom system.tables",
       "The table \"system\" is not supported yet; \"events\", \"heatmaps\" and "
       "\"ingestion_warnings\" can be queried (line 2, column "
       "6)"},
      {"select event from heatmaps", "There is no column \"event\" in heatmaps (line 1, column 8)"},
      {"select properties.a from heatmaps",
       "There is no column \"properties\" in heatmaps (line 1, column 8)"},
      {"select 1 from url('http://x')", "Table functions are not supported (line 1, column 15)"},
      {"select 1 from events join persons on 1",
       "JOIN is not supported yet; only FROM events (line 1, column 22)"},
      {"select 1 from events e, events f",
       "More than one table is not supported yet; only FROM events (line 1, column 23)"},
      {"select 1 from (select 1)",
       "Subqueries are not supported yet; only FROM events (line 1, column 15)"},
      {"select (select 1)", "Subqueries are not supported yet (line 1, column 9)"},
      {"select 1 in (select 1)", "Subqueries are not supported yet (line 1, column 13)"},
      {"with x as (select 1) select 1",
       "WITH (common table expressions) is not supported yet (line 1, column 1)"},
      {"select 1 union all select 2",
       "Combining queries with UNION, INTERSECT or EXCEPT is not supported yet (line 1, column "
       "10)"},
      {"select row_number() over ()", "Window functions are not supported yet (line 1, column 21)"},
      {"select arrayMap(x -> x, [1])", "Lambdas are not supported yet (line 1, column 19)"},
      {"select 1 settings readonly = 0", "SETTINGS are not supported (line 1, column 10)"},
      {"select 1 format JSON", "Did not expect \"JSON\" here (line 1, column 17)"},
      {"select sleep(3)", "The function \"sleep\" is not supported (line 1, column 8)"},
      {"select file('/etc/passwd')", "The function \"file\" is not supported (line 1, column 8)"},
      {"select lower()", "The function \"lower\" takes 1 arguments, not 0 (line 1, column 8)"},
      {"select person.properties.email from events",
       "\"person\" is not supported yet, except person.id (line 1, column 8)"},
      {"select nothing from events", "There is no column \"nothing\" in events (line 1, column 8)"},
      {"select event.x from events", "The column \"event\" has no members (line 1, column 8)"},
      {"select event", "\"event\" needs FROM events (line 1, column 8)"},
      {"select {missing}", "There is no value for the placeholder {missing} (line 1, column 8)"},
      {"select 'abc", "This string is not closed (line 1, column 8)"},
      {"select 1 /* abc", "This comment is not closed (line 1, column 10)"},
      {"select 1 as team_id", "\"team_id\" cannot be used as an alias (line 1, column 10)"},
      {"select 1 limit -1",
       "Expected a whole number after LIMIT but found \"-\" (line 1, column 16)"},
      {"select 1 limit 1 by event", "LIMIT … BY is not supported yet (line 1, column 18)"},
      {"select 1 where event in cohort 5", "Cohorts are not supported yet (line 1, column 25)"},
      {"select #", "This character has no meaning in HogQL (line 1, column 8)"},
      {"select 1 2", "Did not expect \"2\" here (line 1, column 10)"},
      {"select interval 1 fortnight",
       "\"fortnight\" is not a unit of time; expected second, minute, hour, day, week, month, "
       "quarter or year (line 1, column 8)"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(error_of(each.text), each.sql) << each.text;
  }
}

TEST(HogPrinterTest, SurvivesDeepAndLongInput) {
  EXPECT_THAT(error_of("select " + std::string(5000, '(')), HasSubstr("nested at most 100"));
  std::string sum = "select 1";
  for (int count = 0; count < 5000; ++count) {
    sum += " + 1";
  }
  EXPECT_THAT(error_of(sum), HasSubstr("Too many operators"));
  std::string nested_case = "1";
  for (int count = 0; count < 30; ++count) {
    nested_case = "case " + nested_case + " when 1 then 1 when 2 then 2 end";
  }
  EXPECT_THAT(error_of("select " + nested_case), HasSubstr("parts"));
  EXPECT_THAT(error_of("select '" + std::string(200'000, 'a') + "'"), HasSubstr("100000 bytes"));
  EXPECT_THAT(error_of("select " + std::string(90'000, '-')), HasSubstr("ends where a value"));
}

}  // namespace
}  // namespace cp::hog
