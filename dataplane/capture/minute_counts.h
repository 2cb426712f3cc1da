// SPDX-License-Identifier: LicenseRef-Project
// How the requests of each minute ended, by token: a table of fixed size that goes into the log
// itself, so that the ledger's numbers survive whatever the events survive (ADR 0015).
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/format/capture_counts.h"
#include "dataplane/format/log_record.h"
#include "dataplane/wal/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dp::capture {

/// Where an appended record will be counted once it is durable. A value that waits with its
/// request; the default counts nowhere.
struct CountRef {
  std::uint32_t generation = 0;
  std::uint16_t row = 0;
};

/// The counters of one shard, a table per minute. Owner and thread: the shard. Bounds: kTables
/// tables of kRowsMax rows, about 0.4 MiB; a minute with more tokens counts the rest together. No
/// allocation after construction, no clock. Failure: a log that takes nothing leaves the tables as
/// they are; when all of them wait for it, refusals are counted in the newest. Invariant: a table
/// never claims an event whose record is not durable and in front of it in the log.
class MinuteCounts {
 public:
  static constexpr std::size_t kTables = 4;
  static constexpr std::size_t kRowsMax = 1024;
  static constexpr std::size_t kTokenBytesMax = 64;

  /// `boot` tells this life of the process from the others: a random number.
  explicit MinuteCounts(std::uint64_t boot = 0);

  /// The wall clock, microseconds since 1970 UTC: decides the minute of refusals.
  void set_now(std::int64_t now_us) noexcept { now_us_ = now_us; }

  /// Prepares the row of a record that was received at `received_us`.
  CountRef expect(std::int64_t received_us, std::string_view token, Outcome success) noexcept;

  /// The record is durable: its client is told so.
  void acknowledge(CountRef ref, std::uint32_t events) noexcept;

  /// The record was not stored: its client is told 503.
  void lose(CountRef ref, std::uint32_t events) noexcept;

  /// A request that reached no record; `token` is empty where none could be read.
  void refuse(Outcome outcome, std::string_view token, std::uint32_t events) noexcept;

  /// Whether something was counted that the log does not hold yet.
  [[nodiscard]] bool is_dirty() const noexcept;

  /// Appends a record for each table that changed. A refused append leaves its table for next time.
  void write(wal::Appender& log) noexcept;

  /// What was written from `first` on is lost, tables included.
  void lost_from(format::Sequence first) noexcept;

 private:
  struct Row {
    std::uint32_t requests = 0;
    std::uint32_t events = 0;
    std::uint8_t outcome = 0;
    std::uint8_t token_bytes = 0;
    std::array<char, kTokenBytesMax> token{};

    [[nodiscard]] std::string_view name() const noexcept { return {token.data(), token_bytes}; }
  };

  struct Table {
    std::uint32_t generation = 0;
    format::Minute minute = 0;
    format::Sequence sequence = 0;  ///< Of its last record; only while `is_written`.
    bool is_written = false;
    bool is_dirty = false;
    std::uint16_t row_count = 0;
    std::uint16_t last_row = 0;
    std::vector<Row> rows;             ///< Without a token by outcome, others by outcome, tokens.
    std::vector<std::uint16_t> slots;  ///< Hash table of rows with a token; 0 is empty.
  };

  static constexpr std::size_t kSlots = 2 * kRowsMax;
  static constexpr std::uint16_t kFirstTokenRow = 2 * kOutcomeCount;
  static_assert(kFirstTokenRow < kRowsMax);
  static_assert(kOutcomeCount <= format::kCountsOutcomesMax);
  static_assert(kRowsMax <= format::kCountsRowsMax);

  Table* find(format::Minute minute) noexcept;
  Table* open(format::Minute minute) noexcept;
  Table& of_now() noexcept;
  Table* of(CountRef ref) noexcept;
  static std::uint16_t row_of(Table& table, std::string_view token, Outcome outcome) noexcept;
  std::size_t encode(const Table& table) noexcept;

  std::uint64_t boot_;
  std::int64_t now_us_ = 0;
  std::uint32_t generation_ = 0;  ///< Of the newest table.
  std::array<Table, kTables> tables_;
  std::vector<std::byte> body_;
};

}  // namespace dp::capture
