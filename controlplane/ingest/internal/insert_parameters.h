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

/// The rows may be stored already, and the table can tell: they are inserted even if the token says
/// so, because a token may be remembered whose rows were never committed.
void take_again(olap::Parameters& parameters);

}  // namespace cp::ingest::internal
