// SPDX-License-Identifier: LicenseRef-Project
// Goal: appliance.toml is read strictly where it matters, kindly where it does not, and every
// complaint names the key.
#include "appliance/settings/settings.h"

#include "appliance/exec/failure.h"
#include "appliance/settings/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::settings {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

exec::Failure failure_of(const std::string& toml) {
  try {
    parse_toml(toml);
  } catch (const exec::Failure& failure) {
    return failure;
  }
  return {exec::FailureKind::failed, "was accepted"};
}

TEST(SettingsTest, DefaultsAreUsableAndComeBackFromTheirText) {
  const Settings defaults;
  EXPECT_THAT(problems_of(defaults), IsEmpty());
  EXPECT_THAT(warnings_of(defaults), IsEmpty());
  const Parsed again = parse_toml(to_toml(defaults));
  EXPECT_EQ(again.settings, defaults);
  EXPECT_THAT(again.warnings, IsEmpty());
}

TEST(SettingsTest, EveryValueComesBackFromItsText) {
  Settings settings;
  settings.hostname = "box-7";
  settings.public_port = {"90:1b:0e:11:22:33", "203.0.113.7", "203.0.113.1",
                          "2001:db8::2/64",    "fe80::2",     {"9.9.9.9"}};
  settings.vswitch = {4091, "10.2.0.5/16", 1300};
  settings.firewall.ssh_from = {"198.51.100.0/24", "2001:db8:1::/48"};
  settings.time.servers = {"192.0.2.1"};
  settings.page.url = "https://stats.example.com";
  EXPECT_EQ(parse_toml(to_toml(settings)).settings, settings);
}

TEST(SettingsTest, MissingKeysKeepTheirDefaultsAndUnknownOnesWarn) {
  const auto parsed = parse_toml(
      "version = 1\ncolor = 'red'\n[vswitch]\nvlan = 4001\nspeed = 9\n[public]\n[storage]\na=1\n"
      "[storage.disks]\nb=1\n");
  EXPECT_EQ(parsed.settings.vswitch.vlan, 4001);
  EXPECT_EQ(parsed.settings.vswitch.address, "10.1.1.30/24");
  EXPECT_THAT(parsed.warnings,
              ElementsAre("color: unknown, ignored (line 2)", "storage: unknown, ignored (line 7)",
                          "vswitch.speed: unknown, ignored (line 5)"));
}

