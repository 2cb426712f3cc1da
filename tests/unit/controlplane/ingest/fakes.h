// SPDX-License-Identifier: LicenseRef-Project
// PostgreSQL and ClickHouse as the worker sees them, with the failures they can have.
#pragma once

#include "controlplane/ingest/checkpoint.h"
#include "controlplane/ingest/event_store.h"
#include "controlplane/ingest/internal/row_binary.h"
#include "controlplane/ingest/projects.h"
#include "controlplane/ingest/recording_store.h"
#include "controlplane/ingest/worker.h"

#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cp::ingest {

/// The death of the process, as an exception that `drain` catches.
struct Killed {};

/// Makes the worker die once when it reaches the point that `crash_at` names then; it is cleared.
inline void die_once(Worker& worker, std::string& crash_at) {
  worker.set_crash_point([&crash_at](const char* name) {
    if (crash_at == name) {
      crash_at.clear();
      throw Killed{};
    }
  });
}

/// Lets a worker start, do everything there is to do, and stop. False when it died on the way.
inline bool drain(Worker& worker) {
  try {
    worker.drain();
    return true;
  } catch (const Killed&) {
    return false;
  }
}

class FakeCheckpoints final : public CheckpointStore {
 public:
  bool acquire() override { return is_free; }
  void release() noexcept override {}
  void ensure_owned() override {
    if (!is_free) {
      throw LostOwnership("lost");
    }
  }
  Position load(std::uint32_t partition) override { return positions[partition]; }
  void fix(std::uint32_t partition, format::Sequence from, format::Sequence to) override {
    Position& position = positions[partition];
    if (position.batch_end || position.next != from) {
      throw LostOwnership("fix");
    }
    position.batch_end = to;
  }
  std::vector<Imbalance> advance(std::uint32_t partition, format::Sequence from,
                                 format::Sequence to, const LedgerChange& change) override {
    Position& position = positions[partition];
    if (position.next != from || position.batch_end != to) {
      throw LostOwnership("advance");
    }
    position = {to, std::nullopt};
    for (const auto& [key, entry] : change.entries) {
      auto& sum = ledger[key];
      sum.received += entry.received;
      sum.stored += entry.stored;
      sum.duplicate += entry.duplicate;
      sum.quarantined += entry.quarantined;
      sum.unknown_project += entry.unknown_project;
      sum.dropped += entry.dropped;
    }
    for (const auto& [source, minute] : change.counts) {
      counts[source] = minute;
    }
    return unbalanced;
  }

  bool is_free = true;
  std::map<std::uint32_t, Position> positions;
  std::map<LedgerChange::Key, LedgerEntry> ledger;
  std::map<std::uint64_t, CountedMinute> counts;
  std::vector<Imbalance> unbalanced;  ///< What every `advance` finds.
};

/// A row as RowBinary delivered it.
struct StoredRow {
  event::Uuid uuid;
  std::string name;
  std::string properties;
  std::int64_t timestamp_us = 0;
  std::int64_t project_id = 0;
  std::string distinct_id;
  std::string elements_chain;
  std::int64_t created_us = 0;
  event::Uuid person;
  std::uint8_t person_mode = 0;
  std::uint8_t is_historical = 0;
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;
};

class RowReader {
 public:
  explicit RowReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  StoredRow row() {
    StoredRow row;
    row.uuid = uuid();
    row.name = text();
    row.properties = text();
    row.timestamp_us = number<std::int64_t>();
    row.project_id = number<std::int64_t>();
    row.distinct_id = text();
    row.elements_chain = text();
    row.created_us = number<std::int64_t>();
    row.person = uuid();
    row.person_mode = number<std::uint8_t>();
    row.is_historical = number<std::uint8_t>();
    row.partition = number<std::uint32_t>();
    row.sequence = number<std::uint64_t>();
    return row;
  }

