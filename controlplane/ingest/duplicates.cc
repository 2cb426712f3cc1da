// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/duplicates.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

namespace cp::ingest {
namespace {

constexpr std::int32_t kLastDay = 65'535;
constexpr std::uint64_t kUuidsAtOnceMax = 2'000'000;  // one answer, 20 bytes each

std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

/// 64 of a uuid's bits, mixed. Two uuids may share one, so it only ever leads to a question.
std::uint64_t fingerprint_of(const event::Uuid& uuid) noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, uuid.bytes.data(), sizeof(high));
  std::memcpy(&low, uuid.bytes.data() + sizeof(high), sizeof(low));
  return mix(low + mix(high));
}

std::uint64_t fingerprint_of(const Row& row) noexcept {
  return fingerprint_of(row.uuid) ^ mix(static_cast<std::uint64_t>(row.project_id));
}

}  // namespace

bool FingerprintSet::insert(std::uint64_t fingerprint) {
  if ((size_ + 1) * 4 > slots_.size() * 3) {
    grow();
  }
  fingerprint = std::max<std::uint64_t>(fingerprint, 1);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = fingerprint & mask;
  while (slots_[slot] != 0) {
    if (slots_[slot] == fingerprint) {
      return false;
    }
    slot = (slot + 1) & mask;
  }
  slots_[slot] = fingerprint;
  ++size_;
  return true;
}

bool FingerprintSet::contains(std::uint64_t fingerprint) const noexcept {
  if (slots_.empty()) {
    return false;
  }
  fingerprint = std::max<std::uint64_t>(fingerprint, 1);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = fingerprint & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (slots_[slot] == fingerprint) {
      return true;
    }
  }
  return false;
}

void FingerprintSet::grow() {
  std::vector<std::uint64_t> old(std::max<std::size_t>(slots_.size() * 2, 64));
  old.swap(slots_);
  size_ = 0;
  for (const std::uint64_t fingerprint : old) {
    if (fingerprint != 0) {
      insert(fingerprint);
    }
  }
}

DuplicateFilter::DuplicateFilter(EventStore& store, std::size_t uuids_max)
    : store_(store), uuids_max_(uuids_max) {}

std::size_t DuplicateFilter::mark(Batch& batch) {
  ++batch_count_;
  candidates_.clear();
  load_missing(batch);
  neighbours_ = {};
  auto& rows = batch.rows();
  batch_slots_.assign(std::bit_ceil(rows.size() * 2 + 1), 0);
  std::size_t copies = 0;
  for (std::size_t index = 0; index < rows.size(); ++index) {
    if (rows[index].is_duplicate) {
      continue;
    }
    const std::uint64_t fingerprint = fingerprint_of(rows[index]);
    if (!is_first_in_batch(rows, index, fingerprint)) {
      rows[index].is_duplicate = true;
      ++copies;
    } else if (may_be_stored(rows[index], fingerprint)) {
      candidates_.push_back(index);
    }
  }
  return copies + confirm(batch);
}

void DuplicateFilter::remember(const Batch& batch) {
  for (const auto& row : batch.rows()) {
    const auto found = days_.find({row.project_id, day_number(row.timestamp_us)});
    if (!row.is_duplicate && found != days_.end() && !found->second.is_too_large) {
      found->second.uuids.insert(fingerprint_of(row));
    }
  }
}

void DuplicateFilter::clear() { days_.clear(); }

bool DuplicateFilter::is_first_in_batch(const std::vector<Row>& rows, std::size_t index,
                                        std::uint64_t fingerprint) {
  const std::size_t mask = batch_slots_.size() - 1;
  std::size_t slot = fingerprint & mask;
  for (; batch_slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Row& other = rows[batch_slots_[slot] - 1];
    if (other.uuid == rows[index].uuid && other.project_id == rows[index].project_id) {
      return false;
    }
  }
  batch_slots_[slot] = static_cast<std::uint32_t>(index + 1);
  return true;
}

bool DuplicateFilter::may_be_stored(const Row& row, std::uint64_t fingerprint) {
  const auto& days = neighbours(row).days;
  return std::any_of(days.begin(), days.end(), [&](const Day* day) {
    return day->is_too_large || day->uuids.contains(fingerprint);
  });
}

const DuplicateFilter::Neighbours& DuplicateFilter::neighbours(const Row& row) {
  const Key key{row.project_id, day_number(row.timestamp_us)};
  if (neighbours_.key != key) {
    neighbours_.key = key;
    std::int32_t day = key.second - 1;
    for (Day*& neighbour : neighbours_.days) {
      neighbour = &days_.at({key.first, std::clamp(day++, 0, kLastDay)});
    }
  }
  return neighbours_;
}

