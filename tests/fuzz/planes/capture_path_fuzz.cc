// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever a client sends to a route that stores, under whatever policy and quota, every
// event that capture counts in an answered request is found by the worker in the log record of that
// request, neither more nor fewer, and what capture refuses leaves nothing there (ADR 0015).
// Method: the real services behind the front door's router and a real HTTP session, a log in memory
// that stores, refuses or loses, the worker's batch and ledger. Three counts have to agree: what
// the record and the counters say, what the worker makes of the record, and what it would make of
// the request as it was received. Input: see chosen_request.h.
#include "controlplane/ingest/batch.h"
#include "controlplane/ingest/ledger.h"
#include "controlplane/ingest/recording_batch.h"
#include "dataplane/base/check.h"
#include "tests/fuzz/planes/box.h"
#include "tests/fuzz/planes/chosen_request.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace capture_path {
namespace {

using cp::ingest::LedgerEntry;

constexpr std::int64_t kProject = 1;

/// The worker between the log and the database.
class Worker {
 public:
  /// What becomes of the events of one record.
  LedgerEntry take(const format::LogRecord& record) {
    ledger_.clear();
    batch_.start(0, record.sequence);
    recordings_.start(0);
    if (record.endpoint == format::Endpoint::recordings) {
      take_recording(record);
    } else if (batch_.add(record, kProject) == cp::ingest::Batch::Added::undecodable) {
      ledger_.add_quarantined(record, kProject);
    } else {
      ledger_.add_decoded(record, kProject, batch_.beside_rows());
    }
    batch_.extend(record.sequence);
    const auto entries = ledger_.settle(batch_).entries;
    CHECK(entries.size() == 1);
    return entries.begin()->second;
  }

 private:
  using Outcome = cp::ingest::RecordingBatch::Outcome;

  void take_recording(const format::LogRecord& record) {
    switch (recordings_.add(record, kProject)) {
      case Outcome::kept:
        ledger_.add_recording(record, kProject);
        break;
      case Outcome::undecodable:
        ledger_.add_quarantined(record, kProject);
        break;
      default:
        ledger_.add_dropped(record, kProject);
        break;
    }
  }

  cp::ingest::Batch batch_;
  cp::ingest::RecordingBatch recordings_{cp::ingest::Batch::kSliceBytes};
  cp::ingest::LedgerTally ledger_;
};

bool is_v1(format::Endpoint endpoint) noexcept {
  return endpoint == format::Endpoint::analytics_v1 || endpoint == format::Endpoint::ai_v1;
}

/// Whether the route stores what comes with that method.
bool is_taken(const SeenRequest& seen) noexcept {
  const bool takes_get =
      seen.endpoint <= format::Endpoint::recordings || seen.endpoint == format::Endpoint::ai_batch;
  return seen.method == dp::http::Method::post ||
         (takes_get && seen.method == dp::http::Method::get);
}

/// The events in a request, as it was received and whatever its project wants; nothing where it
/// does not decode.
std::optional<std::uint64_t> events_in(const SeenRequest& seen, Worker& worker) {
  format::LogRecord record;
  record.received_us = kNow;
  record.endpoint = seen.endpoint;
  record.token = seen.token;
  record.query = is_v1(seen.endpoint) ? std::string_view{} : seen.query;
  record.content_type = seen.content_type;
  record.content_encoding = seen.content_encoding;
  record.user_agent = seen.user_agent;
  record.body = base::as_bytes(seen.body);
  const auto ends = worker.take(record);
  return ends.quarantined != 0 ? std::nullopt : std::optional(ends.received);
}

/// How often `text` says that an event was taken. No text of a client's is in an answer of this
/// kind.
std::uint64_t taken_in(std::string_view text) {
  constexpr std::string_view kTaken = R"("result":"ok")";
  std::uint64_t count = 0;
  for (auto at = text.find(kTaken); at != std::string_view::npos; at = text.find(kTaken, at + 1)) {
    ++count;
  }
  return count;
}

/// One request to a box, and what it changed.
class Exchange {
 public:
  Exchange(Box& box, Worker& worker) : box_(box), worker_(worker) {}

  void run(std::string_view request) {
    const auto outcomes = box_.counters().outcomes;
    const auto before = box_.count();
    answer_ = box_.exchange(request);
    was_logged_ = box_.log().was_asked();
    stored_ = check_log();
    const auto after = box_.count();
    CHECK(after.events_acknowledged - before.events_acknowledged == stored_);
    CHECK(after.requests_acknowledged - before.requests_acknowledged == (stored_ == 0 ? 0U : 1U));
    refused_ = after.events_refused - before.events_refused;
    check_outcome(outcomes);
    check_answer();
    if (box_.seen()) {
      check_events(*box_.seen());
    }
  }

 private:
  /// The events of the record that the log holds now; none without one.
  std::uint64_t check_log() {
    const auto records = box_.log().read();
    CHECK(records.size() <= 1);
    if (records.empty()) {
      return 0;
    }
    const auto& record = records.front();
    const auto ends = worker_.take(record);
    CHECK(ends.quarantined == 0);
    CHECK(record.event_count != 0 && ends.received == record.event_count);
    CHECK(ends.stored + ends.duplicate + ends.dropped == ends.received);
    return record.event_count;
  }

  /// Each request that reaches a service ends once, and as the client was told.
  void check_outcome(const decltype(dp::capture::CaptureCounters::outcomes)& before) const {
    std::uint64_t count = 0;
    for (std::size_t index = 0; index < before.size(); ++index) {
      const auto more = box_.counters().outcomes[index] - before[index];
      CHECK(more == 0 || dp::capture::kOutcomes[index].status == answer_.status);
      count += more;
    }
    CHECK(box_.seen() ? count == 1 : count <= 1);
  }

  /// Who is told that events are kept has them in the log.
  void check_answer() const {
    const bool is_success = answer_.status >= 200 && answer_.status < 300;
    CHECK(stored_ == 0 || (is_success && box_.seen()));
    const bool is_lost = was_logged_ && stored_ == 0;
    if (box_.seen() && is_v1(box_.seen()->endpoint)) {
      CHECK((answer_.status == 200 ? taken_in(answer_.body) : 0) == stored_);
    } else {
      CHECK(!is_lost || answer_.status == 413 || answer_.status == 503);
    }
  }

  /// Every event of the request is stored, or counted as refused or dropped.
  void check_events(const SeenRequest& seen) {
    if (!is_taken(seen)) {
      CHECK(stored_ + refused_ == 0);
      return;
    }
    const auto found = events_in(seen, worker_);
    if (was_logged_ || answer_.status < 300) {
      CHECK(found && stored_ + refused_ == *found);
    } else {
      CHECK(!found || refused_ <= *found);
    }
  }

  Box& box_;
  Worker& worker_;
  Answer answer_;
  bool was_logged_ = false;    ///< Its record was given to the log.
  std::uint64_t stored_ = 0;   ///< Events.
  std::uint64_t refused_ = 0;  ///< Events, dropped ones among them.
};

}  // namespace
}  // namespace capture_path

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto chosen = capture_path::choose_request({data, size});
  const auto* installation = chosen ? capture_path::find_installation(chosen->box) : nullptr;
  if (installation == nullptr) {
    return 0;
  }
  capture_path::Box box(*installation, *chosen);
  capture_path::Worker worker;
  capture_path::Exchange exchange(box, worker);
  exchange.run(chosen->text);
  if (chosen->is_sent_twice && box.is_open()) {
    exchange.run(chosen->text);
  }
  return 0;
}
