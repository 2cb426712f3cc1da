// SPDX-License-Identifier: LicenseRef-Project
// Goal: what an operator writes is either understood exactly or refused. Method: tables of texts.
#include "dataplane/daemon/daemon_settings.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace dp::daemon {
namespace {

TEST(DaemonSettingsTest, ListenAddressIsHostAndPort) {
  const struct {
    std::string_view text;
    std::string_view host;
    std::uint16_t port;
  } good[] = {
      {"127.0.0.1:8000", "127.0.0.1", 8000},
      {"0.0.0.0:0", "0.0.0.0", 0},
      {"[::]:443", "::", 443},
      {"[fd00::1]:8000", "fd00::1", 8000},
  };
  for (const auto& item : good) {
    const auto address = parse_listen_address(item.text);
    ASSERT_TRUE(address) << item.text;
    EXPECT_EQ(address->host, item.host);
    EXPECT_EQ(address->port, item.port);
  }
  for (const std::string_view text : {"", "8000", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                      "127.0.0.1:65536", "127.0.0.1:-1", "::1:8000", "[]:1"}) {
    EXPECT_FALSE(parse_listen_address(text)) << text;
  }
}

TEST(DaemonSettingsTest, EveryShardGetsACpuOrNone) {
  const std::vector<std::int32_t> available = {0, 1, 4, 5};
  const struct {
    std::string_view text;
    std::uint32_t shards;
    std::vector<std::int32_t> cpus;
  } good[] = {
      {"", 2, {}},   {"auto", 1, {0}},        {"auto", 3, {0, 1, 4}},
      {"1", 1, {1}}, {"4-5,0", 3, {4, 5, 0}}, {"0,1,4", 2, {0, 1}},
  };
  for (const auto& item : good) {
    const auto cpus = plan_cpus(item.text, item.shards, available);
    ASSERT_TRUE(cpus) << item.text;
    EXPECT_EQ(*cpus, item.cpus) << item.text;
  }
  for (const std::string_view text :
       {"0", "auto,1", "0-", "-1", "5-4", "0,,1", "2,3", "0-1000000"}) {
    EXPECT_FALSE(plan_cpus(text, 2, available)) << text;
  }
  EXPECT_FALSE(plan_cpus("auto", 5, available));
}

}  // namespace
}  // namespace dp::daemon
