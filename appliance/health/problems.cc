// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/problems.h"

#include "dataplane/base/check.h"

#include <algorithm>
#include <utility>

namespace ap::health {

const std::vector<ProblemKind>& problem_kinds() {
  static const std::vector<ProblemKind> table{
      {"raid-identical-disks", "raid", true,
       "Power off and remove one of the two disks; the copy has to be wiped before it is adopted"},
      {"raid-missing", "raid", true,
       "Check that both disks are connected, then reboot; the log of Disks and mounts says why"},
      {"raid-degraded", "raid", true,
       "Replace or adopt the second disk: until then the failure of one disk loses data"},
      {"raid-rebuilding", "raid", false,
       "Nothing to do: the mirror is being completed in the background"},
      {"raid-mismatch", "raid", false,
       "Look at the disks' health; after replacing a bad disk run a scrub again"},
      {"slot-fallback", "boot", false,
       "The other slot did not start; read the log of the last boots before updating again"},
      {"canary-failed", "canary", true,
       "Read the canary's text for the stage that failed, then that service's log"},
      {"canary-old", "canary", false, "Look at the log of Canary event and restart it"},
      {"disk-failing", "disks", true,
       "Have the disk with this serial number replaced while the other one is healthy"},
      {"disk-full", "disks", true, "Free space now: when nothing is left, capture refuses events"},
      {"disk-filling", "disks", false,
       "See which part grows in the disk budget and plan for less data or larger disks"},
      {"nic-hang", "network", false,
       "Check that segmentation offload is off (bristle doctor); if hangs go on, ask for a new "
       "network card"},
      {"ledger-unbalanced", "ledger", false,
       "Open Data health on the page and read the worker's log; keep the event log (operations.md, "
       "Ledger)"},
      {"ledger-behind", "ledger", false,
       "The events are safe in the log; read the logs of worker, engine and database"},
      {"ledger-unchecked", "ledger", false, "Read the worker's log: it cannot reach the database"},
      {"capture-down", "services", true, "Restart Capture and flags and read its log"},
      {"unit-failed-critical", "services", true, "Read the service's log, then restart it"},
      {"unit-restarting", "services", true, "Read the service's log for why it ends"},
      {"unit-failed", "services", false, "Read the service's log, then restart it"},
      {"clock-unsynchronized", "clock", false,
       "Check that the time servers can be reached; the log of Clock says more"},
      {"recovery-mode", "storage", true,
       "Nothing is stored in this mode. Read the log of Disks and mounts, repair, then reboot"},
      {"probe-failed", "health", false, "The log of Appliance service says more"},
  };
  return table;
}

Problem problem(std::string_view code, std::string text) {
  const auto& kinds = problem_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(),
                                  [code](const ProblemKind& kind) { return kind.code == code; });
  CHECK(found != kinds.end());
  return {std::string(found->noun), found->is_critical, std::string(code), std::move(text),
          std::string(found->advice)};
}

void sort_problems(std::vector<Problem>& problems) {
  const auto& kinds = problem_kinds();
  const auto place = [&kinds](const Problem& item) {
    return std::find_if(kinds.begin(), kinds.end(),
                        [&item](const ProblemKind& kind) { return kind.code == item.code; }) -
           kinds.begin();
  };
  std::stable_sort(
      problems.begin(), problems.end(),
      [&place](const Problem& left, const Problem& right) { return place(left) < place(right); });
}

}  // namespace ap::health
