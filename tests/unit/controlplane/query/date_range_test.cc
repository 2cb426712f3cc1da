// SPDX-License-Identifier: LicenseRef-Project
// Goal: relative dates, axes and labels follow the project's calendar, over summer time and odd
// midnights. Method: tables around a fixed moment in Berlin (summer time), New York, Kathmandu and
// Beirut.
#include "controlplane/query/date_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cp::query {
namespace {

using ::testing::ElementsAre;

Calendar calendar(const std::string& zone, const std::string& now, bool monday = false) {
  Calendar made;
  made.zone = TimeZone::load(zone);
  made.now = parse_date(now, made, false)->moment;
  made.week_starts_monday = monday;
  return made;
}

std::string shown(const std::string& text, const Calendar& at, bool is_start) {
  const auto date = parse_date(text, at, is_start);
  return date ? iso_text(date->moment, at) : "nothing";
}

std::vector<std::string> days(Interval interval, const std::string& from, const std::string& to,
                              const Calendar& at) {
  std::vector<std::string> texts;
  for (const Micros point : axis(interval, parse_date(from, at, false)->moment,
                                 parse_date(to, at, false)->moment, at, 100)) {
    texts.push_back(iso_text(point, at));
  }
  return texts;
}

TEST(DateRangeTest, ReadsRelativeAndAbsoluteDates) {
  const Calendar berlin = calendar("Europe/Berlin", "2024-07-31T15:45:30");
  struct Case {
    const char* text;
    const char* start;
    const char* end;
  };
  const std::vector<Case> cases = {
      {"-7d", "2024-07-24T00:00:00+02:00", "2024-07-24T15:45:30+02:00"},
      {"7d", "2024-07-24T00:00:00+02:00", "2024-07-24T15:45:30+02:00"},
      {"-1w", "2024-07-24T00:00:00+02:00", "2024-07-24T15:45:30+02:00"},
      {"-1m", "2024-06-30T00:00:00+02:00", "2024-06-30T15:45:30+02:00"},
      {"-5m", "2024-02-29T00:00:00+01:00", "2024-02-29T15:45:30+01:00"},
      {"-1q", "2024-05-01T00:00:00+02:00", "2024-05-01T15:45:30+02:00"},
      {"-1y", "2023-07-31T00:00:00+02:00", "2023-07-31T15:45:30+02:00"},
      {"-3h", "2024-07-31T12:00:00+02:00", "2024-07-31T12:45:30+02:00"},
      {"-5M", "2024-07-31T15:40:30+02:00", "2024-07-31T15:40:30+02:00"},
      {"dStart", "2024-07-31T00:00:00+02:00", "2024-07-31T00:00:00+02:00"},
      {"-1dStart", "2024-07-30T00:00:00+02:00", "2024-07-30T00:00:00+02:00"},
      {"-1dEnd", "2024-07-30T23:59:59.999999+02:00", "2024-07-30T23:59:59.999999+02:00"},
      {"mStart", "2024-07-01T00:00:00+02:00", "2024-07-01T15:45:30+02:00"},
      {"-1mStart", "2024-06-01T00:00:00+02:00", "2024-06-01T15:45:30+02:00"},
      {"-1mEnd", "2024-06-30T00:00:00+02:00", "2024-06-30T15:45:30+02:00"},
      {"yStart", "2024-01-01T00:00:00+01:00", "2024-01-01T15:45:30+01:00"},
      {"hStart", "2024-07-31T15:00:00+02:00", "2024-07-31T15:00:00+02:00"},
      {"2021-1-1", "2021-01-01T00:00:00+01:00", "2021-01-01T00:00:00+01:00"},
      {"2021-06-01 10:20", "2021-06-01T10:20:00+02:00", "2021-06-01T10:20:00+02:00"},
      {"2021-06-01T10:20:30.5Z", "2021-06-01T12:20:30.500000+02:00",
       "2021-06-01T12:20:30.500000+02:00"},
      {"2021-06-01T10:20:30-07:00", "2021-06-01T19:20:30+02:00", "2021-06-01T19:20:30+02:00"},
      {"2021-02-30", "nothing", "nothing"},
      {"2021-13-01", "nothing", "nothing"},
      {"2021-01-01T25:00", "nothing", "nothing"},
      {"-7x", "nothing", "nothing"},
      {"-1wStart", "nothing", "nothing"},
      {"", "nothing", "nothing"},
      {"yesterday", "nothing", "nothing"},
      {"-999999d", "nothing", "nothing"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(shown(each.text, berlin, true), each.start) << each.text;
    EXPECT_EQ(shown(each.text, berlin, false), each.end) << each.text;
  }
}

TEST(DateRangeTest, DaysFollowSummerTime) {
  const Calendar berlin = calendar("Europe/Berlin", "2024-04-10");
  EXPECT_THAT(days(Interval::day, "2024-03-30 12:00", "2024-04-01 12:00", berlin),
              ElementsAre("2024-03-30T00:00:00+01:00", "2024-03-31T00:00:00+01:00",
                          "2024-04-01T00:00:00+02:00"));
}

TEST(DateRangeTest, HoursAreRealHoursWhenTheClockChanges) {
  const Calendar berlin = calendar("Europe/Berlin", "2024-04-10");
  EXPECT_THAT(days(Interval::hour, "2024-03-31 01:30", "2024-03-31 04:00", berlin),
              ElementsAre("2024-03-31T01:00:00+01:00", "2024-03-31T03:00:00+02:00",
                          "2024-03-31T04:00:00+02:00"));
  EXPECT_THAT(
      days(Interval::hour, "2024-10-27T01:00:00+02:00", "2024-10-27T03:00:00+01:00", berlin),
      ElementsAre("2024-10-27T01:00:00+02:00", "2024-10-27T02:00:00+02:00",
                  "2024-10-27T02:00:00+01:00", "2024-10-27T03:00:00+01:00"));
}

TEST(DateRangeTest, WeeksStartAsTheProjectSays) {
  EXPECT_THAT(days(Interval::week, "2024-01-03", "2024-01-15", calendar("UTC", "2024-02-01")),
              ElementsAre("2023-12-31T00:00:00Z", "2024-01-07T00:00:00Z", "2024-01-14T00:00:00Z"));
  EXPECT_THAT(days(Interval::week, "2024-01-03", "2024-01-15", calendar("UTC", "2024-02-01", true)),
              ElementsAre("2024-01-01T00:00:00Z", "2024-01-08T00:00:00Z", "2024-01-15T00:00:00Z"));
}

TEST(DateRangeTest, MonthsAndOddOffsets) {
  EXPECT_THAT(
      days(Interval::month, "2024-01-31", "2024-03-01", calendar("America/New_York", "2024-04-01")),
      ElementsAre("2024-01-01T00:00:00-05:00", "2024-02-01T00:00:00-05:00",
                  "2024-03-01T00:00:00-05:00"));
  EXPECT_THAT(days(Interval::hour, "2024-01-01 10:20", "2024-01-01 11:10",
                   calendar("Asia/Kathmandu", "2024-04-01")),
              ElementsAre("2024-01-01T10:00:00+05:45", "2024-01-01T11:00:00+05:45"));
}

// In Beirut the clock goes from 00:00 to 01:00, so that day begins at 01:00.
TEST(DateRangeTest, ADayMayStartAtOneOClock) {
  EXPECT_THAT(days(Interval::day, "2022-03-26 12:00", "2022-03-28 12:00",
                   calendar("Asia/Beirut", "2022-04-01")),
              ElementsAre("2022-03-26T00:00:00+02:00", "2022-03-27T01:00:00+03:00",
                          "2022-03-28T00:00:00+03:00"));
}

TEST(DateRangeTest, AnAxisIsBounded) {
  const Calendar utc = calendar("UTC", "2024-01-01");
  EXPECT_EQ(axis(Interval::hour, 0, utc.now, utc, 10).size(), 11U);
}

TEST(DateRangeTest, TextsAreUpstreams) {
  const Calendar utc = calendar("UTC", "2020-01-09T13:05:00");
  EXPECT_EQ(label_text(Interval::day, utc.now, utc), "9-Jan-2020");
  EXPECT_EQ(label_text(Interval::hour, utc.now, utc), "9-Jan-2020 13:05");
  EXPECT_EQ(day_text(Interval::week, utc.now, utc), "2020-01-09");
  EXPECT_EQ(day_text(Interval::hour, utc.now, utc), "2020-01-09 13:05:00");
  EXPECT_EQ(sql_moment(utc.now + 7), "toDateTime64('2020-01-09 13:05:00.000007', 6, 'UTC')");
  EXPECT_EQ(iso_text(end_of_day(utc.now, utc), utc), "2020-01-09T23:59:59.999999Z");
}

}  // namespace
}  // namespace cp::query
