// Goal: uuids are what RFC 9562 and the contract with the other modules say, and a replay makes the
// same ones.
#include "controlplane/event/uuid.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cp::event {
namespace {

TEST(UuidTest, ReadsBothFormsAndPrintsLowerCase) {
  const auto hyphenated = parse_uuid("018A981F-4B35-7C66-825E-8B0EEAE65714");
  ASSERT_TRUE(hyphenated.has_value());
  EXPECT_EQ(to_text(*hyphenated), "018a981f-4b35-7c66-825e-8b0eeae65714");
  EXPECT_EQ(parse_uuid("018a981f4b357c66825e8b0eeae65714"), hyphenated);
}

TEST(UuidTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "x", "018a981f-4b35-7c66-825e-8b0eeae6571", "018a981f-4b35-7c66-825e-8b0eeae657144",
        "018a981f_4b35-7c66-825e-8b0eeae65714", "018a981g-4b35-7c66-825e-8b0eeae65714",
        "018a981f4-b35-7c66-825e-8b0eeae65714"}) {
    EXPECT_FALSE(parse_uuid(text).has_value()) << text;
  }
}

// Values of Python's uuid.uuid5 with the namespace the context fixes.
TEST(UuidTest, NamesPersonsByProjectAndDistinctId) {
  EXPECT_EQ(to_text(person_uuid(1, "u")), "a3f809d2-8688-5e0c-b374-3a81f639ed8d");
  EXPECT_EQ(to_text(person_uuid(42, std::string(100, 'x'))),
            "bc33877b-c071-5a1d-bb4a-ab844e439af8");
  const auto dns = parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(to_text(uuid_v5(*dns, "www.example.com")), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(UuidTest, MakesVersion7OfTheEventTime) {
  const std::string text = to_text(uuid_v7(1'672'574'400'000'123, {0, 7, 0}));
  EXPECT_EQ(text.substr(0, 13), "01856d33-f600");
  EXPECT_EQ(text[14], '7');
  EXPECT_TRUE(text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b') << text;
  EXPECT_EQ(to_text(uuid_v7(-5, {0, 7, 0})).substr(0, 13), "00000000-0000") << "before 1970";
}

TEST(UuidTest, MakesTheSameUuidForTheSamePlaceAndNoOther) {
  std::set<std::string> seen;
  for (std::uint32_t partition = 0; partition < 4; ++partition) {
    for (std::uint64_t sequence = 0; sequence < 100; ++sequence) {
      for (std::uint32_t index = 0; index < 10; ++index) {
        const EventOrigin origin{partition, sequence, index};
        const auto text = to_text(uuid_v7(0, origin));
        EXPECT_EQ(text, to_text(uuid_v7(0, origin)));
        seen.insert(text);
      }
    }
  }
  EXPECT_EQ(seen.size(), 4000U);
}

}  // namespace
}  // namespace cp::event
