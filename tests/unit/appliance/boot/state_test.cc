// SPDX-License-Identifier: LicenseRef-Project
// Goal: the early boot step makes a box out of seed and machine, does it the same the next time,
// and a step that fails leaves a warning and not a box without network.
#include "appliance/boot/state.h"

#include "appliance/settings/files.h"
#include "appliance/settings/store.h"
#include "tests/support/fake_runner.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ap::boot {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB operator@home";

/// A FakeRunner whose ssh-keygen leaves the files that the real one would.
class KeyMaker final : public exec::Runner {
 public:
  explicit KeyMaker(std::filesystem::path root) : root_(std::move(root)) {}

  exec::Outcome run(const exec::Command& command) override {
    commands += command.arguments.front() + (command.arguments.size() > 1 ? " " : "") +
                (command.arguments.size() > 1 ? command.arguments[1] : "") + "\n";
    if (command.arguments.front() == fails) {
      return {1, "", "out of order"};
    }
    if (command.arguments.front() == "ssh-keygen") {
      settings::write_atomically(root_ / "run/bristle/new_host_key", "PRIVATE\n");
      settings::write_atomically(root_ / "run/bristle/new_host_key.pub", "PUBLIC\n");
    }
    return {};
  }

  std::string commands;
  std::string fails;

 private:
  std::filesystem::path root_;
};

class StateTest : public ::testing::Test {
 protected:
  StateTest() {
    write("sys/class/net/ens5/type", "1\n");
    write("sys/class/net/ens5/address", "90:1b:0e:11:22:33\n");
    std::filesystem::create_directories(root() / "sys/class/net/ens5/device");
    write("sys/devices/system/cpu/online", "0-1\n");
    write("proc/meminfo", "MemTotal: 4194304 kB\n");
    write("proc/sys/kernel/hostname", "localhost\n");
    write("proc/sys/vm/nr_hugepages", "0\n");
    write("proc/sys/vm/min_free_kbytes", "8192\n");
  }

  void write(const std::string& path, const std::string& text) {
    settings::write_atomically(root() / path, text);
  }
  std::string read(const std::string& path) {
    return settings::read_text(root() / path).value_or("(missing)");
  }
  [[nodiscard]] const std::filesystem::path& root() const { return directory_.path(); }

  std::string run() {
    std::string codes;
    for (const auto& warning : run_state(root(), runner_)) {
      codes += (codes.empty() ? "" : " ") + warning.code;
    }
    return codes;
  }

  support::TemporaryDirectory directory_;
  KeyMaker runner_{directory_.path()};
};

