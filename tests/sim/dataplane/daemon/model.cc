// SPDX-License-Identifier: LicenseRef-Project
#include "tests/sim/dataplane/daemon/model.h"

#include "dataplane/format/capture_counts.h"
#include "dataplane/format/log_reader.h"

#include <gtest/gtest.h>

#include <utility>

namespace sim {

Attempt& Model::add(Attempt attempt, std::uint32_t life) {
  attempt.life = life;
  if (attempt.stored) {
    const bool is_new = by_key_.emplace(attempt.stored->key(), attempts_.size()).second;
    EXPECT_TRUE(is_new) << "two requests are the same: " << attempt.stored->key();
  }
  attempts_.push_back(std::move(attempt));
  return attempts_.back();
}

void Model::consume(const std::filesystem::path& partition) {
  format::LogReader reader(partition);
  ASSERT_TRUE(reader.seek(position_).has_value());
  for (;;) {
    const auto found = reader.next();
    ASSERT_TRUE(found.has_value()) << "the reader found damage";
    const auto& record = *found;
    if (!record) {
      break;
    }
    ASSERT_EQ(record->sequence, position_) << "the log has a gap, or starts again";
    ++position_;
    if (record->endpoint == format::Endpoint::counters) {
      take_counts(*record);
    } else {
      take(*record);
    }
    ASSERT_LE(counted_events(), events_) << "the ledger is ahead of the log";
  }
  for (const Attempt& attempt : attempts_) {
    ASSERT_TRUE(attempt.fate != Fate::acknowledged || attempt.seen == 1)
        << "request " << attempt.number << " was acknowledged with " << attempt.receipt
        << " and is not in the log";
  }
}

void Model::take(const format::LogRecord& record) {
  const std::string key(record.body.empty() ? record.query : base::as_text(record.body));
  const auto found = by_key_.find(key);
  ASSERT_NE(found, by_key_.end()) << "nobody sent this: " << key.substr(0, 200);
  Attempt& attempt = attempts_[found->second];
  ++attempt.seen;
  ASSERT_EQ(attempt.seen, 1U) << "request " << attempt.number << " is in the log twice";
  const bool was_sent = attempt.fate == Fate::waiting || attempt.fate == Fate::acknowledged ||
                        attempt.fate == Fate::refused || attempt.fate == Fate::unanswered;
  ASSERT_TRUE(was_sent) << "request " << attempt.number << " was never complete";
  check(attempt, record);
  events_ += record.event_count;
}

void Model::check(const Attempt& attempt, const format::LogRecord& record) {
  ASSERT_TRUE(attempt.stored.has_value());
  const Stored& stored = *attempt.stored;
  ASSERT_EQ(record.endpoint, stored.endpoint);
  ASSERT_EQ(record.token, RequestMaker::kToken);
  if (!attempt.is_v1) {
    ASSERT_EQ(record.query, stored.query);
  }
  ASSERT_EQ(record.content_type, stored.content_type);
  ASSERT_EQ(record.content_encoding, stored.content_encoding);
  ASSERT_EQ(record.user_agent, RequestMaker::kUserAgent);
  ASSERT_EQ(record.client_address, "");
  ASSERT_EQ(record.event_count, stored.events);
}

void Model::take_counts(const format::LogRecord& record) {
  const auto counts = format::decode_counts(record.body);
  ASSERT_TRUE(counts.has_value());
  std::uint64_t accepted = 0;
  for (const format::CountsRow& row : counts->rows) {
    accepted += counts->outcomes.at(row.outcome).status < 300 ? row.events : 0;
  }
  counted_[counts->source] = accepted;
}

std::uint64_t Model::counted_events() const {
  std::uint64_t sum = 0;
  for (const auto& [source, events] : counted_) {
    sum += events;
  }
  return sum;
}

std::uint64_t Model::acknowledged() const {
  std::uint64_t count = 0;
  for (const Attempt& attempt : attempts_) {
    count += attempt.fate == Fate::acknowledged ? 1U : 0U;
  }
  return count;
}

void Model::check_refused(const std::map<std::uint32_t, bool>& may_return) const {
  for (const Attempt& attempt : attempts_) {
    if (attempt.fate == Fate::refused) {
      const auto life = may_return.find(attempt.life);
      const bool may = life != may_return.end() && life->second;
      EXPECT_TRUE(attempt.seen == 0 || may) << "request " << attempt.number << " was answered "
                                            << attempt.answered << " and is in the log";
    }
  }
}

}  // namespace sim
