// SPDX-License-Identifier: LicenseRef-Project
// Goal: what is open is closed once, as soon as nobody owns it, and never when somebody else does.
#include "dataplane/base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace base {
namespace {

Descriptor open_one() { return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool is_open(int number) { return ::fcntl(number, F_GETFD) != -1; }

TEST(DescriptorTest, ClosesWithItsOwner) {
  int number = -1;
  {
    const Descriptor file = open_one();
    number = file.number();
    ASSERT_TRUE(file.is_open());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(DescriptorTest, OwnsNothingAfterAFailedOpen) {
  const Descriptor missing(::open("/dev/null/nothing", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(missing.is_open());
  EXPECT_FALSE(Descriptor().is_open());
}

TEST(DescriptorTest, MovesToANewOwner) {
  Descriptor first = open_one();
  const int number = first.number();
  const Descriptor second(std::move(first));
  EXPECT_EQ(second.number(), number);
  EXPECT_FALSE(
      first.is_open());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move): meant
  EXPECT_TRUE(is_open(number));
}

TEST(DescriptorTest, ClosesAtOnceWhatIsReplaced) {
  Descriptor kept = open_one();
  Descriptor other = open_one();
  const int replaced = kept.number();
  const int number = other.number();
  kept = std::move(other);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_EQ(kept.number(), number);
  EXPECT_TRUE(is_open(number));
  auto& itself = kept;
  kept = std::move(itself);
  EXPECT_TRUE(is_open(number));
}

TEST(DescriptorTest, ClosesEarlyAndOnce) {
  Descriptor file = open_one();
  const int number = file.number();
  file.close();
  EXPECT_FALSE(file.is_open());
  EXPECT_FALSE(is_open(number));
  const Descriptor next = open_one();  // takes the number that is free again
  ASSERT_EQ(next.number(), number);
  file.close();
  EXPECT_TRUE(is_open(number));
}

TEST(DescriptorTest, LetsGoOfWhatAnotherOwnsNow) {
  int number = -1;
  {
    Descriptor file = open_one();
    number = file.release();
    EXPECT_FALSE(file.is_open());
  }
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

}  // namespace
}  // namespace base
