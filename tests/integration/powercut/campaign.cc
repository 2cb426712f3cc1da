// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/powercut/campaign.h"

#include "dataplane/base/check.h"
#include "dataplane/format/durable_mark.h"
#include "dataplane/format/log_reader.h"
#include "dataplane/format/segment.h"
#include "dataplane/format/watermark.h"
#include "tests/integration/dataplane/support/http_client.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <ostream>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace powercut {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kClients = 4;
constexpr milliseconds kLook{2};
constexpr milliseconds kStartMax{60'000};
/// When the chosen moment does not come, the power goes then.
constexpr milliseconds kLoadMax{4'000};
constexpr milliseconds kMomentMax{300};
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::ostream& operator<<(std::ostream& out, const Totals& totals) {
  out << totals.cuts << " power cuts and " << totals.kills << " kills: " << totals.acknowledged
      << " acknowledged, " << totals.missing << " missing, " << totals.twice << " stored twice, "
      << totals.unknown << " altered or never sent, " << totals.vanished << " read and gone, "
      << totals.unanswered << " stored without an answer, " << totals.unreadable
      << " unreadable logs, " << totals.failed_starts << " failed starts, "
      << totals.reported_losses << " losses reported\n"
      << totals.receipts_asked << " receipts asked for, " << totals.receipts_unknown << " unknown\n"
      << "the disk: " << totals.disk.sectors_lost << " unsynced sectors lost, "
      << totals.disk.sectors_kept << " kept, " << totals.disk.names_lost
      << " changes of directories undone; " << totals.records_read << " records read\n";
  for (const auto& [where, count] : totals.cuts_at) {
    out << "  " << count << " at " << where << '\n';
  }
  return out;
}

Campaign::Campaign(std::uint64_t seed, Lie lie) : random_(seed), lie_(lie) {
  std::filesystem::create_directory(home_.path() / "disk");
  empty_disk();
}

Campaign::~Campaign() = default;

void Campaign::empty_disk() {
  disk_ = std::make_unique<VolatileDisk>(random_(), lie_);
  knowledge_ = std::make_unique<Knowledge>();
  found_.clear();
  needed_from_ = 0;
  missing_ = 0;
}

void Campaign::round() {
  ++rounds_;
  const Plan plan = deck_.next(random_);
  if (start(&plan)) {
    read_log();
    missing_ = std::max(missing_, compare().missing);
    ask_for_receipts();
    consume(plan.point.change == Change::remove);
    cut_under_load(plan);
  }
  if (plan.during == Plan::During::recovery && start(nullptr)) {
    read_log();
    pull_plug(plan.text, false);
  }
}

void Campaign::settle() {
  const auto kept_from = found_.lower_bound(needed_from_);
  const std::map<format::Sequence, Fingerprint> seen(kept_from, found_.end());
  found_.erase(kept_from, found_.end());
  if (start(nullptr)) {
    read_log();
    program_->kill();
    mount_->pull();
    program_.reset();
    mount_.reset();
  }
  totals_.vanished += static_cast<std::uint64_t>(
      std::count_if(seen.begin(), seen.end(), [this](const auto& record) {
        const auto again = found_.find(record.first);
        return again == found_.end() || again->second != record.second;
      }));
  // What does not start again has lost everything.
  const auto findings = compare();
  totals_.acknowledged += findings.acknowledged;
  totals_.missing += std::max(missing_, findings.missing);
  totals_.twice += findings.twice;
  totals_.unknown += findings.unknown;
  totals_.unanswered += findings.unanswered;
  totals_.disk.sectors_kept += disk_->counters().sectors_kept;
  totals_.disk.sectors_lost += disk_->counters().sectors_lost;
  totals_.disk.names_lost += disk_->counters().names_lost;
  empty_disk();
}

// True when the program listens and the disk has power.
bool Campaign::start(const Plan* plan) {
  const auto disk = home_.path() / "disk";
  mount_ = std::make_unique<DiskMount>(*disk_, disk, random_() % 4 != 0);
  if (plan != nullptr && plan->during == Plan::During::start) {
    mount_->arm(plan->point, plan->count);
  }
  program_ = std::make_unique<Program>(home_.path(), event_log());
  const auto deadline = std::chrono::steady_clock::now() + kStartMax;
  while (!program_->port() && !mount_->wait_for_cut(kLook)) {
    if (program_->has_ended() || std::chrono::steady_clock::now() > deadline) {
      ++totals_.failed_starts;
      totals_.said = program_->said();
      pull_plug("a start that failed", false);
      return false;
    }
  }
  if (plan != nullptr && plan->during == Plan::During::start) {
    mount_->wait_for_cut(kMomentMax);  // the first segment is made behind the open door
  }
  if (!mount_->disarm()) {
    pull_plug(plan->text, random_() % 4 == 0);
    return false;
  }
  if (auto said = program_->said(); said.find("MISSING") != std::string::npos) {
    ++totals_.reported_losses;
    totals_.said = std::move(said);
  }
  return true;
}

// The power goes, the program with it, and comes back. Or the program alone is killed there: what
// it had not synced is visible to the next one, which must not rely on it before the next cut.
void Campaign::pull_plug(std::string_view where, bool is_only_killed) {
  mount_->cut();
  program_->kill();
  mount_->pull();
  program_.reset();
  mount_.reset();
  if (is_only_killed) {
    ++totals_.kills;
    return;
  }
  disk_->cut_power();
  ++totals_.cuts;
  ++totals_.cuts_at[std::string(where)];
}

// Goes on behind the last record that was read.
void Campaign::read_log() {
  format::LogReader reader(event_log() / format::partition_directory_name(0));
  const auto from = found_.empty() ? needed_from_ : found_.rbegin()->first + 1;
  bool is_readable = reader.seek(from).has_value();
  while (is_readable) {
    const auto next = reader.next();
    is_readable = next.has_value();
    const auto record = next.value_or(std::nullopt);
    if (!record) {
      break;
    }
    ++totals_.records_read;
    if (record->endpoint != format::Endpoint::counters) {
      found_[record->sequence] = fingerprint_of(*record);
    }
  }
  totals_.unreadable += is_readable ? 0 : 1;
}

std::string Campaign::segments_kept() const {
  std::string names;
  for (const auto& entry :
       std::filesystem::directory_iterator(event_log() / format::partition_directory_name(0))) {
    names += " " + entry.path().filename().string();
  }
  return names;
}

void Campaign::ask_for_receipts() {
  constexpr std::size_t kQuestionsMax = 40;
  const auto port = program_->port();
  CHECK(port);
  integration::HttpClient client(*port);
  for (const std::string& receipt : knowledge_->some_receipts(kQuestionsMax, random_)) {
    const auto answer = client.exchange(integration::request("GET", "/_receipt/" + receipt));
    const bool is_known =
        answer.status == 200 && (answer.body.find(R"("state":"durable")") != std::string::npos ||
                                 answer.body.find(R"("state":"stored")") != std::string::npos);
    ++totals_.receipts_asked;
    if (!is_known) {
      ++totals_.receipts_unknown;
      totals_.said = receipt + " is answered " + std::to_string(answer.status) + " " + answer.body +
                     ", the log has" + segments_kept();
    }
  }
}

// What the worker does now and then: from here on the log may let go of some of what was read.
void Campaign::consume(bool is_all_stored) {
  auto watermark = format::WatermarkFile::open(event_log(), format::kWorkerConsumerName);
  CHECK(watermark);
  const auto read_until = found_.empty() ? needed_from_ : found_.rbegin()->first + 1;
  if (is_all_stored) {
    needed_from_ = std::max(needed_from_, read_until);
  } else if (read_until > needed_from_ && random_() % 2 == 0) {
    needed_from_ += random_() % (read_until - needed_from_);
  }
  CHECK(watermark->publish(0, needed_from_));
}

Knowledge::Findings Campaign::compare() {
  std::unordered_map<Fingerprint, std::uint32_t> counts;
  for (const auto& [sequence, fingerprint] : found_) {
    ++counts[fingerprint];
  }
  return knowledge_->compare(counts);
}

void Campaign::send_until_cut(integration::HttpClient& client, RequestMaker maker) {
  for (;;) {
    const Sending sending = maker.next();
    knowledge_->sends(sending.fingerprint);
    if (!client.send(sending.bytes)) {
      return;
    }
    const auto answer = client.read_answer();
    if (answer.status == 0) {
      return;
    }
    const bool is_kept =
        answer.status == 200 &&
        (!sending.is_v1 || answer.body.find(R"("result":"ok")") != std::string::npos);
    if (is_kept) {
      const auto receipt = answer.fields.find("bristle-receipt");
      knowledge_->acknowledge(sending.fingerprint,
                              receipt == answer.fields.end() ? "" : receipt->second);
      if (--answers_left_ == 0) {
        mount_->cut();
      }
    }
  }
}

// What the kernel does with mapped pages whenever it likes: the mark reaches the disk, unsynced.
void Campaign::write_back_until_cut() {
  const auto mark = event_log() / format::partition_directory_name(0) / format::kDurableMarkName;
  const int file = ::open(mark.c_str(), O_RDWR | O_CLOEXEC);
  while (!mount_->wait_for_cut(kLook)) {
    ::sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  ::close(file);
}

void Campaign::cut_under_load(const Plan& plan) {
  std::string_view where = plan.text;
  answers_left_ = plan.during == Plan::During::answers ? plan.count : kNever;
  if (plan.during != Plan::During::answers && plan.during != Plan::During::start) {
    mount_->arm(plan.point, plan.count);
  }
  const auto port = program_->port();
  CHECK(port);
  std::vector<std::unique_ptr<integration::HttpClient>> clients;
  std::vector<std::thread> threads;
  for (std::size_t index = 0; index < kClients; ++index) {
    clients.push_back(std::make_unique<integration::HttpClient>(*port));
    RequestMaker maker("u" + std::to_string(rounds_) + "." + std::to_string(index), random_(),
                       plan.during == Plan::During::rotation);
    threads.emplace_back([this, &client = *clients.back(), maker = std::move(maker)] {
      send_until_cut(client, maker);
    });
  }
  threads.emplace_back([this] { write_back_until_cut(); });
  // The moment of a start that did not come leaves this one.
  if (!mount_->wait_for_cut(plan.during == Plan::During::start ? kMomentMax : kLoadMax)) {
    mount_->cut();
    where = "load: some moment";
  }
  program_->kill();
  mount_->pull();  // lets go of the program, and so of its clients
  for (std::thread& thread : threads) {
    thread.join();
  }
  pull_plug(where, plan.during == Plan::During::recovery || random_() % 4 == 0);
}

}  // namespace powercut
