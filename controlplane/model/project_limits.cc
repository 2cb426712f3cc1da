// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/project_limits.h"

namespace cp::model {

std::optional<std::string> find_project_limits(db::Transaction& transaction,
                                               std::int64_t project_id) {
  const auto rows = transaction.run("SELECT limits::text FROM projects WHERE id = $1",
                                    db::Parameters().number(project_id));
  return rows.empty() ? std::nullopt : rows[0].optional_text(0);
}

void set_project_limits(db::Transaction& transaction, std::int64_t project_id,
                        const std::optional<std::string>& json) {
  transaction.run("UPDATE projects SET limits = $2::jsonb, updated_at = now() WHERE id = $1",
                  db::Parameters().number(project_id).optional_text(json));
}

std::map<std::int64_t, PublishedLimits> list_project_limits(db::Transaction& transaction) {
  std::map<std::int64_t, PublishedLimits> limits;
  const auto rows = transaction.run(
      "SELECT id, limits::text, "
      "coalesce(limits->'quota_limited' @> '\"recordings\"'::jsonb, false) "
      "FROM projects WHERE limits IS NOT NULL");
  for (const auto row : rows) {
    limits.emplace(row.number(0), PublishedLimits{std::string(row.text(1)), row.flag(2)});
  }
  return limits;
}

}  // namespace cp::model
