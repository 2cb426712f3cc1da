// SPDX-License-Identifier: LicenseRef-Project
// The route groups. Each gets the request with the path parts that follow its prefix and throws
// web::HttpError.
#pragma once

#include "controlplane/api/api.h"
#include "controlplane/api/internal/caller.h"
#include "controlplane/web/http_error.h"

#include <boost/json.hpp>

#include <span>
#include <string>

namespace cp::api {

using Segments = std::span<const std::string>;

/// `/api/login`
web::Response log_in(const Services& services, const web::Request& request);
/// `/api/logout`
web::Response log_out(const Services& services, const web::Request& request);
/// `/login/link`, a page: a link that signs in once
web::Response login_link(const Services& services, const web::Request& request);
/// `/api/users/…`
web::Response users(const Services& services, const web::Request& request, Segments rest);
/// `/api/personal_api_keys/…`
web::Response personal_api_keys(const Services& services, const web::Request& request,
                                Segments rest);
/// `/api/appliance/…`
web::Response appliance(const Services& services, const web::Request& request, Segments rest);
/// `/api/projects/…` and `/api/environments/…`
web::Response projects(const Services& services, const web::Request& request, Segments rest);

/// Below a project: `events`, `event_definitions`, `property_definitions`, `ingestion_ledger`,
/// `query`.
web::Response events(const Services& services, const web::Request& request,
                     const model::Project& project);
web::Response event_definitions(const Services& services, const web::Request& request,
                                const model::Project& project);
web::Response property_definitions(const Services& services, const web::Request& request,
                                   const model::Project& project);
web::Response ingestion_ledger(const Services& services, const web::Request& request,
                               const model::Project& project);
web::Response query(const Services& services, const web::Request& request,
                    const model::Project& project, Segments rest);
/// `limits`: how much the project may send.
web::Response limits(const Services& services, const web::Request& request, const Caller& caller,
                     const model::Project& project);

/// `privacy`: the project's policy about what it does not want to receive.
web::Response privacy(const Services& services, const web::Request& request, const Caller& caller,
                      const model::Project& project);

/// Below a project: `session_recordings/:id/snapshots`.
web::Response session_recordings(const Services& services, const web::Request& request,
                                 const model::Project& project, Segments rest);

/// `/livestream/events`
web::Response live_events(const Services& services, const web::Request& request);

/// The JSON form of a project, also `team` of a user.
boost::json::object project_json(const model::Project& project);

/// What a failure of ClickHouse means to the caller: 400, 429, 503, 504 or 500, without our SQL.
web::HttpError query_failure(const olap::QueryError& error);

}  // namespace cp::api
