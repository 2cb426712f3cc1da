// Goal: the time of an event follows capture-protocol section 8; the table holds its conformance
// cases 41 to 48.
#include "controlplane/event/timestamp.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace cp::event {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kNow = 1'672'574'400 * kSecond;  // 2023-01-01T12:00:00Z

struct Parsed {
  const char* text;
  std::optional<std::int64_t> expected_us;
};

TEST(TimestampTest, ReadsEveryForm) {
  const Parsed cases[] = {
      {"2023-01-01T12:00:00Z", kNow},
      {"2023-01-01t12:00:00z", kNow},
      {"2023-01-01T12:00:00.000Z", kNow},
      {"2023-01-01T12:00:00.123456789Z", kNow + 123'456},
      {"2023-01-01T12:00:00,5Z", kNow + 500'000},
      {"2023-01-01T15:00:00+03:00", kNow},
      {"2023-01-01T15:00:00+0300", kNow},
      {"2023-01-01T09:30:00-02:30", kNow},
      {"2023-01-01 12:00:00+00:00", kNow},
      {"2023-01-01T11:59:60Z", kNow - kSecond},  // a leap second
      {" 2023-01-01T12:00:00Z\n", kNow},
      // conformance case 48
      {"2025-09-17T14:05:04.805+03", 1'758'107'104'805'000},
      {"2023-01-01", kNow - 12 * kHour},
      {"2023-01-01 12:00:00", kNow},
      {"2023-01-01 12:00:00.25", kNow + 250'000},
      {"2023-01-01T12:00:00", kNow},
      {"2023-01-01T12:00", kNow},
      {"Sun, 1 Jan 2023 12:00:00 +0000", kNow},
      {"Sun, 01 Jan 2023 13:00:00 +0100", kNow},
      {"1 January 2023 12:00 GMT", kNow},
      {"1672574400000", kNow},
      {"1672574400", kNow},
      {"1672574400.5", kNow + 500'000},
      // other lenient forms
      {"2023/01/01 12:00:00", kNow},
      {"2023/01/01", kNow - 12 * kHour},
      {"01/01/2023 12:00:00", kNow},
      {"1/1/2023", kNow - 12 * kHour},
      {"2023-01-01 12:00:00 UTC", kNow},
      {"1969-12-31T23:59:59Z", -kSecond},
      {"0000-01-01T00:00:00Z", -719528 * 24 * kHour},
      {"9999-12-31T23:59:59Z", 253'402'300'799 * kSecond},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(parse_timestamp(text), expected) << text;
  }
}

TEST(TimestampTest, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           " ",
                           "not a date",
                           "2023",
                           "2023-13-01",
                           "2023-02-29",
                           "2023-01-01T24:00:00Z",
                           "2023-01-01T12:60:00Z",
                           "2023-01-01T12:00:61Z",
                           "2023-01-01T12:00:00.Z",
                           "2023-01-01T12:00:00+3",
                           "2023-01-01T12:00:00+03:",
                           "2023-01-01T12:00:00ZZ",
                           "2023-01-01T12:00:00 noon",
                           "12345678",
                           "123456789012345",
                           "-1672574400",
                           "1e9",
                           "+012023-01-01T00:00:00Z",
                           "32 Jan 2023",
                           "1 Foo 2023",
                           "Sun 1 Jan 2023"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(TimestampTest, TakesSentAtOnlyWithAZone) {
  EXPECT_EQ(parse_zoned_timestamp("2023-01-01T12:00:00.000Z"), kNow);
  EXPECT_EQ(parse_zoned_timestamp("2023-01-01T14:00:00+02:00"), kNow);
  for (const char* text : {"", "2023-01-01T12:00:00", "2023-01-01", "1672574400000", "yesterday"}) {
    EXPECT_EQ(parse_zoned_timestamp(text), std::nullopt) << text;
  }
}

struct Rule {
  const char* name;
  TimestampInputs inputs;
  std::int64_t expected_us;
};

TEST(TimestampTest, AppliesTheRulesInOrder) {
  constexpr const char* kEleven = "2023-01-01T11:00:00Z";
  const std::int64_t late = kNow + 10 * kSecond;
  const std::int64_t early = kNow - 10 * kSecond;
  const Rule cases[] = {
      {"41 client ahead", {kEleven, {}, late, false, kNow}, kNow - kHour - 10 * kSecond},
      {"42 client behind", {kEleven, {}, early, false, kNow}, kNow - kHour + 10 * kSecond},
      {"43 told to ignore sent_at", {kEleven, {}, late, true, kNow}, kNow - kHour},
      {"43 no sent_at", {kEleven, {}, {}, false, kNow}, kNow - kHour},
      {"44 no timestamp", {"", {}, late, false, kNow}, kNow},
      {"44 not a date", {"not a date", {}, late, false, kNow}, kNow},
      {"45 offset wins", {kEleven, 5000, late, false, kNow}, kNow - 5 * kSecond},
      {"45 offset alone", {"", 5000, {}, false, kNow}, kNow - 5 * kSecond},
      {"46 a day ahead", {"2023-01-02T12:00:00Z", {}, {}, false, kNow}, kNow},
      {"46 22 hours ahead", {"2023-01-02T10:00:00Z", {}, {}, false, kNow}, kNow + 22 * kHour},
      {"46 exactly 23 hours", {"2023-01-02T11:00:00Z", {}, {}, false, kNow}, kNow + 23 * kHour},
      {"46 negative offset", {"", -86'400'000, {}, false, kNow}, kNow},
      {"old events pass", {"1999-12-31T00:00:00Z", {}, {}, false, kNow}, 946'598'400 * kSecond},
      {"year below 0", {"", 1'000'000'000'000'000, {}, false, kNow}, 0},
      {"offset beyond all years", {"", INT64_MAX, {}, false, kNow}, 0},
      {"offset far ahead", {"", INT64_MIN, {}, false, kNow}, kNow},
      {"skew below year 0", {"0000-01-01T00:00:00Z", {}, late, false, kNow}, 0},
      {"absurd sent_at", {kEleven, {}, 253'402'300'799 * kSecond, false, kNow}, 0},
  };
  for (const auto& rule : cases) {
    EXPECT_EQ(event_timestamp_us(rule.inputs), rule.expected_us) << rule.name;
  }
}

}  // namespace
}  // namespace cp::event
