// SPDX-License-Identifier: LicenseRef-Project
// The table `events` as the worker uses it: insert a batch, and ask what is stored; and the tables
// of the lanes beside it.
#pragma once

#include "controlplane/event/uuid.h"
#include "controlplane/ingest/batch.h"
#include "controlplane/olap/client.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cp::ingest {

/// Events of one day (UTC, as day_number has it).
struct DayCount {
  std::int32_t day = 0;
  std::uint64_t count = 0;
};
struct DayUuid {
  std::int32_t day = 0;
  event::Uuid uuid;
};

/// An interface, so that the worker is tested without ClickHouse. Thread: the worker's. Every call
/// may throw.
class EventStore {
 public:
  /// Stores rows in RowBinary (columns Batch::kColumns) and waits until they are durable. When it
  /// throws nothing is known about the rows. ClickHouse refuses a second insert of one token per
  /// month of the rows.
  virtual void insert(const std::string& token, std::string_view rows) = 0;

  /// Stores a slice of LaneBatch and waits until it is durable. Keys name their content, so rows
  /// that `may_be_there` are inserted whatever the token: a second copy is none after the next
  /// merge.
  virtual void insert_lane(const LaneSlice& slice, bool may_be_there) = 0;

  /// Waits until no insert whose token starts with `batch_token` is running any more, whoever
  /// started it.
  virtual void wait_until_idle(const std::string& batch_token) = 0;

  /// The days [first, last] that hold events of the project, and how many.
  virtual std::vector<DayCount> count_by_day(std::int64_t project_id, std::int32_t first_day,
                                             std::int32_t last_day) = 0;

  /// The uuids of those events.
  virtual std::vector<DayUuid> uuids_by_day(std::int64_t project_id, std::int32_t first_day,
                                            std::int32_t last_day) = 0;

  /// Which of `uuids` are stored for the project within the days [first, last].
  virtual std::vector<event::Uuid> find(std::int64_t project_id, std::int32_t first_day,
                                        std::int32_t last_day,
                                        std::span<const event::Uuid> uuids) = 0;

  /// Uuids of the project's stored events that came from the records [from, to) of a partition.
  virtual std::vector<event::Uuid> find_range(std::int64_t project_id, std::int32_t first_day,
                                              std::int32_t last_day, std::uint32_t partition,
                                              format::Sequence from, format::Sequence to) = 0;

 protected:
  ~EventStore() = default;
};

/// ClickHouse, embedded or a cluster.
class ClickhouseEvents final : public EventStore {
 public:
  /// `on_answer` is told of every answer: work that takes many calls is no hang.
  explicit ClickhouseEvents(olap::Address address, std::function<void()> on_answer = {});

  void insert(const std::string& token, std::string_view rows) override;
  void insert_lane(const LaneSlice& slice, bool may_be_there) override;
  void wait_until_idle(const std::string& batch_token) override;
  std::vector<DayCount> count_by_day(std::int64_t project_id, std::int32_t first_day,
                                     std::int32_t last_day) override;
  std::vector<DayUuid> uuids_by_day(std::int64_t project_id, std::int32_t first_day,
                                    std::int32_t last_day) override;
  std::vector<event::Uuid> find(std::int64_t project_id, std::int32_t first_day,
                                std::int32_t last_day, std::span<const event::Uuid> uuids) override;
  std::vector<event::Uuid> find_range(std::int64_t project_id, std::int32_t first_day,
                                      std::int32_t last_day, std::uint32_t partition,
                                      format::Sequence from, format::Sequence to) override;

 private:
  void tell_answer() const;
  std::string query(const std::string& sql);
  std::vector<event::Uuid> uuids(const std::string& sql);

  olap::Client client_;
  std::function<void()> on_answer_;
  std::string insert_sql_;
  std::uint64_t inserts_ = 0;
};

}  // namespace cp::ingest
