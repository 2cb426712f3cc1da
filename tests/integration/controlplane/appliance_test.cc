// SPDX-License-Identifier: LicenseRef-Project
// Goal: the routes of the appliance ask the service exactly what they say, only for those who run
// the installation, and tell its errors by their status. Method: the real api on a bus of the
// test's own, the service played by the test.
#include "controlplane/db/database.h"
#include "tests/integration/controlplane/installation.h"
#include "tests/support/fake_appliance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>

namespace cp::test {
namespace {

using support::ApplianceAnswer;
using support::ApplianceCall;

class ApplianceTest : public IntegrationTest {
 protected:
  void SetUp() override {
    IntegrationTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    if (!support::PrivateBus::is_possible()) {
      GTEST_SKIP() << "no dbus-daemon on this machine";
    }
    installation_.emplace();
    ASSERT_EQ(installation_->run("migrate").exit_code, 0);
    bus_.emplace(installation_->directory());
    auto environment = installation_->environment();
    environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus_->address();
    api_ = installation_->start_api(environment);
    caller_.emplace(Caller::signed_in(*installation_));
  }

  /// From now on the service answers `said` and remembers what it was asked.
  void answer(ApplianceAnswer said) {
    service_.reset();
    service_.emplace(*bus_, [this, said = std::move(said)](const ApplianceCall& call) {
      const std::lock_guard lock(mutex_);
      asked_ = call;
      return said;
    });
  }

  std::string asked() {
    const std::lock_guard lock(mutex_);
    std::string text = asked_.noun + "." + asked_.method;
    for (const auto& argument : asked_.arguments) {
      text += "|" + argument;
    }
    return text;
  }

