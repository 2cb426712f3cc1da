// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/checkpoint.h"

#include <set>
#include <string>

namespace cp::ingest {
namespace {

constexpr std::chrono::hours kPruneInterval{1};
constexpr std::int64_t kLockKey = 0x627269'73746C65;  // "bristle": one worker per database

std::int64_t number(format::Sequence sequence) { return static_cast<std::int64_t>(sequence); }

void expect_one(const db::Rows& rows, std::uint32_t partition) {
  if (rows.affected() != 1) {
    throw LostOwnership("partition " + std::to_string(partition) + " was moved by another worker");
  }
}

std::int64_t signed_count(std::uint64_t count) { return static_cast<std::int64_t>(count); }

void add_entries(db::Transaction& transaction, std::uint32_t partition,
                 const LedgerChange& change) {
  for (const auto& [key, sum] : change.entries) {
    transaction.run(
        "INSERT INTO ingestion_ledger AS l (minute, project_id, log_partition, received, stored, "
        "duplicate, quarantined, unknown_project, dropped) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (minute, project_id, log_partition) DO UPDATE SET "
        "received = l.received + $4, stored = l.stored + $5, duplicate = l.duplicate + $6, "
        "quarantined = l.quarantined + $7, unknown_project = l.unknown_project + $8, "
        "dropped = l.dropped + $9",
        db::Parameters()
            .number(key.first)
            .number(key.second)
            .number(partition)
            .number(signed_count(sum.received))
            .number(signed_count(sum.stored))
            .number(signed_count(sum.duplicate))
            .number(signed_count(sum.quarantined))
            .number(signed_count(sum.unknown_project))
            .number(signed_count(sum.dropped)));
  }
}

void replace_counts(db::Transaction& transaction, std::uint32_t partition,
                    const LedgerChange& change) {
  for (const auto& [name, outcome] : change.texts) {
    transaction.run(
        "INSERT INTO capture_outcome AS o (name, status, text) VALUES ($1, $2, $3) "
        "ON CONFLICT (name) DO UPDATE SET status = $2, text = $3 "
        "WHERE (o.status, o.text) IS DISTINCT FROM ($2::integer, $3::text)",
        db::Parameters().text(name).number(outcome.status).text(outcome.text));
  }
  for (const auto& [source, minute] : change.counts) {
    const auto source_number = signed_count(source);
    transaction.run("DELETE FROM capture_count WHERE log_partition = $1 AND source = $2",
                    db::Parameters().number(partition).number(source_number));
    for (const auto& outcome : minute.outcomes) {
      transaction.run(
          "INSERT INTO capture_count (log_partition, source, project_id, outcome, minute, "
          "requests, events) VALUES ($1, $2, $3, $4, $5, $6, $7)",
          db::Parameters()
              .number(partition)
              .number(source_number)
              .number(outcome.project_id)
              .text(outcome.name)
              .number(minute.minute)
              .number(signed_count(outcome.requests))
              .number(signed_count(outcome.events)));
    }
  }
}

/// Counters stand behind the records they count, so what they claim must be there by now.
std::vector<Imbalance> check_minutes(db::Transaction& transaction, std::uint32_t partition,
                                     const LedgerChange& change) {
  std::set<format::Minute> minutes;
  for (const auto& [source, counted] : change.counts) {
    minutes.insert(counted.minute);
  }
  std::vector<Imbalance> found;
  for (const auto minute : minutes) {
    const auto rows = transaction.run(
        "SELECT (SELECT coalesce(sum(c.events), 0)::bigint FROM capture_count c "
        "        JOIN capture_outcome o ON o.name = c.outcome "
        "        WHERE c.minute = $1 AND c.log_partition = $2 AND o.status < 400), "
        "coalesce(sum(received), 0)::bigint, coalesce(sum(stored + duplicate + quarantined + "
        "unknown_project + dropped), 0)::bigint "
        "FROM ingestion_ledger WHERE minute = $1 AND log_partition = $2",
        db::Parameters().number(minute).number(partition));
    const Imbalance sums{minute, static_cast<std::uint64_t>(rows[0].number(0)),
                         static_cast<std::uint64_t>(rows[0].number(1)),
                         static_cast<std::uint64_t>(rows[0].number(2))};
    if (sums.acknowledged > sums.received || sums.received != sums.accounted) {
      found.push_back(sums);
    }
  }
  return found;
}

}  // namespace

DatabaseCheckpoints::DatabaseCheckpoints(db::Pool& pool) : pool_(pool) {}

bool DatabaseCheckpoints::acquire() {
  if (lock_ && lock_->is_held()) {
    return true;
  }
  lock_.reset();
  if (auto lock = pool_.try_lock(kLockKey)) {
    lock_.emplace(std::move(*lock));
  }
  return lock_.has_value();
}

void DatabaseCheckpoints::release() noexcept { lock_.reset(); }

void DatabaseCheckpoints::ensure_owned() {
  if (!lock_ || !lock_->is_held()) {
    lock_.reset();
    throw LostOwnership("the worker's lock in PostgreSQL is gone");
  }
}

Position DatabaseCheckpoints::load(std::uint32_t partition) {
  const auto rows =
      pool_.run("SELECT next_sequence, batch_end FROM ingest_checkpoint WHERE log_partition = $1",
                db::Parameters().number(partition));
  Position position;
  if (!rows.empty()) {
    position.next = static_cast<format::Sequence>(rows[0].number(0));
    if (const auto end = rows[0].optional_number(1)) {
      position.batch_end = static_cast<format::Sequence>(*end);
    }
  }
  return position;
}

void DatabaseCheckpoints::fix(std::uint32_t partition, format::Sequence from, format::Sequence to) {
  expect_one(
      pool_.run("INSERT INTO ingest_checkpoint (log_partition, next_sequence, batch_end) VALUES "
                "($1, $2, $3) "
                "ON CONFLICT (log_partition) DO UPDATE SET next_sequence = $2, batch_end = $3, "
                "updated_at = now() WHERE ingest_checkpoint.batch_end IS NULL "
                "AND ingest_checkpoint.next_sequence <= $2",
                db::Parameters().number(partition).number(number(from)).number(number(to))),
      partition);
}

std::vector<Imbalance> DatabaseCheckpoints::advance(std::uint32_t partition, format::Sequence from,
                                                    format::Sequence to,
                                                    const LedgerChange& change) {
  auto transaction = pool_.begin();
  expect_one(
      transaction.run("UPDATE ingest_checkpoint SET next_sequence = batch_end, batch_end = NULL, "
                      "updated_at = now() "
                      "WHERE log_partition = $1 AND next_sequence = $2 AND batch_end = $3",
                      db::Parameters().number(partition).number(number(from)).number(number(to))),
      partition);
  add_entries(transaction, partition, change);
  replace_counts(transaction, partition, change);
  auto unbalanced = check_minutes(transaction, partition, change);
  prune(transaction);
  transaction.commit();
  return unbalanced;
}

void DatabaseCheckpoints::prune(db::Transaction& transaction) {
  const auto now = std::chrono::steady_clock::now();
  if (pruned_at_ != decltype(pruned_at_){} && now - pruned_at_ < kPruneInterval) {
    return;
  }
  for (const char* table : {"ingestion_ledger", "capture_count"}) {
    transaction.run(std::string("DELETE FROM ") + table +
                        " WHERE minute < extract(epoch FROM now())::bigint / 60 - $1",
                    db::Parameters().number(std::chrono::minutes(kLedgerKept).count()));
  }
  pruned_at_ = now;
}

}  // namespace cp::ingest
