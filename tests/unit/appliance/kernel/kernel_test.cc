// SPDX-License-Identifier: LicenseRef-Project
// Goal: every line of kernel-config/ is found again on a running system, and a difference is named.
// Method: the real fragments against a tree of /proc and /sys made for the test.
#include "appliance/exec/failure.h"
#include "appliance/kernel/checks.h"
#include "appliance/kernel/fragments.h"
#include "appliance/kernel/tune.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace {

using ap::kernel::Check;
using ap::kernel::CheckState;
using ap::kernel::DeviceSetting;
using ap::kernel::interrupts_of;
using ap::kernel::parse_command_line;
using ap::kernel::parse_device_rules;
using ap::kernel::parse_sysctl;
using ap::kernel::read_attribute;
using ap::kernel::read_file;
using ap::kernel::run_checks;
using ap::kernel::Setting;
using ap::kernel::sized_settings;
using ap::kernel::tune;
namespace fs = std::filesystem;

const fs::path kSource = "kernel-config";  // tests run in the repository's root

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text << '\n';
}

fs::path sysctl_path(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return fs::path("proc/sys") / name;
}

/// A machine that is exactly as the fragments want it.
class KernelTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = directory_.path();
    std::string command_line = "BOOT_IMAGE=/vmlinuz ro quiet";
    for (const auto& setting : parse_command_line(read_file(kSource / "cmdline"))) {
      command_line += " " + setting.name + (setting.value.empty() ? "" : "=" + setting.value);
    }
    put(root_ / "proc/cmdline", command_line);
    put(root_ / "proc/meminfo", "MemTotal:       65736784 kB\nMemFree: 1 kB");
    for (const auto& setting : parse_sysctl(read_file(kSource / "sysctl.conf"))) {
      put(root_ / sysctl_path(setting.name), setting.value);
    }
    put(root_ / "proc/sys/vm/nr_hugepages", "2304");
    put(root_ / "proc/sys/vm/min_free_kbytes", "256784");
    for (const auto* disk : {"sda", "sdb"}) {
      put(root_ / "sys/class/block" / disk / "queue/scheduler", "none [mq-deadline]");
      put(root_ / "sys/class/block" / disk / "queue/nr_requests", "64");
      put(root_ / "sys/class/block" / disk / "queue/read_ahead_kb", "128");
    }
    put(root_ / "sys/class/net/enp0s31f6/threaded", "1");
  }

  std::vector<Check> unequal() {
    auto checks = run_checks(root_, kSource);
    std::erase_if(checks, [](const Check& check) { return check.state == CheckState::ok; });
    return checks;
  }

  support::TemporaryDirectory directory_;
  fs::path root_;
};

TEST_F(KernelTest, EveryLineHasAReason) {
  for (const auto& check : run_checks(root_, kSource)) {
    EXPECT_GT(check.reason.size(), 10U) << check.name;
  }
}

TEST_F(KernelTest, FindsNothingToSayAboutAMachineSetUpAsWritten) {
  for (const auto& check : unequal()) {
    ADD_FAILURE() << check.name << ": " << check.expected << " / " << check.found;
  }
  EXPECT_GT(run_checks(root_, kSource).size(), 60U);
}

TEST_F(KernelTest, NamesEachKindOfDifference) {
  put(root_ / "proc/cmdline", "ro panic=0");
  put(root_ / "proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456");
  put(root_ / "sys/class/block/sdb/queue/scheduler", "[none] mq-deadline");
  fs::remove_all(root_ / "sys/class/net");
  const auto found = unequal();
  const auto has = [&](const std::string& name, const std::string& value, CheckState state) {
    return std::any_of(found.begin(), found.end(), [&](const Check& check) {
      return check.name == name && check.found == value && check.state == state;
    });
  };
  EXPECT_TRUE(has("boot parameter panic", "0", CheckState::differs));
  EXPECT_TRUE(has("boot parameter skew_tick", "absent", CheckState::differs));
  EXPECT_TRUE(has("net.ipv4.tcp_rmem", "4096 131072 6291456", CheckState::differs));
  EXPECT_TRUE(has("sdb queue/scheduler", "none", CheckState::differs));
  EXPECT_TRUE(
      has("enp0s31f6 threaded", "this machine has no such device", CheckState::not_applicable));
}

TEST(KernelTuneTest, SizesMemorySettingsByTheMachine) {
  struct Case {
    std::uint64_t gibibytes;
    std::string huge_pages;
    std::string reserve;
  };
  for (const auto& [gibibytes, huge_pages, reserve] :
       {Case{1, "0", "8192"}, Case{4, "0", "16384"}, Case{64, "2304", "262144"},
        Case{256, "2304", "262144"}}) {
    const auto settings = sized_settings(gibibytes << 30U);
    EXPECT_EQ(settings.at(0).value, huge_pages) << gibibytes;
    EXPECT_EQ(settings.at(1).value, reserve) << gibibytes;
  }
}

TEST_F(KernelTest, MovesOnlyTheInterfacesInterrupts) {
  put(root_ / "proc/interrupts",
      "            CPU0       CPU1\n"
      "  16:          1          0  IR-IO-APIC  16-fasteoi   ehci_hcd:usb1\n"
      " 126:          5          7  IR-PCI-MSI 520192-edge      enp0s31f6\n"
      " 127:          5          7  IR-PCI-MSI 520193-edge      enp0s31f6-rx-0\n"
      " 128:          5          7  IR-PCI-MSI 520193-edge      enp0s31f61\n"
      " NMI:          0          0   Non-maskable interrupts");
  EXPECT_THAT(interrupts_of(root_, "enp0s31f6"), testing::ElementsAre("126", "127"));
  put(root_ / "proc/irq/126/smp_affinity_list", "0-7");
  put(root_ / "proc/irq/127/smp_affinity_list", "0-7");
  EXPECT_THAT(tune(root_, "enp0s31f6", "5"), testing::IsEmpty());
  EXPECT_EQ(read_attribute(root_ / "proc/irq/126/smp_affinity_list"), "5");
  fs::remove_all(root_ / "proc/irq/127");
  EXPECT_THAT(tune(root_, "enp0s31f6", "5"), testing::SizeIs(1));
}

TEST(KernelFragmentsTest, ReadsTheFormsOfEachFragment) {
  EXPECT_EQ(parse_command_line("# note\nquiet\na=b,c  # why\n"),
            (std::vector<Setting>{{"quiet", "", ""}, {"a", "b,c", "why"}}));
  EXPECT_EQ(
      parse_sysctl("# head\n\n# one\n# two\na.b = 1 2\nc = 3\n# next\nd=4"),
      (std::vector<Setting>{{"a.b", "1 2", "one two"}, {"c", "3", "one two"}, {"d", "4", "next"}}));
  EXPECT_EQ(parse_device_rules("# why\nSUBSYSTEM==\"net\", KERNEL==\"e*\", ATTR{x/y}=\"1\"\n"),
            (std::vector<DeviceSetting>{{"net", "e*", "x/y", "1", "why"}}));
  EXPECT_THROW(parse_device_rules("RUN+=\"sh\""), ap::exec::Failure);
}

}  // namespace
