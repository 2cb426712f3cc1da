// Goal: what the worker writes about the ledger is what its readers read; whatever else lies there
// is refused, and an absent file is told from a bad one.
#include "dataplane/format/ledger_state.h"

#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace format {
namespace {

LedgerState round_trip(const LedgerState& state) {
  return decode_ledger_state(encode_ledger_state(state)).value();
}

TEST(LedgerStateTest, ReadsWhatItWrites) {
  const LedgerState written{
      1'700'000'000, 17, 2, 9, {{28'333'333, 4, -5, "Shop app"}, {7, 0, 4, ""}}};
  const auto read = round_trip(written);
  EXPECT_EQ(read.checked_s, written.checked_s);
  EXPECT_EQ(read.waiting_since_s, written.waiting_since_s);
  EXPECT_EQ(read.unbalanced_minutes, written.unbalanced_minutes);
  EXPECT_EQ(read.unaccounted_events, written.unaccounted_events);
  ASSERT_EQ(read.imbalances.size(), 2U);
  EXPECT_EQ(read.imbalances[0].minute, 28'333'333);
  EXPECT_EQ(read.imbalances[0].project_id, 4);
  EXPECT_EQ(read.imbalances[0].missing, -5);
  EXPECT_EQ(read.imbalances[0].project_name, "Shop app");
  EXPECT_EQ(read.imbalances[1].project_name, "");
}

TEST(LedgerStateTest, CutsNamesAndCounts) {
  LedgerState state;
  for (std::size_t index = 0; index < kNamedImbalancesMax + 3; ++index) {
    state.imbalances.push_back({1, 1, 1, "a\nb\t" + std::string(60, 'x')});
  }
  std::string long_name = "a";
  for (int count = 0; count < 60; ++count) {
    long_name += "\xC3\xA9";  // the limit falls into a character
  }
  state.imbalances[1].project_name = long_name;
  const auto read = round_trip(state);
  ASSERT_EQ(read.imbalances.size(), kNamedImbalancesMax);
  EXPECT_EQ(read.imbalances[0].project_name, "a b " + std::string(60, 'x'));
  EXPECT_EQ(read.imbalances[1].project_name, long_name.substr(0, 99));
  EXPECT_LE(encode_ledger_state(state).size(), kLedgerStateBytesMax);
}

TEST(LedgerStateTest, RefusesWhatItDoesNotWrite) {
  const auto good = encode_ledger_state({1, 2, 3, 4, {{5, 6, 7, "n"}}});
  ASSERT_TRUE(decode_ledger_state(good).has_value());
  for (std::size_t length = 0; length < good.size(); ++length) {
    const auto cut = good.substr(0, length);
    const bool is_whole_line = cut == encode_ledger_state({1, 2, 3, 4, {}});
    EXPECT_EQ(decode_ledger_state(cut).has_value(), is_whole_line) << cut;
  }
  std::string many = encode_ledger_state({1, 2, 3, 4, {}});
  for (std::size_t count = 0; count <= kNamedImbalancesMax; ++count) {
    many += "minute 1 project 1 missing 1 name n\n";
  }
  const std::string bad[] = {
      "bristle-ledger 2" + good.substr(16),
      good + "x",
      good + "minute 1 project 1 missing 99999999999999999999 name n\n",
      good + "minute 1 project 1 missing 1 name " + std::string(kProjectNameBytesMax + 1, 'n') +
          "\n",
      many,
      encode_ledger_state({-1, 0, 0, 0, {}}),
      encode_ledger_state({1, std::int64_t{1} << 60, 0, 0, {}}),
      encode_ledger_state({1, 0, 0, 0, {{std::int64_t{1} << 60, 1, 1, ""}}}),
      encode_ledger_state({1, 0, 0, 0, {{1, 1, std::int64_t{1} << 60, ""}}}),
  };
  for (const auto& text : bad) {
    EXPECT_FALSE(decode_ledger_state(text).has_value()) << text;
  }
}

TEST(LedgerStateTest, TellsAnAbsentFileFromABadOne) {
  const support::TemporaryDirectory directory;
  EXPECT_EQ(read_ledger_state(directory.path()).error(), base::Error::from_errno(ENOENT));
  ASSERT_TRUE(publish_ledger_state(directory.path(), {8, 0, 0, 0, {}}));
  EXPECT_EQ(read_ledger_state(directory.path()).value().checked_s, 8);
}

}  // namespace
}  // namespace format
