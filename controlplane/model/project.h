// SPDX-License-Identifier: LicenseRef-Project
// Organizations and their projects. A project owns events, a token and the settings SDKs get.
#pragma once

#include "controlplane/db/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cp::model {

struct Organization {
  std::string id;  ///< UUID
  std::string name;
};

struct Project {
  std::int64_t id = 0;
  std::string uuid;
  std::string organization_id;
  std::string name;
  std::string api_token;   ///< `phc_…`, public: every SDK carries it
  std::string timezone;    ///< IANA name
  int week_start_day = 0;  ///< 0 Sunday, 1 Monday
  bool autocapture_opt_out = false;
  bool session_recording_opt_in = false;
  int cookieless_server_hash_mode = 0;  ///< 0 disabled, 1 stateless; PostHog's numbers
  bool heatmaps_opt_in = false;
  std::string created_at;  ///< ISO 8601, UTC
  std::string updated_at;
};

/// Inserts an organization and returns it.
Organization create_organization(db::Transaction& transaction, const std::string& name);

std::optional<Organization> find_organization(db::Transaction& transaction, const std::string& id);

/// Inserts a project. Throws db::UniqueViolation when the token is taken.
Project create_project(db::Transaction& transaction, const std::string& organization_id,
                       const std::string& name, const std::string& api_token);

/// Every project, by id: for publication and ingestion, never for a request of a user.
/// Makes the project of the product itself that `purpose` names. Throws db::UniqueViolation when it
/// is there.
Project create_internal_project(db::Transaction& transaction, const std::string& organization_id,
                                const std::string& purpose, const std::string& api_token);

/// A project of the product itself.
std::optional<Project> find_internal_project(db::Transaction& transaction,
                                             const std::string& purpose);

std::vector<Project> list_projects(db::Transaction& transaction);

/// The project a token names, for ingestion.
std::optional<Project> find_project_by_token(db::Transaction& transaction,
                                             const std::string& api_token);

/// The project when it exists and the user is a member of its organization: what is not theirs is
/// not there.
std::optional<Project> find_project_of_user(db::Transaction& transaction, std::int64_t user_id,
                                            std::int64_t project_id);

/// The projects a user can see, by id.
std::vector<Project> list_projects_of_user(db::Transaction& transaction, std::int64_t user_id);

/// What a user may change of a project; absent fields stay.
struct ProjectChange {
  std::optional<std::string> name;
  std::optional<std::string> timezone;
  std::optional<int> week_start_day;
  std::optional<bool> autocapture_opt_out;
  std::optional<bool> session_recording_opt_in;
  std::optional<int> cookieless_server_hash_mode;
  std::optional<bool> heatmaps_opt_in;
};

/// Changes the project and returns its new state.
Project update_project(db::Transaction& transaction, std::int64_t project_id,
                       const ProjectChange& change);

/// Whether PostgreSQL knows `name` as an IANA time zone.
bool is_timezone(db::Transaction& transaction, const std::string& name);

}  // namespace cp::model
