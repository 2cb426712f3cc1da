// SPDX-License-Identifier: LicenseRef-Project
// Goal: the reader returns every durable record once, in order, across segments, and nothing else.
#include "dataplane/format/log_reader.h"

#include "dataplane/format/format_error.h"
#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace format {
namespace {

class LogReaderTest : public testing::Test {
 protected:
  Sequence append(std::string_view body) {
    LogRecord record;
    record.token = "phc_a";
    record.body = base::as_bytes(body);
    return log_.append(record);
  }

  // Everything the reader has, as bodies.
  static std::vector<std::string> drain(LogReader& reader) {
    std::vector<std::string> bodies;
    for (;;) {
      const auto record = reader.next();
      EXPECT_TRUE(record.has_value());
      if (!record || !*record) {
        return bodies;
      }
      bodies.emplace_back(base::as_text((*record)->body));
    }
  }

  support::TemporaryDirectory directory_;
  support::LogFixture log_{directory_.path()};
  LogReader reader_{log_.partition_directory()};
};

using Bodies = std::vector<std::string>;

TEST_F(LogReaderTest, HasNothingBeforeTheFirstStart) {
  LogReader reader(directory_.path() / "shard-0009");
  EXPECT_EQ(*reader.durable_end(), 0U);
  EXPECT_TRUE(reader.seek(0).has_value());
  EXPECT_FALSE((*reader.next()).has_value());
}

TEST_F(LogReaderTest, FollowsTheWriter) {
  EXPECT_EQ(drain(reader_), Bodies{});
  append("a");
  append("b");
  log_.flush();
  EXPECT_EQ(drain(reader_), (Bodies{"a", "b"}));
  append("c");
  log_.flush();
  EXPECT_EQ(drain(reader_), Bodies{"c"});
  EXPECT_EQ(*reader_.durable_end(), 3U);
}

TEST_F(LogReaderTest, HidesWhatIsWrittenButNotDurable) {
  append("a");
  log_.flush();
  append("b");
  log_.write_group();
  EXPECT_EQ(drain(reader_), Bodies{"a"});
  append("c");
  log_.flush();
  EXPECT_EQ(drain(reader_), (Bodies{"b", "c"}));
}

TEST_F(LogReaderTest, CrossesSegments) {
  append("a");
  log_.start_segment();
  append("b");
  append("c");
  log_.start_segment();
  append("d");
  log_.flush();
  EXPECT_EQ(drain(reader_), (Bodies{"a", "b", "c", "d"}));
  log_.start_segment();
  append("e");
  log_.flush();
  EXPECT_EQ(drain(reader_), Bodies{"e"});
}

TEST_F(LogReaderTest, SeeksWithinAndAcrossSegments) {
  for (const char* body : {"0", "1", "2"}) {
    append(body);
  }
  log_.start_segment();
  for (const char* body : {"3", "4"}) {
    append(body);
  }
  log_.flush();
  for (Sequence from = 0; from <= 5; ++from) {
    ASSERT_TRUE(reader_.seek(from).has_value());
    const Bodies bodies = drain(reader_);
    EXPECT_EQ(bodies.size(), 5 - from);
    EXPECT_TRUE(bodies.empty() || bodies.front() == std::to_string(from));
  }
}

TEST_F(LogReaderTest, SeekMovesToTheOldestRecordKept) {
  append("0");
  log_.start_segment();
  append("1");
  log_.flush();
  std::filesystem::remove(log_.partition_directory() / segment_file_name(0));
  ASSERT_TRUE(reader_.seek(0).has_value());
  EXPECT_EQ(drain(reader_), Bodies{"1"});
}

TEST_F(LogReaderTest, ReturnsRecordsLongerThanItsWindow) {
  const std::string body(std::size_t{20} << 20, 'x');
  append("small");
  append(body);
  append("after");
  log_.flush();
  const Bodies bodies = drain(reader_);
  ASSERT_EQ(bodies.size(), 3U);
  EXPECT_EQ(bodies[1], body);
  EXPECT_EQ(bodies[2], "after");
}

TEST_F(LogReaderTest, ReportsADamagedDurableRecord) {
  append("good");
  append("damaged");
  log_.flush();
  const auto path = log_.partition_directory() / segment_file_name(0);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 + 64 + 50);
  file.put('X');
  file.close();
  EXPECT_TRUE((*reader_.next()).has_value());
  const auto damaged = reader_.next();
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error(), make_error(FormatError::corrupt_log));
  EXPECT_FALSE(reader_.next().has_value());
}

// The writer continues behind records that the disk lost; the reader steps over the gap.
TEST_F(LogReaderTest, StepsOverAGapBetweenSegments) {
  append("a");
  log_.flush();
  support::LogFixture later(directory_.path(), 0, 10);
  LogRecord record;
  record.body = base::as_bytes("later");
  later.append(record);
  later.flush();
  EXPECT_EQ(drain(reader_), (Bodies{"a", "later"}));
  ASSERT_TRUE(reader_.seek(5).has_value());
  EXPECT_EQ((*reader_.next())->sequence, 10U);
}

// A refused group stays behind in its segment; the segment that starts at its first sequence
// replaces it.
TEST_F(LogReaderTest, PrefersTheNewestSegmentForASequence) {
  append("a");
  log_.flush();
  EXPECT_EQ(drain(reader_), Bodies{"a"});
  append("refused");
  log_.write_group();
  support::LogFixture retry(directory_.path(), 0, 1);
  LogRecord record;
  record.body = base::as_bytes("accepted");
  retry.append(record);
  retry.flush();
  EXPECT_EQ(drain(reader_), Bodies{"accepted"});
  LogReader fresh(log_.partition_directory());
  EXPECT_EQ(drain(fresh), (Bodies{"a", "accepted"}));
}

}  // namespace
}  // namespace format
