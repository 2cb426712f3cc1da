// SPDX-License-Identifier: LicenseRef-Project
// A JSON document that is kept with each project and published to the dataplane: read, replaced,
// taken away.
#pragma once

#include "controlplane/api/internal/routes.h"
#include "controlplane/db/database.h"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace cp::api {

/// One kind of document.
struct ProjectDocument {
  const char* name = nullptr;  ///< The member of the answer that holds it, or null.
  std::optional<std::string> (*find)(db::Transaction& transaction,
                                     std::int64_t project_id) = nullptr;
  void (*set)(db::Transaction& transaction, std::int64_t project_id,
              const std::optional<std::string>& json) = nullptr;
  /// The document a request brings; throws the refusal that names the field it dislikes.
  std::string (*read)(const web::Request& request) = nullptr;
  /// Adds what the installation decides; nullptr when it says nothing.
  void (*add_default)(const Services& services, boost::json::object& answer) = nullptr;
};

/// GET answers the document, PUT replaces it, DELETE leaves the project to what the installation
/// decides. The dataplane takes it over with the project's next request.
web::Response serve_document(const Services& services, const web::Request& request,
                             const Caller& caller, const model::Project& project,
                             const ProjectDocument& document);

}  // namespace cp::api
