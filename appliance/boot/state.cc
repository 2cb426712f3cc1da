// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/state.h"

#include "appliance/boot/activation.h"
#include "appliance/boot/render.h"
#include "appliance/kernel/tune.h"
#include "appliance/network/units.h"
#include "appliance/settings/store.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

namespace ap::boot {
namespace {

namespace json = boost::json;

constexpr const char* kSeedKeysPath = "/run/bristle/seed/authorized_keys";
constexpr const char* kKeysPath = "/data/state/ssh/authorized_keys";
constexpr const char* kHostKeyPath = "/data/state/ssh/ssh_host_ed25519_key";
constexpr const char* kNewHostKeyPath = "/run/bristle/new_host_key";
constexpr std::array<std::string_view, 5> kKeyTypes{"ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-",
                                                    "sk-ssh-ed25519@", "sk-ecdsa-sha2-"};
constexpr int kPortTries = 50;
constexpr std::chrono::milliseconds kPortPause{200};

/// One boot step after the other; what one throws is kept as a warning.
class Steps {
 public:
  template <typename Step>
  void run(const char* code, Step step) {
    try {
      step();
    } catch (const exec::Failure& failure) {
      warn("boot", code, failure.what(), "Read the log of bristle-state.service");
    } catch (const std::filesystem::filesystem_error& error) {
      warn("boot", code, error.what(), "Read the log of bristle-state.service");
    }
  }

  void warn(std::string noun, std::string code, std::string text, std::string advice) {
    warnings_.push_back({std::move(noun), std::move(code), std::move(text), std::move(advice)});
  }

  [[nodiscard]] const std::vector<Warning>& warnings() const { return warnings_; }