/// Makes every day that a row of the batch is compared with present in memory.
void DuplicateFilter::load_missing(const Batch& batch) {
  std::map<std::int64_t, std::vector<std::int32_t>> missing;
  Key last{0, -1};
  for (const auto& row : batch.rows()) {
    const Key key{row.project_id, day_number(row.timestamp_us)};
    if (key == last) {
      continue;
    }
    last = key;
    for (std::int32_t day = std::max(key.second - 1, 0); day <= std::min(key.second + 1, kLastDay);
         ++day) {
      const auto [found, is_new] = days_.try_emplace({key.first, day});
      found->second.used_in = batch_count_;
      if (is_new) {
        missing[key.first].push_back(day);
      }
    }
  }
  for (auto& [project_id, days] : missing) {
    std::sort(days.begin(), days.end());
    load(project_id, days);
  }
}

/// Fills days that are empty in memory, in one reading where the whole range is small.
void DuplicateFilter::load(std::int64_t project_id, const std::vector<std::int32_t>& days) {
  const auto counts = store_.count_by_day(project_id, days.front(), days.back());
  const std::uint64_t largest = uuids_max_ / 4;
  std::uint64_t in_range = 0;
  std::uint64_t wanted = 0;
  std::vector<std::int32_t> single;
  for (const auto& [day, count] : counts) {
    in_range += count;
    if (!std::binary_search(days.begin(), days.end(), day)) {
      continue;
    }
    if (count > largest) {
      days_.at({project_id, day}).is_too_large = true;
      continue;
    }
    wanted += count;
    single.push_back(day);
  }
  make_room(wanted);
  if (in_range <= std::min(kUuidsAtOnceMax, largest)) {
    add(project_id, store_.uuids_by_day(project_id, days.front(), days.back()));
    return;
  }
  for (const std::int32_t day : single) {
    add(project_id, store_.uuids_by_day(project_id, day, day));
  }
}

void DuplicateFilter::add(std::int64_t project_id, const std::vector<DayUuid>& stored) {
  const std::uint64_t project_bits = mix(static_cast<std::uint64_t>(project_id));
  for (const auto& [day, uuid] : stored) {
    if (const auto found = days_.find({project_id, day}); found != days_.end()) {
      found->second.uuids.insert(fingerprint_of(uuid) ^ project_bits);
    }
  }
}

/// Drops the days that were not used for longest, never one of the current batch.
void DuplicateFilter::make_room(std::uint64_t wanted) {
  constexpr std::uint64_t kUuidsPerDayMin = 64;  // an empty day takes room as well
  std::uint64_t kept = wanted;
  for (const auto& [key, day] : days_) {
    kept += std::max<std::uint64_t>(day.uuids.size(), kUuidsPerDayMin);
  }
  while (kept > uuids_max_) {
    const auto oldest =
        std::min_element(days_.begin(), days_.end(), [](const auto& left, const auto& right) {
          return left.second.used_in < right.second.used_in;
        });
    if (oldest == days_.end() || oldest->second.used_in == batch_count_) {
      return;
    }
    kept -= std::max<std::uint64_t>(oldest->second.uuids.size(), kUuidsPerDayMin);
    days_.erase(oldest);
  }
}

/// Asks ClickHouse about the candidates, project by project; marks those it has.
std::size_t DuplicateFilter::confirm(Batch& batch) {
  std::set<std::int64_t> projects;
  for (const std::size_t index : candidates_) {
    projects.insert(batch.rows()[index].project_id);
  }
  std::size_t found = 0;
  for (const std::int64_t project_id : projects) {
    found += confirm_project(batch, project_id);
  }
  return found;
}

std::size_t DuplicateFilter::confirm_project(Batch& batch, std::int64_t project_id) {
  std::vector<event::Uuid> uuids;
  std::int32_t first_day = kLastDay;
  std::int32_t last_day = 0;
  for (const std::size_t index : candidates_) {
    const Row& row = batch.rows()[index];
    if (row.project_id == project_id) {
      uuids.push_back(row.uuid);
      first_day = std::min(first_day, day_number(row.timestamp_us));
      last_day = std::max(last_day, day_number(row.timestamp_us));
    }
  }
  auto stored =
      store_.find(project_id, std::max(first_day - 1, 0), std::min(last_day + 1, kLastDay), uuids);
  std::sort(stored.begin(), stored.end());
  std::size_t found = 0;
  for (const std::size_t index : candidates_) {
    Row& row = batch.rows()[index];
    if (row.project_id == project_id &&
        std::binary_search(stored.begin(), stored.end(), row.uuid)) {
      row.is_duplicate = true;
      ++found;
    }
  }
  return found;
}

}  // namespace cp::ingest
