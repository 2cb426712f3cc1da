// SPDX-License-Identifier: LicenseRef-Project
// Goal: patterns are found where they are, and the shapes that every event is full of (ids, times,
// versions, prices, coordinates) are not taken for them; the fast scan never says "nothing" where
// the exact search finds something. Method: tables.
#include "dataplane/format/privacy/patterns.h"

#include "dataplane/format/privacy/rewriter.h"
#include "dataplane/format/privacy/scan.h"

#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace format::privacy {
namespace {

Policy all_patterns() {
  Policy policy;
  policy.is_active = true;
  policy.patterns.fill(Action::redact);
  return policy;
}

struct Positive {
  std::string_view text;
  std::string_view match;
  Pattern pattern;
};

constexpr Positive kPositives[] = {
    {"anna@example.com", "anna@example.com", Pattern::email},
    {"Mail: <anna.b+c@mail.example.co.uk>, thanks", "anna.b+c@mail.example.co.uk", Pattern::email},
    {"https://x.example/?email=a%40example.org&b=1", "a%40example.org", Pattern::email},
    {"https://x.example/?email=a@example.org", "a@example.org", Pattern::email},
    {"jörg@müller.example", "jörg@müller.example", Pattern::email},
    {"a@example.com.", "a@example.com", Pattern::email},
    {"a@b-c.io/path", "a@b-c.io", Pattern::email},
    {"12345@163.com", "12345@163.com", Pattern::email},
    {"+49 170 1234567", "+49 170 1234567", Pattern::phone},
    {"+491701234567", "+491701234567", Pattern::phone},
    {"tel:+1-415-555-2671", "+1-415-555-2671", Pattern::phone},
    {"+1 (415) 555-2671", "+1 (415) 555-2671", Pattern::phone},
    {"phone=%2B491701234567", "%2B491701234567", Pattern::phone},
    {"call 0049 170 1234567 now", "0049 170 1234567", Pattern::phone},
    {"0044/20/79460958", "0044/20/79460958", Pattern::phone},
    {"(415) 555-2671", "(415) 555-2671", Pattern::phone},
    {"415-555-2671", "415-555-2671", Pattern::phone},
    {"ring 415 555 2671.", "415 555 2671", Pattern::phone},
    {"4111111111111111", "4111111111111111", Pattern::card},
    {"4111 1111 1111 1111", "4111 1111 1111 1111", Pattern::card},
    {"4111-1111-1111-1111", "4111-1111-1111-1111", Pattern::card},
    {"card-5555555555554444", "5555555555554444", Pattern::card},
    {"3782 822463 10005", "3782 822463 10005", Pattern::card},
    {"pay 6011111111111117 123", "6011111111111117", Pattern::card},
    {"2223003122003222", "2223003122003222", Pattern::card},
    {"30569309025904", "30569309025904", Pattern::card},
    {"36227206271667", "36227206271667", Pattern::card},
    {"6200 0000 0000 0005", "6200 0000 0000 0005", Pattern::card},
    {"[4111111111111111]", "4111111111111111", Pattern::card},
    {"DE89370400440532013000", "DE89370400440532013000", Pattern::iban},
    {"DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00", Pattern::iban},
    {"gb82west12345698765432", "gb82west12345698765432", Pattern::iban},
    {"IBAN GB82 WEST 1234 5698 7654 32!", "GB82 WEST 1234 5698 7654 32", Pattern::iban},
    {"FR1420041010050500013M02606", "FR1420041010050500013M02606", Pattern::iban},
    {"NL91ABNA0417164300", "NL91ABNA0417164300", Pattern::iban},
    {R"({"mail":"a\u0040example.com"})", R"(a\u0040example.com)", Pattern::email},
    {R"(tel:\u002B491701234567)", R"(\u002B491701234567)", Pattern::phone},
    {"NO93 8601 1117 947", "NO93 8601 1117 947", Pattern::iban},
    {"MT84MALT011000012345MTLCAST001S", "MT84MALT011000012345MTLCAST001S", Pattern::iban},
};

constexpr std::string_view kNegatives[] = {
    "018a981f-4b35-7c66-825e-8b0eeae65714",
    "41111111-1111-4111-8111-111111111111",  // a UUID of digits
    "018a981f4b357c66825e8b0eeae65714",
    "2026-08-01T12:00:00.123Z",
    "2026-08-01T12:00:00.123456+02:00",
    "2026-08-01 12:00:00 +0200",
    "20260801120000",
    "1785585600123",     // milliseconds
    "1785585600123456",  // microseconds
    "1785585600",
    "GMT+0200 (Central European Summer Time)",
    "3.2.1",
    "124.0.6478.127",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.6478.127 Safari/537.36",
    "posthog-android/3.4.2",
    "1299.00",
    "12,345,678.90",
    "$4111.11",
    "0.4111111111111111",  // a fraction that passes Luhn
    "52.52000659999999",
    "1e+10",
    "192.168.100.200",
    "2001:db8::4111:1111",
    "logo@2x.png",
    "img/icon@3x.webp",
    "https://cdn.example/npm/vue@3.4.min.js",
    "body{}@media (min-width:600px)",
    "@babel/core@7.24.0",
    "lodash@4.17.21",
    "user@localhost",
    "@username",
    "a @ b",
    "50% of 40%",
    "100%40",
    "https://videos.example/@shop.official/video/7301234567890123456",  // a name in a link
    "4006381333825",         // an article number (EAN 400-440: Germany) that passes Luhn
    "4222222222222",         // as long as Visa's cards were until about 2000
    "39463512309803",        // a number of a shop's article
    "4111111111111112",      // Luhn fails
    "1234567890123456",      // no network
    "41111111111111111111",  // too long for a card
    "x4111111111111111",     // inside of a word
    "DE89370400440532013001",
    "XX89370400440532013000",
    "order 00123456789012",
    "+12345",
    "555-2671",
    "115-555-2671",
    "415-555-2671-99",
    "phc_bench0123456789",
    "1080x2400",
    "1 2 3 4 5 6 7 8 9 10 11 12 13",
    "2026-08-01 - 2026-08-31",
    "M 10 20 L 30 40 Z",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "",
    "+",
    "%4",
    "@",
};

TEST(PatternsTest, FindsWhatIsThere) {
  const auto policy = all_patterns();
  const BodyScan scan(policy);
  for (const auto& [text, wanted, pattern] : kPositives) {
    const auto match = find_pattern(text, policy);
    ASSERT_TRUE(match) << text;
    EXPECT_EQ(text.substr(match->begin, match->end - match->begin), wanted) << text;
    EXPECT_EQ(match->pattern, pattern) << text;
    for (std::size_t room = 0; room < 200; ++room) {
      const auto json = "{\"" + std::string(room, 'k') + "\":\"" + std::string(text) + "\"}";
      EXPECT_TRUE(scan.may_offend(json)) << json;
      EXPECT_TRUE(scan.may_offend_portable(json)) << json;
    }
  }
}

TEST(PatternsTest, LeavesTheShapesOfOrdinaryEventsAlone) {
  const auto policy = all_patterns();
  for (const auto text : kNegatives) {
    const auto match = find_pattern(text, policy);
    EXPECT_FALSE(match) << text << " taken for "
                        << kPatternNames[match ? static_cast<std::size_t>(match->pattern) : 0];
  }
}

TEST(PatternsTest, LooksOnlyForWhatThePolicyMinds) {
  for (const auto& [text, wanted, pattern] : kPositives) {
    auto policy = all_patterns();
    policy.patterns[static_cast<std::size_t>(pattern)] = Action::keep;
    const auto match = find_pattern(text, policy);
    EXPECT_TRUE(!match || match->pattern != pattern) << text;
  }
}

TEST(BodyScanTest, PassesOrdinaryEventsWithoutACloseLook) {
  const auto policy = standard_policy();
  const BodyScan scan(policy);
  constexpr std::string_view kEvent =
      R"({"uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","event":"$screen","distinct_id":"user-100000",)"
      R"("timestamp":"2026-08-01T12:00:00.123Z","properties":{"$os":"Android","$os_version":"14",)"
      R"("$app_build":"421","$screen_height":2400,"$timezone":"Europe/Berlin","price":12.5,"at":1785585600123}})";
  EXPECT_FALSE(scan.may_offend(kEvent));
  EXPECT_FALSE(scan.may_offend_portable(kEvent));
}

TEST(BodyScanTest, NoticesPatternsHoweverJsonWritesThem) {
  const auto policy = all_patterns();
  const BodyScan scan(policy);
  for (const auto& positive : kPositives) {
    std::string slashed;
    std::string escaped;
    for (const auto character : positive.text) {
      slashed += character == '/' ? "\\/" : std::string(1, character);
      escaped += character == '@'   ? "\\u0040"
                 : character == '+' ? "\\u002b"
                 : character == '-' ? "\\u002D"
                 : character == '0' ? "\\u0030"
                                    : std::string(1, character);
    }
    for (const std::string before : {"", "\\u00fc", "\\n", "\\\"", "\\/", "x ", "1 "}) {
      for (const auto& text : {slashed, escaped}) {
        const auto json = "{\"k\":\"" + before + text + "\\n\"}";
        EXPECT_TRUE(scan.may_offend(json) || !find_pattern(before + text, policy)) << json;
        EXPECT_EQ(scan.may_offend(json), scan.may_offend_portable(json)) << json;
      }
    }
  }
  EXPECT_TRUE(scan.may_offend(R"({"k":"{\"m\":\"a\\u0040example.com\"}"})"));
  EXPECT_TRUE(scan.may_offend(R"({"k":"{\"m\":\"\\u002B491701234567\"}"})"));
}

TEST(BodyScanTest, TakesNoUuidForDigits) {
  const auto policy = standard_policy();
  const BodyScan scan(policy);
  std::mt19937_64 random(1);
  constexpr std::string_view kDigits = "0123456789012345abcdef";
  for (int round = 0; round < 2000; ++round) {
    std::string uuid;
    for (const std::size_t group : {8U, 4U, 4U, 4U, 12U}) {
      uuid += uuid.empty() ? "" : "-";
      for (std::size_t digit = 0; digit < group; ++digit) {
        uuid += kDigits[random() % kDigits.size()];
      }
    }
    const auto json = "{\"id\":\"" + uuid + "\",\"url\":\"https://x.example/" + uuid + "/a\"}";
    EXPECT_FALSE(scan.may_offend(json)) << json;
    EXPECT_FALSE(scan.may_offend_portable(json)) << json;
  }
}

/// Texts of every length made of what patterns, their separators and JSON are made of.
TEST(BodyScanTest, IsSilentOnlyWhereNothingChanges) {
  const auto policy = standard_policy();
  const BodyScan scan(policy);
  Rewriter rewriter(nullptr);
  std::mt19937_64 random(2);
  constexpr std::string_view kPieces[] = {"4111",
                                          "1111",
                                          "0049",
                                          "415",
                                          "555",
                                          "2671",
                                          "DE89",
                                          "37040044",
                                          "a",
                                          "@",
                                          "b.de",
                                          "+49",
                                          " ",
                                          "-",
                                          "/",
                                          "\\/",
                                          "(",
                                          ")",
                                          ".",
                                          "\\u00e9",
                                          "\\n",
                                          "\\u0040",
                                          "%40",
                                          "%2b",
                                          "1",
                                          "42",
                                          "x",
                                          "\",\"",
                                          ",",
                                          "é",
                                          "4111111111111111",
                                          "DE89370400440532013000",
                                          "\",\"secret\":\"",
                                          "\", \"iban\" : \"",
                                          "018a981f-4b35-7c66-825e-8b0eeae65714"};
  std::uint32_t silent = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto json = "{\"" + std::string(random() % 200, 'k') + "\":\"";
    const auto pieces = random() % 24;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      json += kPieces[random() % std::size(kPieces)];
    }
    json += "\"}";
    const auto may_offend = scan.may_offend(json);
    ASSERT_EQ(may_offend, scan.may_offend_portable(json)) << json;
    if (!may_offend && rewriter.rewrite(policy, json, "")) {
      ++silent;
      ASSERT_TRUE(rewriter.counts().is_zero()) << json;
    }
  }
  EXPECT_GT(silent, 1000U);
}

struct NamesCase {
  std::vector<const char*> denied;
  std::vector<std::string> written;
};

TEST(BodyScanTest, NoticesNamesInEveryPosition) {
  const NamesCase cases[] = {
      {{"x", "ip", "mail", "a/b"}, {"x", "ip", "mail", "$ip", "a/b", "a\\/b", "\\u006dail"}},
      {{"x", "straße", "émail"}, {"x", "$ip", "straße", "émail", "stra\\u00dfe"}},
  };
  for (const auto& [denied, written] : cases) {
    Policy policy;
    policy.is_active = true;
    policy.name_mode = NameMode::deny;
    for (const auto* name : denied) {
      policy.names.add(name);
    }
    const BodyScan scan(policy);
    for (const auto& name : written) {
      for (std::size_t room = 0; room < 130; ++room) {
        for (const std::string colon : {":", " :", "\n\t: "}) {
          const auto json =
              "{\"" + std::string(room, 'k') + "\":1, \"" + name + "\"" + colon + "2}";
          EXPECT_TRUE(scan.may_offend(json)) << json;
          EXPECT_TRUE(scan.may_offend_portable(json)) << json;
        }
      }
    }
  }
}

TEST(BodyScanTest, LeavesOtherNamesAlone) {
  Policy policy;
  policy.is_active = true;
  policy.name_mode = NameMode::deny;
  policy.names.add("mail");
  const BodyScan scan(policy);
  EXPECT_FALSE(scan.may_offend(R"({"mails":1,"email_":"mail","z":"x","hip":2})"));
  // The text ends where it says it ends.
  EXPECT_FALSE(scan.may_offend(std::string_view(R"({"a":1},"mail":2)").substr(0, 7)));
}

}  // namespace
}  // namespace format::privacy
