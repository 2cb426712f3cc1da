// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/ledger_watch.h"

#include "controlplane/model/ingestion_ledger.h"
#include "dataplane/format/log_reader.h"
#include "dataplane/format/segment.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace cp::ingest {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// When the first record behind `next` was received, in seconds since 1970; 0 when there is none.
std::int64_t waiting_since(const std::filesystem::path& partition, format::Sequence next) {
  format::LogReader reader(partition);
  const auto end = reader.durable_end();
  if (!end || *end <= next || !reader.seek(next)) {
    return 0;
  }
  const auto record = reader.next().value_or(std::nullopt);
  return record ? record->received_us / kSecondUs : 0;
}

/// The oldest of all partitions: they are numbered from 0 without gaps.
std::int64_t oldest_waiting(const std::filesystem::path& event_log,
                            const std::map<std::uint32_t, std::uint64_t>& positions) {
  std::int64_t oldest = 0;
  std::uint32_t number = 0;
  std::error_code failed;
  for (auto path = event_log / format::partition_directory_name(number);
       std::filesystem::exists(path, failed);
       path = event_log / format::partition_directory_name(++number)) {
    const auto position = positions.find(number);
    const auto since = waiting_since(path, position == positions.end() ? 0 : position->second);
    if (since != 0 && (oldest == 0 || since < oldest)) {
      oldest = since;
    }
  }
  return oldest;
}

}  // namespace

format::LedgerState check_ledger(db::Pool& pool, const std::filesystem::path& event_log,
                                 std::int64_t now_s) {
  std::vector<model::LedgerImbalance> imbalances;
  std::map<std::uint32_t, std::uint64_t> positions;
  {
    auto transaction = pool.begin();
    model::freeze(transaction);
    const auto minute = now_s / 60;
    imbalances =
        model::list_imbalances(transaction, {minute - LedgerWatch::kAlarmMinutes, minute + 1});
    positions = model::list_ledger_positions(transaction);
  }
  format::LedgerState state;
  state.checked_s = now_s;
  state.waiting_since_s = oldest_waiting(event_log, positions);
  state.unbalanced_minutes = imbalances.size();
  for (auto& item : imbalances) {
    state.unaccounted_events += static_cast<std::uint64_t>(std::abs(item.missing));
    if (state.imbalances.size() < format::kNamedImbalancesMax) {
      state.imbalances.push_back(
          {item.minute, item.project_id, item.missing, std::move(item.project_name)});
    }
  }
  return state;
}

LedgerWatch::LedgerWatch(db::Pool& pool, std::filesystem::path event_log, WriteLine write_line)
    : pool_(pool), event_log_(std::move(event_log)), write_line_(std::move(write_line)) {
  thread_ = std::thread([this] { run(); });
}

LedgerWatch::~LedgerWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void LedgerWatch::run() {
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    look();
    lock.lock();
  } while (!stopped_.wait_for(lock, kInterval, [this] { return is_stopping_; }));
}

/// A database that is away keeps nobody from anything: its word is missed by its age.
void LedgerWatch::look() {
  std::string failure;
  try {
    const auto published =
        format::publish_ledger_state(event_log_, check_ledger(pool_, event_log_, now_s()));
    failure = published ? "" : base::describe(published.error());
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (failure != last_failure_) {
    last_failure_ = failure;
    write_line_(failure.empty() ? "the ledger can be checked again"
                                : "cannot check the ledger: " + failure);
  }
}

}  // namespace cp::ingest