TEST(SettingsTest, WrongValuesAreNamedWithWhatWasExpected) {
  struct Case {
    std::string toml;
    std::string field;
    std::string words;
  };
  const Case cases[] = {
      {"hostname = 'a_b'", "hostname", "'a_b' is wrong; expected 1 to 63 letters"},
      {"hostname = ''", "hostname", "expected 1 to 63"},
      {"hostname = 7", "hostname", "expected a text"},
      {"public = 7", "public", "expected a table"},
      {"[public]\nmac = '01:00:5e:00:00:01'", "public.mac", "one network card"},
      {"[public]\nmac = '90:1b:0e:11:22'", "public.mac", "one network card"},
      {"[public]\naddress = '203.0.113.7/32'", "public.address", "without a prefix length"},
      {"[public]\naddress = '203.0.113.7'", "public.gateway", "as public.address is set"},
      {"[public]\naddress = '203.0.113.7'\ngateway = '203.0.113.7'", "public.gateway", "gateway"},
      {"[public]\naddress = '127.0.0.1'\ngateway = '10.0.0.1'", "public.address", "IPv4"},
      {"[public]\naddress6 = '2001:db8::2'", "public.address6", "with its prefix"},
      {"[public]\naddress6 = '2001:db8::2/129'", "public.address6", "with its prefix"},
      {"[public]\ngateway6 = 'fe80'", "public.gateway6", "fe80::1"},
      {"[public]\ndns = ['resolver']", "public.dns", "addresses of resolvers"},
      {"[public]\ndns = [1]", "public.dns", "a list of texts"},
      {"[public]\ndns = '9.9.9.9'", "public.dns", "a list of texts"},
      {"[vswitch]\nvlan = 0", "vswitch.vlan", "'0' is wrong; expected a VLAN id from 1 to 4094"},
      {"[vswitch]\nvlan = 4095", "vswitch.vlan", "from 1 to 4094"},
      {"[vswitch]\nvlan = '4000'", "vswitch.vlan", "a whole number"},
      {"[vswitch]\nvlan = 4000.5", "vswitch.vlan", "a whole number"},
      {"[vswitch]\naddress = '10.1.1.30'", "vswitch.address", "prefix length"},
      {"[vswitch]\naddress = '10.1.1.0/24'", "vswitch.address", "one host"},
      {"[vswitch]\naddress = '10.1.1.255/24'", "vswitch.address", "one host"},
      {"[vswitch]\naddress = '10.1.1.30/31'", "vswitch.address", "one host"},
      {"[vswitch]\naddress = '10.1.1.030/24'", "vswitch.address", "one host"},
      {"[vswitch]\nmtu = 575", "vswitch.mtu", "576 to 1500"},
      {"[vswitch]\nmtu = 9000", "vswitch.mtu", "576 to 1500"},
      {"[firewall]\nssh_from = ['home']", "firewall.ssh_from", "addresses or networks"},
      {"[firewall]\nssh_from = ['10.0.0.0/33']", "firewall.ssh_from", "addresses or networks"},
      {"[time]\nservers = ['a b']", "time.servers", "time servers"},
      {"[time]\nservers = [\"x\\ny\"]", "time.servers", "time servers"},
      {"[page]\nurl = 'ftp://x'", "page.url", "http://"},
      {"[page]\nurl = 'http://'", "page.url", "http://"},
      {"[page]\nurl = 'http://x y'", "page.url", "http://"},
      {"[page]\nurl = 'http://x\"y'", "page.url", "http://"},
  };
  for (const auto& [toml, field, words] : cases) {
    const auto failure = failure_of("version = 1\n" + toml + "\n");
    EXPECT_EQ(failure.kind(), exec::FailureKind::invalid) << toml;
    EXPECT_EQ(failure.field(), field) << toml;
    EXPECT_THAT(failure.what(), HasSubstr(field + ": ")) << toml;
    EXPECT_THAT(failure.what(), HasSubstr(words)) << toml;
  }
}

TEST(SettingsTest, AllWrongKeysAreNamedAtOnce) {
  const auto failure = failure_of("version = 1\nhostname = '-'\n[vswitch]\nvlan = 0\nmtu = 1\n");
  EXPECT_THAT(failure.what(), HasSubstr("hostname: "));
  EXPECT_THAT(failure.what(), HasSubstr("; vswitch.vlan: "));
  EXPECT_THAT(failure.what(), HasSubstr("; vswitch.mtu: "));
}

TEST(SettingsTest, WhatIsNoTomlOrAnotherVersionIsRefused) {
  EXPECT_THAT(failure_of("version = 1\nhostname =\n").what(), HasSubstr("line 2"));
  EXPECT_EQ(failure_of("").field(), "version");
  for (const char* line :
       {"[[public]]", "[[[[", "[public", "[pub lic]", "[]", "x=[[}", "x=2e19]"}) {
    EXPECT_EQ(failure_of(std::string("version = 1\n") + line + "\n").kind(),
              exec::FailureKind::invalid)
        << line;
  }
  EXPECT_EQ(failure_of("version = 2e19").field(), "version");
  EXPECT_EQ(failure_of("version = 2").field(), "version");
  EXPECT_THAT(failure_of("#" + std::string(64U << 10U, ' ')).what(), HasSubstr("64 KiB"));
  EXPECT_THAT(failure_of("version = 1\n[\x7fswitch]\n").what(), HasSubstr("control characters"));
  EXPECT_EQ(failure_of("x=" + std::string(5000, '[')).kind(), exec::FailureKind::invalid);
}

