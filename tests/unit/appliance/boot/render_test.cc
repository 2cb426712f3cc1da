// SPDX-License-Identifier: LicenseRef-Project
// Goal: what is rendered for the machines we know is what was reviewed (golden files), and the
// shares of cores and memory fit the machine.
// BRISTLE_WRITE_GOLDEN=1 writes the golden files anew.
#include "appliance/boot/render.h"

#include "appliance/boot/machine.h"
#include "appliance/settings/files.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::boot {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30U;

Machine reference_machine() {
  return {{{0, 4}, {1, 5}, {2, 6}, {3, 7}}, 63 * kGibibyte, "90:1b:0e:11:22:33"};
}

std::string joined(const settings::FileSet& files) {
  std::string text;
  for (const auto& [path, content] : files) {
    // Networks and rules have golden files of their own.
    const bool is_elsewhere = path.ends_with(".nft") || path.starts_with("/run/systemd/network/");
    text += "==> " + path + "\n" + (is_elsewhere ? "" : content);
  }
  return text;
}

TEST(RenderTest, FilesAreTheReviewedOnes) {
  settings::Settings settings;
  settings.public_port.address = "203.0.113.7";
  settings.public_port.gateway = "203.0.113.1";
  settings.page.url = "https://stats.example.com/";
  test_support::expect_golden("appliance/boot/golden/reference",
                              joined(render(settings, reference_machine())));
  test_support::expect_golden("appliance/boot/golden/small",
                              joined(render({}, {{{0}, {1}}, 2 * kGibibyte, ""})));
}

TEST(RenderTest, OneCpuIsNotDivided) {
  const auto files = render({}, {{{0}}, 2 * kGibibyte, ""});
  for (const auto& [path, text] : files) {
    EXPECT_THAT(text, Not(HasSubstr("AllowedCPUs"))) << path;
  }
  EXPECT_FALSE(files.contains("/run/systemd/system/user.slice.d/50-bristle.conf"));
  EXPECT_THAT(files.at(kEnvironmentPath), HasSubstr("BRISTLE_CPUS=\nBRISTLE_FLUSH_WAIT=asleep\n"));
}

TEST(RenderTest, AddressOfTheVswitchReachesEveryReader) {
  settings::Settings settings;
  settings.vswitch.address = "10.2.0.5/16";
  const auto changed = settings::changed_paths(render({}, reference_machine()),
                                               render(settings, reference_machine()));
  EXPECT_THAT(changed, ElementsAre("/run/bristle/environment", "/run/bristle/firewall.nft",
                                   "/run/systemd/network/20-vswitch.network",
                                   "/run/systemd/system/bristle-canary.service.d/50-bristle.conf",
                                   "/run/systemd/system/bristle-dataplane.socket.d/50-bristle.conf",
                                   "/run/systemd/system/bristle-metrics.socket.d/50-bristle.conf"));
}

TEST(CoreMapTest, CoresAreSharedOutByTheReference) {
  struct Case {
    std::vector<Core> cores;
    std::string system;
    std::string dataplane;
    std::string others;
    std::string shard;
    std::string interrupts;
  };
  const Case cases[] = {
      {{{0, 4}, {1, 5}, {2, 6}, {3, 7}}, "0,4", "1,5", "2,3,6,7", "1", "5"},
      {{{0}, {1}, {2}, {3}}, "0", "1", "2,3", "1", ""},
      {{{0, 1}, {2, 3}}, "0,1", "2,3", "0,1", "2", "3"},
      {{{0}, {1}}, "0", "1", "0", "1", ""},
      {{{0, 1}}, "0", "1", "0", "1", ""},
      {{{0}}, "", "", "", "", ""},
      {{}, "", "", "", "", ""},
  };
  for (const auto& expected : cases) {
    const CoreMap map = plan_cores(expected.cores);
    EXPECT_EQ(map.system, expected.system);
    EXPECT_EQ(map.dataplane, expected.dataplane);
    EXPECT_EQ(map.others, expected.others);
    EXPECT_EQ(map.shard, expected.shard);
    EXPECT_EQ(map.interrupts, expected.interrupts);
  }
}

TEST(MachineTest, CoresAndMemoryAreReadFromTheKernel) {
  const support::TemporaryDirectory root;
  EXPECT_THAT(read_machine(root.path()).cores, IsEmpty());
  const auto cpu = root.path() / "sys/devices/system/cpu";
  settings::write_atomically(cpu / "online", "0-3,5\n");
  for (const char* pair : {"0,2", "1,3"}) {
    for (const char digit : {pair[0], pair[2]}) {
      settings::write_atomically(
          cpu / (std::string("cpu") + digit) / "topology/thread_siblings_list",
          std::string(pair) + "\n");
    }
  }
  settings::write_atomically(root.path() / "proc/meminfo", "MemTotal:        2048 kB\n");
  const Machine machine = read_machine(root.path());
  EXPECT_THAT(machine.cores, ElementsAre(Core{0, 2}, Core{1, 3}, Core{5}));
  EXPECT_EQ(machine.memory_bytes, 2048U * 1024U);
  EXPECT_THAT(parse_cpu_list("nonsense"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("1,x,3-2,4"), ElementsAre(1U, 4U));
}

}  // namespace
}  // namespace ap::boot
