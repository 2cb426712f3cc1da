// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/wal/writer.h"

#include "dataplane/base/check.h"
#include "dataplane/format/durable_mark.h"
#include "dataplane/format/segment.h"
#include "dataplane/wal/internal/flush_pause.h"
#include "dataplane/wal/internal/group.h"
#include "dataplane/wal/internal/pending.h"
#include "dataplane/wal/internal/recovery.h"
#include "dataplane/wal/internal/releaser.h"

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

namespace dp::wal {
namespace {

using format::Sequence;
using internal::AlignedMemory;
using internal::Group;
using internal::Pending;

constexpr char kSpareName[] = "next.preparing";
constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr sys::LogFile kNoFile = -1;

void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

// A segment file and what its records are sealed with.
struct Segment {
  sys::LogFile file = kNoFile;
  Sequence first = 0;
  std::uint32_t salt = 0;
  std::uint32_t seed = 0;
  std::uint64_t offset = format::kSegmentDataAt;  // where the next group goes
};

}  // namespace

// Files: `segment_` takes groups; `spare_` is zero-filled and waits; `retired_` is about to be
// sealed. At most one of flush_, header_ and rename_ is under way: a segment is never written while
// it is being replaced.
class Writer::State final : public reactor::TimerListener {
 public:
  State(sys::LogDisk& disk, DurableListener& listener, const Options& options)
      : disk_(disk),
        listener_(listener),
        options_(options),
        salt_(options.salt_seed),
        releaser_(disk, options),
        header_block_(format::kSegmentBlockBytes),
        groups_{Group(options.group_bytes_max), Group(options.group_bytes_max)} {
    CHECK(options.segment_bytes % format::kSegmentBlockBytes == 0);
    CHECK(options.group_bytes_max % format::kSegmentBlockBytes == 0);
    CHECK(options.group_bytes_max + format::kSegmentDataAt <= options.segment_bytes);
  }

  base::Result<Recovery> open();
  base::Result<Sequence> append(const format::LogRecord& record) noexcept;
  std::uint32_t poll(std::uint64_t now_ns) noexcept;
  [[nodiscard]] reactor::Sleep sleep_allowed() const noexcept {
    return is_rotating() || is_refusing_ ? reactor::Sleep{} : pause_.sleep_allowed(now_ns_);
  }
  void timer_fired(reactor::Timer& /*timer*/) noexcept override {
  }  // the turn it causes does the work

  [[nodiscard]] bool is_writable() const noexcept {
    return !is_refusing_ && has_started_ && has_room(format::RecordClass::events, 1);
  }
  [[nodiscard]] std::size_t pending_bytes() const noexcept { return pending_->record_bytes(); }
  [[nodiscard]] bool is_idle() const noexcept {
    return in_flight_ == nullptr && pending_->is_empty();
  }

  [[nodiscard]] const internal::Shelf& shelf() const noexcept { return releaser_.shelf(); }
  [[nodiscard]] Sequence oldest() const noexcept { return releaser_.oldest(); }
  [[nodiscard]] const DurableGroup& durable_group() const noexcept { return durable_group_; }
  [[nodiscard]] const format::DurableMarkPage& mark() const noexcept { return *mark_; }

  Counters counters;

 private:
  void prepare_spare() noexcept;
  void spare_prepared(std::int32_t result) noexcept;
  void start_flush() noexcept;
  void flush_ended(std::int32_t result) noexcept;
  void start_rotation() noexcept;
  void header_written(std::int32_t result) noexcept;
  void renamed(std::int32_t result) noexcept;
  void rotation_failed() noexcept;
  void activate_spare() noexcept;
  void retire(Segment& segment) noexcept;
  void seal_retired() noexcept;
  void lose_everything() noexcept;
  void retry_later() noexcept;
  void publish_mark() noexcept;
  void advance() noexcept;
  void charge(const Group& group) noexcept;
  [[nodiscard]] bool has_room(format::RecordClass record_class,
                              std::uint64_t bytes) const noexcept {
    const auto index = static_cast<std::size_t>(record_class);
    const std::uint64_t waiting = groups_[0].class_bytes()[index] + groups_[1].class_bytes()[index];
    return shelf().has_room(record_class, waiting + bytes);
  }
  [[nodiscard]] bool is_rotating() const noexcept { return header_.is_busy() || rename_.is_busy(); }
  [[nodiscard]] bool needs_segment() const noexcept;

