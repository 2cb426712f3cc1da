// SPDX-License-Identifier: LicenseRef-Project
// Counts login attempts per subject (an account, an address) within a window: the memory of the
// rate limit.
#pragma once

#include "controlplane/db/database.h"

#include <chrono>
#include <string>

namespace cp::model {

/// Where a subject stands after an attempt was counted.
struct LoginAttempts {
  std::int64_t count = 0;                  ///< Attempts in the current window, this one included.
  std::chrono::seconds window_ends_in{0};  ///< When the count starts again.
};

/// Counts one attempt of `subject_hash`; a window starts with the first attempt and lasts `window`.
LoginAttempts count_login_attempt(db::Transaction& transaction, const std::string& subject_hash,
                                  std::chrono::seconds window);

/// Takes one attempt back: it turned out to be a success.
void forgive_login_attempt(db::Transaction& transaction, const std::string& subject_hash);

/// Removes windows that have ended, of every subject.
void delete_ended_login_windows(db::Transaction& transaction);

}  // namespace cp::model
