// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the disk refuses and wherever the machine stops, every acknowledged record that
// the consumer has not stored is read back, in order, once, with its bytes; no record that was
// reported lost ever is; receipts lead to their records; budgets hold. Method: a shard's log lives
// several lives on one simulated disk; a model keeps what was promised, a consumer reads, stores
// and publishes its watermark at its own pace, so that segments are released during the rounds;
// after each life and in the middle of it the real reader reads the disk. SIM_SEED=<number> replays
// one seed.
#include "dataplane/format/log_codec.h"
#include "dataplane/format/log_reader.h"
#include "dataplane/format/segment.h"
#include "dataplane/reactor/reactor.h"
#include "dataplane/sys/sim_disk.h"
#include "dataplane/sys/sim_events.h"
#include "dataplane/wal/writer.h"
#include "tests/support/seeds.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace dp::wal {
namespace {

constexpr std::uint64_t kSegmentBytes = 64 << 10;
constexpr std::size_t kGroupBytes = 24 << 10;
constexpr int kLives = 6;
constexpr format::ClassBytes kBudget = {300 << 10, 150 << 10, 0};

// What the writer has promised, and what it was given without a promise yet.
class Model final : public DurableListener {
 public:
  void appended(format::Sequence sequence, std::string body) {
    ASSERT_EQ(sequence, acknowledged.size() + waiting.size());
    waiting.push_back(std::move(body));
  }
  void durable_up_to(format::Sequence last) noexcept override {
    ASSERT_GE(last, acknowledged.size());
    const std::size_t count = last + 1 - acknowledged.size();
    ASSERT_LE(count, waiting.size());
    keep_receipts(last);
    const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
    acknowledged.insert(acknowledged.end(), waiting.begin(), end);
    waiting.erase(waiting.begin(), end);
  }
  void lost_from(format::Sequence first) noexcept override {
    ASSERT_EQ(first, acknowledged.size());
    lost.insert(waiting.begin(), waiting.end());
    waiting.clear();
  }

  struct Place {
    format::Sequence segment = 0;
    std::uint64_t offset = 0;
    std::uint32_t crc = 0;
  };

  const Appender* log = nullptr;
  std::vector<std::string> acknowledged;
  std::vector<std::string> waiting;
  std::set<std::string> lost;
  std::map<format::Sequence, Place> receipts;  // what clients were told with their answers

 private:
  void keep_receipts(format::Sequence last) {
    const DurableGroup group = log->durable_group();
    ASSERT_EQ(group.first, acknowledged.size());
    base::Bytes rest = group.records;
    std::uint64_t offset = group.offset;
    for (format::Sequence sequence = group.first; sequence <= last; ++sequence) {
      ASSERT_GE(rest.size(), format::kRecordHeaderBytes);
      receipts[sequence] = {group.segment, offset,
                            base::load_little_endian<std::uint32_t>(rest, 0)};
      const std::size_t bytes =
          base::align_up(format::claimed_record_bytes(rest), format::kRecordAlignment);
      rest = rest.subspan(bytes);
      offset += bytes;
    }
    ASSERT_TRUE(rest.empty());
  }
};

// Over all seeds: a simulation in which nothing is released or refused proves nothing about it.
struct Seen {
  std::uint64_t released = 0;
  std::uint64_t refused = 0;
  std::uint64_t receipts = 0;
};

// One life of the machine on the disk.
struct Life {
  Life(sys::SimClock& clock, sys::SimDisk& disk, Model& model, std::uint32_t salt,
       const std::atomic<format::Sequence>& needed_from)
      : events(clock), reactor(events, clock, {}), writer(disk, model, options(salt, needed_from)) {
    disk.attach(events);
    model.log = &writer;
    reactor.add_poller(writer);
    recovery = writer.open();
  }
  Writer::Options options(std::uint32_t salt, const std::atomic<format::Sequence>& needed_from) {
    Writer::Options chosen;
    chosen.segment_bytes = kSegmentBytes;
    chosen.group_bytes_max = kGroupBytes;
    chosen.salt_seed = salt;
    chosen.timers = &reactor.timers();
    chosen.retention.budget = kBudget;
    chosen.retention.needed_from = &needed_from;
    return chosen;
  }
  sys::SimEvents events;
  reactor::Reactor reactor;
  Writer writer;
  base::Result<Recovery> recovery = Recovery{};
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Seen& seen) : seen_(seen), random_(seed), disk_(seed + 1) {}

