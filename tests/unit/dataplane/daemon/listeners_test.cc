// SPDX-License-Identifier: LicenseRef-Project
// Goal: systemd's names decide which door a socket is. Method: a table of LISTEN_FDNAMES.
#include "dataplane/daemon/listeners.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace dp::daemon {
namespace {

TEST(ListenersTest, NamesDecideWhatASocketIs) {
  constexpr auto kFront = Door::front;
  constexpr auto kMetrics = Door::metrics;
  constexpr auto kHandover = Door::handover;
  const struct {
    std::string_view names;
    std::uint32_t count;
    std::vector<Door> doors;
  } cases[] = {
      {"", 0, {}},
      {"", 1, {kFront}},
      {"capture", 1, {kFront}},
      {"capture:metrics", 2, {kFront, kMetrics}},
      {"metrics:capture:capture", 3, {kMetrics, kFront, kFront}},
      {"bristle-dataplane.socket", 1, {kFront}},
      {"capture:metrics", 3, {kFront, kMetrics, kFront}},
      {"capture::metrics", 3, {kFront, kFront, kMetrics}},
      {"capture:metrics", 1, {kFront}},
      {"capture:handover:metrics:handover", 4, {kFront, kHandover, kMetrics, kHandover}},
  };
  for (const auto& item : cases) {
    EXPECT_EQ(doors_of(item.names, item.count), item.doors) << item.names;
  }
}

}  // namespace
}  // namespace dp::daemon
