// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/daemon/log.h"
#include "controlplane/daemon/programs.h"
#include "controlplane/daemon/stop_signal.h"
#include "controlplane/ingest/program.h"

namespace cp::daemon {

int run_worker() {
  base::Settings settings;
  const auto options = ingest::read_options(settings);
  settings.exit_if_invalid();
  const StopSignal stop;
  ingest::run_program(options, stop.requested(), write_log);
  return 0;
}

}  // namespace cp::daemon
