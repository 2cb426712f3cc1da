// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever fails and wherever the worker dies, recordings are stored beside the events of
// their range, and a bad one costs nobody else anything. The stores are fakes, the log is a real
// one.
#include "controlplane/ingest/worker.h"
#include "tests/support/log_fixture.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/controlplane/ingest/fakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace cp::ingest {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'700'000'000'000'000;

class RecordingsTest : public ::testing::Test {
 protected:
  RecordingsTest() { options_.event_log = directory_.path(); }

  void append(std::string_view body, format::Endpoint endpoint = format::Endpoint::recordings,
              std::string_view token = "phc_one") {
    format::LogRecord record;
    record.received_us = kNow;
    record.endpoint = endpoint;
    record.token = token;
    record.body = base::as_bytes(body);
    log_.append(record);
    log_.flush();
  }

  void append_recording(const std::string& session, const std::string& items,
                        std::string_view token = "phc_one") {
    append(R"({"event":"$snapshot","token":"phc_one","distinct_id":"u","properties":{)"
           R"("$session_id":")" +
               session + R"(","$snapshot_data":[)" + items + "]}}",
           format::Endpoint::recordings, token);
  }

  void append_event(const std::string& name) {
    append(R"({"event":")" + name + R"(","token":"phc_one","distinct_id":"u"})",
           format::Endpoint::e);
  }

  bool drain() {
    Worker worker(options_, checkpoints_, events_, recordings_, projects_,
                  [this](const std::string& line) { lines_.push_back(line); });
    die_once(worker, crash_at_);
    const bool has_lived = ingest::drain(worker);
    totals_ = worker.totals();
    return has_lived;
  }

  support::TemporaryDirectory directory_;
  support::LogFixture log_{directory_.path()};
  WorkerOptions options_;
  FakeCheckpoints checkpoints_;
  FakeEvents events_;
  FakeRecordings recordings_;
  FakeProjects projects_;
  WorkerCounters totals_;
  std::vector<std::string> lines_;
  std::string crash_at_;
};

const std::string kItem = R"({"timestamp":1700000000000,"type":3})";

