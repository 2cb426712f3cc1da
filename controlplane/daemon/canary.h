// SPDX-License-Identifier: LicenseRef-Project
// The canary: one event of our own through the whole product, from the front door to a query.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/model/project.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace cp::daemon {

/// The project that canary events belong to; nobody but the product sees it. Nothing before
/// `ensure_canary_project`.
std::optional<model::Project> find_canary_project(db::Pool& pool);

/// Makes the canary's project unless it is there; two at once make one.
void ensure_canary_project(db::Pool& pool);

/// The steps of a canary; a step that fails throws, its text says why.
struct CanarySteps {
  /// Hands the event to the front door; returns when it was answered 200.
  std::function<void(const std::string& uuid)> capture;
  /// Whether a query finds the event.
  std::function<bool(const std::string& uuid)> is_stored;
};

struct CanaryResult {
  bool is_ok = false;
  std::optional<std::int64_t> latency_ms;  ///< From the first try to the query that found it.
  std::string text;                        ///< What an operator reads; names the stage that failed.
};

/// Sends one event with a uuid of its own and waits until it is found. A step that fails is tried
/// again, as an SDK would, until `patience` is over.
CanaryResult fly_canary(const CanarySteps& steps, std::chrono::milliseconds patience,
                        std::chrono::milliseconds pause);

/// Replaces `file` by {"state","at","latency_ms","text"}, readable by everybody: a reader sees the
/// old or the new one. Throws std::filesystem::filesystem_error.
void write_canary(const std::filesystem::path& file, const CanaryResult& result);

}  // namespace cp::daemon
