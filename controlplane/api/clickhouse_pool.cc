// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/api/clickhouse_pool.h"

#include <chrono>

namespace cp::api {
namespace {

/// Longer than the 60 s a query may run, so that ClickHouse's own answer arrives.
constexpr std::chrono::seconds kCallTimeout{75};

}  // namespace

ClickhousePool::ClickhousePool(olap::Address address) : address_(std::move(address)) {}

std::string ClickhousePool::query(std::string_view sql, const olap::Parameters& parameters) {
  std::unique_ptr<olap::Client> client;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      client = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (client == nullptr) {
    client = std::make_unique<olap::Client>(address_);
    client->set_timeout(kCallTimeout);
  }
  auto answer = client->query(sql, parameters);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(client));
  return answer;
}

}  // namespace cp::api
