// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/checkpoint.h"

#include <string>

namespace cp::ingest {
namespace {

constexpr std::int64_t kLockKey = 0x627269'73746C65;  // "bristle": one worker per database

std::int64_t number(format::Sequence sequence) { return static_cast<std::int64_t>(sequence); }

void expect_one(const db::Rows& rows, std::uint32_t partition) {
  if (rows.affected() != 1) {
    throw LostOwnership("partition " + std::to_string(partition) + " was moved by another worker");
  }
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

void DatabaseCheckpoints::advance(std::uint32_t partition, format::Sequence from,
                                  format::Sequence to) {
  expect_one(pool_.run("UPDATE ingest_checkpoint SET next_sequence = batch_end, batch_end = NULL, "
                       "updated_at = now() "
                       "WHERE log_partition = $1 AND next_sequence = $2 AND batch_end = $3",
                       db::Parameters().number(partition).number(number(from)).number(number(to))),
             partition);
}

}  // namespace cp::ingest
