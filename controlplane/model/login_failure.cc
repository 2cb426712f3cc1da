// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/login_failure.h"

namespace cp::model {

LoginAttempts count_login_attempt(db::Transaction& transaction, const std::string& subject_hash,
                                  std::chrono::seconds window) {
  const auto rows = transaction.run(
      "INSERT INTO login_failures AS f (subject_hash, failures, window_ends_at) "
      "VALUES ($1, 1, now() + make_interval(secs => $2)) "
      "ON CONFLICT (subject_hash) DO UPDATE SET "
      "failures = CASE WHEN f.window_ends_at <= now() THEN 1 ELSE f.failures + 1 END, "
      "window_ends_at = CASE WHEN f.window_ends_at <= now() THEN excluded.window_ends_at "
      "ELSE f.window_ends_at END "
      "RETURNING failures, ceil(extract(epoch FROM window_ends_at - now()))::bigint",
      db::Parameters().bytes(subject_hash).number(window.count()));
  return {rows[0].number(0), std::chrono::seconds(rows[0].number(1))};
}

void forgive_login_attempt(db::Transaction& transaction, const std::string& subject_hash) {
  transaction.run(
      "UPDATE login_failures SET failures = greatest(failures - 1, 0) WHERE subject_hash = $1",
      db::Parameters().bytes(subject_hash));
}

void delete_ended_login_windows(db::Transaction& transaction) {
  transaction.run("DELETE FROM login_failures WHERE window_ends_at <= now()");
}

}  // namespace cp::model