  void run() {
    for (int life = 0; life < kLives && !testing::Test::HasFailure(); ++life) {
      live();
      if (!testing::Test::HasFailure()) {
        stop();
      }
    }
    recover_and_check();
    EXPECT_GT(model_.acknowledged.size() + model_.lost.size(), 0U);
  }

 private:
  [[nodiscard]] bool chance(std::uint32_t percent) { return random_() % 100 < percent; }

  void live() {
    Life life(clock_, disk_, model_, static_cast<std::uint32_t>(random_()), watermark_);
    take_over(life);
    watermark_ = stored_;  // what a consumer does first when it starts
    const std::uint64_t steps = 20 + random_() % 300;
    for (std::uint64_t step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      disturb();
      append_some(life.writer);
      life.reactor.turn(random_() % 2'000'000);
      check_budgets(life.writer);
      if (chance(4)) {
        consume();
      }
      if (chance(2)) {
        check_readers();
      }
    }
    seen_.released += life.writer.counters().segments_released;
    seen_.refused += life.writer.counters().refused_budget;
    is_refusal_open_ = !life.writer.is_writable() && life.writer.counters().lost_records > 0;
  }

  void disturb() {
    if (chance(1)) {
      disk_.refuse_writes(1 + static_cast<std::uint32_t>(random_() % 3), EIO);
    }
    if (chance(1)) {
      disk_.refuse_renames(1, EIO);
    }
    if (chance(2)) {
      disk_.set_full(chance(40));
    }
    if (chance(1)) {
      disk_.set_delay_ns_max(1 + random_() % 20'000'000);
    }
  }

  void append_some(Writer& writer) {
    for (std::uint64_t count = random_() % 6; count > 0; --count) {
      const std::size_t length = chance(5) ? random_() % 20'000 : random_() % 600;
      std::string body = "record " + std::to_string(unique_++) + ' ';
      body.append(length, static_cast<char>('a' + unique_ % 26));
      format::LogRecord record;
      record.token = "phc_sim";
      record.body = base::as_bytes(body);
      record.endpoint = chance(30) ? format::Endpoint::recordings : format::Endpoint::batch;
      if (const auto sequence = writer.append(record)) {
        model_.appended(*sequence, std::move(body));
      }
    }
  }

  // Nobody asks before a segment's header and a group's padding are written.
  void check_budgets(const Writer& writer) {
    const std::uint64_t blocks = disk_.list()->size() + 2;
    for (const auto each : {format::RecordClass::events, format::RecordClass::replay}) {
      ASSERT_LE(writer.bytes_used(each),
                kBudget[static_cast<std::size_t>(each)] + blocks * format::kSegmentBlockBytes);
    }
  }

  // Stores some of what it has not stored; its database is durable at once, its watermark may stay
  // behind when it dies in between.
  void consume() {
    const std::uint64_t ready = model_.acknowledged.size() - stored_;
    stored_ += ready == 0 ? 0 : random_() % (ready + 1);
    if (chance(70)) {
      watermark_ = stored_;
    }
  }

  void stop() {
    if (chance(50)) {
      was_power_cut_ = true;
      disk_.cut_power();
    } else {
      was_power_cut_ = false;
      disk_.kill();
    }
  }

  // What the recovery found beyond the promises was under way when the machine stopped: it becomes
  // a promise now.
  void take_over(Life& life) {
    ASSERT_TRUE(life.recovery.has_value());
    EXPECT_EQ(life.recovery->records_missing, 0U);
    ASSERT_GE(life.recovery->next_sequence, model_.acknowledged.size());
    const Found found = read_all();
    ASSERT_EQ(found.end(), life.recovery->next_sequence);
    check_kept(found);
    for (std::size_t index = model_.acknowledged.size(); index < found.end(); ++index) {
      const std::size_t behind = index - model_.acknowledged.size();
      const std::string& body = found.bodies[index - found.first];
      const bool was_waiting = behind < model_.waiting.size() && model_.waiting[behind] == body;
      // A power cut may take the note of a refusal with it before the segment was replaced; the
      // client repeats then.
      const bool may_return = was_power_cut_ && is_refusal_open_ && model_.lost.contains(body);
      ASSERT_TRUE(was_waiting || may_return) << body.substr(0, 30);
    }
    for (const std::string& body : found.bodies) {
      model_.lost.erase(body);
    }
    const std::size_t known = model_.acknowledged.size() - found.first;
    model_.acknowledged.insert(model_.acknowledged.end(),
                               found.bodies.begin() + static_cast<std::ptrdiff_t>(known),
                               found.bodies.end());
    model_.waiting.clear();
  }

