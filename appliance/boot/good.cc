// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/boot/good.h"

#include "appliance/boot/storage_identity.h"
#include "appliance/exec/failure.h"
#include "appliance/network/links.h"
#include "appliance/raid/disks.h"
#include "appliance/settings/files.h"
#include "appliance/settings/settings.h"
#include "appliance/settings/store.h"

#include <fstream>
#include <sstream>

namespace ap::boot {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarkerPath = "data/state/firstboot/good";
constexpr std::string_view kSlotParameter = "bristle.slot=";

}  // namespace

std::string booted_slot(const fs::path& root) {
  std::istringstream words(settings::read_text(root / "proc/cmdline").value_or(""));
  for (std::string word; words >> word;) {
    if (word == std::string(kSlotParameter) + "a" || word == std::string(kSlotParameter) + "b") {
      return word.back() == 'a' ? "A" : "B";
    }
  }
  throw exec::Failure(exec::FailureKind::failed, "the kernel line names no slot");
}

std::string first_boot_result(exec::Runner& runner, const fs::path& root) {
  const settings::Settings settings = settings::load(root).settings;
  std::string text = "\nBristle is ready: an event went through the whole product.\n";
  for (const network::Link& link : network::read_links(runner)) {
    const std::string where = network::network_of_link(settings, link.name);
    for (const std::string& address : link.addresses) {
      if (where == "public" || where == "vswitch") {
        text += where == "public" ? "  public address   " : "  vSwitch address  ";
        text += address.substr(0, address.find('/')) + "\n";
      }
    }
  }
  text += "  page             " + settings::page_url(settings) + "\n";
  text +=
      "  to sign in       open the console (this screen, or ssh admin@ an address above), choose\n";
  text += "                   Users, then the login link, and open it in a browser\n";
  return text;
}

std::vector<std::string> mark_good(exec::Runner& runner, const fs::path& root) {
  const std::string slot = booted_slot(root);
  const raid::Storage storage = raid::read_storage(runner, root);
  auto trouble = set_boot_variables(storage, {{slot + "_OK", "1"}, {slot + "_TRY", "0"}});
  const fs::path marker = root / kMarkerPath;
  if (!fs::exists(marker)) {
    std::ofstream(root / "dev/console") << first_boot_result(runner, root) << std::flush;
    settings::write_atomically(marker, "");
  }
  return trouble;
}

}  // namespace ap::boot
