// SPDX-License-Identifier: LicenseRef-Project
// Goal: connections arrive complete, in order and as often as they were given, whoever closes what
// in between; foreign messages do no harm. Method: real socket pairs as connections.
#include "dataplane/sys/handover.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace dp::sys {
namespace {

/// A connection of which one end is given away.
class Pair {
 public:
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  Pair(Pair&&) = delete;
  Pair& operator=(Pair&&) = delete;
  ~Pair() {
    ::close(ends_[0]);
    close_given();
  }

  [[nodiscard]] int given() const { return ends_[1]; }
  void close_given() {
    if (ends_[1] >= 0) {
      ::close(ends_[1]);
      ends_[1] = -1;
    }
  }

  /// Whether `descriptor` is the other end of this one.
  [[nodiscard]] bool reaches(int descriptor) const {
    std::array<char, 2> bytes{};
    return ::send(ends_[0], "x", 1, MSG_NOSIGNAL) == 1 &&
           ::recv(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT) == 1;
  }
  /// Whether nobody holds the other end.
  [[nodiscard]] bool is_closed() const {
    char byte = 0;
    return ::recv(ends_[0], &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  std::array<int, 2> ends_{};
};

class HandoverTest : public testing::Test {
 protected:
  HandoverTest() : line_(open_handover_line().value()) {}
  ~HandoverTest() override {
    close_sending();
    ::close(line_.receiving);
  }
  void close_sending() {
    if (line_.sending >= 0) {
      ::close(line_.sending);
      line_.sending = -1;
    }
  }

  HandoverLine line_;
};

TEST_F(HandoverTest, CarriesConnectionsAndUnusedBytesPastTheEndOfTheSender) {
  const std::string large(300'000, 'u');
  std::array<Pair, 3> pairs;
  {
    HandoverSender sender(line_.sending);
    EXPECT_TRUE(sender.give(pairs[0].given(), {}));
    EXPECT_TRUE(sender.give(pairs[1].given(), base::as_bytes(large)));
    EXPECT_TRUE(sender.flush());
    EXPECT_TRUE(sender.give(pairs[2].given(), base::as_bytes("GET")));
    EXPECT_TRUE(sender.flush());
    EXPECT_TRUE(sender.is_empty());
  }
  for (auto& pair : pairs) {
    pair.close_given();
  }
  close_sending();
  const auto taken = take_handed(line_.receiving);
  ASSERT_EQ(taken.size(), 3U);
  const std::array<std::string_view, 3> unused = {"", large, "GET"};
  for (std::size_t index = 0; index < 3; ++index) {
    EXPECT_TRUE(pairs[index].reaches(taken[index].descriptor)) << index;
    EXPECT_EQ(base::as_text(base::Bytes(taken[index].unused)), unused[index]);
    ::close(taken[index].descriptor);
  }
  EXPECT_TRUE(take_handed(line_.receiving).empty());
}

// Far more than one message holds, as ten thousand idle connections do.
TEST_F(HandoverTest, CarriesThousands) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  const auto count = std::min<std::size_t>(10'000, limit.rlim_max / 2);
  Pair pair;
  HandoverSender sender(line_.sending);
  for (std::size_t index = 0; index < count; ++index) {
    ASSERT_TRUE(sender.give(pair.given(), {})) << index;
  }
  ASSERT_TRUE(sender.flush());
  const auto taken = take_handed(line_.receiving);
  EXPECT_EQ(taken.size(), count);
  for (const auto& connection : taken) {
    ::close(connection.descriptor);
  }
  pair.close_given();
  EXPECT_TRUE(pair.is_closed());
}

TEST_F(HandoverTest, AFullLineRefusesAndGoesOnLater) {
  Pair pair;
  HandoverSender sender(line_.sending);
  std::size_t given = 0;
  while (sender.give(pair.given(), {}) && (given % 2 == 0 || sender.flush())) {
    ++given;
  }
  EXPECT_GT(given, 100U);
  std::size_t taken = 0;
  const auto take = [&] {
    for (const auto& connection : take_handed(line_.receiving)) {
      ::close(connection.descriptor);
      ++taken;
    }
  };
  take();
  EXPECT_TRUE(sender.give(pair.given(), {}));
  EXPECT_TRUE(sender.flush());
  take();
  EXPECT_GE(taken, given);
}

TEST_F(HandoverTest, WhatWasNotSentIsClosed) {
  Pair pair;
  {
    HandoverSender sender(line_.sending);
    EXPECT_TRUE(sender.give(pair.given(), base::as_bytes("unused")));
  }
  pair.close_given();
  EXPECT_TRUE(pair.is_closed());
}

TEST_F(HandoverTest, AClosedLineRefuses) {
  Pair pair;
  ::close(line_.receiving);
  HandoverSender sender(line_.sending);
  EXPECT_TRUE(sender.give(pair.given(), {}));
  EXPECT_FALSE(sender.flush());
}

TEST_F(HandoverTest, ForeignMessagesAreDroppedAndTheNextIsTaken) {
  const std::uint32_t magic = 0x31485242;
  const std::vector<std::vector<std::uint32_t>> messages = {
      {0},
      {magic},
      {magic, 1},              // the size is missing
      {magic, 1, 0},           // the descriptor is missing
      {magic, 1, 5},           // both descriptors are missing
      {magic, 0xffffffff, 0},  // more than any message holds
      {0x32485242, 0},         // another version
  };
  for (const auto& words : messages) {
    ASSERT_GT(::send(line_.sending, words.data(), words.size() * 4, MSG_NOSIGNAL), 0);
  }
  ASSERT_EQ(::send(line_.sending, "x", 1, MSG_NOSIGNAL), 1);
  Pair pair;
  HandoverSender sender(line_.sending);
  EXPECT_TRUE(sender.give(pair.given(), {}));
  EXPECT_TRUE(sender.flush());
  const auto taken = take_handed(line_.receiving);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(pair.reaches(taken[0].descriptor));
  ::close(taken[0].descriptor);
}

}  // namespace
}  // namespace dp::sys
