// SPDX-License-Identifier: LicenseRef-Project
// The first start of an installation: one organization, project and user with random secrets, told
// to the operator in a file only they can read.
#pragma once

#include "controlplane/db/database.h"

#include <filesystem>
#include <string>

namespace cp::auth {

struct FirstRunOptions {
  std::filesystem::path connection_file;  ///< BRISTLE_CONNECTION_FILE
  std::string site_url;                   ///< SITE_URL, the file's `url`
  std::string email = "admin@bristle.local";
};

enum class FirstRunOutcome {
  created,       ///< organization, project and user are new, the file holds their secrets
  finished,      ///< an earlier start had crashed after its commit; the file is in place now
  unchanged,     ///< nothing to do
  url_changed,   ///< SITE_URL had changed, the file follows
  file_missing,  ///< people exist, their secrets are gone with the file; nothing was done
};

/// Creates the first account, or finishes what a crashed start began. The order makes every crash
/// harmless: the file is written as `.pending` and synced, PostgreSQL commits, the file gets its
/// name. A pending file whose token PostgreSQL knows is finished, any other is thrown away. One at
/// a time: the caller holds the migration's place (a PostgreSQL advisory lock is taken here).
/// Throws db::Error and std::filesystem::filesystem_error.
FirstRunOutcome run_first_time(db::Pool& pool, const FirstRunOptions& options);

}  // namespace cp::auth
