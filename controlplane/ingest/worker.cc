// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/worker.h"

#include "dataplane/format/segment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <exception>
#include <limits>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace cp::ingest {
namespace {

constexpr format::Sequence kNoEnd = std::numeric_limits<format::Sequence>::max();
constexpr std::size_t kRecordsPerTurn = 20'000;
constexpr int kStoreAttemptsMax = 4;
constexpr std::chrono::seconds kScanInterval{1};
constexpr std::chrono::seconds kBlockedFor{2};
constexpr std::string_view kShardPrefix = "shard-";

/// The shard number of a directory of the event log, nothing for any other name.
std::optional<std::uint32_t> shard_number(const std::string& name) {
  if (!name.starts_with(kShardPrefix)) {
    return std::nullopt;
  }
  std::uint32_t number = 0;
  const char* first = name.data() + kShardPrefix.size();
  const char* last = name.data() + name.size();
  const auto [end, error] = std::from_chars(first, last, number);
  return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

/// "2026-01-31T12:00Z"
std::string minute_text(format::Minute minute) {
  const std::time_t seconds = minute * 60;
  std::tm calendar{};
  ::gmtime_r(&seconds, &calendar);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%MZ", &calendar);
  return {text.data(), length};
}

}  // namespace

Worker::Worker(WorkerOptions options, CheckpointStore& checkpoints, EventStore& events,
               RecordingStore& recordings, ProjectDirectory& projects, WriteLine write_line)
    : options_(std::move(options)),
      checkpoints_(checkpoints),
      events_(events),
      recordings_(recordings),
      projects_(projects),
      write_line_(std::move(write_line)),
      duplicates_(events, options_.filter_uuids_max),
      delay_(options_.retry_delay) {}

Worker::~Worker() { end_session(); }

void Worker::run(const std::atomic<bool>& stop) {
  while (!stop) {
    try {
      if (begin_session()) {
        run_session(stop);
      }
    } catch (const std::exception& error) {
      report_failure(error);
      end_session();
    }
    pause(delay_, stop);
    delay_ = std::min(delay_ * 2, options_.retry_delay_max);
  }
  end_session();
  write_line_("worker stopped");
}

void Worker::drain() {
  if (!begin_session()) {
    throw LostOwnership("another worker is running");
  }
  for (auto& [number, partition] : partitions_) {
    while (read(partition, kNoEnd)) {
      if (is_full(partition)) {
        store(partition);
      }
    }
    if (!partition.batch.is_empty()) {
      store(partition);
    }
  }
  end_session();
}

bool Worker::begin_session() {
  if (!checkpoints_.acquire()) {
    say_state("worker waits: another one is running");
    delay_ = options_.retry_delay;
    return false;
  }
  find_partitions();
  last_line_.clear();
  say_state("worker ready");
  return true;
}

/// Nothing survives a session but what PostgreSQL and ClickHouse hold.
void Worker::end_session() noexcept {
  partitions_.clear();
  duplicates_.clear();
  checkpoints_.release();
  last_scan_ = {};
}

void Worker::run_session(const std::atomic<bool>& stop) {
  while (!stop) {
    if (Clock::now() - last_scan_ >= kScanInterval) {
      find_partitions();
    }
    bool is_busy = false;
    for (auto& [number, partition] : partitions_) {
      is_busy = advance(partition) || is_busy;
    }
    report_progress();
    if (identity_ != nullptr) {
      identity_->forget_expired();
    }
    turned();
    delay_ = options_.retry_delay;
    if (!is_busy) {
      std::this_thread::sleep_for(options_.poll);
    }
  }
}

/// How a log line about a partition begins.
std::string Worker::named(const Partition& partition) {
  return "partition " + std::to_string(partition.number) + ": ";
}

/// Opens the partitions that appeared; the dataplane makes their directories.
void Worker::find_partitions() {
  last_scan_ = Clock::now();
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(options_.event_log, failed), end;
       !failed && entry != end; entry.increment(failed)) {
    const auto number = shard_number(entry->path().filename().string());
    if (number && !partitions_.contains(*number)) {
      open_partition(*number);
    }
  }
}

