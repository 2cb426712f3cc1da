// SPDX-License-Identifier: LicenseRef-Project
// How the worker inserts: settings of every insert, and the query id by which a running one is
// found.
#pragma once

#include "controlplane/olap/client.h"

#include <cstdint>
#include <string>

namespace cp::ingest::internal {

/// The query ids of the inserts of a batch start with this.
std::string query_id_prefix(const std::string& token);

/// One block per month whatever the size, so that a token can only name the rows it named before;
/// answered when the rows are durable. `number` tells the inserts of this process apart.
olap::Parameters insert_parameters(const std::string& token, std::uint64_t number);

}  // namespace cp::ingest::internal
