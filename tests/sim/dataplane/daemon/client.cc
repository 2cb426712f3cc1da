// SPDX-License-Identifier: LicenseRef-Project
#include "tests/sim/dataplane/daemon/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

namespace sim {
namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";
constexpr int kContinue = 100;
constexpr int kNoContent = 204;
constexpr int kTimedOut = 408;
constexpr int kUnavailable = 503;
constexpr std::string_view kNotPersisted = "not_persisted";

int number_of(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

void Client::ask(Attempt& attempt) {
  const std::uint64_t begin = dropped_ + outbox_.size();
  outbox_ += attempt.bytes;
  asked_.push_back({&attempt, begin, begin + attempt.bytes.size()});
  attempt.bytes = {};
}

void Client::send(std::size_t bytes) {
  const std::size_t count = std::min(bytes, outbox_.size() - sent_);
  if (count == 0 || has_finished_ || is_over_) {
    return;
  }
  network_.peer_send(descriptor_, std::string_view(outbox_).substr(sent_, count));
  sent_ += count;
  const std::uint64_t sent = dropped_ + sent_;
  for (const Asked& asked : asked_) {
    if (asked.end <= sent) {
      asked.attempt->fate = Fate::waiting;
    } else if (asked.begin < sent) {
      asked.attempt->fate = Fate::partial;
    }
  }
  if (sent_ == outbox_.size()) {
    dropped_ = sent;
    sent_ = 0;
    outbox_.clear();
  }
}

std::string_view Client::field(std::string_view head, std::string_view name) {
  std::string line = "\r\n";
  line.append(name).append(": ");
  const std::size_t at = head.find(line);
  if (at == std::string_view::npos) {
    return {};
  }
  head.remove_prefix(at + line.size());
  return head.substr(0, head.find("\r\n"));
}

bool Client::next_answer(Answer& answer) {
  const std::string_view rest = std::string_view(network_.peer_received(descriptor_)).substr(read_);
  const std::size_t blank = rest.find(kBlankLine);
  if (blank == std::string_view::npos) {
    return false;
  }
  answer.head = rest.substr(0, blank + 2);
  EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 ")) << answer.head;
  answer.status = number_of(answer.head.substr(std::min<std::size_t>(9, answer.head.size())));
  std::size_t body = 0;
  if (answer.status != kContinue && answer.status != kNoContent) {
    body = static_cast<std::size_t>(number_of(field(answer.head, "content-length")));
  }
  const std::size_t whole = blank + kBlankLine.size() + body;
  if (rest.size() < whole) {
    return false;
  }
  answer.body = rest.substr(blank + kBlankLine.size(), body);
  read_ += whole;
  return true;
}

void Client::read() {
  Answer answer;
  while (!is_over_ && !testing::Test::HasFailure() && next_answer(answer)) {
    if (answer.status != kContinue) {
      take(answer);
    }
  }
  if (network_.peer_sees_end(descriptor_)) {
    end();
  }
}

void Client::take(const Answer& answer) {
  ASSERT_FALSE(asked_.empty()) << "an answer to nothing: " << answer.head;
  ASSERT_FALSE(is_session_over_) << "an answer behind the last one: " << answer.head;
  const Asked asked = asked_.front();
  asked_.pop_front();
  Attempt& attempt = *asked.attempt;
  ASSERT_NE(attempt.fate, Fate::unsent) << "an answer to what was not asked: " << answer.head;
  check(attempt, answer);
  ++statuses_[answer.status];
  attempt.answered = answer.status;
  is_session_over_ = field(answer.head, "connection") == "close";
  const bool is_persisted =
      !attempt.is_v1 || answer.body.find(R"("result":"ok")") != std::string_view::npos;
  attempt.receipt = field(answer.head, "bristle-receipt");
  if (attempt.stored && answer.status < 300 && is_persisted) {
    attempt.fate = Fate::acknowledged;
    EXPECT_FALSE(attempt.receipt.empty()) << answer.head;
    receipt_ = attempt.receipt;
  } else {
    attempt.fate = Fate::refused;
    EXPECT_TRUE(attempt.receipt.empty()) << answer.head;
  }
}

void Client::check(const Attempt& attempt, const Answer& answer) const {
  const std::string_view origin = field(answer.head, "access-control-allow-origin");
  const bool closes = field(answer.head, "connection") == "close";
  if (origin != attempt.origin) {  // only what is said to bytes that are no request
    EXPECT_TRUE(origin.empty() && closes) << answer.head << "to " << attempt.origin;
  }
  const bool is_refusal = (answer.status == kTimedOut && closes) ||
                          (answer.status == kUnavailable && attempt.may_be_refused);
  if (is_refusal && !is_strict_) {
    return;
  }
  EXPECT_EQ(answer.status, attempt.status)
      << "request " << attempt.number << ": " << answer.head << answer.body;
  // Complete, or refused by its head.
  EXPECT_TRUE(attempt.fate == Fate::waiting || attempt.ends_session)
      << answer.head << "to a part of request " << attempt.number;
  if (!attempt.is_v1 || is_strict_ || answer.body.find(kNotPersisted) == std::string_view::npos) {
    check_body(attempt, answer);
  }
}

void Client::check_body(const Attempt& attempt, const Answer& answer) {
  if (attempt.answer) {
    EXPECT_EQ(answer.body, *attempt.answer) << "request " << attempt.number;
  }
  if (!attempt.asked_receipt.empty()) {
    EXPECT_NE(answer.body.find(attempt.asked_receipt), std::string_view::npos) << answer.body;
    const bool is_kept =
        answer.body.find(R"("state":"durable","verified":true)") != std::string_view::npos ||
        answer.body.find(R"("state":"stored")") != std::string_view::npos;
    EXPECT_TRUE(is_kept) << answer.body;
  }
}

void Client::finish() {
  has_finished_ = true;
  network_.peer_finish(descriptor_);
}

void Client::reset() {
  network_.peer_reset(descriptor_);
  end();
}

void Client::end() {
  is_over_ = true;
  for (const Asked& asked : asked_) {
    Fate& fate = asked.attempt->fate;
    if (fate != Fate::unsent) {
      fate = fate == Fate::waiting ? Fate::unanswered : Fate::broken_off;
    }
  }
  asked_.clear();
}

}  // namespace sim
