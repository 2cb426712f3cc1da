// SPDX-License-Identifier: LicenseRef-Project
// Offsets of one IANA time zone, read from the system's TZif files (RFC 8536).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cp::zone {

/// An immutable table of offsets. Local times are counted as seconds since 1970-01-01T00:00 local.
/// Bounds: the file's own transitions (to 2037); later moments keep the last offset.
class TimeZone {
 public:
  /// UTC; reads nothing.
  TimeZone() = default;

  /// Reads `/usr/share/zoneinfo/<name>`. Throws std::runtime_error when there is no such zone.
  static TimeZone load(const std::string& name);

  /// Reads the bytes of a TZif file. Throws std::runtime_error when they are none.
  static TimeZone from_tzif(std::string_view bytes);

  /// Seconds east of UTC at a moment.
  [[nodiscard]] std::int64_t offset_at(std::int64_t utc_seconds) const noexcept;

  [[nodiscard]] std::int64_t to_local(std::int64_t utc_seconds) const noexcept {
    return utc_seconds + offset_at(utc_seconds);
  }

  /// The moment of a local time. A time that occurs twice means the first; a time that is skipped
  /// is read with the offset before the gap.
  [[nodiscard]] std::int64_t to_utc(std::int64_t local_seconds) const noexcept;

 private:
  std::vector<std::int64_t> transitions_;  // ascending moments
  std::vector<std::int64_t> offsets_;      // from transitions_[i] on
  std::int64_t first_offset_ = 0;          // before the first transition
};

}  // namespace cp::zone
