// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/model/ingestion_ledger.h"

namespace cp::model {

void freeze(db::Transaction& transaction) {
  transaction.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
}

std::optional<std::int64_t> parse_minute(db::Transaction& transaction, const std::string& time) {
  try {
    return transaction
        .run("SELECT floor(extract(epoch FROM $1::timestamptz) / 60)::bigint",
             db::Parameters().text(time))[0]
        .number(0);
  } catch (const db::Error& error) {
    if (error.sqlstate().starts_with("22")) {  // data exception
      return std::nullopt;
    }
    throw;
  }
}

// A token that became a project's within a minute has its first events without a project, while
// capture counts all of them for the project: what it says counts from the next minute on.
std::vector<LedgerMinute> list_ledger(db::Transaction& transaction, std::int64_t project_id,
                                      MinuteRange range) {
  const auto rows = transaction.run(
      "SELECT minute, coalesce(acknowledged, 0), coalesce(received, 0), coalesce(stored, 0), "
      "coalesce(duplicate, 0), coalesce(quarantined, 0), coalesce(unknown_project, 0), "
      "coalesce(dropped, 0) FROM "
      "(SELECT minute, sum(received)::bigint AS received, sum(stored)::bigint AS stored, "
      " sum(duplicate)::bigint AS duplicate, sum(quarantined)::bigint AS quarantined, "
      " sum(unknown_project)::bigint AS unknown_project, sum(dropped)::bigint AS dropped "
      " FROM ingestion_ledger WHERE project_id = $1 AND minute >= $2 AND minute < $3 "
      " GROUP BY minute) l "
      "FULL JOIN "
      "(SELECT c.minute, sum(c.events)::bigint AS acknowledged FROM capture_count c "
      " JOIN capture_outcome o ON o.name = c.outcome AND o.status < 400 "
      " WHERE c.project_id = $1 AND c.minute >= $2 AND c.minute < $3 AND c.minute > "
      " coalesce((SELECT extract(epoch FROM created_at)::bigint / 60 FROM projects WHERE id = $1), "
      " 0) GROUP BY c.minute) a USING (minute) ORDER BY minute",
      db::Parameters().number(project_id).number(range.from).number(range.to));
  std::vector<LedgerMinute> minutes;
  for (const auto row : rows) {
    minutes.push_back({row.number(0), row.number(1), row.number(2), row.number(3), row.number(4),
                       row.number(5), row.number(6), row.number(7)});
  }
  return minutes;
}

std::vector<Refusal> list_refusals(db::Transaction& transaction, std::int64_t project_id,
                                   MinuteRange range) {
  const auto rows = transaction.run(
      "SELECT c.minute, c.outcome, o.status, o.text, sum(c.requests)::bigint, "
      "sum(CASE WHEN c.events = 0 THEN c.requests ELSE c.events END)::bigint "
      "FROM capture_count c JOIN capture_outcome o ON o.name = c.outcome AND o.status >= 400 "
      "WHERE c.project_id = $1 AND c.minute >= $2 AND c.minute < $3 "
      "GROUP BY c.minute, c.outcome, o.status, o.text ORDER BY c.minute, c.outcome",
      db::Parameters().number(project_id).number(range.from).number(range.to));
  std::vector<Refusal> refusals;
  for (const auto row : rows) {
    refusals.push_back({row.number(0), std::string(row.text(1)), static_cast<int>(row.number(2)),
                        std::string(row.text(3)), row.number(4), row.number(5)});
  }
  return refusals;
}

std::optional<std::int64_t> first_unbalanced_minute(db::Transaction& transaction,
                                                    MinuteRange range) {
  const auto rows = transaction.run(
      "SELECT min(minute) FROM "
      "(SELECT minute, log_partition, sum(received) AS received, sum(stored + duplicate + "
      " quarantined + unknown_project + dropped) AS accounted FROM ingestion_ledger "
      " WHERE minute >= $1 AND minute < $2 GROUP BY minute, log_partition) l "
      "FULL JOIN "
      "(SELECT c.minute, c.log_partition, sum(c.events) AS acknowledged FROM capture_count c "
      " JOIN capture_outcome o ON o.name = c.outcome AND o.status < 400 "
      " WHERE c.minute >= $1 AND c.minute < $2 GROUP BY c.minute, c.log_partition) a "
      "USING (minute, log_partition) "
      "WHERE coalesce(acknowledged, 0) > coalesce(received, 0) "
      "OR coalesce(received, 0) <> coalesce(accounted, 0)",
      db::Parameters().number(range.from).number(range.to));
  return rows[0].optional_number(0);
}

// By project as in `list_ledger`, by minute and partition as in `first_unbalanced_minute`: the
// second finds what the first must not judge, such as the minute in which a project was made.
std::vector<LedgerImbalance> list_imbalances(db::Transaction& transaction, MinuteRange range) {
  const auto rows = transaction.run(
      "WITH found AS (SELECT minute, project_id, log_partition, received, "
      "  stored + duplicate + quarantined + unknown_project + dropped AS accounted "
      "  FROM ingestion_ledger WHERE minute >= $1 AND minute < $2), "
      "told AS (SELECT c.minute, c.project_id, c.log_partition, c.events FROM capture_count c "
      "  JOIN capture_outcome o ON o.name = c.outcome AND o.status < 400 "
      "  WHERE c.minute >= $1 AND c.minute < $2), "
      "of_projects AS (SELECT minute, project_id, p.name, "
      "  greatest(coalesce(acknowledged, 0), coalesce(received, 0)) - coalesce(accounted, 0) "
      "  AS missing FROM "
      "  (SELECT minute, project_id, sum(received) AS received, sum(accounted) AS accounted "
      "   FROM found GROUP BY minute, project_id) l FULL JOIN "
      "  (SELECT t.minute, t.project_id, sum(t.events) AS acknowledged FROM told t "
      "   LEFT JOIN projects made ON made.id = t.project_id WHERE t.project_id <> 0 AND t.minute > "
      "   coalesce(extract(epoch FROM made.created_at)::bigint / 60, 0) "
      "   GROUP BY t.minute, t.project_id) a USING (minute, project_id) "
      "  LEFT JOIN projects p ON p.id = project_id), "
      "of_all AS (SELECT minute, "
      "  sum(greatest(coalesce(acknowledged, 0), coalesce(received, 0)) - coalesce(accounted, 0)) "
      "  AS missing FROM "
      "  (SELECT minute, log_partition, sum(received) AS received, sum(accounted) AS accounted "
      "   FROM found GROUP BY minute, log_partition) l FULL JOIN "
      "  (SELECT minute, log_partition, sum(events) AS acknowledged FROM told "
      "   GROUP BY minute, log_partition) a USING (minute, log_partition) "
      "  GROUP BY minute) "
      "SELECT minute, project_id, coalesce(name, ''), missing::bigint FROM of_projects "
      "WHERE missing <> 0 UNION ALL "
      "SELECT minute, 0, '', missing::bigint FROM of_all WHERE missing <> 0 AND minute NOT IN "
      "(SELECT minute FROM of_projects WHERE missing <> 0) "
      "ORDER BY 1 DESC, 2 LIMIT $3",
      db::Parameters().number(range.from).number(range.to).number(kImbalancesMax));
  std::vector<LedgerImbalance> imbalances;
  for (const auto row : rows) {
    imbalances.push_back({row.number(0), row.number(1), std::string(row.text(2)), row.number(3)});
  }
  return imbalances;
}

std::map<std::uint32_t, std::uint64_t> list_ledger_positions(db::Transaction& transaction) {
  std::map<std::uint32_t, std::uint64_t> positions;
  for (const auto row :
       transaction.run("SELECT log_partition, next_sequence FROM ingest_checkpoint")) {
    positions[static_cast<std::uint32_t>(row.number(0))] =
        static_cast<std::uint64_t>(row.number(1));
  }
  return positions;
}

}  // namespace cp::model