  sys::LogDisk& disk_;
  DurableListener& listener_;
  Options options_;
  std::uint64_t now_ns_ = 0;
  Sequence next_sequence_ = 0;
  Sequence durable_end_ = 0;
  bool is_refusing_ = false;  // not_writable until a fresh segment is in place
  bool has_started_ = false;  // a first segment has been in place
  bool has_preparation_failed_ = false;
  std::uint64_t retry_at_ns_ = 0;
  std::uint64_t flush_begin_ns_ = 0;
  internal::FlushPause pause_{options_.may_stay_awake && disk_.syncs_by_itself()};
  std::uint32_t salt_;
  internal::Releaser releaser_;
  DurableGroup durable_group_;
  Segment segment_;
  Segment next_;  // what the spare becomes
  std::array<Segment, 2>
      retired_;  // a rotation starts with none, adds one, and one more when it fails
  std::size_t retired_count_ = 0;
  sys::LogFile spare_ = kNoFile;
  std::string next_name_;
  Pending creation_;
  Pending flush_;
  Pending header_;
  Pending rename_;
  Pending release_;
  AlignedMemory header_block_;
  std::array<Group, 2> groups_;
  Group* pending_ = &groups_[0];
  Group* in_flight_ = nullptr;
  format::DurableMarkPage* mark_ = nullptr;
  reactor::Timer retry_timer_{*this};
};

base::Result<Recovery> Writer::State::open() {
  const auto page = disk_.map(format::kDurableMarkName, format::kDurableMarkBytes);
  if (!page) {
    return base::unexpected(page.error());
  }
  mark_ = reinterpret_cast<format::DurableMarkPage*>(page->data());
  const auto log = internal::recover(disk_, *mark_, releaser_.shelf());
  if (!log) {
    return base::unexpected(log.error());
  }
  next_sequence_ = log->report.next_sequence;
  durable_end_ = next_sequence_;
  segment_.first = log->segment_first;
  publish_mark();
  prepare_spare();
  return log->report;
}

base::Result<Sequence> Writer::State::append(const format::LogRecord& record) noexcept {
  if (is_refusing_) {
    add(counters.refused_not_writable, 1);
    return base::unexpected(make_error(WalError::not_writable));
  }
  const std::size_t bytes = format::encoded_bytes(record);
  if (bytes > options_.group_bytes_max || bytes > format::kRecordBytesMax) {
    return base::unexpected(make_error(WalError::record_too_large));
  }
  if (bytes > pending_->room()) {
    add(counters.refused_full, 1);
    return base::unexpected(make_error(WalError::full));
  }
  if (!has_room(format::class_of(record.endpoint), bytes)) {
    add(counters.refused_budget, 1);
    return base::unexpected(make_error(WalError::budget_used));
  }
  format::LogRecord numbered = record;
  numbered.sequence = next_sequence_;
  if (!pending_->add(numbered, segment_.seed)) {
    return base::unexpected(make_error(WalError::record_too_large));
  }
  return next_sequence_++;
}

std::uint32_t Writer::State::poll(std::uint64_t now_ns) noexcept {
  now_ns_ = now_ns;
  std::uint32_t work = 0;
  const auto take = [this, &work](Pending& operation, void (State::*then)(std::int32_t) noexcept) {
    if (const auto result = operation.take()) {
      ++work;
      (this->*then)(*result);
    }
  };
  take(flush_, &State::flush_ended);
  take(creation_, &State::spare_prepared);
  take(header_, &State::header_written);
  take(rename_, &State::renamed);
  work += release_.take() ? 1U : 0U;
  advance();
  // Behind everything that submits, so that the shard can show what is oldest before the removal.
  work += releaser_.advance(durable_end_, now_ns_, counters);
  return work;
}

// Starts whatever can be started now.
void Writer::State::advance() noexcept {
  seal_retired();
  if (spare_ == kNoFile && !creation_.is_busy() && !is_rotating() && now_ns_ >= retry_at_ns_) {
    prepare_spare();
  }
  if (in_flight_ != nullptr || is_rotating()) {
    return;
  }
  if (!needs_segment()) {
    if (!pending_->is_empty()) {
      start_flush();
    }
    return;
  }
  if (spare_ != kNoFile) {
    if (retired_count_ == 0) {
      start_rotation();
    }
    return;
  }
  if (has_preparation_failed_ && !is_refusing_) {
    lose_everything();
  }
}

// Whether the next group has no place in the open segment. An empty one always has some.
bool Writer::State::needs_segment() const noexcept {
  return segment_.file == kNoFile ||
         segment_.offset + pending_->block_bytes() > options_.segment_bytes ||
         (segment_.offset > format::kSegmentDataAt && shelf().should_end_newest());
}

void Writer::State::start_flush() noexcept {
  Group& other = pending_ == groups_.data() ? groups_[1] : groups_[0];
  in_flight_ = std::exchange(pending_, &other);
  DCHECK(pending_->is_empty() && in_flight_->first() == durable_end_);
  flush_begin_ns_ = now_ns_;
  pause_.flush_began(now_ns_, in_flight_->records());
  flush_.begin();
  disk_.write_and_sync(segment_.file, in_flight_->blocks(), segment_.offset, flush_);
}

void Writer::State::flush_ended(std::int32_t result) noexcept {
  if (result < 0) {
    add(counters.flush_failures, 1);
    lose_everything();
    return;
  }
  Group& group = *std::exchange(in_flight_, nullptr);
  CHECK(group.first() == durable_end_);
  durable_group_ = {options_.shard, segment_.first, segment_.offset, group.first(),
                    group.records_bytes()};
  segment_.offset += group.block_bytes();
  durable_end_ = group.end();
  pause_.flush_ended(now_ns_);
  add(counters.flushes, 1);
  add(counters.flush_ns, now_ns_ - flush_begin_ns_);
  add(counters.records, group.records());
  add(counters.record_bytes, group.record_bytes());
  charge(group);
  group.clear();
  publish_mark();
  const Sequence last = durable_end_ - 1;
  if (!pending_->is_empty() && !needs_segment()) {
    start_flush();  // the disk works while the answers are sent, which takes about as long
  }
  listener_.durable_up_to(last);
  durable_group_ = {};
}

// The records of `group` and their padding are on the disk.
void Writer::State::charge(const Group& group) noexcept {
  for (std::size_t index = 0; index < format::kRecordClassCount; ++index) {
    releaser_.shelf().add(static_cast<format::RecordClass>(index), group.class_bytes()[index]);
  }
  releaser_.shelf().add(group.last_class(), group.block_bytes() - group.record_bytes());
}

// The disk said no: nothing that was not durable counts, and the segment that may hold it is left
// behind.
void Writer::State::lose_everything() noexcept {
  const Sequence end = next_sequence_;
  add(counters.lost_records, end - durable_end_);
  next_sequence_ = durable_end_;
  in_flight_ = nullptr;
  for (Group& group : groups_) {
    group.clear();
  }
  is_refusing_ = true;
  pause_.flush_lost();
  if (segment_.file != kNoFile) {
    format::publish_refusal(*mark_, durable_end_, segment_.salt);
    retire(segment_);
  }
  if (end != durable_end_) {
    listener_.lost_from(durable_end_);
  }
}

// Takes the file out of use; everything behind its offset is given back when the disk gets to it.
void Writer::State::retire(Segment& segment) noexcept {
  if (segment.file != kNoFile) {
    CHECK(retired_count_ < retired_.size());
    retired_[retired_count_++] = segment;
    segment.file = kNoFile;
  }
}

void Writer::State::seal_retired() noexcept {
  if (retired_count_ > 0 && !release_.is_busy()) {
    const Segment& segment = retired_[--retired_count_];
    release_.begin();
    disk_.release_and_close(segment.file, segment.offset, options_.segment_bytes, release_);
  }
}

void Writer::State::prepare_spare() noexcept {
  creation_.begin();
  disk_.create(kSpareName, options_.segment_bytes, creation_);
}

void Writer::State::spare_prepared(std::int32_t result) noexcept {
  has_preparation_failed_ = result < 0;
  if (result < 0) {
    add(counters.preparation_failures, 1);
    retry_later();
    return;
  }
  spare_ = result;
}

void Writer::State::retry_later() noexcept {
  retry_at_ns_ = now_ns_ + options_.retry_ms * kNanosecondsPerMillisecond;
  if (options_.timers != nullptr) {
    options_.timers->arm(retry_timer_, options_.retry_ms);
  }
}

void Writer::State::start_rotation() noexcept {
  retire(segment_);
  next_ = Segment{};
  next_.file = spare_;
  next_.first = durable_end_;
  next_.salt = salt_++;
  format::SegmentHeader header;
  header.shard = options_.shard;
  header.salt = next_.salt;
  header.first_sequence = next_.first;
  header.segment_bytes = options_.segment_bytes;
  header.started_us = releaser_.wall_clock_us();
  header.bytes_before = shelf().bytes_before(next_.first);
  next_.seed = header.record_seed();
  format::encode_segment_header(header_block_.bytes(), header);
  header_.begin();
  disk_.write_and_sync(next_.file, header_block_.bytes(), 0, header_);
}

void Writer::State::header_written(std::int32_t result) noexcept {
  if (result < 0) {
    rotation_failed();
    return;
  }
  next_name_ = format::segment_file_name(next_.first);
  rename_.begin();
  disk_.rename_and_sync(kSpareName, next_name_.c_str(), rename_);
}

void Writer::State::renamed(std::int32_t result) noexcept {
  if (result < 0) {
    rotation_failed();
    return;
  }
  activate_spare();
}

// The spare is given up unchanged, since it may carry its final name already; what waited for it is
// lost like after a refused sync.
void Writer::State::rotation_failed() noexcept {
  add(counters.preparation_failures, 1);
  has_preparation_failed_ = true;
  spare_ = kNoFile;
  next_.offset = options_.segment_bytes;
  retire(next_);
  lose_everything();
  retry_later();
}

void Writer::State::activate_spare() noexcept {
  spare_ = kNoFile;
  segment_ = next_;
  releaser_.shelf().start(segment_.first, releaser_.wall_clock_us());
  pending_->reseal(segment_.seed);
  is_refusing_ = false;
  has_started_ = true;
  add(counters.segments, 1);
  publish_mark();
}

void Writer::State::publish_mark() noexcept {
  format::publish_durable_mark(*mark_, {durable_end_, segment_.first});
}

Writer::Writer(sys::LogDisk& disk, DurableListener& listener, Options options)
    : state_(std::make_unique<State>(disk, listener, options)) {}
Writer::~Writer() = default;

base::Result<Recovery> Writer::open() { return state_->open(); }
base::Result<Sequence> Writer::append(const format::LogRecord& record) noexcept {
  return state_->append(record);
}
std::uint32_t Writer::poll(std::uint64_t now_ns, std::uint32_t /*budget*/) noexcept {
  return state_->poll(now_ns);
}
bool Writer::is_writable() const noexcept { return state_->is_writable(); }
std::size_t Writer::pending_bytes() const noexcept { return state_->pending_bytes(); }
bool Writer::is_idle() const noexcept { return state_->is_idle(); }
reactor::Sleep Writer::sleep_allowed() const noexcept { return state_->sleep_allowed(); }
const Writer::Counters& Writer::counters() const noexcept { return state_->counters; }
DurableGroup Writer::durable_group() const noexcept { return state_->durable_group(); }
std::uint64_t Writer::bytes_used(format::RecordClass record_class) const noexcept {
  return state_->shelf().used(record_class);
}
Sequence Writer::oldest_sequence() const noexcept { return state_->oldest(); }
const format::DurableMarkPage& Writer::mark() const noexcept { return state_->mark(); }

}  // namespace dp::wal
