// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/privacy_policy.h"

namespace cp::model {

std::optional<std::string> find_privacy_policy(db::Transaction& transaction,
                                               std::int64_t project_id) {
  const auto rows = transaction.run("SELECT privacy_policy::text FROM projects WHERE id = $1",
                                    db::Parameters().number(project_id));
  return rows.empty() ? std::nullopt : rows[0].optional_text(0);
}

void set_privacy_policy(db::Transaction& transaction, std::int64_t project_id,
                        const std::optional<std::string>& json) {
  transaction.run(
      "UPDATE projects SET privacy_policy = $2::jsonb, updated_at = now() WHERE id = $1",
      db::Parameters().number(project_id).optional_text(json));
}

std::map<std::int64_t, std::string> list_privacy_policies(db::Transaction& transaction) {
  std::map<std::int64_t, std::string> policies;
  const auto rows = transaction.run(
      "SELECT id, privacy_policy::text FROM projects WHERE privacy_policy IS NOT NULL");
  for (const auto row : rows) {
    policies.emplace(row.number(0), row.text(1));
  }
  return policies;
}

}  // namespace cp::model
