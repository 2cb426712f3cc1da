// SPDX-License-Identifier: LicenseRef-Project
// UUIDs of events and persons: text form, version 5 (from a name) and version 7 (from a time), RFC
// 9562.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cp::event {

/// 128 bits in network order, as RFC 9562 prints them.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend bool operator==(const Uuid&, const Uuid&) noexcept = default;
  friend auto operator<=>(const Uuid&, const Uuid&) noexcept = default;
};

/// Reads the hyphenated form (36 characters, either case) or plain 32 hexadecimal digits.
std::optional<Uuid> parse_uuid(std::string_view text) noexcept;

/// The lower-case hyphenated form.
std::string to_text(const Uuid& uuid);

/// Version 5: SHA-1 of the namespace and the name.
Uuid uuid_v5(const Uuid& name_space, std::string_view name) noexcept;

/// Where an event without a uuid came from; names it for ever, so that a replay of the log makes
/// the same uuid.
struct EventOrigin {
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;
  std::uint32_t index = 0;  ///< Of the event in its request body.
};

/// Version 7 with the time of the event (before 1970: 0); the other 74 bits are a hash of the
/// origin.
Uuid uuid_v7(std::int64_t timestamp_us, const EventOrigin& origin) noexcept;

/// The person behind a distinct id as long as no identity was merged (analytics.md 1.5:
/// deterministic).
Uuid person_uuid(std::int64_t project_id, std::string_view distinct_id) noexcept;

}  // namespace cp::event
