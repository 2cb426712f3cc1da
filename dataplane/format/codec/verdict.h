// SPDX-License-Identifier: LicenseRef-Project
// What becomes of one event of a v1 batch, as the answer tells the SDK: one table of results and
// details (capture-protocol section 15).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace format::codec {

// X(name, result, details): no details leaves the field out. `retry` is all an SDK sends again.
#define BRISTLE_V1_VERDICTS(X)                                        \
  X(ok, "ok", "")                                                     \
  X(person_processing_disabled, "ok", "person_processing_disabled")   \
  X(dropped_performance_event, "drop", "dropped_performance_event")   \
  X(missing_event_name, "drop", "missing_event_name")                 \
  X(event_name_too_long, "drop", "event_name_too_long")               \
  X(missing_distinct_id, "drop", "missing_distinct_id")               \
  X(distinct_id_too_large, "drop", "distinct_id_too_large")           \
  X(invalid_event_timestamp, "drop", "invalid_event_timestamp")       \
  X(malformed_event_properties, "drop", "malformed_event_properties") \
  X(invalid_options, "drop", "invalid_options")                       \
  X(misrouted_event, "drop", "misrouted_event")                       \
  X(billing_limit_exceeded, "drop", "billing_limit_exceeded")         \
  X(event_too_big, "drop", "event_too_big")                           \
  X(not_persisted, "retry", "not_persisted")

/// One row of the table, by name.
enum class Verdict : std::uint8_t {
#define BRISTLE_VERDICT_NAME(name, result, details) name,
  BRISTLE_V1_VERDICTS(BRISTLE_VERDICT_NAME)
#undef BRISTLE_VERDICT_NAME
};

/// One row of the table.
struct VerdictRow {
  std::string_view name;  ///< Metric label.
  std::string_view result;
  std::string_view details;
};

inline constexpr std::array kVerdicts = {
#define BRISTLE_VERDICT_ROW(name, result, details) VerdictRow{#name, result, details},
    BRISTLE_V1_VERDICTS(BRISTLE_VERDICT_ROW)
#undef BRISTLE_VERDICT_ROW
};

inline constexpr std::size_t kVerdictCount = kVerdicts.size();

constexpr const VerdictRow& row_of(Verdict verdict) noexcept {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}

/// The event is one that the worker stores.
constexpr bool is_taken(Verdict verdict) noexcept {
  return verdict == Verdict::ok || verdict == Verdict::person_processing_disabled;
}

}  // namespace format::codec
