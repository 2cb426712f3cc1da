// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/flash/options.h"

#include "appliance/flash/rescue.h"
#include "appliance/settings/files.h"
#include "appliance/settings/settings.h"

#include <getopt.h>

#include <array>
#include <charconv>

namespace ap::flash {
namespace {

using exec::Failure;
using exec::FailureKind;

enum Option : int {
  image,
  seed,
  hostname,
  mac,
  address,
  gateway,
  address6,
  vlan,
  vswitch_address,
  ssh_key,
  no_rescue,
  force,
  yes,
  help
};

constexpr std::array kLongOptions{
    ::option{"image", required_argument, nullptr, Option::image},
    ::option{"seed", required_argument, nullptr, Option::seed},
    ::option{"hostname", required_argument, nullptr, Option::hostname},
    ::option{"mac", required_argument, nullptr, Option::mac},
    ::option{"address", required_argument, nullptr, Option::address},
    ::option{"gateway", required_argument, nullptr, Option::gateway},
    ::option{"address6", required_argument, nullptr, Option::address6},
    ::option{"vlan", required_argument, nullptr, Option::vlan},
    ::option{"vswitch-address", required_argument, nullptr, Option::vswitch_address},
    ::option{"ssh-key", required_argument, nullptr, Option::ssh_key},
    ::option{"no-rescue", no_argument, nullptr, Option::no_rescue},
    ::option{"force", no_argument, nullptr, Option::force},
    ::option{"yes", no_argument, nullptr, Option::yes},
    ::option{"help", no_argument, nullptr, Option::help},
    ::option{nullptr, 0, nullptr, 0}};

void take(Options& options, int option, const char* value) {
  switch (option) {
    case Option::image:
      options.image = value;
      break;
    case Option::seed:
      options.seed = value;
      break;
    case Option::hostname:
      options.hostname = value;
      break;
    case Option::mac:
      options.mac = value;
      break;
    case Option::address:
      options.address = value;
      break;
    case Option::gateway:
      options.gateway = value;
      break;
    case Option::address6:
      options.address6 = value;
      break;
    case Option::vlan:
      options.vlan = value;
      break;
    case Option::vswitch_address:
      options.vswitch_address = value;
      break;
    case Option::ssh_key:
      options.ssh_keys.emplace_back(value);
      break;
    case Option::no_rescue:
      options.takes_rescue = false;
      break;
    case Option::force:
      options.force = true;
      break;
    case Option::yes:
      options.yes = true;
      break;
    case Option::help:
      options.help = true;
      break;
    default:
      throw Failure(FailureKind::invalid, "unknown option, or its value is missing; see --help");
  }
}

/// Flags win over what was found.
void apply_flags(const Options& options, settings::Settings& settings) {
  const auto set = [](const std::string& from, std::string& to) {
    if (!from.empty()) {
      to = from;
    }
  };
  set(options.hostname, settings.hostname);
  set(options.mac, settings.public_port.mac);
  set(options.address, settings.public_port.address);
  set(options.gateway, settings.public_port.gateway);
  set(options.address6, settings.public_port.address6);
  set(options.vswitch_address, settings.vswitch.address);
  if (!options.vlan.empty()) {
    const auto* end = options.vlan.data() + options.vlan.size();
    const auto [rest, error] = std::from_chars(options.vlan.data(), end, settings.vswitch.vlan);
    if (error != std::errc{} || rest != end) {
      throw Failure(FailureKind::invalid, "expected a VLAN number, got '" + options.vlan + "'",
                    "vlan");
    }
  }
}

}  // namespace

Options parse_options(int count, char** arguments) {
  Options options;
  optind = 0;  // getopt keeps its place between calls
  opterr = 0;
  int option = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): arguments are read before any thread starts.
  while ((option = getopt_long(count, arguments, "", kLongOptions.data(), nullptr)) != -1) {
    take(options, option, optarg);
  }
  options.disks.assign(arguments + optind, arguments + count);
  if (options.help) {
    return options;
  }
  if (options.image.empty()) {
    throw Failure(FailureKind::invalid, "expected --image FILE", "image");
  }
  if (options.disks.empty() || options.disks.size() > 2) {
    throw Failure(FailureKind::invalid, "expected one disk, or the two of a mirror", "disk");
  }
  return options;
}

std::string usage() {
  return "usage: bristle-flash --image FILE [option ...] DISK [DISK]\n"
         "\n"
         "Writes Bristle to one disk, or to two as the halves of a mirror, and reads it back.\n"
         "\n"
         "  --image FILE            the image, raw or .zst\n"
         "  --seed FILE             answers in the form of appliance.toml\n"
         "  --address ADDRESS       public IPv4 address     --gateway ADDRESS   its gateway\n"
         "  --address6 PREFIX       public IPv6, 2001:db8::2/64\n"
         "  --mac MAC               of the network port     --hostname NAME\n"
         "  --vswitch-address A/N   private address, default 10.1.1.30/24\n"
         "  --vlan NUMBER           of the vSwitch, default 4000\n"
         "  --ssh-key KEY|FILE      who may log in as admin; may be given again\n"
         "  --no-rescue             take nothing from the running system\n"
         "  --force                 overwrite a disk that is not empty\n"
         "  --yes                   do not ask\n"
         "\n"
         "What is not given is taken from the running rescue system: the port of the default\n"
         "route with its addresses, and ~/.ssh/authorized_keys.\n";
}

Seed make_seed(exec::Runner& runner, const Options& options, const std::filesystem::path& home) {
  settings::Settings settings;
  if (!options.seed.empty()) {
    const auto text = settings::read_text(options.seed);
    if (!text) {
      throw Failure(FailureKind::not_found, "cannot read " + options.seed.string(), "seed");
    }
    settings = settings::parse_toml(*text).settings;
  } else if (options.takes_rescue) {
    take_network(runner, settings.public_port);
  }
  apply_flags(options, settings);
  Seed seed;
  // Reading it back is what the first boot will do: a wrong value is told now.
  seed.settings = settings::to_toml(settings);
  settings::parse_toml(seed.settings);
  for (const auto& key : options.ssh_keys) {
    seed.authorized_keys += ssh_keys_of(key);
  }
  if (options.ssh_keys.empty() && options.takes_rescue) {
    seed.authorized_keys = take_ssh_keys(home);
  }
  return seed;
}

}  // namespace ap::flash