TEST_F(StateTest, FirstBootTakesTheSeedAndMakesTheBox) {
  settings::Settings seed;
  seed.hostname = "box-7";
  seed.vswitch.address = "10.1.1.44/24";
  write("run/bristle/seed/seed.toml", settings::to_toml(seed));
  write("run/bristle/seed/authorized_keys",
        "# mine\r\n" + std::string(kKey) + "\r\ncommand=\"x\" " + kKey + "\n\n");
  EXPECT_EQ(run(), "ssh-keys-skipped");
  EXPECT_EQ(settings::load(root()).source, settings::Source::file);
  EXPECT_EQ(settings::load(root()).settings, seed);
  EXPECT_EQ(read("data/state/ssh/authorized_keys"), std::string(kKey) + "\n");
  EXPECT_EQ(read("data/state/ssh/ssh_host_ed25519_key"), "PRIVATE\n");
  EXPECT_EQ(read("data/state/ssh/ssh_host_ed25519_key.pub"), "PUBLIC\n");
  EXPECT_EQ(std::filesystem::status(root() / "data/state/ssh/ssh_host_ed25519_key").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(read("run/bristle/new_host_key"), "(missing)");
  EXPECT_EQ(read("proc/sys/kernel/hostname"), "box-7");
  EXPECT_THAT(read("run/systemd/network/10-public.link"),
              HasSubstr("PermanentMACAddress=90:1b:0e:11:22:33"));
  EXPECT_THAT(read("run/bristle/firewall.nft"), HasSubstr("10.1.1.44"));
  EXPECT_EQ(runner_.commands,
            "udevadm control\nudevadm trigger\nsystemctl daemon-reload\nssh-keygen -q\n");
}

TEST_F(StateTest, NextBootKeepsWhatTheFirstOneMade) {
  write("run/bristle/seed/seed.toml", settings::to_toml({}));
  write("run/bristle/seed/authorized_keys", std::string(kKey) + "\n");
  run();
  settings::Settings other;
  other.hostname = "other";
  write("run/bristle/seed/seed.toml", settings::to_toml(other));
  write("run/bristle/seed/authorized_keys", "ssh-rsa AAAA other\n");
  runner_.commands.clear();
  EXPECT_EQ(run(), "");
  EXPECT_EQ(settings::load(root()).settings.hostname, "bristle");
  EXPECT_EQ(read("data/state/ssh/authorized_keys"), std::string(kKey) + "\n");
  EXPECT_THAT(runner_.commands, Not(HasSubstr("ssh-keygen")));
  EXPECT_EQ(read("run/bristle/warnings.json"), "[]\n");
}

TEST_F(StateTest, WithoutASeedTheDefaultsServeAndNothingIsKept) {
  EXPECT_EQ(run(), "settings no-ssh-keys");
  EXPECT_FALSE(std::filesystem::exists(root() / "data/state/appliance.toml"));
  EXPECT_THAT(read("run/systemd/network/10-public.network"), HasSubstr("DHCP=ipv4"));
  EXPECT_THAT(read("run/bristle/warnings.json"),
              HasSubstr(R"({"noun":"users","severity":"warning","code":"no-ssh-keys","text":)"));
}

TEST_F(StateTest, WrongSeedIsNamedAndACorrectedOneIsTakenLater) {
  write("run/bristle/seed/seed.toml", "version = 1\n[vswitch]\nvlan = 9999\n");
  write("run/bristle/seed/authorized_keys", std::string(kKey) + "\n");
  run();
  EXPECT_THAT(read("run/bristle/warnings.json"),
              HasSubstr("seed.toml is not used: vswitch.vlan: '9999' is wrong"));
  write("run/bristle/seed/seed.toml", "version = 1\n[vswitch]\nvlan = 4001\n");
  EXPECT_EQ(run(), "");
  EXPECT_EQ(settings::load(root()).settings.vswitch.vlan, 4001);
}

TEST_F(StateTest, StepThatFailsIsAWarningAndTheNextOnesRun) {
  write("run/bristle/seed/seed.toml", settings::to_toml({}));
  write("run/bristle/seed/authorized_keys", std::string(kKey) + "\n");
  runner_.fails = "udevadm";
  EXPECT_EQ(run(), "port");
  EXPECT_EQ(read("data/state/ssh/ssh_host_ed25519_key"), "PRIVATE\n");
  std::filesystem::remove(root() / "data/state/ssh/ssh_host_ed25519_key");
  runner_.fails = "ssh-keygen";
  EXPECT_EQ(run(), "host-key");
  EXPECT_THAT(read("run/bristle/firewall.nft"), HasSubstr("table inet bristle"));
}

TEST_F(StateTest, AnotherCardThanTheConfiguredOneIsUsedAndNamed) {
  settings::Settings seed;
  seed.public_port.mac = "52:54:00:00:00:01";
  write("run/bristle/seed/seed.toml", settings::to_toml(seed));
  write("run/bristle/seed/authorized_keys", std::string(kKey) + "\n");
  EXPECT_EQ(run(), "port-replaced");
  EXPECT_THAT(read("run/systemd/network/10-public.link"),
              HasSubstr("PermanentMACAddress=90:1b:0e:11:22:33"));
}

TEST_F(StateTest, MachineWithoutAPortSaysSoAfterWaiting) {
  std::filesystem::remove_all(root() / "sys/class/net");
  write("run/bristle/seed/seed.toml", settings::to_toml({}));
  write("run/bristle/seed/authorized_keys", std::string(kKey) + "\n");
  EXPECT_EQ(run(), "no-port");
  EXPECT_THAT(runner_.commands, HasSubstr("udevadm settle"));
  EXPECT_THAT(read("run/systemd/network/10-public.link"), HasSubstr("Driver=e1000e"));
}

}  // namespace
}  // namespace ap::boot
