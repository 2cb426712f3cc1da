// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/batch.h"

#include "controlplane/ingest/internal/row_binary.h"

#include <algorithm>

namespace cp::ingest {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::int64_t kLastDay = 65'535;  // of ClickHouse's Date
constexpr std::size_t kCapacityKept = 3 * Batch::kSliceBytes;

}  // namespace

std::int32_t day_number(std::int64_t timestamp_us) noexcept {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(timestamp_us / kDayUs, 0, kLastDay));
}

void Batch::start(std::uint32_t partition, format::Sequence from) {
  partition_ = partition;
  from_ = from;
  to_ = from;
  if (encoded_.capacity() > kCapacityKept) {
    std::string().swap(encoded_);  // an assignment would keep the memory
    std::string().swap(compacted_);
    std::vector<Row>().swap(rows_);
    decoder_ = std::make_unique<event::RecordDecoder>();
  }
  encoded_.clear();
  rows_.clear();
  lanes_.start();
  cookieless_ = {};
}

Batch::Added Batch::add(const format::LogRecord& record, std::int64_t project_id) {
  project_id_ = project_id;
  sequence_ = record.sequence;
  beside_ = {};
  lanes_.start_record();
  const auto decoded = decoder_->decode(partition_, record, *this);
  return decoded ? Added::rows : Added::undecodable;
}

void Batch::add(const event::ProcessedEvent& event) {
  if (event.cookieless != nullptr) {
    add_cookieless(event);
  } else {
    sort(event);
  }
}

void Batch::add_cookieless(const event::ProcessedEvent& event) {
  const auto outcome = identity_ == nullptr ? CookielessOutcome::project_disabled
                                            : identity_->identify(event, project_id_, ids_);
  if (!event.is_part) {
    ++cookieless_[static_cast<std::size_t>(outcome)];
    beside_.dropped += outcome == CookielessOutcome::identified ? 0U : 1U;
  }
  if (outcome == CookielessOutcome::identified) {
    event::append_ids(identified_json_, event.properties_json, ids_);
    auto identified = event;
    identified.distinct_id = ids_.distinct_id;
    identified.properties_json = identified_json_;
    sort(identified);
  }
}

void Batch::sort(const event::ProcessedEvent& event) {
  if (event.lane == event::Lane::events) {
    add_row(event);
    return;
  }
  const bool is_stored = lanes_.add(event, {project_id_, partition_, sequence_});
  if (!event.is_part) {
    ++(is_stored ? beside_.stored : beside_.dropped);
  }
}

void Batch::add_row(const event::ProcessedEvent& event) {
  // Consecutive events are mostly of one person, so the last answer saves most of the SHA-1.
  if (person_project_id_ != project_id_ || person_distinct_id_ != event.distinct_id) {
    person_project_id_ = project_id_;
    person_distinct_id_ = event.distinct_id;
    person_ = event::person_uuid(project_id_, event.distinct_id);
  }
  const std::size_t begin = encoded_.size();
  internal::RowWriter writer(encoded_, internal::row_bytes_max(event));
  writer.uuid(event.uuid);
  writer.text(event.name);
  writer.text(event.properties_json);
  writer.number(event.timestamp_us);
  writer.number(project_id_);
  writer.text(event.distinct_id);
  writer.text(event.elements_chain);
  writer.number(event.created_us);
  writer.uuid(person_);
  writer.number(static_cast<std::uint8_t>(event.person_mode));
  writer.number(static_cast<std::uint8_t>(event.is_historical_migration ? 1 : 0));
  writer.number(partition_);
  writer.number(sequence_);
  writer.finish();
  rows_.push_back({event.uuid, project_id_, event.timestamp_us, sequence_, begin, encoded_.size(),
                   false, false});
}

std::size_t Batch::mark_stored(std::int64_t project_id, std::span<const event::Uuid> stored) {
  std::vector<bool> is_taken(stored.size());
  const auto take = [&](const event::Uuid& uuid) {
    auto place = static_cast<std::size_t>(std::lower_bound(stored.begin(), stored.end(), uuid) -
                                          stored.begin());
    while (place < stored.size() && stored[place] == uuid && is_taken[place]) {
      ++place;
    }
    const bool is_found = place < stored.size() && stored[place] == uuid;
    if (is_found) {
      is_taken[place] = true;
    }
    return is_found;
  };
  for (const auto& row : rows_) {
    if (row.project_id == project_id && row.is_stored) {
      static_cast<void>(take(row.uuid));
    }
  }
  std::size_t found = 0;
  for (auto& row : rows_) {
    if (row.project_id == project_id && !row.is_duplicate && take(row.uuid)) {
      row.is_duplicate = row.is_stored = true;
      ++found;
    }
  }
  return found;
}

std::string Batch::token() const {
  return std::to_string(partition_) + ':' + std::to_string(from_) + '-' + std::to_string(to_);
}

std::vector<Slice> Batch::slices() {
  struct Range {
    std::size_t number;
    std::size_t begin;
    std::size_t end;
    std::size_t row_count;
  };
  const bool is_whole =
      std::none_of(rows_.begin(), rows_.end(), [](const Row& row) { return row.is_duplicate; });
  compacted_.clear();
  std::vector<Range> ranges;
  for (const auto& row : rows_) {
    if (row.is_duplicate) {
      continue;
    }
    const std::size_t begin = is_whole ? row.begin : compacted_.size();
    if (!is_whole) {
      compacted_.append(encoded_, row.begin, row.end - row.begin);
    }
    const std::size_t number = row.begin / slice_bytes_;
    if (ranges.empty() || ranges.back().number != number) {
      ranges.push_back({number, begin, begin, 0});
    }
    ranges.back().end = begin + (row.end - row.begin);
    ++ranges.back().row_count;
  }
  const std::string_view bytes = is_whole ? encoded_ : compacted_;
  std::vector<Slice> slices;
  for (const auto& range : ranges) {
    const std::string suffix =
        range.number == 0 ? std::string() : "-s" + std::to_string(range.number);
    slices.push_back(
        {token() + suffix, bytes.substr(range.begin, range.end - range.begin), range.row_count});
  }
  return slices;
}

}  // namespace cp::ingest