  std::optional<Installation> installation_;
  std::optional<support::PrivateBus> bus_;
  std::unique_ptr<Program> api_;
  std::optional<Caller> caller_;
  std::mutex mutex_;
  ApplianceCall asked_;
  std::optional<support::FakeAppliance> service_;
};

TEST_F(ApplianceTest, EachRouteAsksItsQuestion) {
  answer({R"({"state":"ok"})", "", ""});
  const struct {
    const char* method;
    const char* target;
    const char* body;
    const char* asked;
  } cases[] = {
      {"GET", "/api/appliance/", "", "Health.Describe"},
      {"GET", "/api/appliance/services/", "", "Services.Describe"},
      {"POST", "/api/appliance/services/plan/",
       R"({"unit":"bristle-api.service","verb":"restart"})",
       "Services.Plan|bristle-api.service|restart"},
      {"POST", "/api/appliance/services/act/", R"({"unit":"bristle-api.service","verb":"stop"})",
       "Services.Act|bristle-api.service|stop"},
      {"GET", "/api/appliance/logs/", "", "Services.ReadLog||||200"},
      {"GET", "/api/appliance/logs/?unit=bristle-api.service&filter=a%20b&cursor=s%3D1&lines=5", "",
       "Services.ReadLog|bristle-api.service|a b|s=1|5"},
      {"GET", "/api/appliance/operations/17-3/", "", "Operations.Describe|17-3"},
      {"POST", "/api/appliance/power/plan/", R"({"verb":"reboot"})", "Power.Plan|reboot"},
      {"POST", "/api/appliance/power/act/", R"({"verb":"power-off"})", "Power.Act|power-off"},
  };
  for (const auto& item : cases) {
    const auto got = caller_->send(item.method, item.target, item.body);
    EXPECT_EQ(got.status, 200) << item.target << got.body;
    EXPECT_EQ(got.body, R"({"state":"ok"})");
    EXPECT_EQ(got.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(asked(), item.asked);
  }
}

TEST_F(ApplianceTest, ErrorsHaveTheirStatus) {
  const struct {
    const char* error;
    const char* text;
    int status;
    const char* code;
    const char* attr;
  } cases[] = {
      {"org.bristle.Appliance1.Error.Invalid", "verb: no such verb", 400, "invalid_input", "verb"},
      {"org.bristle.Appliance1.Error.Refused", "It is the last disk.", 409, "refused", ""},
      {"org.bristle.Appliance1.Error.NotFound", "no such unit", 404, "not_found", ""},
      {"org.bristle.Appliance1.Error.Failed", "systemd said no", 500, "failed", ""},
      {"org.bristle.Appliance1.Error.TimedOut", "too slow", 504, "timed_out", ""},
      {"org.freedesktop.DBus.Error.AccessDenied", "not you", 403, "permission_denied", ""},
      {"org.freedesktop.DBus.Error.ServiceUnknown", "nobody", 503, "not_an_appliance", ""},
  };
  for (const auto& item : cases) {
    answer({"", item.error, item.text});
    const auto got = caller_->get("/api/appliance/services/");
    EXPECT_EQ(got.status, item.status) << item.error;
    EXPECT_EQ(got.json.at("code"), item.code) << item.error;
    if (*item.attr != '\0') {
      EXPECT_EQ(got.json.at("attr"), item.attr);
    }
    if (item.status != 503) {
      EXPECT_EQ(got.json.at("detail"), item.text);
    }
  }
}

TEST_F(ApplianceTest, WithoutAServiceThisIsNoAppliance) {
  for (const char* target : {"/api/appliance/", "/api/appliance/services/"}) {
    const auto got = caller_->get(target);
    EXPECT_EQ(got.status, 503);
    EXPECT_EQ(got.json.at("detail"), "This installation is not an appliance.");
  }
}

TEST_F(ApplianceTest, AvailabilityIsAPlainAnswer) {
  const auto is_available = [](Caller& caller) {
    const auto got = caller.get("/api/appliance/availability/");
    EXPECT_EQ(got.status, 200) << got.body;
    return got.json.at("available").as_bool();
  };
  EXPECT_FALSE(is_available(*caller_)) << "nobody has the service's name";
  answer({"", "org.freedesktop.DBus.Error.AccessDenied", "not you"});
  EXPECT_FALSE(is_available(*caller_));
  answer({"", "org.bristle.Appliance1.Error.Failed", "a probe failed"});
  EXPECT_TRUE(is_available(*caller_));
  answer({"{}", "", ""});
  EXPECT_TRUE(is_available(*caller_));
  auto program = Caller::with_key(*installation_);
  EXPECT_FALSE(is_available(program));
  db::Pool({.url = installation_->database_url()})
      .run("UPDATE organization_membership SET level = 1");
  EXPECT_FALSE(is_available(*caller_));
  Caller stranger(*installation_);
  EXPECT_EQ(stranger.get("/api/appliance/availability/").status, 401);
}

TEST_F(ApplianceTest, OnlyOwnersAndAdminsInTheirSessionMay) {
  answer({"{}", "", ""});
  Caller stranger(*installation_);
  EXPECT_EQ(stranger.get("/api/appliance/").status, 401);
  auto program = Caller::with_key(*installation_);
  EXPECT_EQ(program.get("/api/appliance/").status, 403);
  auto forged = Caller::signed_in(*installation_);
  forged.headers.erase("X-CSRFToken");
  EXPECT_EQ(forged.post("/api/appliance/power/act/", R"({"verb":"reboot"})").status, 403);
  EXPECT_EQ(asked(), ".") << "nothing of it reached the service";

  db::Pool pool({.url = installation_->database_url()});
  const struct {
    int level;
    int status;
  } cases[] = {{1, 403}, {8, 200}, {15, 200}};
  for (const auto& item : cases) {
    pool.run("UPDATE organization_membership SET level = " + std::to_string(item.level));
    EXPECT_EQ(caller_->get("/api/appliance/").status, item.status) << item.level;
  }
}

TEST_F(ApplianceTest, BadRequestsNeverReachTheService) {
  answer({"{}", "", ""});
  const struct {
    const char* method;
    const char* target;
    const char* body;
    int status;
  } cases[] = {
      {"POST", "/api/appliance/services/act/", R"({"unit":"bristle-api.service"})", 400},
      {"POST", "/api/appliance/services/act/", R"({"unit":7,"verb":"stop"})", 400},
      {"POST", "/api/appliance/services/act/", "[]", 400},
      {"POST", "/api/appliance/services/", "{}", 405},
      {"GET", "/api/appliance/services/act/", "", 405},
      {"GET", "/api/appliance/services/other/", "", 404},
      {"GET", "/api/appliance/logs/?lines=0", "", 400},
      {"GET", "/api/appliance/logs/?lines=100000", "", 400},
      {"GET", "/api/appliance/operations/", "", 404},
      {"GET", "/api/appliance/network/", "", 404},
      {"POST", "/api/appliance/power/", R"({"verb":"reboot"})", 404},
  };
  for (const auto& item : cases) {
    EXPECT_EQ(caller_->send(item.method, item.target, item.body).status, item.status)
        << item.method << " " << item.target << " " << item.body;
  }
  EXPECT_EQ(asked(), ".");
}

}  // namespace
}  // namespace cp::test
