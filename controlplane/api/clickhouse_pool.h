// SPDX-License-Identifier: LicenseRef-Project
// ClickHouse for many request threads: connections kept for reuse.
#pragma once

#include "controlplane/olap/client.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cp::api {

/// As many clients as there are queries at once. Thread-safe. Owner: the daemon.
/// Bounds: the server's threads. A client that failed is dropped.
class ClickhousePool {
 public:
  explicit ClickhousePool(olap::Address address);

  /// Runs one read-only statement; throws olap::QueryError.
  std::string query(std::string_view sql, const olap::Parameters& parameters);

 private:
  olap::Address address_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<olap::Client>> idle_;
};

}  // namespace cp::api
