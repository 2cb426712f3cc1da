// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/projects.h"

#include "controlplane/model/project.h"

#include <thread>

namespace cp::ingest {

DatabaseProjects::DatabaseProjects(db::Pool& pool) : pool_(pool) {}

std::optional<std::int64_t> DatabaseProjects::find(std::string_view token,
                                                   std::int64_t received_us) {
  const Clock::time_point received{std::chrono::microseconds(received_us)};
  auto found = projects_.find(token);
  const bool is_unknown = found == projects_.end() && received >= read_at_;
  if (is_unknown || Clock::now() > read_at_ + kLifetime) {
    refresh();
    found = projects_.find(token);
  }
  return found == projects_.end() ? std::nullopt : std::optional(found->second);
}

CookielessSettings DatabaseProjects::cookieless(std::int64_t project_id) {
  const auto found = cookieless_.find(project_id);
  return found == cookieless_.end() ? CookielessSettings{} : found->second;
}

void DatabaseProjects::refresh() {
  const auto since = Clock::now() - read_at_;
  if (since >= Clock::duration::zero() && since < kRefreshInterval) {
    std::this_thread::sleep_for(kRefreshInterval - since);
  }
  const auto started_at = Clock::now();
  auto transaction = pool_.begin();
  const auto projects = model::list_projects(transaction);
  transaction.commit();
  projects_.clear();
  cookieless_.clear();
  for (const auto& project : projects) {
    projects_.emplace(project.api_token, project.id);
    cookieless_.emplace(
        project.id, CookielessSettings{project.cookieless_server_hash_mode == 1, project.timezone});
  }
  read_at_ = started_at;
}

}  // namespace cp::ingest
