// SPDX-License-Identifier: LicenseRef-Project
// What a Rows holds: the answer as libpqxx keeps it. Internal to controlplane/db.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/db/internal/pqxx.h"

namespace cp::db {

struct Rows::State {
  pqxx::result result;
};

}  // namespace cp::db
