// SPDX-License-Identifier: LicenseRef-Project
// Goal: on a real disk, what the writer reports durable is what a reader and a restarted writer
// find.
#include "dataplane/wal/writer.h"

#include "dataplane/format/log_reader.h"
#include "dataplane/format/segment.h"
#include "dataplane/sys/uring.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dp::wal {
namespace {

class Listener final : public DurableListener {
 public:
  void durable_up_to(format::Sequence last) noexcept override {
    durable_end = last + 1;
    const DurableGroup group = log->durable_group();
    base::Bytes rest = group.records;
    std::uint64_t offset = group.offset;
    for (format::Sequence sequence = group.first; !rest.empty(); ++sequence) {
      const std::size_t bytes =
          base::align_up(format::claimed_record_bytes(rest), format::kRecordAlignment);
      places[sequence] = {group.segment, offset, base::load_little_endian<std::uint32_t>(rest, 0)};
      rest = rest.subspan(bytes);
      offset += bytes;
    }
  }
  void lost_from(format::Sequence first) noexcept override { lost = first; }
  format::Sequence durable_end = 0;
  std::optional<format::Sequence> lost;

  struct Place {
    format::Sequence segment = 0;
    std::uint64_t offset = 0;
    std::uint32_t crc = 0;
  };
  const Appender* log = nullptr;
  std::map<format::Sequence, Place> places;  // of everything reported durable
};

constexpr std::uint64_t kSegmentBytes = std::uint64_t{1} << 20;
constexpr std::size_t kGroupBytes = std::size_t{256} << 10;

// A shard with nothing but a log.
struct LogShard {
  explicit LogShard(const std::filesystem::path& partition, sys::UringDisk::Options disk_options,
                    Writer::Options options)
      : uring(sys::Uring::create({}).value()),
        reactor(*uring, clock, {}),
        disk(sys::UringDisk::open(*uring, partition, disk_options).value()),
        writer(*disk, listener, options) {
    listener.log = &writer;
    recovery = writer.open().value();
    reactor.add_poller(writer);
    uring->attach_thread();
  }
  ~LogShard() { uring->shut_down(); }
  LogShard(const LogShard&) = delete;
  LogShard& operator=(const LogShard&) = delete;
  LogShard(LogShard&&) = delete;
  LogShard& operator=(LogShard&&) = delete;

  base::Result<format::Sequence> append(std::string_view body,
                                        format::Endpoint endpoint = format::Endpoint::batch) {
    format::LogRecord record;
    record.endpoint = endpoint;
    record.token = "phc_test";
    record.body = base::as_bytes(body);
    return writer.append(record);
  }

