// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/minute_counts.h"

#include "dataplane/base/check.h"
#include "dataplane/base/crc32c.h"

#include <algorithm>
#include <cstring>

namespace dp::capture {
namespace {

/// The low bits of a source number the tables of one life.
constexpr std::uint64_t kGenerationMask = 0xfffff;
constexpr std::uint32_t kOutcomeFactor = 0x9e3779b1;

constexpr std::size_t outcome_bytes() noexcept {
  std::size_t bytes = 0;
  for (const auto& row : kOutcomes) {
    bytes += format::kCountsOutcomeHeaderBytes + row.name.size() + row.text.size();
  }
  return bytes;
}

constexpr std::size_t kBodyBytesMax =
    format::kCountsHeaderBytes + outcome_bytes() +
    MinuteCounts::kRowsMax * (format::kCountsRowHeaderBytes + MinuteCounts::kTokenBytesMax);

std::uint32_t hash_of(std::string_view token, std::uint8_t outcome) noexcept {
  return base::crc32c(base::as_bytes(token), outcome * kOutcomeFactor);
}

}  // namespace

MinuteCounts::MinuteCounts(std::uint64_t boot)
    : boot_(boot & ~kGenerationMask), body_(kBodyBytesMax) {
  for (auto& table : tables_) {
    table.rows.resize(kRowsMax);
    table.slots.resize(kSlots);
  }
  static_cast<void>(open(0));  // so that there is always a newest table
}

MinuteCounts::Table* MinuteCounts::find(format::Minute minute) noexcept {
  for (auto& table : tables_) {
    if (table.generation != 0 && table.minute == minute) {
      return &table;
    }
  }
  return open(minute);
}

/// Reuses the oldest table, unless the log does not hold it yet.
MinuteCounts::Table* MinuteCounts::open(format::Minute minute) noexcept {
  auto& table = tables_[(generation_ + 1) % kTables];
  if (table.is_dirty) {
    return nullptr;
  }
  table.generation = ++generation_;
  table.minute = minute;
  table.is_written = false;
  table.row_count = kFirstTokenRow;
  table.last_row = 0;
  std::fill(table.slots.begin(), table.slots.end(), std::uint16_t{0});
  for (std::uint16_t index = 0; index < kFirstTokenRow; ++index) {
    table.rows[index] = Row{};
    table.rows[index].outcome = static_cast<std::uint8_t>(index % kOutcomeCount);
  }
  return &table;
}

MinuteCounts::Table& MinuteCounts::of_now() noexcept {
  auto* table = find(format::minute_of(now_us_));
  return table != nullptr ? *table : tables_[generation_ % kTables];
}

MinuteCounts::Table* MinuteCounts::of(CountRef ref) noexcept {
  auto& table = tables_[ref.generation % kTables];
  return ref.generation != 0 && table.generation == ref.generation ? &table : nullptr;
}

/// The row of `token` and `outcome`, a new one when there is room.
std::uint16_t MinuteCounts::row_of(Table& table, std::string_view token, Outcome outcome) noexcept {
  const auto number = static_cast<std::uint8_t>(outcome);
  if (token.empty()) {
    return number;
  }
  const auto is_it = [&](const Row& row) { return row.outcome == number && row.name() == token; };
  if (is_it(table.rows[table.last_row])) {
    return table.last_row;
  }
  if (token.size() > kTokenBytesMax) {
    return static_cast<std::uint16_t>(kOutcomeCount + number);
  }
  auto slot = hash_of(token, number) % kSlots;
  while (table.slots[slot] != 0) {
    if (is_it(table.rows[table.slots[slot]])) {
      return table.last_row = table.slots[slot];
    }
    slot = (slot + 1) % kSlots;  // ends: at most half of the slots are taken
  }
  if (table.row_count == kRowsMax) {
    return static_cast<std::uint16_t>(kOutcomeCount + number);
  }
  auto& row = table.rows[table.row_count];
  row = Row{};
  row.outcome = number;
  row.token_bytes = static_cast<std::uint8_t>(token.size());
  std::memcpy(row.token.data(), token.data(), token.size());
  return table.last_row = table.slots[slot] = table.row_count++;
}

CountRef MinuteCounts::expect(std::int64_t received_us, std::string_view token,
                              Outcome success) noexcept {
  auto* table = find(format::minute_of(received_us));
  // Counting it in another minute would claim what that minute did not receive.
  return table == nullptr ? CountRef{}
                          : CountRef{table->generation, row_of(*table, token, success)};
}

void MinuteCounts::acknowledge(CountRef ref, std::uint32_t events) noexcept {
  if (auto* table = of(ref)) {
    auto& row = table->rows[ref.row];
    ++row.requests;
    row.events += events;
    table->is_dirty = true;
  }
}

void MinuteCounts::lose(CountRef ref, std::uint32_t events) noexcept {
  auto* table = of(ref);
  if (table == nullptr) {
    refuse(Outcome::log_lost, {}, events);
    return;
  }
  auto index = static_cast<std::uint16_t>(Outcome::log_lost);
  if (ref.row >= kFirstTokenRow) {
    index = row_of(*table, table->rows[ref.row].name(), Outcome::log_lost);
  } else if (ref.row >= kOutcomeCount) {
    index = static_cast<std::uint16_t>(kOutcomeCount + index);
  }
  ++table->rows[index].requests;
  table->rows[index].events += events;
  table->is_dirty = true;
}

void MinuteCounts::refuse(Outcome outcome, std::string_view token, std::uint32_t events) noexcept {
  auto& table = of_now();
  auto& row = table.rows[row_of(table, token, outcome)];
  ++row.requests;
  row.events += events;
  table.is_dirty = true;
}

bool MinuteCounts::is_dirty() const noexcept {
  return std::any_of(tables_.begin(), tables_.end(),
                     [](const Table& table) { return table.is_dirty; });
}

void MinuteCounts::write(wal::Appender& log) noexcept {
  for (auto& table : tables_) {
    if (!table.is_dirty) {
      continue;
    }
    format::LogRecord record;
    record.received_us = now_us_;
    record.endpoint = format::Endpoint::counters;
    record.body = base::Bytes(body_).first(encode(table));
    if (const auto sequence = log.append(record)) {
      table.sequence = *sequence;
      table.is_written = true;
      table.is_dirty = false;
    }
  }
}

std::size_t MinuteCounts::encode(const Table& table) noexcept {
  std::array<std::uint8_t, kOutcomeCount> numbers{};  // of this record, by Outcome; 0 is unused
  std::uint8_t used = 0;
  const auto rows = std::span(table.rows).first(table.row_count);
  format::CountsEncoder encoder(body_);
  for (const auto& row : rows) {
    if (row.requests != 0 && numbers[row.outcome] == 0) {
      const auto& outcome = kOutcomes[row.outcome];
      encoder.add_outcome({outcome.status, outcome.name, outcome.text});
      numbers[row.outcome] = ++used;
    }
  }
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const auto& row = rows[index];
    if (row.requests == 0) {
      continue;
    }
    const auto owner = index >= kFirstTokenRow  ? format::CountsOwner::token
                       : index >= kOutcomeCount ? format::CountsOwner::others
                                                : format::CountsOwner::none;
    encoder.add_row({owner, row.name(), static_cast<std::uint8_t>(numbers[row.outcome] - 1),
                     row.requests, row.events});
  }
  const auto bytes = encoder.finish(boot_ | (table.generation & kGenerationMask), table.minute);
  CHECK(bytes != 0);  // body_ holds the fullest table
  return bytes;
}

void MinuteCounts::lost_from(format::Sequence first) noexcept {
  for (auto& table : tables_) {
    if (table.is_written && table.sequence >= first) {
      table.is_written = false;
      table.is_dirty = true;
    }
  }
}

}  // namespace dp::capture