void Worker::open_partition(std::uint32_t number) {
  const Position position = checkpoints_.load(number);
  Partition& partition =
      partitions_
          .try_emplace(number, number,
                       options_.event_log / format::partition_directory_name(number),
                       options_.slice_bytes)
          .first->second;
  partition.batch.identify_with(identity_);
  partition.batch.start(number, position.next);
  partition.recordings.start(number);
  tell_stored(number, position.next);
  if (const auto moved = partition.reader.seek(position.next); !moved) {
    block(partition, base::describe(moved.error()));
  }
  const auto end = partition.reader.durable_end();
  if (end && *end < position.next) {
    write_line_(named(partition) + "the event log ends at record " + std::to_string(*end) +
                " but " + std::to_string(position.next) +
                " are stored already; was it replaced? To read it from its start, delete the "
                "partition's row in the "
                "table ingest_checkpoint");
  }
  if (position.batch_end) {
    repeat(partition, *position.batch_end);
  }
}

/// Reads what is there and stores it when it is time. True when there may be more to do at once.
bool Worker::advance(Partition& partition) {
  if (Clock::now() < partition.blocked_until) {
    return false;
  }
  const bool has_read = read(partition, kNoEnd);
  if (is_due(partition)) {
    store(partition);
    return true;
  }
  return has_read;
}

bool Worker::is_full(const Partition& partition) const noexcept {
  const Batch& batch = partition.batch;
  return batch.rows().size() + partition.recordings.item_count() >= options_.rows_max ||
         batch.bytes() + partition.recordings.bytes() >= options_.bytes_max;
}

bool Worker::is_due(const Partition& partition) const noexcept {
  if (partition.batch.is_empty()) {
    return false;
  }
  const auto now = Clock::now();
  return is_full(partition) || (now - partition.batch_began >= options_.linger &&
                                now - partition.last_stored >= options_.interval);
}

/// Adds records to the batch until it is full, the turn is over, the log has no more or `end` is
/// reached.
bool Worker::read(Partition& partition, format::Sequence end) {
  Batch& batch = partition.batch;
  for (std::size_t count = 0; count < kRecordsPerTurn; ++count) {
    if (batch.to() >= end || (end == kNoEnd && is_full(partition))) {
      return true;
    }
    const auto next = partition.reader.next();
    if (!next) {
      block(partition, base::describe(next.error()));
      return false;
    }
    const std::optional<format::LogRecord>& record = *next;
    if (!record) {
      partition.last_error.clear();
      return count > 0;
    }
    if (record->sequence >= end) {
      note_gap(partition, end);
      batch.extend(end - 1);
      static_cast<void>(partition.reader.seek(end).has_value());  // an error shows at the next read
      return true;
    }
    add(partition, *record);
  }
  return true;
}

void Worker::add(Partition& partition, const format::LogRecord& record) {
  Batch& batch = partition.batch;
  if (record.sequence != batch.to()) {
    note_gap(partition, record.sequence);
  }
  if (batch.is_empty()) {
    partition.batch_began = Clock::now();
  }
  if (record.endpoint == format::Endpoint::counters) {
    if (!partition.ledger.add_counts(record, projects_)) {
      write_line_(named(partition) + "the counters of record " + std::to_string(record.sequence) +
                  " make no sense; they are skipped");
    }
  } else {
    add_request(partition, record);
  }
  batch.extend(record.sequence);
}

void Worker::add_request(Partition& partition, const format::LogRecord& record) {
  const auto project_id = projects_.find(record.token, record.received_us);
  ++totals_.records;
  if (!project_id) {
    ++totals_.unknown_tokens;
    partition.ledger.add_unknown(record);
  } else if (record.endpoint == format::Endpoint::recordings) {
    add_recording(partition, record, *project_id);
  } else {
    add_events(partition, record, *project_id);
  }
}

void Worker::add_events(Partition& partition, const format::LogRecord& record,
                        std::int64_t project_id) {
  if (partition.batch.add(record, project_id) == Batch::Added::undecodable) {
    partition.ledger.add_quarantined(record, project_id);
    report_undecodable(partition, record);
  } else {
    partition.ledger.add_decoded(record, project_id, partition.batch.beside_rows());
  }
}

void Worker::add_recording(Partition& partition, const format::LogRecord& record,
                           std::int64_t project_id) {
  switch (partition.recordings.add(record, project_id)) {
    case RecordingBatch::Outcome::kept:
      partition.ledger.add_recording(record, project_id);
      break;
    case RecordingBatch::Outcome::undecodable:
      partition.ledger.add_quarantined(record, project_id);
      report_undecodable(partition, record);
      break;
    default:
      partition.ledger.add_dropped(record, project_id);
      ++totals_.recordings_dropped;
      break;
  }
}

