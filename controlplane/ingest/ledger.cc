// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/ledger.h"

#include <algorithm>

namespace cp::ingest {
namespace {

/// Releases before the ledger wrote no count: a record that cannot be decoded held at least one.
std::uint64_t events_of(const format::LogRecord& record) noexcept {
  return std::max<std::uint64_t>(record.event_count, 1);
}

}  // namespace

void LedgerTally::clear() {
  change_ = LedgerChange();
  decoded_.clear();
}

LedgerEntry& LedgerTally::entry(const format::LogRecord& record, std::int64_t project_id) {
  return change_.entries[{format::minute_of(record.received_us), project_id}];
}

void LedgerTally::add_decoded(const format::LogRecord& record, std::int64_t project_id,
                              const BesideRows& beside) {
  decoded_.push_back({record.sequence, format::minute_of(record.received_us), project_id,
                      record.event_count, beside});
}

void LedgerTally::add_quarantined(const format::LogRecord& record, std::int64_t project_id) {
  auto& sum = entry(record, project_id);
  sum.received += events_of(record);
  sum.quarantined += events_of(record);
}

void LedgerTally::add_unknown(const format::LogRecord& record) {
  auto& sum = entry(record, kNoProject);
  sum.received += events_of(record);
  sum.unknown_project += events_of(record);
}

void LedgerTally::add_dropped(const format::LogRecord& record, std::int64_t project_id) {
  auto& sum = entry(record, project_id);
  sum.received += events_of(record);
  sum.dropped += events_of(record);
}

void LedgerTally::add_recording(const format::LogRecord& record, std::int64_t project_id) {
  auto& sum = entry(record, project_id);
  sum.received += events_of(record);
  sum.stored += events_of(record);
}

bool LedgerTally::add_counts(const format::LogRecord& record, ProjectDirectory& projects) {
  const auto counts = format::decode_counts(record.body);
  if (!counts) {
    return false;
  }
  for (const auto& outcome : counts->outcomes) {
    change_.texts[std::string(outcome.name)] = {outcome.status, std::string(outcome.text)};
  }
  std::map<std::pair<std::int64_t, std::uint8_t>, CountedOutcome> sums;  // several tokens, one sum
  for (const auto& row : counts->rows) {
    auto project_id = kNoProject;
    if (row.owner == format::CountsOwner::token) {
      project_id = projects.find(row.token, record.received_us).value_or(kNoProject);
    }
    auto& sum = sums[{project_id, row.outcome}];
    sum.project_id = project_id;
    sum.name = counts->outcomes[row.outcome].name;
    sum.requests += row.requests;
    sum.events += row.events;
  }
  auto& minute = change_.counts[counts->source];
  minute = {counts->source, counts->minute, {}};
  for (auto& [key, sum] : sums) {
    minute.outcomes.push_back(std::move(sum));
  }
  return true;
}

LedgerChange LedgerTally::settle(const Batch& batch) const {
  auto change = change_;
  auto row = batch.rows().begin();
  for (const auto& record : decoded_) {
    auto& sum = change.entries[{record.minute, record.project_id}];
    std::uint64_t rows = record.beside.stored + std::uint64_t{record.beside.dropped};
    sum.stored += record.beside.stored;
    sum.dropped += record.beside.dropped;
    for (; row != batch.rows().end() && row->sequence == record.sequence; ++row, ++rows) {
      ++(row->is_duplicate && !row->is_stored ? sum.duplicate : sum.stored);
    }
    sum.received += record.event_count != 0 ? record.event_count : rows;
  }
  return change;
}

}  // namespace cp::ingest
