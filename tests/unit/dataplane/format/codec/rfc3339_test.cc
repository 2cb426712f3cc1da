// SPDX-License-Identifier: LicenseRef-Project
// Goal: only RFC 3339 is a time of a v1 request, and it is read exactly.
#include "dataplane/format/codec/rfc3339.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace format::codec {
namespace {

TEST(Rfc3339Test, ReadsEveryForm) {
  constexpr std::int64_t kNoon = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z
  const struct {
    std::string_view text;
    std::int64_t time_us;
  } cases[] = {
      {"2023-01-01T12:00:00Z", kNoon},
      {"2023-01-01t12:00:00z", kNoon},
      {"2023-01-01 12:00:00Z", kNoon},
      {"2023-01-01T12:00:00+00:00", kNoon},
      {"2023-01-01T14:30:00+02:30", kNoon},
      {"2023-01-01T02:00:00-10:00", kNoon},
      {"2023-01-01T12:00:00.5Z", kNoon + 500'000},
      {"2023-01-01T12:00:00.123456789Z", kNoon + 123'456},
      {"2023-01-01T12:00:60Z", kNoon + 59'000'000},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
  };
  for (const auto& item : cases) {
    EXPECT_EQ(parse_rfc3339(item.text), std::optional(item.time_us)) << item.text;
  }
}

TEST(Rfc3339Test, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "x",
                                      "2023-01-01",
                                      "2023-01-01T12:00:00",
                                      "2023-01-01T12:00Z",
                                      "2023-01-01T12:00:00.Z",
                                      "2023-01-01T12:00:00+02",
                                      "2023-01-01T12:00:00+0200",
                                      "2023-13-01T12:00:00Z",
                                      "2023-02-29T12:00:00Z",
                                      "2023-01-01T24:00:00Z",
                                      "2023-01-01T12:60:00Z",
                                      "2023-01-01T12:00:61Z",
                                      "2023-01-01T12:00:00+24:00",
                                      "2023-01-01T12:00:00+02:60",
                                      "2023-01-01T12:00:00Z ",
                                      " 2023-01-01T12:00:00Z",
                                      "23-01-01T12:00:00Z",
                                      "1672574400",
                                      "2023-01-01T12:00:00 UTC",
                                      "2023/01/01T12:00:00Z",
                                      "+2023-01-01T12:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace format::codec
