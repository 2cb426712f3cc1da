// SPDX-License-Identifier: LicenseRef-Project
// Marks the rows of a batch that are stored already or stand in it twice: SDKs repeat a request
// until it is answered.
#pragma once

#include "controlplane/ingest/batch.h"
#include "controlplane/ingest/event_store.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace cp::ingest {

/// A set of 64-bit fingerprints: open addressing, grows by doubling, 8 to 21 bytes a member.
class FingerprintSet {
 public:
  /// False when it was there.
  bool insert(std::uint64_t fingerprint);
  [[nodiscard]] bool contains(std::uint64_t fingerprint) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void grow();

  std::vector<std::uint64_t> slots_;  ///< 0 is empty.
  std::size_t size_ = 0;
};

/// Exact: a row is a duplicate when its project has an event with its uuid whose day is at most one
/// away. Cheap: the fingerprints of the days in use are kept in memory, loaded from ClickHouse on
/// first use, so ClickHouse is asked only about rows whose fingerprint is known. Bounds:
/// `uuids_max` fingerprints; the day not used for longest goes first, and a day too large for a
/// quarter of that is asked about row by row. Thread: one.
class DuplicateFilter {
 public:
  DuplicateFilter(EventStore& store, std::size_t uuids_max);

  /// Marks the duplicates among the rows that are not marked yet; returns how many it marked.
  std::size_t mark(Batch& batch);

  /// The rows that are not marked are stored now.
  void remember(const Batch& batch);

  /// Forgets everything, after ClickHouse may have changed without us.
  void clear();

 private:
  struct Day {
    FingerprintSet uuids;
    std::uint64_t used_in = 0;  ///< Number of the batch that used it last.
    bool is_too_large = false;
  };
  using Key = std::pair<std::int64_t, std::int32_t>;  // project and day

  /// The days that rows of one project and day are compared with: the day before, the day, the day
  /// after.
  struct Neighbours {
    Key key{0, -1};
    std::array<Day*, 3> days{};
  };

  void load_missing(const Batch& batch);
  void load(std::int64_t project_id, const std::vector<std::int32_t>& days);
  void add(std::int64_t project_id, const std::vector<DayUuid>& stored);
  void make_room(std::uint64_t wanted);
  const Neighbours& neighbours(const Row& row);
  bool is_first_in_batch(const std::vector<Row>& rows, std::size_t index,
                         std::uint64_t fingerprint);
  bool may_be_stored(const Row& row, std::uint64_t fingerprint);
  std::size_t confirm(Batch& batch);
  std::size_t confirm_project(Batch& batch, std::int64_t project_id);

  EventStore& store_;
  std::uint64_t uuids_max_;
  std::uint64_t batch_count_ = 0;
  std::map<Key, Day> days_;
  Neighbours neighbours_;
  std::vector<std::uint32_t> batch_slots_;  ///< Hash table of row numbers plus one; 0 is empty.
  std::vector<std::size_t> candidates_;     ///< Rows to ask ClickHouse about.
};

}  // namespace cp::ingest
