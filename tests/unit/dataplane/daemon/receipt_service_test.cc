// SPDX-License-Identifier: LicenseRef-Project
// Goal: a receipt is answered durable or stored only for the very record it names, and everything
// else is unknown. Method: a real log on a simulated disk, which answers when the test lets it.
#include "dataplane/daemon/receipt_service.h"

#include "dataplane/format/log_codec.h"
#include "dataplane/http/session.h"
#include "dataplane/reactor/reactor.h"
#include "dataplane/sys/sim_disk.h"
#include "dataplane/sys/sim_events.h"
#include "dataplane/wal/writer.h"
#include "tests/unit/dataplane/http/fake_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace dp::daemon {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t kShard = 1;

/// Sees the service's own partition under the name that leads there from any partition.
class NamedDisk final : public sys::LogDisk {
 public:
  explicit NamedDisk(sys::LogDisk& disk) : disk_(disk) {}
  base::Result<std::vector<std::string>> list() override { return disk_.list(); }
  base::Result<std::size_t> read(const std::string& name, std::uint64_t offset,
                                 base::MutableBytes to) override {
    return disk_.read(name, offset, to);
  }
  base::Result<void> sync_and_cut(const std::string& name, std::uint64_t bytes) override {
    return disk_.sync_and_cut(name, bytes);
  }
  base::Result<base::MutableBytes> map(const std::string& name, std::size_t bytes) override {
    return disk_.map(name, bytes);
  }
  void create(const char* name, std::uint64_t bytes, sys::Completion& done) noexcept override {
    disk_.create(name, bytes, done);
  }
  void write_and_sync(sys::LogFile file, base::Bytes bytes, std::uint64_t offset,
                      sys::Completion& done) noexcept override {
    disk_.write_and_sync(file, bytes, offset, done);
  }
  void rename_and_sync(const char* from, const char* to, sys::Completion& done) noexcept override {
    disk_.rename_and_sync(from, to, done);
  }
  void release_and_close(sys::LogFile file, std::uint64_t begin, std::uint64_t end,
                         sys::Completion& done) noexcept override {
    disk_.release_and_close(file, begin, end, done);
  }
  void remove(const char* name, sys::Completion& done) noexcept override {
    disk_.remove(name, done);
  }
  void read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                  sys::Completion& done) noexcept override {
    constexpr std::string_view kHere = "../shard-0001/";
    const std::string_view path(name);
    ASSERT_TRUE(path.starts_with(kHere)) << path;
    disk_.read_later(name + kHere.size(), offset, to, done);
  }
  base::Result<std::uint64_t> bytes_taken(const std::string& name) override {
    return disk_.bytes_taken(name);
  }
  [[nodiscard]] bool is_direct() const noexcept override { return true; }
  [[nodiscard]] bool syncs_by_itself() const noexcept override { return true; }

 private:
  sys::LogDisk& disk_;
};

class ReceiptServiceTest : public testing::Test, public wal::DurableListener, public http::Router {
 protected:
  ReceiptServiceTest() {
    disk_.attach(events_);
    reactor_.add_poller(writer_);
    EXPECT_TRUE(writer_.open().has_value());
    places_[kShard].mark = &writer_.mark();
    connection_.bind(pool_.accepted(connection_));
  }

  void durable_up_to(format::Sequence last) noexcept override {
    const auto group = writer_.durable_group();
    base::Bytes rest = group.records;
    std::uint64_t offset = group.offset;
    for (auto sequence = group.first; sequence <= last; ++sequence) {
      receipts_[sequence] = {group.shard, group.segment, offset,
                             base::load_little_endian<std::uint32_t>(rest, 0)};
      const auto bytes =
          base::align_up(format::claimed_record_bytes(rest), format::kRecordAlignment);
      rest = rest.subspan(bytes);
      offset += bytes;
    }
  }
  void lost_from(format::Sequence /*first*/) noexcept override {}
  http::Route route(const http::Request& head) noexcept override {
    EXPECT_TRUE(ReceiptService::serves(head.path));
    return {&service_, nullptr, 100};
  }