TEST(SettingsTest, CommentsMayBeInAnyLanguageButValuesNot) {
  EXPECT_EQ(parse_toml("version = 1\n# für München\n").settings, Settings{});
  EXPECT_EQ(failure_of("version = 1\nhostname = 'münchen'\n").field(), "hostname");
}

TEST(SettingsTest, UnusualValuesOnlyWarn) {
  const auto parsed = parse_toml("version = 1\n[vswitch]\nvlan = 100\nmtu = 1500\n");
  EXPECT_THAT(parsed.warnings,
              ElementsAre(HasSubstr("4000 to 4091, not 100"), HasSubstr("1400 bytes, not 1500")));
}

TEST(SettingsTest, PatchChangesOnlyWhatItNamesAndOnlyWhereItMay) {
  const Settings current;
  const auto next =
      patched(current, R"({"vswitch":{"address":"10.1.1.31/24"}})", {"public", "vswitch"});
  EXPECT_EQ(next.settings.vswitch.address, "10.1.1.31/24");
  const auto changes = difference(current, next.settings);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].field, "vswitch.address");
  EXPECT_EQ(changes[0].from, "\"10.1.1.30/24\"");
  EXPECT_EQ(changes[0].to, "\"10.1.1.31/24\"");

  struct Case {
    const char* patch;
    const char* field;
  };
  const Case cases[] = {{R"([])", "settings"},
                        {R"({"vswitch":)", "settings"},
                        {R"({"firewall":{"ssh_from":[]}})", "firewall"},
                        {R"({"hostname":"x"})", "hostname"},
                        {R"({"vswitch":[]})", "vswitch"},
                        {R"({"vswitch":{"speed":1}})", "vswitch.speed"},
                        {R"({"vswitch":{"vlan":"4000"}})", "vswitch.vlan"},
                        {R"({"vswitch":{"vlan":4096}})", "vswitch.vlan"},
                        {R"({"public":{"dns":[1]}})", "public.dns"}};
  for (const auto& [patch, field] : cases) {
    try {
      patched(current, patch, {"public", "vswitch"});
      ADD_FAILURE() << patch;
    } catch (const exec::Failure& failure) {
      EXPECT_EQ(failure.kind(), exec::FailureKind::invalid) << patch;
      EXPECT_EQ(failure.field(), field) << patch;
    }
  }
}

TEST(SettingsTest, JsonHasTheKeysOfTheFile) {
  EXPECT_EQ(to_json(Settings{}, {"vswitch", "firewall"}),
            R"({"vswitch":{"vlan":4000,"address":"10.1.1.30/24","mtu":1400},)"
            R"("firewall":{"ssh_from":[]}})");
  EXPECT_THAT(to_json(Settings{}), HasSubstr(R"({"hostname":"bristle","public":{"mac":"",)"));
}

TEST(SettingsTest, PageUrlIsTheVswitchAddressUnlessSet) {
  Settings settings;
  EXPECT_EQ(page_url(settings), "http://10.1.1.30");
  settings.page.url = "https://stats.example.com/";
  EXPECT_EQ(page_url(settings), "https://stats.example.com");
  EXPECT_EQ(vlan_interface(settings), "enp0s31f6.4000");
}

TEST(AddressTest, NetworksAndHostsOfPrefixes) {
  EXPECT_EQ(network_of("10.1.1.30/24"), "10.1.1.0/24");
  EXPECT_EQ(network_of("10.1.1.30/0"), "0.0.0.0/0");
  EXPECT_EQ(network_of("10.1.1.30/32"), "10.1.1.30/32");
  EXPECT_EQ(host_of("10.1.1.30/24"), "10.1.1.30");
  EXPECT_EQ(host_of("10.1.1.30"), "10.1.1.30");
  EXPECT_FALSE(parse_ipv4_prefix("10.1.1.30/024"));
  EXPECT_FALSE(parse_ipv4_prefix("10.1.1.30/"));
  EXPECT_FALSE(parse_ipv4("10.1.1"));
  EXPECT_TRUE(is_source("2001:db8::/48"));
}

}  // namespace
}  // namespace ap::settings
