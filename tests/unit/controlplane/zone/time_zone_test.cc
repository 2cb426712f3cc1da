// Goal: a name that is no zone opens no file, and offsets are those of the zone's rules.
#include "controlplane/zone/time_zone.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace cp::zone {
namespace {

TEST(TimeZoneTest, RefusesWhatIsNoZone) {
  EXPECT_THROW(TimeZone::load("Mars/Olympus"), std::runtime_error);
  EXPECT_THROW(TimeZone::load("../../etc/passwd"), std::runtime_error);
  EXPECT_THROW(TimeZone::load("/etc/passwd"), std::runtime_error);
  EXPECT_THROW(TimeZone::load(""), std::runtime_error);
  EXPECT_THROW(TimeZone::from_tzif("TZif2"), std::runtime_error);
  EXPECT_THROW(
      TimeZone::from_tzif("not a zone at all, but long enough to hold a header of 44 bytes"),
      std::runtime_error);
}

TEST(TimeZoneTest, FollowsSummerTime) {
  constexpr std::int64_t kSpring = 1'679'792'400;  // 2023-03-26T01:00:00Z, Berlin goes to +2
  const auto berlin = TimeZone::load("Europe/Berlin");
  EXPECT_EQ(berlin.offset_at(kSpring - 1), 3600);
  EXPECT_EQ(berlin.offset_at(kSpring), 7200);
  EXPECT_EQ(berlin.to_utc(berlin.to_local(kSpring)), kSpring);
  EXPECT_EQ(TimeZone().offset_at(kSpring), 0);
}

}  // namespace
}  // namespace cp::zone
