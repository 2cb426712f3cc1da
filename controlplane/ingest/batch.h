// SPDX-License-Identifier: LicenseRef-Project
// The rows of one batch, encoded for ClickHouse as they arrive.
#pragma once

#include "controlplane/event/record_decoder.h"
#include "controlplane/event/uuid.h"
#include "controlplane/ingest/cookieless.h"
#include "controlplane/ingest/lane_batch.h"
#include "dataplane/format/log_record.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cp::ingest {

/// Days since 1970 UTC of a time in microseconds, as ClickHouse's toDate has it: 0 for everything
/// earlier.
std::int32_t day_number(std::int64_t timestamp_us) noexcept;

/// One encoded row and what tells it apart.
struct Row {
  event::Uuid uuid;
  std::int64_t project_id = 0;
  std::int64_t timestamp_us = 0;
  format::Sequence sequence = 0;
  std::size_t begin = 0;  ///< Of its bytes in the batch.
  std::size_t end = 0;
  bool is_duplicate = false;  ///< Stored already, or a copy of an earlier row of this batch.
  bool is_stored = false;     ///< A duplicate of itself: an earlier try of this batch stored it.
};

/// One insert. Nearly every batch has one; a small request may unpack to millions of rows, which no
/// server takes at once.
struct Slice {
  std::string
      token;  ///< insert_deduplication_token: the batch's, for later slices with `-s1`, `-s2`, …
  std::string_view bytes;
  std::size_t row_count = 0;
};

/// Events of one record that are no rows of the batch.
struct BesideRows {
  std::uint32_t stored = 0;   ///< In the table of their lane.
  std::uint32_t dropped = 0;  ///< By a rule of their lane, or without the id they need.
};

/// A range [from, to) of one partition and its rows. The rows depend on the records, the projects'
/// tokens and, for cookieless events, the salts that still live. Reused from batch to batch;
/// thread: one.
class Batch final : private event::EventSink {
 public:
  /// What `add` found in a record.
  enum class Added : std::uint8_t { rows, undecodable };

  /// The columns, in the order of the encoded rows.
  static constexpr const char* kColumns =
      "uuid, event, properties, timestamp, team_id, distinct_id, elements_chain, created_at, "
      "person_id, person_mode, "
      "historical_migration, _partition, _offset";

  static constexpr std::size_t kSliceBytes = std::size_t{64} << 20;

  explicit Batch(std::size_t slice_bytes = kSliceBytes)
      : slice_bytes_(slice_bytes), lanes_(slice_bytes) {}

  /// Who gives cookieless events their ids; without it they are dropped. Outlives the batch.
  void identify_with(CookielessIdentity* identity) noexcept { identity_ = identity; }

  /// Forgets everything; the next record is `from`. Memory that an unusually large batch took is
  /// given back.
  void start(std::uint32_t partition, format::Sequence from);

  /// Decodes a record of a known project and appends its events.
  Added add(const format::LogRecord& record, std::int64_t project_id);

  /// Moves the end of the range behind `sequence`; also for records that bring no row.
  void extend(format::Sequence sequence) noexcept { to_ = sequence + 1; }

  [[nodiscard]] std::uint32_t partition() const noexcept { return partition_; }
  [[nodiscard]] format::Sequence from() const noexcept { return from_; }
  [[nodiscard]] format::Sequence to() const noexcept { return to_; }
  [[nodiscard]] bool is_empty() const noexcept { return to_ == from_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return encoded_.size() + lanes_.bytes(); }
  [[nodiscard]] const LaneBatch& lanes() const noexcept { return lanes_; }
  /// Cookieless events by CookielessOutcome.
  [[nodiscard]] const std::array<std::uint64_t, kCookielessOutcomes>& cookieless() const noexcept {
    return cookieless_;
  }
  /// Of the record that was added last.
  [[nodiscard]] const BesideRows& beside_rows() const noexcept { return beside_; }
  [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }
  [[nodiscard]] std::vector<Row>& rows() noexcept { return rows_; }

  /// An earlier try of this batch stored `stored`, sorted, of a project: each of the uuids stands
  /// for one row, the first, so that a copy of that row stays a duplicate. Returns how many rows it
  /// marked anew.
  std::size_t mark_stored(std::int64_t project_id, std::span<const event::Uuid> stored);

  /// `partition:from-to`, what the range is called in ClickHouse.
  [[nodiscard]] std::string token() const;

  /// The rows that are no duplicates, in order, as the inserts to make. Where a slice begins
  /// depends on the encoded rows before duplicates are left out, so a repeated batch gives a row
  /// the same token again. The views live until the batch changes.
  std::vector<Slice> slices();

 private:
  void add(const event::ProcessedEvent& event) override;
  void add_cookieless(const event::ProcessedEvent& event);
  void sort(const event::ProcessedEvent& event);
  void add_row(const event::ProcessedEvent& event);

  std::size_t slice_bytes_;
  LaneBatch lanes_;
  BesideRows beside_;
  CookielessIdentity* identity_ = nullptr;
  event::CookielessIds ids_;
  std::string identified_json_;
  std::array<std::uint64_t, kCookielessOutcomes> cookieless_{};
  std::unique_ptr<event::RecordDecoder> decoder_ = std::make_unique<event::RecordDecoder>();
  std::uint32_t partition_ = 0;
  format::Sequence from_ = 0;
  format::Sequence to_ = 0;
  std::int64_t project_id_ = 0;
  format::Sequence sequence_ = 0;
  std::string person_distinct_id_;
  std::int64_t person_project_id_ = 0;
  event::Uuid person_;
  std::string encoded_;
  std::string compacted_;
  std::vector<Row> rows_;
};

}  // namespace cp::ingest