void Worker::report_undecodable(const Partition& partition, const format::LogRecord& record) {
  ++totals_.undecodable;
  write_line_(named(partition) + "the body of record " + std::to_string(record.sequence) +
              " does not decode; it is skipped");
}

/// The log no longer holds what the checkpoint asks for: its oldest segments were removed too
/// early.
void Worker::note_gap(const Partition& partition, format::Sequence found) {
  const format::Sequence expected = partition.batch.to();
  totals_.missing += found - expected;
  write_line_(named(partition) + "records " + std::to_string(expected) + " to " +
              std::to_string(found - 1) + " are missing from the event log; their events are lost");
}

/// An error of one partition's log stops that partition only; it is said once and tried again.
void Worker::block(Partition& partition, const std::string& reason) {
  partition.blocked_until = Clock::now() + kBlockedFor;
  const format::Sequence position = partition.batch.to();
  const std::string line = named(partition) + "cannot read the event log at record " +
                           std::to_string(position) + ": " + reason;
  if (partition.last_error != line) {
    write_line_(partition.last_error = line);
  }
  static_cast<void>(
      partition.reader.seek(position).has_value());  // fails the same way at the next read
}

/// Reads the range that PostgreSQL fixed once more and stores what of it is missing.
void Worker::repeat(Partition& partition, format::Sequence end) {
  Batch& batch = partition.batch;
  while (batch.to() < end) {
    if (!read(partition, end)) {
      throw std::runtime_error(named(partition) + "the batch " + std::to_string(batch.from()) +
                               '-' + std::to_string(end) +
                               " is under way but the event log ends at " +
                               std::to_string(batch.to()));
    }
  }
  store_again(batch);
  store_lanes(batch, true);
  store_recordings(partition, RecordingInsert::again);
  duplicates_.clear();  // what was loaded before the insert does not know its rows
  advance_checkpoint(partition);
  finish(partition);
}

void Worker::store(Partition& partition) {
  Batch& batch = partition.batch;
  checkpoints_.ensure_owned();
  checkpoints_.fix(batch.partition(), batch.from(), batch.to());
  reach("after_range_fixed");
  totals_.duplicates += duplicates_.mark(batch);
  for (const auto& slice : batch.slices()) {
    reach("before_insert");
    events_.insert(slice.token, slice.bytes);
    reach("after_insert");
    totals_.rows += slice.row_count;
  }
  duplicates_.remember(batch);
  store_lanes(batch, false);
  store_recordings(partition, RecordingInsert::first);
  reach("before_advance");
  advance_checkpoint(partition);
  reach("after_advance");
  finish(partition);
}

/// An earlier try of this batch came to an unknown end. What it stored is asked for, row by row;
/// the rest is inserted and asked for again, because ClickHouse notes a token just before it adds
/// the rows: a crash in between leaves a token that refuses rows which are not there. Only then a
/// token of its own makes them pass.
void Worker::store_again(Batch& batch) {
  events_.wait_until_idle(batch.token());
  for (int attempt = 1; attempt <= kStoreAttemptsMax; ++attempt) {
    mark_range(batch);
    totals_.duplicates += duplicates_.mark(batch);
    const auto slices = batch.slices();
    if (slices.empty()) {
      return;
    }
    for (const auto& slice : slices) {
      const std::string token =
          attempt == 1 ? slice.token : slice.token + "-a" + std::to_string(attempt);
      events_.insert(token, slice.bytes);
      reach("after_repeated_insert");
    }
  }
  mark_range(batch);
  if (!batch.slices().empty()) {
    throw std::runtime_error("batch " + batch.token() +
                             ": ClickHouse accepts the rows but does not store them");
  }
}

/// Heatmaps and warnings: their tables know a row that they have.
void Worker::store_lanes(const Batch& batch, bool may_be_there) {
  const LaneBatch& lanes = batch.lanes();
  for (const auto& slice : lanes.slices(batch.token())) {
    events_.insert_lane(slice, may_be_there);
    reach("after_lane");
  }
  const LaneCounters& counters = lanes.counters();
  totals_.heatmap_points += counters.heatmap_points;
  totals_.heatmap_points_dropped += counters.points_dropped;
  totals_.heatmaps_dropped += counters.heatmap_events_dropped();
  totals_.client_warnings += counters.warnings;
  totals_.client_warnings_dropped += counters.warnings_dropped;
  for (std::size_t outcome = 0; outcome < kCookielessOutcomes; ++outcome) {
    totals_.cookieless[outcome] += batch.cookieless()[outcome];
  }
}

