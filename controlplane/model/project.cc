// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/project.h"

namespace cp::model {
namespace {

constexpr const char* kColumns =
    "p.id, p.uuid, p.organization_id, p.name, p.api_token, p.timezone, p.week_start_day, "
    "p.autocapture_opt_out, p.session_recording_opt_in, p.cookieless_server_hash_mode, "
    "p.heatmaps_opt_in, "
    "to_char(p.created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "to_char(p.updated_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

Project read_project(const db::Row& row) {
  Project project;
  project.id = row.number(0);
  project.uuid = row.text(1);
  project.organization_id = row.text(2);
  project.name = row.text(3);
  project.api_token = row.text(4);
  project.timezone = row.text(5);
  project.week_start_day = static_cast<int>(row.number(6));
  project.autocapture_opt_out = row.flag(7);
  project.session_recording_opt_in = row.flag(8);
  project.cookieless_server_hash_mode = static_cast<int>(row.number(9));
  project.heatmaps_opt_in = row.flag(10);
  project.created_at = row.text(11);
  project.updated_at = row.text(12);
  return project;
}

std::vector<Project> read_projects(const db::Rows& rows) {
  std::vector<Project> projects;
  for (const auto row : rows) {
    projects.push_back(read_project(row));
  }
  return projects;
}

std::optional<Project> read_one(const db::Rows& rows) {
  if (rows.empty()) {
    return std::nullopt;
  }
  return read_project(rows[0]);
}

std::string select(const std::string& rest) {
  return std::string("SELECT ") + kColumns + " FROM projects p " + rest;
}

}  // namespace

Organization create_organization(db::Transaction& transaction, const std::string& name) {
  const auto rows = transaction.run("INSERT INTO organizations (name) VALUES ($1) RETURNING id",
                                    db::Parameters().text(name));
  return {std::string(rows[0].text(0)), name};
}

std::optional<Organization> find_organization(db::Transaction& transaction, const std::string& id) {
  const auto rows = transaction.run("SELECT id, name FROM organizations WHERE id = $1",
                                    db::Parameters().text(id));
  if (rows.empty()) {
    return std::nullopt;
  }
  return Organization{std::string(rows[0].text(0)), std::string(rows[0].text(1))};
}

Project create_project(db::Transaction& transaction, const std::string& organization_id,
                       const std::string& name, const std::string& api_token) {
  const auto rows =
      transaction.run(std::string("INSERT INTO projects AS p (organization_id, name, api_token) "
                                  "VALUES ($1, $2, $3) RETURNING ") +
                          kColumns,
                      db::Parameters().text(organization_id).text(name).text(api_token));
  return read_project(rows[0]);
}

Project create_internal_project(db::Transaction& transaction, const std::string& organization_id,
                                const std::string& purpose, const std::string& api_token) {
  const auto rows = transaction.run(
      std::string("INSERT INTO projects AS p (organization_id, name, purpose, api_token) "
                  "VALUES ($1, $2, $2, $3) RETURNING ") +
          kColumns,
      db::Parameters().text(organization_id).text(purpose).text(api_token));
  return read_project(rows[0]);
}

std::optional<Project> find_internal_project(db::Transaction& transaction,
                                             const std::string& purpose) {
  return read_one(transaction.run(select("WHERE p.purpose = $1"), db::Parameters().text(purpose)));
}

std::vector<Project> list_projects(db::Transaction& transaction) {
  return read_projects(transaction.run(select("ORDER BY p.id")));
}

std::optional<Project> find_project_by_token(db::Transaction& transaction,
                                             const std::string& api_token) {
  return read_one(
      transaction.run(select("WHERE p.api_token = $1"), db::Parameters().text(api_token)));
}

std::optional<Project> find_project_of_user(db::Transaction& transaction, std::int64_t user_id,
                                            std::int64_t project_id) {
  return read_one(transaction.run(select("JOIN organization_membership m USING (organization_id) "
                                         "WHERE m.user_id = $1 AND p.id = $2"),
                                  db::Parameters().number(user_id).number(project_id)));
}

std::vector<Project> list_projects_of_user(db::Transaction& transaction, std::int64_t user_id) {
  return read_projects(
      transaction.run(select("JOIN organization_membership m USING (organization_id) "
                             "WHERE m.user_id = $1 ORDER BY p.id"),
                      db::Parameters().number(user_id)));
}

Project update_project(db::Transaction& transaction, std::int64_t project_id,
                       const ProjectChange& change) {
  const auto number = [](const auto& value) {
    return value ? std::optional<std::int64_t>(*value) : std::nullopt;
  };
  const auto rows = transaction.run(
      std::string("UPDATE projects AS p SET name = coalesce($2, name), "
                  "timezone = coalesce($3, timezone), "
                  "week_start_day = coalesce($4::smallint, week_start_day), "
                  "autocapture_opt_out = coalesce($5::int::boolean, autocapture_opt_out), "
                  "session_recording_opt_in = "
                  "coalesce($6::int::boolean, session_recording_opt_in), "
                  "cookieless_server_hash_mode = "
                  "coalesce($7::smallint, cookieless_server_hash_mode), "
                  "heatmaps_opt_in = coalesce($8::int::boolean, heatmaps_opt_in), "
                  "updated_at = now() WHERE id = $1 RETURNING ") +
          kColumns,
      db::Parameters()
          .number(project_id)
          .optional_text(change.name)
          .optional_text(change.timezone)
          .optional_number(number(change.week_start_day))
          .optional_number(number(change.autocapture_opt_out))
          .optional_number(number(change.session_recording_opt_in))
          .optional_number(number(change.cookieless_server_hash_mode))
          .optional_number(number(change.heatmaps_opt_in)));
  if (rows.empty()) {
    throw db::Error("P0002", "no project " + std::to_string(project_id));
  }
  return read_project(rows[0]);
}

bool is_timezone(db::Transaction& transaction, const std::string& name) {
  return !transaction
              .run("SELECT 1 FROM pg_timezone_names WHERE name = $1 AND name NOT LIKE 'posix%'",
                   db::Parameters().text(name))
              .empty();
}

}  // namespace cp::model
