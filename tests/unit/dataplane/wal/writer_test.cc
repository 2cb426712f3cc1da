// SPDX-License-Identifier: LicenseRef-Project
// Goal: on a real disk, what the writer reports durable is what a reader and a restarted writer
// find.
#include "dataplane/wal/writer.h"

#include "dataplane/format/log_reader.h"
#include "dataplane/format/segment.h"
#include "dataplane/sys/uring.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dp::wal {
namespace {

class Listener final : public DurableListener {
 public:
  void durable_up_to(format::Sequence last) noexcept override { durable_end = last + 1; }
  void lost_from(format::Sequence first) noexcept override { lost = first; }
  format::Sequence durable_end = 0;
  std::optional<format::Sequence> lost;
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
    recovery = writer.open().value();
    reactor.add_poller(writer);
    uring->attach_thread();
  }
  ~LogShard() { uring->shut_down(); }
  LogShard(const LogShard&) = delete;
  LogShard& operator=(const LogShard&) = delete;
  LogShard(LogShard&&) = delete;
  LogShard& operator=(LogShard&&) = delete;

  base::Result<format::Sequence> append(std::string_view body) {
    format::LogRecord record;
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
};

class WriterTest : public testing::TestWithParam<Mode> {
 protected:
  std::unique_ptr<LogShard> start() {
    return std::make_unique<LogShard>(partition_, GetParam().disk, small_options());
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

INSTANTIATE_TEST_SUITE_P(Modes, WriterTest,
                         testing::Values(Mode{"Linked", {sys::SyncMode::linked_fdatasync, true}},
                                         Mode{"Dsync", {sys::SyncMode::dsync_write, true}},
                                         Mode{"Buffered",
                                              {sys::SyncMode::linked_fdatasync, false}}),
                         [](const auto& mode) { return std::string(mode.param.name); });

// A record longer than the window of the recovery is no torn tail.
TEST(WriterLargeTest, RecoversRecordsOfEveryLength) {
  for (const std::size_t length : {(std::size_t{1} << 20) - 100, std::size_t{1} << 20,
                                   (std::size_t{1} << 20) + 5'000, std::size_t{20} << 20}) {
    const support::TemporaryDirectory directory;
    const auto partition = directory.path() / "shard-0000";
    const std::string body(length, 'x');
    {
      LogShard shard(partition, {}, Writer::Options{});
      for (const std::string& each : {std::string("small"), body, body, std::string("small")}) {
        ASSERT_TRUE(shard.append(each).has_value());
        shard.run_until_idle();
      }
    }
    const LogShard again(partition, {}, Writer::Options{});
    EXPECT_EQ(again.recovery.next_sequence, 4U) << length;
    EXPECT_EQ(again.recovery.records_missing, 0U);
    EXPECT_FALSE(again.recovery.has_torn_tail);
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