/// Items first: a message in the list of recordings can be played.
void Worker::store_recordings(Partition& partition, RecordingInsert insert) {
  const RecordingBatch& recordings = partition.recordings;
  if (recordings.is_empty()) {
    return;
  }
  const std::string token = partition.batch.token();
  for (const auto& slice : recordings.item_slices(token)) {
    recordings_.insert_items(slice.token, slice.bytes, insert);
    reach("after_items");
  }
  recordings_.insert_messages(token + "-m", recordings.messages(), insert);
  reach("after_messages");
  totals_.recordings += recordings.message_count();
  totals_.recording_items += recordings.item_count();
}

/// Marks the rows that stand in ClickHouse as rows of this very range.
void Worker::mark_range(Batch& batch) {
  std::set<std::int64_t> projects;
  std::int32_t first_day = std::numeric_limits<std::int32_t>::max();
  std::int32_t last_day = 0;
  for (const auto& row : batch.rows()) {
    projects.insert(row.project_id);
    first_day = std::min(first_day, day_number(row.timestamp_us));
    last_day = std::max(last_day, day_number(row.timestamp_us));
  }
  for (const std::int64_t project_id : projects) {
    auto stored = events_.find_range(project_id, first_day, last_day, batch.partition(),
                                     batch.from(), batch.to());
    std::sort(stored.begin(), stored.end());
    totals_.rows += batch.mark_stored(project_id, stored);
  }
}

/// Says what the ledger finds wrong: each state once, not with every record of its minute.
void Worker::advance_checkpoint(Partition& partition) {
  const Batch& batch = partition.batch;
  const auto unbalanced = checkpoints_.advance(partition.number, batch.from(), batch.to(),
                                               partition.ledger.settle(batch));
  for (const auto& minute : unbalanced) {
    const auto line = named(partition) + "ledger: minute " + minute_text(minute.minute) +
                      " does not balance: " + std::to_string(minute.acknowledged) +
                      " events acknowledged, " + std::to_string(minute.received) + " received, " +
                      std::to_string(minute.accounted) + " accounted for";
    if (partition.last_imbalance != line) {
      ++totals_.unbalanced;
      write_line_(partition.last_imbalance = line);
    }
  }
}

void Worker::finish(Partition& partition) {
  ++totals_.batches;
  tell_stored(partition.number, partition.batch.to());
  partition.last_stored = Clock::now();
  partition.batch.start(partition.number, partition.batch.to());
  partition.recordings.start(partition.number);
  partition.ledger.clear();
}

void Worker::tell_stored(std::uint32_t partition, format::Sequence next) const {
  if (on_stored_) {
    on_stored_(partition, next);
  }
}

void Worker::reach(const char* crash_point) {
  if (crash_point_) {
    crash_point_(crash_point);
  }
  turned();
}

void Worker::turned() const {
  if (on_turn_) {
    on_turn_();
  }
}

/// Each state is said once, not with every retry.
void Worker::say_state(const std::string& line) {
  if (last_line_ == line) {
    return;
  }
  write_line_(last_line_ = line);
  if (on_state_) {
    on_state_(line);
  }
}

void Worker::report_failure(const std::exception& error) {
  say_state(std::string("worker interrupted, retrying: ") + error.what());
}

/// One line per interval in which something happened.
void Worker::report_progress() {
  if (Clock::now() - last_report_ < options_.report_interval) {
    return;
  }
  last_report_ = Clock::now();
  if (totals_.records == reported_.records) {
    return;
  }
  format::Sequence lag = 0;
  for (auto& [number, partition] : partitions_) {
    const auto end = partition.reader.durable_end();
    lag += end && *end > partition.batch.from() ? *end - partition.batch.from() : 0;
  }
  write_line_("worker:" + describe(totals_, reported_) + " lag=" + std::to_string(lag));
  reported_ = totals_;
}

void Worker::pause(std::chrono::milliseconds duration, const std::atomic<bool>& stop) const {
  const auto until = Clock::now() + duration;
  while (!stop && Clock::now() < until) {
    turned();
    std::this_thread::sleep_for(std::min(duration, options_.poll));
  }
}

}  // namespace cp::ingest
