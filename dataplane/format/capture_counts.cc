// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/capture_counts.h"

#include <cstring>
#include <optional>

namespace format {
namespace {

constexpr std::uint32_t kVersion = 1;

// Offsets; docs/formats/event-log.md, "Counters record".
constexpr std::size_t kVersionAt = 0;
constexpr std::size_t kRowCountAt = 4;
constexpr std::size_t kSourceAt = 8;
constexpr std::size_t kMinuteAt = 16;
constexpr std::size_t kOutcomeCountAt = 24;
constexpr std::size_t kReservedAt = 26;

/// Walks over a body; every cut is checked against its end.
class BodyReader {
 public:
  explicit BodyReader(base::Bytes body) noexcept : rest_(body) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  std::optional<base::Bytes> cut(std::size_t bytes) noexcept {
    if (rest_.size() < bytes) {
      return std::nullopt;
    }
    const auto taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }

  std::optional<CountsOutcome> outcome() noexcept {
    const auto head = cut(kCountsOutcomeHeaderBytes);
    if (!head) {
      return std::nullopt;
    }
    const auto name = cut(base::load_little_endian<std::uint8_t>(*head, 2));
    const auto text = cut(base::load_little_endian<std::uint8_t>(*head, 3));
    if (!name || !text) {
      return std::nullopt;
    }
    return CountsOutcome{base::load_little_endian<std::uint16_t>(*head, 0), base::as_text(*name),
                         base::as_text(*text)};
  }

  std::optional<CountsRow> row() noexcept {
    const auto head = cut(kCountsRowHeaderBytes);
    if (!head) {
      return std::nullopt;
    }
    const auto token = cut(base::load_little_endian<std::uint8_t>(*head, 10));
    if (!token) {
      return std::nullopt;
    }
    return CountsRow{static_cast<CountsOwner>(base::load_little_endian<std::uint8_t>(*head, 9)),
                     base::as_text(*token), base::load_little_endian<std::uint8_t>(*head, 8),
                     base::load_little_endian<std::uint32_t>(*head, 0),
                     base::load_little_endian<std::uint32_t>(*head, 4)};
  }

 private:
  base::Bytes rest_;
};

bool has_meaning(const CountsRow& row, std::size_t outcome_count) noexcept {
  return row.outcome < outcome_count && row.owner <= CountsOwner::others &&
         (row.owner == CountsOwner::token) == !row.token.empty();
}

}  // namespace

CountsEncoder::CountsEncoder(base::MutableBytes out) noexcept
    : out_(out), fits_(out.size() >= kCountsHeaderBytes) {}

bool CountsEncoder::take(std::size_t bytes) noexcept {
  fits_ = fits_ && out_.size() - end_ >= bytes;
  return fits_;
}

void CountsEncoder::append(std::string_view text) noexcept {
  if (!text.empty()) {
    std::memcpy(out_.data() + end_, text.data(), text.size());
    end_ += text.size();
  }
}

void CountsEncoder::add_outcome(const CountsOutcome& outcome) noexcept {
  fits_ = fits_ && outcome_count_ < kCountsOutcomesMax && row_count_ == 0 &&
          outcome.name.size() <= kCountsTextBytesMax && outcome.text.size() <= kCountsTextBytesMax;
  if (!take(kCountsOutcomeHeaderBytes + outcome.name.size() + outcome.text.size())) {
    return;
  }
  base::store_little_endian(out_, end_, outcome.status);
  base::store_little_endian(out_, end_ + 2, static_cast<std::uint8_t>(outcome.name.size()));
  base::store_little_endian(out_, end_ + 3, static_cast<std::uint8_t>(outcome.text.size()));
  end_ += kCountsOutcomeHeaderBytes;
  append(outcome.name);
  append(outcome.text);
  ++outcome_count_;
}

void CountsEncoder::add_row(const CountsRow& row) noexcept {
  fits_ = fits_ && row_count_ < kCountsRowsMax && row.token.size() <= kCountsTextBytesMax &&
          has_meaning(row, outcome_count_);
  if (!take(kCountsRowHeaderBytes + row.token.size())) {
    return;
  }
  base::store_little_endian(out_, end_, row.requests);
  base::store_little_endian(out_, end_ + 4, row.events);
  base::store_little_endian(out_, end_ + 8, row.outcome);
  base::store_little_endian(out_, end_ + 9, static_cast<std::uint8_t>(row.owner));
  base::store_little_endian(out_, end_ + 10, static_cast<std::uint8_t>(row.token.size()));
  base::store_little_endian(out_, end_ + 11, std::uint8_t{0});
  end_ += kCountsRowHeaderBytes;
  append(row.token);
  ++row_count_;
}

std::size_t CountsEncoder::finish(std::uint64_t source, Minute minute) noexcept {
  if (!fits_) {
    return 0;
  }
  base::store_little_endian(out_, kVersionAt, kVersion);
  base::store_little_endian(out_, kRowCountAt, row_count_);
  base::store_little_endian(out_, kSourceAt, source);
  base::store_little_endian(out_, kMinuteAt, minute);
  base::store_little_endian(out_, kOutcomeCountAt, outcome_count_);
  std::memset(out_.data() + kReservedAt, 0, kCountsHeaderBytes - kReservedAt);
  return end_;
}

base::Result<CaptureCounts> decode_counts(base::Bytes body) {
  BodyReader reader(body);
  const auto head = reader.cut(kCountsHeaderBytes);
  if (!head) {
    return base::unexpected(make_error(FormatError::bad_length));
  }
  if (base::load_little_endian<std::uint32_t>(*head, kVersionAt) != kVersion) {
    return base::unexpected(make_error(FormatError::bad_version));
  }
  CaptureCounts counts;
  counts.source = base::load_little_endian<std::uint64_t>(*head, kSourceAt);
  counts.minute = base::load_little_endian<Minute>(*head, kMinuteAt);
  const auto outcome_count = base::load_little_endian<std::uint16_t>(*head, kOutcomeCountAt);
  const auto row_count = base::load_little_endian<std::uint32_t>(*head, kRowCountAt);
  if (outcome_count > kCountsOutcomesMax || row_count > kCountsRowsMax) {
    return base::unexpected(make_error(FormatError::bad_value));
  }
  for (std::size_t index = 0; index < outcome_count; ++index) {
    const auto outcome = reader.outcome();
    if (!outcome) {
      return base::unexpected(make_error(FormatError::bad_length));
    }
    counts.outcomes.push_back(*outcome);
  }
  for (std::size_t index = 0; index < row_count; ++index) {
    const auto row = reader.row();
    if (!row) {
      return base::unexpected(make_error(FormatError::bad_length));
    }
    if (!has_meaning(*row, outcome_count)) {
      return base::unexpected(make_error(FormatError::bad_value));
    }
    counts.rows.push_back(*row);
  }
  if (!reader.at_end()) {
    return base::unexpected(make_error(FormatError::bad_length));
  }
  return counts;
}

}  // namespace format
