// SPDX-License-Identifier: LicenseRef-Project
// Body of a counters record: how the capture requests of one minute ended, by token and outcome.
// Layout in docs/formats/event-log.md, "Counters record".
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/format_error.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace format {

/// Minutes since 1970 UTC.
using Minute = std::int64_t;

constexpr Minute minute_of(std::int64_t time_us) noexcept { return time_us / 60'000'000; }

/// Whose requests a row counts.
enum class CountsOwner : std::uint8_t {
  none = 0,   ///< The request named no token, or none that could be read.
  token = 1,  ///< The row's token.
  others = 2  ///< Tokens for which the minute's table had no room.
};

/// A way to end, as it was called when the record was written: an old record explains itself.
struct CountsOutcome {
  std::uint16_t status = 0;
  std::string_view name;
  std::string_view text;
};

struct CountsRow {
  CountsOwner owner = CountsOwner::none;
  std::string_view token;    ///< Empty unless the owner is a token.
  std::uint8_t outcome = 0;  ///< Index into the outcomes.
  std::uint32_t requests = 0;
  std::uint32_t events = 0;  ///< 0 where capture could not know.
};

/// Everything of one record, as views into its body. The numbers are absolute: a later record of
/// the same source replaces an earlier one.
struct CaptureCounts {
  std::uint64_t source = 0;  ///< One shard's table of one minute in one life of the process.
  Minute minute = 0;
  std::vector<CountsOutcome> outcomes;
  std::vector<CountsRow> rows;
};

inline constexpr std::size_t kCountsHeaderBytes = 32;
inline constexpr std::size_t kCountsOutcomesMax = 255;
inline constexpr std::size_t kCountsRowsMax = 4096;
/// Bytes of an outcome or a row before its texts, and of the longest text.
inline constexpr std::size_t kCountsOutcomeHeaderBytes = 4;
inline constexpr std::size_t kCountsRowHeaderBytes = 12;
inline constexpr std::size_t kCountsTextBytesMax = 255;

/// Writes a body front to back: all outcomes, then all rows. Never writes behind `out`; what does
/// not fit makes `finish` return 0. No allocation.
class CountsEncoder {
 public:
  explicit CountsEncoder(base::MutableBytes out) noexcept;

  void add_outcome(const CountsOutcome& outcome) noexcept;
  void add_row(const CountsRow& row) noexcept;
  /// The length of the body, or 0 when it did not fit or broke a bound.
  std::size_t finish(std::uint64_t source, Minute minute) noexcept;

 private:
  bool take(std::size_t bytes) noexcept;
  void append(std::string_view text) noexcept;

  base::MutableBytes out_;
  std::size_t end_ = kCountsHeaderBytes;
  std::uint32_t row_count_ = 0;
  std::uint16_t outcome_count_ = 0;
  bool fits_;
};

/// Any bytes are safe. Errors: bad_version, bad_length, bad_value.
base::Result<CaptureCounts> decode_counts(base::Bytes body);

}  // namespace format
