// SPDX-License-Identifier: LicenseRef-Project
// Goal: what bristle-dataplane acknowledged survives a power cut at any moment, and this test would
// notice if it did not. Method: the unchanged program writes to a disk that forgets what was not
// synced (README.md); POWERCUT_ROUNDS sizes the campaign in cuts, POWERCUT_SEED repeats its
// choices.
#include "tests/integration/powercut/campaign.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace powercut {
namespace {

/// After so many rounds everything is read again from the start, and the disk is emptied.
constexpr std::uint64_t kRoundsPerDisk = 20;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

/// Mounts are possible, or the reason why not. Asked before any test, while there is one thread.
class Mounts final : public testing::Environment {
 public:
  void SetUp() override { reason = enter_own_mounts(); }
  static inline std::string reason;
};

[[maybe_unused]] const auto* const kMounts = testing::AddGlobalTestEnvironment(new Mounts);

class PowerCutTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!Mounts::reason.empty()) {
      GTEST_SKIP() << "no file system can be mounted here: " << Mounts::reason;
    }
    std::cout << "seed " << seed_ << " (POWERCUT_SEED=" << seed_ << " repeats the choices)\n"
              << std::flush;
  }

  static void run(Campaign& campaign, std::uint64_t cuts) {
    const std::uint64_t wanted = campaign.totals().cuts + cuts;
    for (std::uint64_t round = 1; campaign.totals().cuts < wanted; ++round) {
      campaign.round();
      if (round % kRoundsPerDisk == 0 || campaign.totals().cuts == wanted) {
        campaign.settle();
        std::cout << campaign.totals().cuts << " cuts, " << campaign.totals().missing
                  << " missing and " << campaign.totals().vanished << " read and gone so far\n"
                  << std::flush;
      }
    }
  }

  // A few cuts find it; how many is chance.
  void expect_noticed(Lie lie) const {
    constexpr int kTriesMax = 30;
    Campaign campaign(seed_, lie);
    for (int tries = 0; tries < kTriesMax && campaign.totals().missing == 0; ++tries) {
      run(campaign, 4);
    }
    std::cout << campaign.totals();
    EXPECT_GT(campaign.totals().missing, 0U);
  }

  std::uint64_t seed_ = number_from("POWERCUT_SEED", std::random_device{}());
};

TEST_F(PowerCutTest, EverythingAcknowledgedIsThereExactlyOnce) {
  Campaign campaign(seed_);
  run(campaign, number_from("POWERCUT_ROUNDS", 25));
  const Totals& totals = campaign.totals();
  std::cout << totals;
  EXPECT_GT(totals.acknowledged, 0U);
  EXPECT_GT(totals.disk.sectors_lost + totals.disk.names_lost, 0U);
  EXPECT_EQ(totals.missing, 0U);
  EXPECT_EQ(totals.twice, 0U);
  EXPECT_EQ(totals.unknown, 0U);
  EXPECT_EQ(totals.vanished, 0U);
  EXPECT_EQ(totals.unreadable, 0U);
  EXPECT_GT(totals.receipts_asked, 0U);
  EXPECT_EQ(totals.receipts_unknown, 0U) << totals.said;
  EXPECT_EQ(totals.failed_starts, 0U) << totals.said;
  EXPECT_EQ(totals.reported_losses, 0U) << totals.said;
}

// The proof of the proof: a disk that only says that it synced, which is what a program does to a
// good disk that leaves a sync out.
TEST_F(PowerCutTest, NoticesADiskThatLiesAboutSyncsOfFiles) { expect_noticed(Lie::file_syncs); }

TEST_F(PowerCutTest, NoticesADiskThatLiesAboutSyncsOfDirectories) {
  expect_noticed(Lie::directory_syncs);
}

}  // namespace
}  // namespace powercut