 private:
  std::vector<Warning> warnings_;
};

/// The lines of `text` that are public keys without options; `skipped` counts the others.
std::string usable_keys(const std::string& text, int& skipped) {
  std::string keys;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const bool is_key = std::any_of(kKeyTypes.begin(), kKeyTypes.end(),
                                    [&](std::string_view type) { return line.starts_with(type); });
    if (is_key) {
      keys += std::string(line) + "\n";
    } else if (!line.empty() && !line.starts_with('#')) {
      ++skipped;
    }
  }
  return keys;
}

/// The seed becomes appliance.toml once, and only if it can be used: a corrected one is taken at
/// the next boot.
settings::Settings import_settings(const std::filesystem::path& root, Steps& steps) {
  const settings::Loaded loaded = settings::load(root);
  for (const auto& text : loaded.warnings) {
    steps.warn("settings", "settings", text,
               "Set the network in the console, or correct /bristle/seed.toml on the ESP");
  }
  const bool is_first = !std::filesystem::exists(settings::below(root, settings::kSettingsPath));
  if (loaded.source == settings::Source::seed && is_first) {
    steps.run("seed", [&] { settings::save(root, loaded.settings); });
  }
  return loaded.settings;
}

void import_keys(const std::filesystem::path& root, Steps& steps) {
  const auto place = settings::below(root, kKeysPath);
  if (!std::filesystem::exists(place)) {
    int skipped = 0;
    const auto seed = settings::read_text(settings::below(root, kSeedKeysPath)).value_or("");
    const std::string keys = usable_keys(seed, skipped);
    if (skipped > 0) {
      steps.warn("users", "ssh-keys-skipped",
                 std::to_string(skipped) + " lines of the seed's authorized_keys are not used",
                 "Only plain public keys are taken, one a line, without options");
    }
    if (!keys.empty()) {
      settings::write_atomically(place, keys);
    }
  }
  if (!std::filesystem::exists(place)) {
    steps.warn("users", "no-ssh-keys", "Nobody can log in over the network: there are no SSH keys",
               "Put public keys into /bristle/authorized_keys on the ESP and reboot");
  }
}

/// ssh-keygen works in memory; the private key appears last, whole and flushed, and is the marker.
void make_host_key(const std::filesystem::path& root, exec::Runner& runner) {
  const auto place = settings::below(root, kHostKeyPath);
  if (std::filesystem::exists(place)) {
    return;
  }
  const auto draft = settings::below(root, kNewHostKeyPath);
  const auto draft_public = draft.string() + ".pub";
  std::filesystem::remove(draft);
  std::filesystem::remove(draft_public);
  runner.require(
      {{"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bristle", "-f", draft.string()},
       {},
       {}});
  const auto key = settings::read_text(draft);
  const auto public_key = settings::read_text(draft_public);
  std::filesystem::remove(draft);
  std::filesystem::remove(draft_public);
  if (!key || !public_key) {
    throw exec::Failure(exec::FailureKind::failed, "ssh-keygen made no key");
  }
  settings::write_atomically(place.string() + ".pub", *public_key);
  settings::write_atomically(place, *key, 0600);
}

/// Drivers load while this runs; without a port there is nothing to name.
void wait_for_ports(const std::filesystem::path& root, exec::Runner& runner) {
  if (network::find_ports(root).empty()) {
    runner.run({{"udevadm", "settle", "--timeout=10"}, {}, {}});
  }
}

/// udev gave the port a name before there was a .link file; a second look applies ours.
void name_port(const std::filesystem::path& root, const settings::Settings& settings,
               const Machine& machine, exec::Runner& runner, Steps& steps) {
  const auto ports = network::find_ports(root);
  const auto port = std::find_if(ports.begin(), ports.end(), [&](const network::Port& candidate) {
    return candidate.mac == machine.public_mac;
  });
  if (port == ports.end()) {
    steps.warn("network", "no-port", "No network port was found", "Check the network card");
    return;
  }
  if (network::is_port_replaced(settings, ports)) {
    steps.warn("network", "port-replaced",
               "No port has the MAC address " + settings.public_port.mac + "; using " + port->mac,
               "Set public.mac to the new port's address");
  }
  runner.require({{"udevadm", "control", "--reload"}, {}, {}});
  runner.require(
      {{"udevadm", "trigger", "--action=add", "--settle", "/sys/class/net/" + port->name}, {}, {}});
}

void name_machine(const std::filesystem::path& root, const std::string& hostname) {
  std::ofstream(root / "proc/sys/kernel/hostname") << hostname << std::flush;
}

std::string to_json(const std::vector<Warning>& warnings) {
  json::array list;
  for (const auto& warning : warnings) {
    list.push_back(json::object{{"noun", warning.noun},
                                {"severity", "warning"},
                                {"code", warning.code},
                                {"text", warning.text},
                                {"advice", warning.advice}});
  }
  return json::serialize(list) + "\n";
}

}  // namespace

std::vector<Warning> run_state(const std::filesystem::path& root, exec::Runner& runner) {
  Steps steps;
  const settings::Settings settings = import_settings(root, steps);
  name_machine(root, settings.hostname);
  Machine machine;
  steps.run("render", [&] {
    wait_for_ports(root, runner);
    machine = machine_for(root, settings);
    settings::write_files(root, render(settings, machine));
  });
  steps.run("port", [&] { name_port(root, settings, machine, runner, steps); });
  steps.run("units", [&] { runner.require({{"systemctl", "daemon-reload"}, {}, {}}); });
  steps.run("ssh-keys", [&] { import_keys(root, steps); });
  steps.run("host-key", [&] { make_host_key(root, runner); });
  for (const auto& refusal : kernel::tune(root, settings::kPort, "")) {
    steps.warn("boot", "tune", refusal, "Run bristle doctor");
  }
  steps.run("warnings", [&] {
    settings::write_atomically(settings::below(root, kWarningsPath), to_json(steps.warnings()));
  });
  return steps.warnings();
}

std::vector<std::string> run_tune(const std::filesystem::path& root) {
  const CoreMap map = plan_cores(read_machine(root).cores);
  for (int turn = 0; turn < kPortTries && !map.interrupts.empty() &&
                     kernel::interrupts_of(root, settings::kPort).empty();
       ++turn) {
    std::this_thread::sleep_for(
        kPortPause);  // the driver asks for its interrupts as the link rises
  }
  return kernel::tune(root, settings::kPort, map.interrupts);
}

}  // namespace ap::boot
