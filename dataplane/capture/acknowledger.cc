// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/acknowledger.h"

#include "dataplane/base/check.h"
#include "dataplane/capture/privacy_guard.h"
#include "dataplane/capture/receipt_writer.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace dp::capture {
namespace {

constexpr std::string_view kAllow = "allow: GET,POST,OPTIONS\r\n";
constexpr std::string_view kAllowPost = "allow: POST,OPTIONS\r\n";
constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
/// Mobile SDKs wipe their queue after four failures in a row; this keeps them waiting instead
/// (section 19).
constexpr std::string_view kRetryAfter = "retry-after: 30\r\n";

/// Answers below keep an event or have none to keep.
constexpr std::uint16_t kRefusalStatusMin = 400;

/// What the ledger counts of a record: one that holds no events, a recording, counts as one.
std::uint32_t events_of(const Waiter& waiter) noexcept {
  return std::max(waiter.event_count, std::uint32_t{1});
}

/// At most kDetailBytesMax bytes that do not end within a character.
std::string_view cut(std::string_view detail) noexcept {
  if (detail.size() <= Acknowledger::kDetailBytesMax) {
    return detail;
  }
  auto size = Acknowledger::kDetailBytesMax;
  while (size > 0 && (static_cast<unsigned char>(detail[size]) & 0xc0U) == 0x80U) {
    --size;
  }
  return detail.substr(0, size);
}

http::StaticAnswer render(const OutcomeRow& row) {
  http::Answer answer;
  answer.status = row.status;
  answer.body = row.text;
  if (row.status == 200) {
    answer.content_type = "application/json";
  } else if (!row.text.empty()) {
    answer.content_type = kPlainText;
  }
  if (row.status == 503) {
    answer.fields = kRetryAfter;
  } else if (row.status == 405) {
    answer.fields = &row == &row_of(Outcome::method_not_allowed) ? kAllow : kAllowPost;
  }
  return http::StaticAnswer(answer);
}

Outcome outcome_of(base::Error error) noexcept {
  if (error == wal::make_error(wal::WalError::full)) {
    return Outcome::log_full;
  }
  if (error == wal::make_error(wal::WalError::budget_used)) {
    return Outcome::log_budget_used;
  }
  return error == wal::make_error(wal::WalError::record_too_large) ? Outcome::record_too_large
                                                                   : Outcome::log_not_writable;
}

}  // namespace

Acknowledger::Acknowledger(std::uint32_t waiters_max, std::uint64_t boot)
    : waiting_(waiters_max), minutes_(boot) {
  answers_.reserve(kOutcomeCount);
  for (const auto& row : kOutcomes) {
    answers_.push_back(render(row));
  }
}

void Acknowledger::append(const format::LogRecord& record, const Waiter& waiter) noexcept {
  if (waiting_.is_full()) {
    refuse(record, waiter, Outcome::too_many_waiting);
    return;
  }
  if (log_ == nullptr) {
    refuse(record, waiter, Outcome::log_not_writable);
    return;
  }
  auto counted = record;
  counted.event_count = events_of(waiter);
  const auto sequence = log_->append(counted);
  if (!sequence) {
    refuse(record, waiter, outcome_of(sequence.error()));
    return;
  }
  DCHECK(waiting_.is_empty() || waiting_.back().sequence < *sequence);
  auto numbered = waiter;
  numbered.sequence = *sequence;
  numbered.counted = minutes_.expect(record.received_us, record.token, waiter.success);
  waiting_.push(numbered);
}

void Acknowledger::durable_up_to(format::Sequence last) noexcept {
  ReceiptWriter receipts(log_ == nullptr ? wal::DurableGroup{} : log_->durable_group());
  while (!waiting_.is_empty() && waiting_.front().sequence <= last) {
    const auto& waiter = waiting_.front();
    counters_.events_accepted += waiter.event_count;
    counters_.body_bytes_accepted += waiter.body_bytes;
    minutes_.acknowledge(waiter.counted, events_of(waiter));
    conclude(waiter, waiter.success, receipts.line_of(waiter.sequence));
    waiting_.pop_front();
  }
}

void Acknowledger::lost_from(format::Sequence first) noexcept {
  while (!waiting_.is_empty() && waiting_.back().sequence >= first) {
    const auto& waiter = waiting_.back();
    minutes_.lose(waiter.counted, events_of(waiter));
    conclude(waiter, Outcome::log_lost, {});
    waiting_.pop_back();
  }
  minutes_.lost_from(first);
}

void Acknowledger::refuse(const format::LogRecord& record, const Waiter& waiter,
                          Outcome outcome) noexcept {
  minutes_.refuse(outcome, record.token, events_of(waiter));
  conclude(waiter, outcome, {});
}

void Acknowledger::write_counts() noexcept {
  if (log_ != nullptr) {
    minutes_.write(*log_);
  }
}

void Acknowledger::conclude(const Waiter& waiter, Outcome outcome,
                            std::string_view receipt_line) noexcept {
  if (waiter.answerer != nullptr) {
    waiter.answerer->answer(waiter, outcome, receipt_line);
  } else {
    waiter.exchange.answer(count_answer(outcome), receipt_line);
  }
}

void Acknowledger::finish(const http::Exchange& exchange, Outcome outcome,
                          const format::codec::RefusedEvents& refused) noexcept {
  exchange.answer(count(outcome, refused));
}

void Acknowledger::finish(const http::Exchange& exchange, Outcome outcome, std::string_view detail,
                          const format::codec::RefusedEvents& refused) noexcept {
  static_cast<void>(count(outcome, refused));
  const auto& row = row_of(outcome);
  std::string text(row.text);
  text.append(cut(detail));
  exchange.answer(http::Answer{row.status, kPlainText, text, {}});
}

const http::StaticAnswer& Acknowledger::count(
    Outcome outcome, const format::codec::RefusedEvents& refused) noexcept {
  if (row_of(outcome).status >= kRefusalStatusMin) {
    const bool is_stranger =
        guard_ != nullptr && !refused.token.empty() && guard_->is_stranger(refused.token);
    minutes_.refuse(outcome, is_stranger ? std::string_view() : refused.token, refused.count);
  }
  return count_answer(outcome);
}

const http::StaticAnswer& Acknowledger::count_answer(Outcome outcome) noexcept {
  const auto index = static_cast<std::size_t>(outcome);
  ++counters_.outcomes[index];
  return answers_[index];
}

}  // namespace dp::capture