 private:
  std::string_view take(std::size_t count) {
    const auto taken = bytes_.substr(0, count);
    if (taken.size() != count) {
      throw std::runtime_error("row is cut off");
    }
    bytes_.remove_prefix(count);
    return taken;
  }
  template <typename T>
  T number() {
    T value{};
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string text() {
    std::size_t length = 0;
    unsigned shift = 0;
    std::uint8_t byte = 0x80;
    while ((byte & 0x80U) != 0) {
      byte = number<std::uint8_t>();
      length |= std::size_t{byte & 0x7FU} << shift;
      shift += 7;
    }
    return std::string(take(length));
  }
  event::Uuid uuid() { return internal::read_uuid(take(16).data()); }

  std::string_view bytes_;
};

/// How the next insert goes wrong.
enum class InsertFailure : std::uint8_t {
  none,
  before_storing,      ///< Nothing is stored.
  after_storing,       ///< Everything is stored, the answer is lost.
  after_first_month,   ///< One part of the insert is stored.
  token_without_rows,  ///< The crash between ClickHouse's token log and the part.
};

/// An insert beside `events`.
struct LaneRows {
  LaneTable table = LaneTable::heatmaps;
  std::string token;
  std::string bytes;
  bool may_be_there = false;
};

class FakeEvents final : public EventStore {
 public:
  void insert(const std::string& token, std::string_view bytes) override {
    const InsertFailure failure = std::exchange(next_failure, InsertFailure::none);
    ++inserts;
    std::map<std::int64_t, std::vector<StoredRow>> months;
    for (RowReader reader(bytes); !reader.at_end();) {
      const StoredRow row = reader.row();
      months[row.timestamp_us / (30 * kDayUs)].push_back(row);
    }
    if (failure == InsertFailure::before_storing) {
      throw std::runtime_error("connection refused");
    }
    for (const auto& [month, part] : months) {
      if (!tokens.insert({month, token}).second) {
        continue;
      }
      if (failure == InsertFailure::token_without_rows) {
        throw std::runtime_error("connection reset");
      }
      rows.insert(rows.end(), part.begin(), part.end());
      if (failure == InsertFailure::after_first_month) {
        throw std::runtime_error("connection reset");
      }
    }
    if (failure == InsertFailure::after_storing) {
      throw std::runtime_error("timeout");
    }
  }
  void insert_lane(const LaneSlice& slice, bool may_be_there) override {
    lanes.push_back({slice.table, slice.token, std::string(slice.rows), may_be_there});
  }
  void wait_until_idle(const std::string& batch_token) override {
    waited_for.push_back(batch_token);
  }
  std::vector<DayCount> count_by_day(std::int64_t project_id, std::int32_t first_day,
                                     std::int32_t last_day) override {
    ++day_counts;
    std::map<std::int32_t, std::uint64_t> counts;
    for (const auto& [day, uuid] : of_days(project_id, first_day, last_day)) {
      ++counts[day];
    }
    std::vector<DayCount> found;
    for (const auto& [day, count] : counts) {
      found.push_back({day, count});
    }
    return found;
  }
  std::vector<DayUuid> uuids_by_day(std::int64_t project_id, std::int32_t first_day,
                                    std::int32_t last_day) override {
    ++day_loads;
    return of_days(project_id, first_day, last_day);
  }
  std::vector<event::Uuid> find(std::int64_t project_id, std::int32_t first_day,
                                std::int32_t last_day,
                                std::span<const event::Uuid> uuids) override {
    ++finds;
    const std::set<event::Uuid> wanted(uuids.begin(), uuids.end());
    return select([&](const StoredRow& row) {
      const auto day = day_number(row.timestamp_us);
      return row.project_id == project_id && day >= first_day && day <= last_day &&
             wanted.contains(row.uuid);
    });
  }
  std::vector<event::Uuid> find_range(std::int64_t project_id, std::int32_t first_day,
                                      std::int32_t last_day, std::uint32_t partition,
                                      format::Sequence from, format::Sequence to) override {
    return select([&](const StoredRow& row) {
      const auto day = day_number(row.timestamp_us);
      return row.project_id == project_id && day >= first_day && day <= last_day &&
             row.partition == partition && row.sequence >= from && row.sequence < to;
    });
  }

  static constexpr std::int64_t kDayUs = 86'400'000'000;

  InsertFailure next_failure = InsertFailure::none;
  int inserts = 0;
  int finds = 0;
  int day_counts = 0;
  int day_loads = 0;
  std::vector<StoredRow> rows;
  std::vector<LaneRows> lanes;
  std::set<std::pair<std::int64_t, std::string>> tokens;
  std::vector<std::string> waited_for;

 private:
  std::vector<DayUuid> of_days(std::int64_t project_id, std::int32_t first_day,
                               std::int32_t last_day) const {
    std::vector<DayUuid> found;
    for (const auto& row : rows) {
      const std::int32_t day = day_number(row.timestamp_us);
      if (row.project_id == project_id && day >= first_day && day <= last_day) {
        found.push_back({day, row.uuid});
      }
    }
    return found;
  }
  std::vector<event::Uuid> select(const std::function<bool(const StoredRow&)>& matches) const {
    std::vector<event::Uuid> found;
    for (const auto& row : rows) {
      if (matches(row)) {
        found.push_back(row.uuid);
      }
    }
    return found;
  }
};

/// An insert of recordings, by the kind of its rows.
struct RecordingRows {
  std::string token;
  std::string bytes;
  RecordingInsert insert = RecordingInsert::first;
};

class FakeRecordings final : public RecordingStore {
 public:
  void insert_items(const std::string& token, std::string_view rows,
                    RecordingInsert insert) override {
    fail_if_told();
    items.push_back({token, std::string(rows), insert});
  }
  void insert_messages(const std::string& token, std::string_view rows,
                       RecordingInsert insert) override {
    fail_if_told();
    messages.push_back({token, std::string(rows), insert});
  }

  bool fails_next = false;
  std::vector<RecordingRows> items;
  std::vector<RecordingRows> messages;

 private:
  void fail_if_told() {
    if (std::exchange(fails_next, false)) {
      throw std::runtime_error("connection refused");
    }
  }
};

class FakeProjects final : public ProjectDirectory {
 public:
  std::optional<std::int64_t> find(std::string_view token, std::int64_t /*received_us*/) override {
    const auto found = projects.find(std::string(token));
    return found == projects.end() ? std::nullopt : std::optional(found->second);
  }

  CookielessSettings cookieless(std::int64_t project_id) override {
    return cookieless_settings[project_id];
  }

  std::map<std::string, std::int64_t> projects{{"phc_one", 1}, {"phc_two", 2}};
  std::map<std::int64_t, CookielessSettings> cookieless_settings;
};

}  // namespace cp::ingest
