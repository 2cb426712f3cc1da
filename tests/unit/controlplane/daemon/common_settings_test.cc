// SPDX-License-Identifier: LicenseRef-Project
// Goal: good settings are read, malformed ones are named with what was expected.
#include "controlplane/daemon/common_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace cp::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(CommonSettingsTest, ReadsListsOfCores) {
  EXPECT_THAT(parse_cores("0"), Optional(ElementsAre(0)));
  EXPECT_THAT(parse_cores("1-3,5"), Optional(ElementsAre(1, 2, 3, 5)));
  for (const char* text : {"", ",", "1,", "a", "3-1", "1-", "-1", "1 2", "99999"}) {
    EXPECT_FALSE(parse_cores(text).has_value()) << text;
  }
}

TEST(CommonSettingsTest, ChecksTheAddressOfTheSite) {
  const struct {
    const char* value;
    const char* expected;
    bool is_good;
  } cases[] = {
      {"", "http://127.0.0.1:8000", true},
      {"https://a.example.org/", "https://a.example.org", true},
      {"http://10.1.1.2:8000", "http://10.1.1.2:8000", true},
      {"a.example.org", "a.example.org", false},
      {"https://a.example.org/?x", "https://a.example.org/?x", false},
  };
  for (const auto& [value, expected, is_good] : cases) {
    ::setenv("SITE_URL", value, 1);
    base::Settings settings;
    EXPECT_EQ(site_url(settings), expected);
    EXPECT_EQ(settings.complaints().empty(), is_good) << value;
  }
}

TEST(CommonSettingsTest, ChecksSecretKeyAndClickhouse) {
  ::setenv("SECRET_KEY", "short", 1);
  ::setenv("CLICKHOUSE_URL", "clickhouse://host:9000", 1);
  base::Settings bad;
  secret_key(bad);
  clickhouse_address(bad);
  EXPECT_THAT(bad.complaints(),
              ElementsAre("SECRET_KEY: expected at least 32 random characters",
                          "CLICKHOUSE_URL: expected unix:/path/of.sock or http://host:port"));
  ::setenv("SECRET_KEY", "0123456789abcdef0123456789abcdef", 1);
  ::setenv("CLICKHOUSE_URL", "unix:/run/engine.sock", 1);
  base::Settings good;
  secret_key(good);
  EXPECT_EQ(clickhouse_address(good).database, "default");
  EXPECT_THAT(good.complaints(), IsEmpty());
}

}  // namespace
}  // namespace cp::daemon