  void run_until_idle() {
    reactor.turn(0);
    while (!writer.is_idle() || !writer.is_writable()) {
      reactor.turn(1'000'000'000);
    }
  }

  // Like the above, for a log that may refuse the next record.
  void run_until_durable() {
    reactor.turn(0);
    while (!writer.is_idle()) {
      reactor.turn(1'000'000'000);
    }
  }

  sys::SystemClock clock;
  std::unique_ptr<sys::Uring> uring;
  reactor::Reactor reactor;
  std::unique_ptr<sys::UringDisk> disk;
  Listener listener;
  Writer writer;
  Recovery recovery;
};

Writer::Options small_options() {
  Writer::Options options;
  options.segment_bytes = kSegmentBytes;
  options.group_bytes_max = kGroupBytes;
  return options;
}

std::vector<std::string> read_all(const std::filesystem::path& partition) {
  format::LogReader reader(partition);
  std::vector<std::string> bodies;
  for (auto record = reader.next(); record && *record; record = reader.next()) {
    EXPECT_EQ((*record)->sequence, bodies.size());
    bodies.emplace_back(base::as_text((*record)->body));
  }
  return bodies;
}

struct Mode {
  const char* name;
  sys::UringDisk::Options disk;
  bool may_stay_awake = false;
};

class WriterTest : public testing::TestWithParam<Mode> {
 protected:
  std::unique_ptr<LogShard> start() {
    Writer::Options options = small_options();
    options.may_stay_awake = GetParam().may_stay_awake;
    return std::make_unique<LogShard>(partition_, GetParam().disk, options);
  }
  support::TemporaryDirectory directory_;
  std::filesystem::path partition_ = directory_.path() / "shard-0000";
};

TEST_P(WriterTest, ReportsEachRecordOnceDurableAndReadersSeeIt) {
  const auto shard = start();
  EXPECT_EQ(*shard->append("a"), 0U);
  EXPECT_EQ(*shard->append("b"), 1U);
  EXPECT_EQ(shard->listener.durable_end, 0U);
  shard->run_until_idle();
  EXPECT_EQ(shard->listener.durable_end, 2U);
  EXPECT_EQ(read_all(partition_), (std::vector<std::string>{"a", "b"}));
}

TEST_P(WriterTest, ManyAppendsShareOneFlush) {
  const auto shard = start();
  shard->run_until_idle();
  const auto before = shard->writer.counters().flushes.load();
  for (int index = 0; index < 100; ++index) {
    ASSERT_TRUE(shard->append("body").has_value());
  }
  shard->run_until_idle();
  EXPECT_EQ(shard->writer.counters().flushes.load() - before, 1U);
  EXPECT_EQ(shard->listener.durable_end, 100U);
}

TEST_P(WriterTest, ContinuesAfterARestart) {
  for (std::uint64_t round = 0; round < 4; ++round) {
    const auto shard = start();
    EXPECT_EQ(shard->recovery.next_sequence, round * 3);
    EXPECT_FALSE(shard->recovery.has_torn_tail);
    EXPECT_EQ(shard->recovery.records_missing, 0U);
    for (int index = 0; index < 3; ++index) {
      ASSERT_EQ(*shard->append("round " + std::to_string(round)),
                round * 3 + static_cast<std::uint64_t>(index));
    }
    shard->run_until_idle();
  }
  EXPECT_EQ(read_all(partition_).size(), 12U);
}

// A restart without a single record must not pile up empty segments.
TEST_P(WriterTest, EmptyRestartsReplaceTheirSegment) {
  for (int round = 0; round < 3; ++round) {
    start()->run_until_idle();
  }
  std::size_t segments = 0;
  for (const auto& entry : std::filesystem::directory_iterator(partition_)) {
    segments += format::parse_segment_file_name(entry.path().filename().string()) ? 1U : 0U;
  }
  EXPECT_EQ(segments, 1U);
}

TEST_P(WriterTest, MovesThroughSegmentsAndKeepsEveryRecord) {
  const auto shard = start();
  std::vector<std::string> expected;
  const std::string filler(30'000, 'f');
  for (int round = 0; round < 40; ++round) {
    for (int index = 0; index < 4; ++index) {
      expected.push_back(std::to_string(round) + filler);
      ASSERT_TRUE(shard->append(expected.back()).has_value());
    }
    shard->run_until_idle();
  }
  EXPECT_EQ(shard->listener.lost, std::nullopt);
  EXPECT_GE(shard->writer.counters().segments.load(), 5U);
  EXPECT_EQ(read_all(partition_), expected);
}

TEST_P(WriterTest, RefusesWhatDoesNotFit) {
  const auto shard = start();
  const std::string huge(kGroupBytes, 'h');
  EXPECT_EQ(shard->append(huge).error(), make_error(WalError::record_too_large));
  const std::string large(kGroupBytes / 2, 'l');
  EXPECT_TRUE(shard->append(large).has_value());
  EXPECT_EQ(shard->append(large).error(), make_error(WalError::full));
  shard->run_until_idle();
  EXPECT_TRUE(shard->append(large).has_value());
}

// What a receipt names must be found there by anybody: salt and checksum from the file alone.
TEST_P(WriterTest, TellsWhereEachDurableRecordLies) {
  const auto shard = start();
  for (int index = 0; index < 60; ++index) {
    ASSERT_TRUE(shard->append(std::string(static_cast<std::size_t>(index) * 1'000, 'p')));
    ASSERT_TRUE(shard->append("second"));
    if (index % 3 != 0) {
      shard->run_until_idle();
    }
  }
  shard->run_until_idle();
  ASSERT_EQ(shard->listener.places.size(), 120U);
  EXPECT_GE(shard->writer.counters().segments.load(), 2U);
  for (const auto& [sequence, place] : shard->listener.places) {
    std::ifstream file(partition_ / format::segment_file_name(place.segment), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    const auto header = format::decode_segment_header(base::as_bytes(content));
    ASSERT_TRUE(header.has_value());
    const auto record =
        format::decode_record(base::as_bytes(content).subspan(place.offset), header->record_seed());
    ASSERT_TRUE(record.has_value()) << sequence;
    EXPECT_EQ(record->record.sequence, sequence);
    EXPECT_EQ(base::load_little_endian<std::uint32_t>(base::as_bytes(content), place.offset),
              place.crc);
  }
}

// A thread that syncs would wait for the CPU of a shard that does not sleep.
TEST_P(WriterTest, StaysAwakeOnlyWhereItMayAndNoThreadSyncs) {
  const auto shard = start();
  shard->run_until_idle();
  const auto& disk = GetParam().disk;
  const bool is_expected = GetParam().may_stay_awake && disk.is_direct_wanted &&
                           disk.sync_mode == sys::SyncMode::dsync_write;
  ASSERT_TRUE(shard->append("one").has_value());
  shard->reactor.turn(0);
  EXPECT_EQ(shard->writer.sleep_allowed().is_awake, is_expected);
  shard->run_until_idle();
  EXPECT_FALSE(shard->writer.sleep_allowed().is_awake);
}

INSTANTIATE_TEST_SUITE_P(
    Modes, WriterTest,
    testing::Values(Mode{"Linked", {sys::SyncMode::linked_fdatasync, true}},
                    Mode{"Dsync", {sys::SyncMode::dsync_write, true}},
                    Mode{"Awake", {sys::SyncMode::dsync_write, true}, true},
                    Mode{"AwakeLinked", {sys::SyncMode::linked_fdatasync, true}, true},
                    Mode{"Buffered", {sys::SyncMode::linked_fdatasync, false}}),
    [](const auto& mode) { return std::string(mode.param.name); });

constexpr auto kRecordings = format::Endpoint::recordings;

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    options_.retention.budget = {std::uint64_t{3} << 20, std::uint64_t{2} << 20, 0};
    options_.retention.needed_from = &needed_from_;
    options_.retention.wall_clock_us = []() noexcept -> std::int64_t { return now_us_; };
  }
  std::unique_ptr<LogShard> start() {
    return std::make_unique<LogShard>(partition_, sys::UringDisk::Options{}, options_);
  }
  // Appends until the class is refused; returns how many were taken.
  std::uint64_t fill(LogShard& shard, format::Endpoint endpoint) {
    const std::string body(100'000, 'b');
    for (std::uint64_t count = 0;; ++count) {
      const auto appended = shard.append(body, endpoint);
      if (!appended) {
        EXPECT_EQ(appended.error(), make_error(WalError::budget_used));
        return count;
      }
      shard.run_until_durable();
    }
  }
  // Turns until nothing more is removed.
  static void settle(LogShard& shard) {
    for (std::uint64_t before = ~std::uint64_t{0};
         before != shard.writer.counters().segments_released.load();) {
      before = shard.writer.counters().segments_released.load();
      for (int turn = 0; turn < 20; ++turn) {
        shard.reactor.turn(2'000'000);
      }
    }
  }
  [[nodiscard]] std::vector<format::Sequence> segments() const {
    std::vector<format::Sequence> found;
    for (const auto& entry : std::filesystem::directory_iterator(partition_)) {
      if (const auto first = format::parse_segment_file_name(entry.path().filename().string())) {
        found.push_back(*first);
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  static inline std::int64_t now_us_ = 1'000;
  support::TemporaryDirectory directory_;
  std::filesystem::path partition_ = directory_.path() / "shard-0000";
  std::atomic<format::Sequence> needed_from_{0};
  Writer::Options options_ = small_options();
};

TEST_F(RetentionTest, AClassThatHasUsedItsBudgetIsRefusedAloneAndOverRestarts) {
  auto shard = start();
  const auto replays = fill(*shard, kRecordings);
  EXPECT_NEAR(static_cast<double>(replays), 20, 2);
  EXPECT_TRUE(shard->writer.is_writable());
  for (int restart = 0; restart < 3; ++restart) {
    const auto used = shard->writer.bytes_used(format::RecordClass::replay);
    shard.reset();
    shard = start();
    shard->run_until_idle();
    EXPECT_EQ(shard->writer.bytes_used(format::RecordClass::replay), used);
    EXPECT_EQ(fill(*shard, kRecordings), 0U);
  }
  const auto events = fill(*shard, format::Endpoint::batch);
  EXPECT_NEAR(static_cast<double>(events), 30, 2);
  EXPECT_GT(shard->writer.counters().refused_budget.load(), 0U);
  EXPECT_EQ(shard->writer.counters().segments_released.load(), 0U) << "the consumer needs all";
  EXPECT_EQ(read_all(partition_).size(), replays + events);
}

TEST_F(RetentionTest, IsNotWritableWithoutRoomForOneEvent) {
  options_.retention.budget = {format::kSegmentDataAt + 4096, 1 << 20, 0};
  const auto shard = start();
  shard->run_until_idle();
  ASSERT_TRUE(shard->append("the last one").has_value());
  shard->run_until_durable();
  EXPECT_FALSE(shard->writer.is_writable());
  EXPECT_TRUE(shard->append("r", kRecordings).has_value());
}

TEST_F(RetentionTest, WhatNobodyNeedsMakesRoomOldestFirst) {
  auto shard = start();
  const auto events = fill(*shard, format::Endpoint::batch);
  const auto before = segments();
  ASSERT_GE(before.size(), 3U);
  needed_from_ = before[1] - 1;
  settle(*shard);
  EXPECT_EQ(segments(), before) << "one record of the oldest segment is still needed";
  needed_from_ = before[1];
  settle(*shard);
  EXPECT_EQ(segments(), std::vector(before.begin() + 1, before.end()));
  EXPECT_EQ(shard->writer.oldest_sequence(), before[1]);
  EXPECT_GT(fill(*shard, format::Endpoint::batch), 0U);
  needed_from_ = events + 1'000;  // it claims records that do not exist
  settle(*shard);
  EXPECT_EQ(shard->writer.oldest_sequence(), before[1]);
  shard.reset();
  shard = start();
  shard->run_until_idle();
  EXPECT_EQ(shard->writer.oldest_sequence(), before[1]);
  format::LogReader reader(partition_);
  ASSERT_TRUE(reader.seek(needed_from_ = before[1]).has_value());
  EXPECT_EQ((*reader.next())->sequence, before[1]);
}

TEST_F(RetentionTest, AClassSmallerThanASegmentGetsItsRoomBackByItself) {
  options_.retention.budget = {std::uint64_t{3} << 20, options_.segment_bytes / 2, 0};
  const auto shard = start();
  std::uint64_t taken = 0;
  for (int round = 0; round < 3; ++round) {
    const auto replays = fill(*shard, kRecordings);
    EXPECT_GT(replays, 0U) << "only recordings come, and the consumer has stored all of them";
    taken += replays;
    needed_from_ = taken;
    settle(*shard);
  }
}

TEST_F(RetentionTest, TheLargestRecordHasRoomWhenEverythingIsStored) {
  // The least budget a writer may have; a quarter of it is less than a group.
  options_.group_bytes_max = std::size_t{768} << 10;
  const std::uint64_t budget = options_.segment_bytes + 2 * options_.group_bytes_max;
  options_.retention.budget = {budget, budget, 0};
  const auto shard = start();
  const auto used = [&shard] { return shard->writer.bytes_used(format::RecordClass::events); };
  while (used() <= budget - options_.group_bytes_max + 8192) {
    ASSERT_TRUE(shard->append(std::string(20'000, 'b')).has_value());
    shard->run_until_durable();
  }
  ASSERT_LT(used(), budget - budget / 4);
  needed_from_ = shard->listener.durable_end;
  settle(*shard);
  EXPECT_TRUE(shard->append(std::string(options_.group_bytes_max - 4096, 'l')).has_value());
}

TEST_F(RetentionTest, AgeReleasesWithoutNeedOfRoom) {
  options_.retention.budget = {Retention::kUnlimited, Retention::kUnlimited, 0};
  options_.retention.keep_us_max = 500;
  const auto shard = start();
  for (int index = 0; index < 30; ++index) {
    ASSERT_TRUE(shard->append(std::string(100'000, 'b')).has_value());
    shard->run_until_idle();
  }
  const auto before = segments();
  ASSERT_GE(before.size(), 3U);
  needed_from_ = 30;
  settle(*shard);
  EXPECT_EQ(segments(), before);
  now_us_ += 501;
  settle(*shard);
  EXPECT_EQ(segments(), std::vector{before.back()}) << "the newest stays";
}

// A record longer than the window of the recovery is no torn tail.
TEST(WriterLargeTest, RecoversRecordsOfEveryLength) {
  for (const std::size_t length : {(std::size_t{1} << 20) - 100, std::size_t{1} << 20,
                                   (std::size_t{1} << 20) + 5'000, std::size_t{20} << 20}) {
    const support::TemporaryDirectory directory;
    const auto partition = directory.path() / "shard-0000";
    const std::string body(length, 'x');
    std::uint64_t used = 0;
    {
      LogShard shard(partition, {}, Writer::Options{});
      for (const std::string& each : {std::string("small"), body, body, std::string("small")}) {
        ASSERT_TRUE(shard.append(each).has_value());
        shard.run_until_idle();
      }
      used = shard.writer.bytes_used(format::RecordClass::events);
    }
    const LogShard again(partition, {}, Writer::Options{});
    EXPECT_EQ(again.recovery.next_sequence, 4U) << length;
    EXPECT_EQ(again.recovery.records_missing, 0U);
    EXPECT_FALSE(again.recovery.has_torn_tail);
    EXPECT_EQ(again.writer.bytes_used(format::RecordClass::events), used);
    EXPECT_EQ(read_all(partition).size(), 4U);
  }
}

TEST(WriterLargeTest, TakesTwentyMebibyteBodies) {
  const support::TemporaryDirectory directory;
  LogShard shard(directory.path() / "shard-0000", {}, Writer::Options{});
  const std::string body(std::size_t{20} << 20, 'x');
  for (int index = 0; index < 4; ++index) {  // the third one needs the next segment
    ASSERT_TRUE(shard.append(body).has_value());
    shard.run_until_idle();
  }
  EXPECT_EQ(shard.listener.durable_end, 4U);
  EXPECT_EQ(read_all(directory.path() / "shard-0000").back(), body);
}

}  // namespace
}  // namespace dp::wal