  // In the middle of a life: exactly the promises, no more and no less.
  void check_readers() {
    const Found found = read_all();
    EXPECT_EQ(found.end(), model_.acknowledged.size());
    check_kept(found);
    check_receipts(found.first);
  }

  void recover_and_check() {
    if (!testing::Test::HasFailure()) {
      Life life(clock_, disk_, model_, static_cast<std::uint32_t>(random_()), watermark_);
      take_over(life);
      check_receipts(read_all().first);
    }
  }

  // What readers see.
  struct Found {
    format::Sequence first = 0;
    std::vector<std::string> bodies;
    [[nodiscard]] format::Sequence end() const { return first + bodies.size(); }
  };

  // All that the consumer has not passed is there, and everything that is there is right.
  void check_kept(const Found& found) {
    ASSERT_LE(found.first, watermark_);
    ASSERT_LE(watermark_, stored_);
    ASSERT_GE(found.end(), model_.acknowledged.size());
    for (std::size_t index = found.first; index < model_.acknowledged.size(); ++index) {
      ASSERT_EQ(found.bodies[index - found.first], model_.acknowledged[index]);
    }
  }

  // A receipt leads to its record as long as its segment is kept.
  void check_receipts(format::Sequence first) {
    std::vector<std::byte> bytes;
    for (auto each = model_.receipts.lower_bound(first); each != model_.receipts.end(); ++each) {
      const auto& [sequence, place] = *each;
      if (place.segment < first) {
        continue;
      }
      const std::string name = format::segment_file_name(place.segment);
      bytes.resize(format::kSegmentBlockBytes);
      ASSERT_TRUE(disk_.read(name, 0, bytes).has_value());
      const auto header = format::decode_segment_header(bytes);
      ASSERT_TRUE(header.has_value());
      bytes.resize(kGroupBytes);
      const auto count = disk_.read(name, place.offset, bytes);
      ASSERT_TRUE(count.has_value());
      const auto record =
          format::decode_record(base::Bytes(bytes).first(*count), header->record_seed());
      ASSERT_TRUE(record.has_value());
      ASSERT_EQ(record->record.sequence, sequence);
      ASSERT_EQ(base::load_little_endian<std::uint32_t>(bytes, 0), place.crc);
      ++seen_.receipts;
    }
  }

  Found read_all() {
    disk_.export_to(directory_.path());
    format::LogReader reader(directory_.path());
    EXPECT_TRUE(reader.seek(0).has_value());
    Found found;
    for (;;) {
      const auto next = reader.next();
      EXPECT_TRUE(next.has_value()) << "the reader found damage";
      const auto record = next.value_or(std::nullopt);
      if (!record) {
        return found;
      }
      if (found.bodies.empty()) {
        found.first = record->sequence;
      }
      EXPECT_EQ(record->sequence, found.end());
      found.bodies.emplace_back(base::as_text(record->body));
    }
  }

  Seen& seen_;
  std::mt19937_64 random_;
  sys::SimClock clock_;
  sys::SimDisk disk_;
  Model model_;
  support::TemporaryDirectory directory_;
  std::uint64_t unique_ = 0;
  format::Sequence stored_ = 0;  // by the consumer, for good
  std::atomic<format::Sequence> watermark_{0};
  bool was_power_cut_ = false;
  bool is_refusal_open_ = false;
};

TEST(AcknowledgedIsDurableSim, HoldsForManySeeds) {
  Seen seen;
  support::for_each_seed(150, [&](std::uint64_t seed) { Simulation(seed, seen).run(); });
  if (std::getenv("SIM_SEED") == nullptr) {
    EXPECT_GT(seen.released, 0U);
    EXPECT_GT(seen.refused, 0U);
    EXPECT_GT(seen.receipts, 0U);
  }
}

}  // namespace
}  // namespace dp::wal
