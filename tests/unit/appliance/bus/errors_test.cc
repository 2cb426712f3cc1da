// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/bus/errors.h"

#include "appliance/bus/client.h"
#include "appliance/bus/message.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using ap::bus::error_name;
using ap::bus::error_text;
using ap::bus::throw_error;
using ap::bus::valid_utf8;
using ap::exec::Failure;
using ap::exec::FailureKind;

// Goal: a failure that crosses the bus is the same failure on the other side.
TEST(BusErrorsTest, KeepKindAndFieldAcrossTheBus) {
  const Failure failures[] = {
      {FailureKind::invalid, "must be a number", "vswitch.vlan"},
      {FailureKind::invalid, "this is no email address", "email"},
      {FailureKind::refused, "the disk has data: wipe it first"},
      {FailureKind::not_found, "no such unit"},
      {FailureKind::failed, "mdadm: device busy"},
      {FailureKind::timed_out, "nft did not end"},
  };
  for (const auto& failure : failures) {
    SCOPED_TRACE(failure.what());
    try {
      throw_error(error_name(failure.kind()), error_text(failure));
    } catch (const Failure& back) {
      EXPECT_EQ(back.kind(), failure.kind());
      EXPECT_EQ(back.field(), failure.field());
      EXPECT_NE(std::string(back.what()).find(failure.what()), std::string::npos);
    }
  }
}

// Goal: a text that names its field already is not given it twice.
TEST(BusErrorsTest, NamesTheFieldOnce) {
  EXPECT_EQ(error_text({FailureKind::invalid, "vswitch.vlan must be a number", "vswitch.vlan"}),
            "vswitch.vlan must be a number");
  EXPECT_EQ(error_text({FailureKind::invalid, "must be a number", "vswitch.vlan"}),
            "vswitch.vlan: must be a number");
}

TEST(BusErrorsTest, TellRefusedUsersFromAbsentServices) {
  EXPECT_THROW(throw_error("org.freedesktop.DBus.Error.AccessDenied", "no"), ap::bus::AccessDenied);
  EXPECT_THROW(throw_error("org.freedesktop.DBus.Error.ServiceUnknown", "no"),
               ap::bus::Unavailable);
  EXPECT_THROW(throw_error("org.freedesktop.DBus.Error.Spawn.ExecFailed", "no"),
               ap::bus::Unavailable);
  EXPECT_THROW(throw_error("com.example.Other", "no"), Failure);
}

// Goal: whatever a log holds, the answer can be sent: the bus carries UTF-8 only.
TEST(BusErrorsTest, ReplaceWhatIsNotUtf8) {
  const struct {
    std::string text;
    std::string expected;
  } cases[] = {
      {"plain", "plain"},
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"a\xff"
       "b",
       "a\xef\xbf\xbd"
       "b"},
      {"cut \xc3", "cut \xef\xbf\xbd"},
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // overlong
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                  // a surrogate
      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // beyond U+10FFFF
  };
  for (const auto& item : cases) {
    EXPECT_EQ(valid_utf8(item.text), item.expected);
  }
}

}  // namespace
