// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/event_store.h"

#include "controlplane/ingest/internal/insert_parameters.h"
#include "controlplane/ingest/internal/row_binary.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace cp::ingest {
namespace {

constexpr std::chrono::milliseconds kCallTimeout{60'000};
constexpr std::chrono::milliseconds kIdlePoll{50};
constexpr std::size_t kUuidsPerQuery = 2000;
constexpr std::size_t kUuidBytes = 16;

/// The day of a row as day_number has it; toDate would wrap around before 1970.
constexpr const char* kDayAndCount =
    "toInt32(greatest(intDiv(toUnixTimestamp64Micro(timestamp), 86400000000), 0)), count()";
constexpr const char* kDayAndUuid =
    "toInt32(greatest(intDiv(toUnixTimestamp64Micro(timestamp), 86400000000), 0)), uuid";

/// Days as bounds of the table's time column, which the primary key turns into a range of days. Day
/// 0 holds everything before 1970 as well; there toDate wraps around and the key would hide such
/// rows, so it is kept out of it.
std::string time_range(std::int32_t first_day, std::int32_t last_day) {
  constexpr std::int64_t kDayUs = 86'400'000'000;
  const std::string end = std::to_string((std::int64_t{last_day} + 1) * kDayUs);
  if (first_day <= 0) {
    return " AND toUnixTimestamp64Micro(timestamp) < " + end;
  }
  const std::string begin = std::to_string(std::int64_t{first_day} * kDayUs);
  return " AND timestamp >= fromUnixTimestamp64Micro(toInt64(" + begin +
         "), 'UTC') AND timestamp < fromUnixTimestamp64Micro(toInt64(" + end + "), 'UTC')";
}

std::string of_project(const char* what, std::int64_t project_id, std::int32_t first_day,
                       std::int32_t last_day) {
  return std::string("SELECT ") + what +
         " FROM events WHERE team_id = " + std::to_string(project_id) +
         time_range(first_day, last_day);
}

}  // namespace

ClickhouseEvents::ClickhouseEvents(olap::Address address, std::function<void()> on_answer)
    : client_(std::move(address)),
      on_answer_(std::move(on_answer)),
      insert_sql_(std::string("INSERT INTO events (") + Batch::kColumns + ") FORMAT RowBinary") {
  client_.set_timeout(kCallTimeout);
}

void ClickhouseEvents::insert(const std::string& token, std::string_view rows) {
  client_.insert(insert_sql_, rows, internal::insert_parameters(token, ++inserts_));
  tell_answer();
}

void ClickhouseEvents::insert_lane(const LaneSlice& slice, bool may_be_there) {
  const bool is_heatmap = slice.table == LaneTable::heatmaps;
  std::string sql = "INSERT INTO ";
  sql += is_heatmap ? "heatmaps (" : "ingestion_warnings (";
  sql += is_heatmap ? LaneBatch::kHeatmapColumns : LaneBatch::kWarningColumns;
  sql += ") FORMAT RowBinary";
  auto parameters = internal::insert_parameters(slice.token, ++inserts_);
  if (may_be_there) {
    internal::take_again(parameters);
  }
  client_.insert(sql, slice.rows, parameters);
  tell_answer();
}

void ClickhouseEvents::tell_answer() const {
  if (on_answer_) {
    on_answer_();
  }
}

std::string ClickhouseEvents::query(const std::string& sql) {
  auto answer = client_.query(sql);
  tell_answer();
  return answer;
}

void ClickhouseEvents::wait_until_idle(const std::string& batch_token) {
  const std::string sql = "SELECT count() FROM system.processes WHERE startsWith(query_id, '" +
                          internal::query_id_prefix(batch_token) + "') FORMAT TabSeparated";
  const auto deadline = std::chrono::steady_clock::now() + kCallTimeout;
  while (query(sql) != "0\n") {
    if (std::chrono::steady_clock::now() > deadline) {
      throw olap::QueryError(0, 0, "an insert of batch " + batch_token + " is still running");
    }
    std::this_thread::sleep_for(kIdlePoll);
  }
}

std::vector<DayCount> ClickhouseEvents::count_by_day(std::int64_t project_id,
                                                     std::int32_t first_day,
                                                     std::int32_t last_day) {
  const std::string answer = query(of_project(kDayAndCount, project_id, first_day, last_day) +
                                   " GROUP BY 1 FORMAT RowBinary");
  constexpr std::size_t kRowBytes = sizeof(std::int32_t) + sizeof(std::uint64_t);
  std::vector<DayCount> counts(answer.size() / kRowBytes);
  const char* row = answer.data();
  for (auto& [day, count] : counts) {
    std::memcpy(&day, row, sizeof(day));
    std::memcpy(&count, row + sizeof(day), sizeof(count));
    row += kRowBytes;
  }
  return counts;
}

std::vector<DayUuid> ClickhouseEvents::uuids_by_day(std::int64_t project_id, std::int32_t first_day,
                                                    std::int32_t last_day) {
  const std::string answer =
      query(of_project(kDayAndUuid, project_id, first_day, last_day) + " FORMAT RowBinary");
  constexpr std::size_t kRowBytes = sizeof(std::int32_t) + kUuidBytes;
  std::vector<DayUuid> found(answer.size() / kRowBytes);
  const char* row = answer.data();
  for (auto& [day, uuid] : found) {
    std::memcpy(&day, row, sizeof(day));
    uuid = internal::read_uuid(row + sizeof(day));
    row += kRowBytes;
  }
  return found;
}

std::vector<event::Uuid> ClickhouseEvents::find(std::int64_t project_id, std::int32_t first_day,
                                                std::int32_t last_day,
                                                std::span<const event::Uuid> wanted) {
  std::vector<event::Uuid> found;
  while (!wanted.empty()) {
    const auto part = wanted.first(std::min(wanted.size(), kUuidsPerQuery));
    wanted = wanted.subspan(part.size());
    std::string sql =
        of_project("DISTINCT uuid", project_id, first_day, last_day) + " AND uuid IN (";
    for (const auto& uuid : part) {
      sql += '\'';
      sql += event::to_text(uuid);
      sql += "',";
    }
    sql.back() = ')';
    const auto stored = uuids(sql);
    found.insert(found.end(), stored.begin(), stored.end());
  }
  return found;
}

std::vector<event::Uuid> ClickhouseEvents::find_range(std::int64_t project_id,
                                                      std::int32_t first_day, std::int32_t last_day,
                                                      std::uint32_t partition,
                                                      format::Sequence from, format::Sequence to) {
  return uuids(of_project("uuid", project_id, first_day, last_day) +
               " AND _partition = " + std::to_string(partition) +
               " AND _offset >= " + std::to_string(from) + " AND _offset < " + std::to_string(to));
}

std::vector<event::Uuid> ClickhouseEvents::uuids(const std::string& sql) {
  const std::string answer = query(sql + " FORMAT RowBinary");
  std::vector<event::Uuid> found;
  found.reserve(answer.size() / kUuidBytes);
  for (std::size_t position = 0; position + kUuidBytes <= answer.size(); position += kUuidBytes) {
    found.push_back(internal::read_uuid(answer.data() + position));
  }
  return found;
}

}  // namespace cp::ingest
