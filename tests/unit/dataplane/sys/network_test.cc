// SPDX-License-Identifier: LicenseRef-Project
// Goal: listeners bind where they are told, and several shards may share a port.
#include "dataplane/sys/network.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace dp::sys {
namespace {

TEST(BindListenerTest, TakesAFreePortAndSharesIt) {
  for (const char* host : {"127.0.0.1", "0.0.0.0", "::1"}) {
    const auto first = bind_listener(host, 0);
    if (!first && first.error().system_errno == EADDRNOTAVAIL) {
      continue;  // a machine without IPv6
    }
    ASSERT_TRUE(first.has_value()) << host;
    const auto port = listener_port(*first);
    ASSERT_TRUE(port.has_value());
    EXPECT_GT(*port, 0);
    const auto second = bind_listener(host, *port);
    ASSERT_TRUE(second.has_value()) << host;
    EXPECT_EQ(*listener_port(*second), *port);
    ::close(*first);
    ::close(*second);
  }
}

TEST(BindListenerTest, RefusesWhatIsNoAddress) {
  for (const char* host : {"", "localhost", "1.2.3", "[::1]"}) {
    const auto bound = bind_listener(host, 0);
    ASSERT_FALSE(bound.has_value()) << host;
    EXPECT_EQ(bound.error().system_errno, EINVAL);
  }
  EXPECT_EQ(bind_listener("192.0.2.1", 0).error().system_errno, EADDRNOTAVAIL);
}

}  // namespace
}  // namespace dp::sys
