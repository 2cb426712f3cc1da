// SPDX-License-Identifier: LicenseRef-Project
// Goal: an answer arrives unchanged, every error keeps its meaning, and no call lasts for ever.
// Method: a real dbus-daemon, a service played by the test.
#include "controlplane/appliance/client.h"

#include "tests/support/fake_appliance.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>

namespace cp::appliance {
namespace {

using support::ApplianceAnswer;
using support::ApplianceCall;
using testing::ElementsAre;

class ApplianceClientTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::PrivateBus::is_possible()) {
      GTEST_SKIP() << "no dbus-daemon on this machine";
    }
    bus_ = std::make_unique<support::PrivateBus>(directory_.path());
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus_->address().c_str(), 1);
  }
  void TearDown() override { ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS"); }

  /// What a call fails with.
  static Failure failure(std::chrono::milliseconds deadline = std::chrono::seconds(15)) {
    try {
      static_cast<void>(open_system_client(deadline)->call("Health", "Describe", {}));
    } catch (const Failure& failed) {
      return failed;
    }
    return {FailureKind::failed, "it did not fail"};
  }

  support::TemporaryDirectory directory_;
  std::unique_ptr<support::PrivateBus> bus_;
};

TEST_F(ApplianceClientTest, CarriesTextsBothWays) {
  ApplianceCall seen;
  const support::FakeAppliance service(*bus_, [&](const ApplianceCall& call) {
    seen = call;
    return ApplianceAnswer{R"({"entries":["grün"],"next":""})", "", ""};
  });
  const auto client = open_system_client();
  EXPECT_EQ(client->call("Services", "ReadLog", {"", "error \"x\"", "s=1;i=2", "50"}),
            R"({"entries":["grün"],"next":""})");
  EXPECT_EQ(seen.noun, "Services");
  EXPECT_EQ(seen.method, "ReadLog");
  EXPECT_THAT(seen.arguments, ElementsAre("", "error \"x\"", "s=1;i=2", "50"));
}

TEST_F(ApplianceClientTest, EveryErrorKeepsItsMeaning) {
  const struct {
    const char* name;
    FailureKind kind;
  } cases[] = {
      {"org.bristle.Appliance1.Error.Invalid", FailureKind::invalid},
      {"org.bristle.Appliance1.Error.Refused", FailureKind::refused},
      {"org.bristle.Appliance1.Error.NotFound", FailureKind::not_found},
      {"org.bristle.Appliance1.Error.Failed", FailureKind::failed},
      {"org.bristle.Appliance1.Error.TimedOut", FailureKind::timed_out},
      {"org.freedesktop.DBus.Error.AccessDenied", FailureKind::denied},
      {"org.freedesktop.DBus.Error.ServiceUnknown", FailureKind::absent},
      {"org.freedesktop.DBus.Error.Spawn.ExecFailed", FailureKind::absent},
      {"org.freedesktop.DBus.Error.NoReply", FailureKind::timed_out},
      {"org.example.Other", FailureKind::failed},
  };
  std::string name;
  const support::FakeAppliance service(*bus_, [&](const ApplianceCall&) {
    return ApplianceAnswer{"", name, "vswitch.vlan: 1 to 4094"};
  });
  for (const auto& item : cases) {
    name = item.name;
    const auto failed = failure();
    EXPECT_EQ(failed.kind(), item.kind) << item.name;
    EXPECT_STREQ(failed.what(), "vswitch.vlan: 1 to 4094");
    EXPECT_EQ(failed.field(), item.kind == FailureKind::invalid ? "vswitch.vlan" : "") << item.name;
  }
}

TEST_F(ApplianceClientTest, ASilentServiceTimesOut) {
  const support::FakeAppliance service(
      *bus_, [](const ApplianceCall&) { return ApplianceAnswer{"", "", "", true}; });
  EXPECT_EQ(failure(std::chrono::milliseconds(50)).kind(), FailureKind::timed_out);
}

TEST_F(ApplianceClientTest, WithoutAServiceOrABusItIsAbsent) {
  EXPECT_EQ(failure().kind(), FailureKind::absent);
  bus_.reset();
  EXPECT_EQ(failure().kind(), FailureKind::absent);
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
  EXPECT_EQ(failure().kind(), FailureKind::absent);
}

TEST_F(ApplianceClientTest, AZeroByteIsRefusedBeforeItTravels) {
  try {
    static_cast<void>(open_system_client()->call("Services", "Act", {std::string("a\0b", 3)}));
    ADD_FAILURE() << "it was sent";
  } catch (const Failure& failed) {
    EXPECT_EQ(failed.kind(), FailureKind::invalid);
    EXPECT_EQ(failed.field(), "");
  }
}

}  // namespace
}  // namespace cp::appliance
