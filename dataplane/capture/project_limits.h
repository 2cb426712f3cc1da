// SPDX-License-Identifier: LicenseRef-Project
// What the control plane says one project may send, as the tenant store holds it.
#pragma once

#include "dataplane/format/quota.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dp::capture {

/// Nothing: the installation decides; 0: no limit.
struct ProjectLimits {
  std::optional<std::uint32_t> events_per_second;
  std::optional<std::uint32_t> bytes_per_second;
  format::ResourceSet used_up;  ///< Quotas that are used up.
};

/// Reads `limits` of a project in the tenant store (dataplane/format/tenant_store.h); what cannot
/// be read limits nothing.
[[nodiscard]] ProjectLimits limits_of_project(std::string_view project_json);

}  // namespace dp::capture