/// The columns of an item, front to back.
class ItemReader {
 public:
  explicit ItemReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T number() {
    T value{};
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  std::string text() {  // shorter than 128 bytes
    const auto length = number<std::uint8_t>();
    const std::string value(bytes_.substr(0, length));
    bytes_.remove_prefix(length);
    return value;
  }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

TEST_F(RecordingsTest, EncodesEveryColumnOfAnItem) {
  append_event("before");
  append_recording("s-1", kItem + R"(,{"timestamp":1700000000001,"type":900})");
  ASSERT_TRUE(drain());
  ASSERT_EQ(recordings_.items.size(), 1U);
  EXPECT_EQ(recordings_.items[0].token, "0:0-2-i0");
  EXPECT_EQ(recordings_.items[0].insert, RecordingInsert::first);
  ItemReader reader(recordings_.items[0].bytes);
  for (const std::uint32_t index : {0U, 1U}) {
    EXPECT_EQ(reader.number<std::int64_t>(), 1) << "project";
    EXPECT_EQ(reader.text(), "s-1");
    EXPECT_EQ(reader.text(), "s-1") << "window";
    EXPECT_EQ(reader.number<std::int64_t>(), 1'700'000'000'000 + index);
    EXPECT_EQ(reader.number<std::int8_t>(), index == 0 ? 3 : -1);
    EXPECT_EQ(reader.text(), index == 0 ? kItem : R"({"timestamp":1700000000001,"type":900})");
    EXPECT_EQ(reader.number<std::uint32_t>(), 0U) << "partition";
    EXPECT_EQ(reader.number<std::uint64_t>(), 1U) << "sequence";
    EXPECT_EQ(reader.number<std::uint32_t>(), index);
  }
  EXPECT_TRUE(reader.at_end());
  ASSERT_EQ(recordings_.messages.size(), 1U);
  EXPECT_EQ(recordings_.messages[0].token, "0:0-2-m");
  EXPECT_EQ(totals_.recordings, 1U);
  EXPECT_EQ(totals_.recording_items, 2U);
  EXPECT_EQ(totals_.rows, 1U);
}

TEST_F(RecordingsTest, ABadOneCostsNobodyElseAnything) {
  append_recording("s-1", kItem);
  append("{");
  append_recording("s-2", R"({"timestamp":5})");
  append_recording("", kItem);
  append_recording("s-3", "");
  append_recording("s-4", kItem, "phc_nobody");
  append_event("after");
  append_recording("s-5", kItem);
  ASSERT_TRUE(drain());
  EXPECT_EQ(totals_.recordings, 2U);
  EXPECT_EQ(totals_.recordings_dropped, 3U);
  EXPECT_EQ(totals_.undecodable, 1U);
  EXPECT_EQ(totals_.unknown_tokens, 1U);
  EXPECT_EQ(totals_.rows, 1U);
  EXPECT_THAT(lines_, Contains(HasSubstr("the body of record 1 does not decode")));
  EXPECT_EQ(checkpoints_.positions[0].next, 8U);
}

TEST_F(RecordingsTest, RepeatsTheSameRowsAfterADeathAnywhere) {
  for (const char* point :
       {"after_range_fixed", "after_insert", "after_items", "after_messages", "before_advance"}) {
    recordings_ = {};
    append_event(point);
    append_recording("s-1", kItem);
    crash_at_ = point;
    EXPECT_FALSE(drain()) << point;
    const auto first_items = recordings_.items;
    const auto first_messages = recordings_.messages;
    recordings_ = {};
    ASSERT_TRUE(drain()) << point;
    ASSERT_EQ(recordings_.items.size(), 1U) << point;
    ASSERT_EQ(recordings_.messages.size(), 1U) << point;
    EXPECT_EQ(recordings_.items[0].insert, RecordingInsert::again) << point;
    EXPECT_EQ(recordings_.messages[0].insert, RecordingInsert::again) << point;
    if (!first_items.empty()) {
      EXPECT_EQ(recordings_.items[0].bytes, first_items[0].bytes) << point;
    }
    if (!first_messages.empty()) {
      EXPECT_EQ(recordings_.messages[0].bytes, first_messages[0].bytes) << point;
    }
  }
  EXPECT_EQ(events_.rows.size(), 5U);
}

TEST_F(RecordingsTest, AFailedInsertIsRepeated) {
  append_recording("s-1", kItem);
  recordings_.fails_next = true;
  EXPECT_THROW(drain(), std::runtime_error);
  EXPECT_EQ(checkpoints_.positions[0].next, 0U);
  ASSERT_TRUE(drain());
  EXPECT_EQ(recordings_.messages.size(), 1U);
  EXPECT_EQ(checkpoints_.positions[0].next, 1U);
}

TEST_F(RecordingsTest, CutsManyItemsIntoInserts) {
  options_.slice_bytes = 100;
  std::string items;
  for (int index = 0; index < 5; ++index) {
    items += (items.empty() ? "" : ",") + kItem;
  }
  append_recording("s-1", items);
  ASSERT_TRUE(drain());
  std::vector<std::string> tokens;
  for (const auto& insert : recordings_.items) {
    tokens.push_back(insert.token);
    EXPECT_LT(insert.bytes.size(), 200U);
  }
  EXPECT_THAT(tokens, ElementsAre("0:0-1-i0", "0:0-1-i1", "0:0-1-i2"));
}

TEST_F(RecordingsTest, ManyItemsFillABatch) {
  options_.rows_max = 2;
  append_recording("s-1", kItem + "," + kItem);
  append_recording("s-2", kItem);
  ASSERT_TRUE(drain());
  EXPECT_EQ(recordings_.messages.size(), 2U);
}

}  // namespace
}  // namespace cp::ingest
