// Goal: a Result carries exactly one side, stays small, and its errors read well.
#include "dataplane/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace base {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return unexpected(Error::from_errno(EINVAL));
  }
  return number / 2;
}

TEST(ResultTest, CarriesTheValue) {
  const auto result = half(8);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(*result, 4);
}

TEST(ResultTest, CarriesTheError) {
  const auto result = half(7);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), Error::from_errno(EINVAL));
  EXPECT_EQ(result.value_or(-1), -1);
}

TEST(ResultTest, StaysSmallEnoughForRegisters) {
  static_assert(sizeof(Error) == 4);
  static_assert(sizeof(Result<std::uint32_t>) == 8);
  static_assert(std::is_trivially_copyable_v<Error>);
}

TEST(ResultTest, DescribesDomainCodeAndErrno) {
  EXPECT_EQ(describe(Error{ErrorDomain::wal, 3, ENOSPC}), "wal error 3: No space left on device");
}

TEST(ResultDeathTest, ReadingTheAbsentSideAborts) {
  EXPECT_DEATH(static_cast<void>(half(7).value()), "invariant broken");
}

}  // namespace
}  // namespace base
