// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/render.h"

#include "appliance/firewall/rules.h"
#include "appliance/network/units.h"
#include "appliance/settings/address.h"

#include <algorithm>

namespace ap::boot {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30U;
constexpr std::uint64_t kReferenceMemory = 62 * kGibibyte;  // what a 64 GB server has left for us
constexpr std::uint64_t kHugePagesFrom = 48 * kGibibyte;    // as in kernel::sized_settings

std::string drop_in(const std::string& unit) {
  return "/run/systemd/system/" + unit + ".d/50-bristle.conf";
}

/// `reference` bytes of the 64 GB server in proportion to this machine, in whole mebibytes. More
/// memory than the reference's goes to the page cache, which the event log and the engine read by.
std::uint64_t scaled(std::uint64_t reference, std::uint64_t memory, std::uint64_t least = 0) {
  const std::uint64_t share = std::min(memory, kReferenceMemory) / kMebibyte *
                              (reference / kMebibyte) / (kReferenceMemory / kMebibyte);
  return std::max(share * kMebibyte, least);
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes / kMebibyte) + "M"; }

/// A slice of the reference server; a limit of 0 is left out. `*_least` serve small machines.
struct Share {
  const char* unit;
  std::string cpus;
  std::uint64_t min = 0;
  std::uint64_t high = 0;
  std::uint64_t max = 0;
  std::uint64_t max_least = 0;
};

std::string slice_text(const Share& share, std::uint64_t memory) {
  std::string text = "[Slice]\n";
  if (!share.cpus.empty()) {
    text += "AllowedCPUs=" + share.cpus + "\n";
  }
  if (share.min > 0) {
    text += "MemoryMin=" + mebibytes(scaled(share.min, memory)) + "\n";
  }
  if (share.high > 0) {
    const std::uint64_t least = share.max_least / 10 * 9;
    text += "MemoryHigh=" + mebibytes(scaled(share.high, memory, least)) + "\n";
  }
  if (share.max > 0) {
    text += "MemoryMax=" + mebibytes(scaled(share.max, memory, share.max_least)) + "\n";
  }
  return text;
}

/// Reference 6.1. A child's MemoryMin= holds only as far as its parent grants it.
void add_slices(const Machine& machine, const CoreMap& map, settings::FileSet& files) {
  const Share shares[] = {
      {"bristle.slice", "", 5 * kGibibyte, 0, 0, 0},
      {"bristle-dataplane.slice", map.dataplane, 2 * kGibibyte, 0, 6 * kGibibyte, 512 * kMebibyte},
      {"bristle-control.slice", map.others, 0, 30 * kGibibyte, 34 * kGibibyte, 1280 * kMebibyte},
      {"bristle-database.slice", map.others, 3 * kGibibyte, 0, 8 * kGibibyte, 512 * kMebibyte},
      {"bristle-batch.slice", map.system, 0, 3 * kGibibyte, 5 * kGibibyte, 384 * kMebibyte},
      {"system.slice", map.system, 0, 0, 4 * kGibibyte, 640 * kMebibyte},
      {"user.slice", map.system, 0, 0, 0, 0},
  };
  for (const Share& share : shares) {
    const std::string text = slice_text(share, machine.memory_bytes);
    if (text != "[Slice]\n") {
      files[drop_in(share.unit)] = text;
    }
  }
}

/// An empty ListenStream= takes back the unit's own address. What a socket unit accepts belongs to
/// its control group, so the address filter is the socket's as well as the firewall's.
std::string socket_text(const settings::Settings& settings, const char* port) {
  return "[Socket]\nListenStream=\nListenStream=" + settings::host_of(settings.vswitch.address) +
         ":" + port + "\nFreeBind=yes\nIPAddressDeny=any\nIPAddressAllow=localhost " +
         settings::network_of(settings.vswitch.address) + "\n";
}

std::string environment_text(const settings::Settings& settings, const Machine& machine,
                             const CoreMap& map) {
  const std::string host = settings::host_of(settings.vswitch.address);
  const std::uint64_t engine = scaled(24 * kGibibyte, machine.memory_bytes, 768 * kMebibyte);
  return "# Rendered at boot from appliance.toml and the machine; .env.example explains the "
         "names.\n"
         "SITE_URL=" +
         settings::page_url(settings) + "\nBRISTLE_LISTEN=" + host +
         ":80\nBRISTLE_METRICS_LISTEN=" + host + ":9100\nBRISTLE_CANARY_URL=http://" + host +
         "\nBRISTLE_PRIVACY_DEFAULT=standard\nBRISTLE_SHARDS=1\nBRISTLE_CPUS=" + map.shard +
         "\nBRISTLE_FLUSH_WAIT=" + (map.shard.empty() ? "asleep" : "awake") +
         "\nBRISTLE_ENGINE_MEMORY_BYTES_MAX=" + std::to_string(engine) + "\n";
}

/// The reference server has 4 GiB of shared buffers in huge pages; others a 32nd of their memory.
std::string postgresql_text(const Machine& machine) {
  const std::uint64_t memory = machine.memory_bytes;
  const std::uint64_t buffers =
      memory >= kHugePagesFrom ? 4 * kGibibyte : std::max(memory / 32, 64 * kMebibyte);
  const auto size = [](std::uint64_t bytes) { return "'" + mebibytes(bytes) + "B'\n"; };
  return "# Rendered at boot for this machine's memory.\nhuge_pages = try\nshared_buffers = " +
         size(buffers) + "effective_cache_size = " + size(buffers * 2) +
         "maintenance_work_mem = " + size(scaled(512 * kMebibyte, memory, 32 * kMebibyte)) +
         "work_mem = " + size(scaled(32 * kMebibyte, memory, 4 * kMebibyte));
}

std::string chrony_text(const settings::Settings& settings) {
  std::string text;
  for (const auto& server : settings.time.servers) {
    text += "server " + server + " iburst\n";
  }
  return text;
}

}  // namespace

settings::FileSet render(const settings::Settings& settings, const Machine& machine) {
  const CoreMap map = plan_cores(machine.cores);
  settings::FileSet files = network::render_units(settings, machine.public_mac);
  files[firewall::kRulesPath] = firewall::render_rules(settings);
  files["/run/bristle/sshd.conf"] =
      "HostKey /data/state/ssh/ssh_host_ed25519_key\n"
      "AuthorizedKeysFile /data/state/ssh/authorized_keys\n";
  files[kChronyPath] = chrony_text(settings);
  files[kEnvironmentPath] = environment_text(settings, machine, map);
  files["/run/bristle/postgresql.conf"] = postgresql_text(machine);
  files[drop_in("bristle-dataplane.socket")] = socket_text(settings, "80");
  files[drop_in("bristle-metrics.socket")] = socket_text(settings, "9100");
  files[drop_in("bristle-canary.service")] =
      "[Service]\nIPAddressAllow=" + settings::network_of(settings.vswitch.address) + "\n";
  add_slices(machine, map, files);
  return files;
}

}  // namespace ap::boot