  /// Appends a record and returns its receipt once it is durable.
  format::Receipt store(std::size_t body_bytes) {
    const std::string body(body_bytes, 'b');
    format::LogRecord record;
    record.body = base::as_bytes(body);
    const auto sequence = writer_.append(record).value();
    while (!receipts_.contains(sequence)) {
      reactor_.turn(1'000'000);
    }
    return receipts_[sequence];
  }

  static std::string text_of(const format::Receipt& receipt) {
    std::array<char, format::kReceiptBytesMax> text{};
    char* end = format::write_receipt_segment(text.data(), receipt.shard, receipt.segment);
    end = format::write_receipt_record(end, receipt.offset, receipt.crc);
    return {text.data(), end};
  }

  void send(const std::string& receipt, const std::string& method = "GET") {
    connection_.receive(method + " /_receipt/" + receipt + " HTTP/1.1\r\nHost: h\r\n\r\n");
  }

  /// The whole answer.
  std::string ask(const std::string& receipt) {
    send(receipt);
    for (int turn = 0; turn < 1000 && connection_.sent.empty(); ++turn) {
      reactor_.turn(1'000'000);
    }
    return connection_.take_sent();
  }
  std::string ask(const format::Receipt& receipt) { return ask(text_of(receipt)); }

  static wal::Writer::Options options() {
    wal::Writer::Options chosen;
    chosen.shard = kShard;
    chosen.segment_bytes = std::uint64_t{2} << 20;
    chosen.group_bytes_max = std::size_t{1} << 20;
    return chosen;
  }

  sys::SimClock clock_;
  sys::SimEvents events_{clock_};
  sys::SimDisk disk_{1};
  reactor::Reactor reactor_{events_, clock_, {}};
  wal::Writer writer_{disk_, *this, options()};
  std::map<format::Sequence, format::Receipt> receipts_;
  std::vector<LogPlace> places_{2};
  NamedDisk named_{disk_};
  ReceiptService service_{named_, places_};
  http::SessionContext context_{*this};
  http::SessionPool pool_{context_, 4};
  http::FakeConnection connection_;
};

TEST_F(ReceiptServiceTest, TellsDurableThenStored) {
  const auto first = store(10);
  const auto second = store(500'000);  // read in many pieces
  for (const auto& receipt : {first, second}) {
    EXPECT_THAT(ask(receipt), HasSubstr(R"({"receipt":")" + text_of(receipt) +
                                        R"(","state":"durable","verified":true})"));
  }
  places_[kShard].stored = 1;
  EXPECT_THAT(ask(first), HasSubstr(R"("state":"stored","verified":true)"));
  EXPECT_THAT(ask(second), HasSubstr(R"("state":"durable")"));
  EXPECT_EQ(service_.counters().ok, 4U);
}

