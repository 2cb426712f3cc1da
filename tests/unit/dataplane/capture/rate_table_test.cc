// SPDX-License-Identifier: LicenseRef-Project
// Goal: a bucket gives exactly what it holds and refills, and a table that is too small for its
// keys limits somebody more, never less: bringing in other keys frees nobody.
#include "dataplane/capture/rate_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace dp::capture {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kCost = 100 * kMs;    // ten a second
constexpr std::int64_t kDepth = 10 * kCost;  // ten at once

bool take(Bucket& bucket, std::int64_t now_ns, std::int64_t cost_ns = kCost) {
  const bool has_room = bucket.has_room(cost_ns, kDepth, now_ns);
  if (has_room) {
    bucket.take(cost_ns, now_ns);
  }
  return has_room;
}

TEST(BucketTest, HoldsExactlyItsBurstAndRefillsAtItsRate) {
  constexpr std::int64_t kStart = 5'000 * kMs;
  Bucket bucket;
  for (int count = 0; count < 10; ++count) {
    EXPECT_TRUE(take(bucket, kStart)) << count;
  }
  EXPECT_FALSE(take(bucket, kStart));
  EXPECT_FALSE(take(bucket, kStart + kCost - 1));
  EXPECT_TRUE(take(bucket, kStart + kCost));
  EXPECT_FALSE(take(bucket, kStart + kCost));
  EXPECT_FALSE(take(bucket, kStart + 3 * kCost, 3 * kCost)) << "two have come back";
  EXPECT_TRUE(take(bucket, kStart + 3 * kCost, 2 * kCost));
  for (int count = 0; count < 10; ++count) {
    EXPECT_TRUE(take(bucket, kStart + 100 * kCost)) << "never more than full: " << count;
  }
  EXPECT_FALSE(take(bucket, kStart + 100 * kCost));
}

TEST(BucketTest, WhatNeverFitsNeedsAFullBucketAndIsPaidBack) {
  Bucket bucket;
  EXPECT_TRUE(take(bucket, 0, kCost));
  EXPECT_FALSE(take(bucket, kCost - 1, 25 * kCost));
  EXPECT_TRUE(take(bucket, kCost, 25 * kCost));
  EXPECT_FALSE(take(bucket, kCost + 16 * kCost - 1));
  EXPECT_TRUE(take(bucket, kCost + 16 * kCost)) << "fifteen were owed, one is there";
}

TEST(RateTableTest, AKeyKeepsItsBucketAsLongAsThereIsRoom) {
  RateTable table(4);
  for (const std::uint64_t key : {11U, 22U, 33U, 44U}) {
    table.bucket_of(key).take(static_cast<std::int64_t>(key), 0);
  }
  for (const std::uint64_t key : {44U, 33U, 22U, 11U}) {
    EXPECT_EQ(table.bucket_of(key).full_at_ns, static_cast<std::int64_t>(key));
  }
}

TEST(RateTableTest, NewcomersDoNotFreeWhoOwesMost) {
  RateTable table(4);
  while (take(table.bucket_of(1), 0)) {
  }
  for (std::uint64_t key = 2; key < 1000; ++key) {
    static_cast<void>(take(table.bucket_of(key), 0));
    EXPECT_FALSE(take(table.bucket_of(1), 0)) << key;
  }
}

TEST(RateTableTest, WhoIsPushedOutComesBackWithADebtThatIsNoSmaller) {
  RateTable table(4);
  for (std::uint64_t key = 1; key <= 4; ++key) {
    table.bucket_of(key).take(static_cast<std::int64_t>(key) * kCost, 0);
  }
  EXPECT_EQ(table.bucket_of(5).full_at_ns, kCost) << "the place and the debt of key 1";
  table.bucket_of(5).take(5 * kCost, 0);
  EXPECT_EQ(table.bucket_of(1).full_at_ns, 2 * kCost) << "those of key 2, which owes least now";
}

/// Beside a map that forgets nobody: with far more keys than places nobody gets more than alone.
TEST(RateTableTest, ATableTooSmallNeverGivesMore) {
  const char* given = std::getenv("SIM_SEED");
  const auto seed = given != nullptr ? std::stoul(given) : std::random_device()();
  SCOPED_TRACE("SIM_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    RateTable table(32);
    std::map<std::uint64_t, Bucket> exact;
    std::map<std::uint64_t, std::int64_t> given_ns;
    std::int64_t now_ns = 0;
    for (int step = 0; step < 2'000; ++step) {
      now_ns += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(kCost / 10));
      const auto key = 1 + random() % (random() % 2 == 0 ? 4 : 200);
      const auto cost_ns = kCost * static_cast<std::int64_t>(1 + random() % 3);
      const bool is_given = take(table.bucket_of(key), now_ns, cost_ns);
      auto& alone = exact[key];
      if (is_given) {
        ASSERT_TRUE(alone.has_room(cost_ns, kDepth, now_ns)) << "step " << step << " key " << key;
        alone.take(cost_ns, now_ns);
        given_ns[key] += cost_ns;
      }
    }
    EXPECT_FALSE(given_ns.empty());
  }
}

TEST(RateTableTest, KeysDependOnEveryByteTheLengthAndTheSecret) {
  std::set<std::uint64_t> keys;
  std::size_t count = 0;
  for (std::size_t length = 0; length <= 70; ++length) {
    const std::string text(length, 'a');
    keys.insert(key_of(text, 1));
    keys.insert(key_of(text, 2));
    count += 2;
    for (std::size_t place = 0; place < length; ++place) {
      auto changed = text;
      changed[place] = 'b';
      keys.insert(key_of(changed, 1));
      ++count;
    }
  }
  EXPECT_EQ(keys.size(), count);
  EXPECT_NE(joined_key(1, 2), joined_key(2, 1));
}

}  // namespace
}  // namespace dp::capture
