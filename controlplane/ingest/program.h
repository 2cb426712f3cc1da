// SPDX-License-Identifier: LicenseRef-Project
// `bristle-controlplane worker`: its settings, its stores, its life.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/ingest/worker.h"
#include "controlplane/olap/client.h"
#include "dataplane/base/settings.h"

#include <atomic>
#include <string>

namespace cp::ingest {

/// Everything the worker is told by its environment.
struct ProgramOptions {
  db::Options database;
  olap::Address clickhouse;
  WorkerOptions worker;
  std::string crash_at;  ///< BRISTLE_WORKER_CRASH_AT, for crash tests: `point` or `point:n` kills
                         ///< at its n-th time.
};

/// Reads DATABASE_URL, CLICKHOUSE_*, BRISTLE_EVENT_LOG and BRISTLE_WORKER_*; complaints stay in
/// `settings`.
ProgramOptions read_options(base::Settings& settings);

/// Works until `stop` is set, at most four seconds longer: if a store keeps the worker waiting
/// then, the process ends with code 0, which is as safe as any other moment.
void run_program(const ProgramOptions& options, const std::atomic<bool>& stop,
                 const WriteLine& write_line);

}  // namespace cp::ingest