TEST_F(ReceiptServiceTest, KnowsOnlyTheVeryRecord) {
  const auto receipt = store(5'000);
  store(100);
  std::vector<format::Receipt> wrong(8, receipt);
  wrong[0].crc ^= 1U;
  wrong[1].offset += 8;
  wrong[2].offset += 4096;
  wrong[3].offset = std::uint64_t{1} << 40;
  wrong[4].segment += 1;
  wrong[5].shard = 0;
  wrong[6].shard = 2;
  wrong[7].offset = (std::uint64_t{2} << 20) - 8;
  for (std::size_t index = 0; index < wrong.size(); ++index) {
    if (wrong[index].shard == 0) {
      continue;  // another partition, which this disk does not have
    }
    EXPECT_THAT(ask(wrong[index]), HasSubstr("HTTP/1.1 404 ")) << index;
  }
  EXPECT_THAT(ask(receipt), HasSubstr("durable"));
}

// One bit of the record flips on the disk: it is no longer what was acknowledged.
TEST_F(ReceiptServiceTest, ReadsTheWholeRecord) {
  const auto receipt = store(300'000);
  const std::string name = format::segment_file_name(receipt.segment);
  auto bytes = disk_.map(name, std::size_t{2} << 20).value();
  for (const std::uint64_t at : {std::uint64_t{8}, std::uint64_t{50}, std::uint64_t{299'000}}) {
    bytes[receipt.offset + at] ^= std::byte{1};
    EXPECT_THAT(ask(receipt), HasSubstr("HTTP/1.1 404 ")) << at;
    bytes[receipt.offset + at] ^= std::byte{1};
    EXPECT_THAT(ask(receipt), HasSubstr("durable"));
  }
}

TEST_F(ReceiptServiceTest, TellsWhatWasRefusedOrIsNotDurable) {
  const auto receipt = store(10);
  const auto second = store(10);
  auto* page = reinterpret_cast<format::DurableMarkPage*>(
      disk_.map(format::kDurableMarkName, format::kDurableMarkBytes).value().data());
  places_[kShard].mark = page;
  format::publish_durable_mark(*page, {1, 0});
  EXPECT_THAT(ask(second), HasSubstr("HTTP/1.1 404 "));
  std::vector<std::byte> header(format::kSegmentBlockBytes);
  ASSERT_TRUE(disk_.read(format::segment_file_name(second.segment), 0, header).has_value());
  format::publish_refusal(*page, 1, format::decode_segment_header(header)->salt);
  EXPECT_THAT(ask(second), HasSubstr(R"("state":"refused")"));
  EXPECT_THAT(ask(receipt), HasSubstr(R"("state":"durable")"));
}

TEST_F(ReceiptServiceTest, AReleasedSegmentWasStored) {
  const format::Receipt gone{kShard, 40, 4096, 7};
  EXPECT_THAT(ask(gone), HasSubstr("HTTP/1.1 404 "));
  places_[kShard].oldest = 41;
  EXPECT_THAT(ask(gone), HasSubstr(R"("state":"stored","verified":false})"));
}

TEST_F(ReceiptServiceTest, RefusesWhatIsNoReceipt) {
  const auto receipt = text_of(store(10));
  std::string encoded = receipt;
  for (auto at = encoded.find(':'); at != std::string::npos; at = encoded.find(':')) {
    encoded.replace(at, 1, "%3A");
  }
  EXPECT_THAT(ask(encoded), HasSubstr("durable"));
  EXPECT_THAT(ask(receipt + "/"), HasSubstr("durable"));
  for (const auto& text :
       {std::string(), std::string("x"), receipt + "0", "0" + receipt, std::string(500, '1')}) {
    const auto answer = ask(text);
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400 ")) << text;
    EXPECT_THAT(answer, HasSubstr("expected <shard>-<segment>:<offset>:<crc>"));
  }
  send(receipt, "DELETE");
  EXPECT_THAT(connection_.take_sent(), HasSubstr("HTTP/1.1 405 "));
  EXPECT_FALSE(ReceiptService::serves("/_receipts"));
  EXPECT_TRUE(ReceiptService::serves("/_receipt"));
}

// Questions wait for the one in front of them, up to a bound; those whose client left are skipped.
TEST_F(ReceiptServiceTest, BoundsWhatWaits) {
  const auto receipt = text_of(store(10));
  std::vector<http::FakeConnection> clients(3);
  for (auto& client : clients) {
    client.bind(pool_.accepted(client));
  }
  const std::string request = "GET /_receipt/" + receipt + " HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t index = 0; index < ReceiptService::kQueueMax / 16; ++index) {
    auto& client = index < clients.size() ? clients[index] : connection_;
    for (int count = 0; count < 16; ++count) {
      client.receive(request);
    }
  }
  clients[1].close();
  for (int turn = 0; turn < 1000; ++turn) {
    reactor_.turn(1'000'000);
  }
  EXPECT_EQ(service_.counters().ok, 48U);
  EXPECT_EQ(service_.counters().unavailable, 0U);
}

}  // namespace
}  // namespace dp::daemon
