// SPDX-License-Identifier: LicenseRef-Project
// One record of the event log: a request body as it was received, and all that a decoder may need
// later. The bytes are documented in docs/formats/event-log.md.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/quota.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace format {

/// Position of a record in its partition (one shard's log); starts at 0 and grows without gaps.
using Sequence = std::uint64_t;

/// What the client asked for; decides how the body is read (capture-protocol 1, 4.7, 5, 13, 15,
/// 16). The numbers are bytes of the log: never reused.
enum class Endpoint : std::uint8_t {
  i_v0_e = 1,
  batch = 2,
  e = 3,
  capture = 4,
  track = 5,
  engage = 6,
  recordings = 7,     ///< `/s`
  ai_batch = 8,       ///< `/i/v0/ai/batch`
  ai_event = 9,       ///< `/i/v0/ai`, multipart
  ai_traces = 10,     ///< `/i/v0/ai/otel`
  analytics_v1 = 11,  ///< `/i/v1/analytics/events`
  ai_v1 = 12,         ///< `/i/v1/ai/events`
  counters = 13       ///< No request: what capture counted (capture_counts.h).
};
inline constexpr Endpoint kEndpointLast = Endpoint::counters;

/// Records that share a byte budget of the log, so that one kind cannot use up the room of another.
enum class RecordClass : std::uint8_t {
  events,
  replay,  ///< Session recordings.
  system,  ///< The product's own records.
};
inline constexpr std::size_t kRecordClassCount = 3;

/// The class is a property of the route, so that readers and writers need not store it.
constexpr RecordClass class_of(Endpoint endpoint) noexcept {
  if (endpoint == Endpoint::counters) {
    return RecordClass::system;
  }
  return endpoint == Endpoint::recordings ? RecordClass::replay : RecordClass::events;
}

/// What becomes of the client's address. `discard` leaves no trace, or a keyed hash to make ids of.
enum class AddressPolicy : std::uint8_t { discard = 0, keep = 1 };

/// A record as views into somebody's buffer; valid as long as that buffer.
struct LogRecord {
  Sequence sequence = 0;
  std::int64_t received_us = 0;  ///< Server clock at receipt, microseconds since 1970 UTC.
  Endpoint endpoint = Endpoint::i_v0_e;
  AddressPolicy address_policy = AddressPolicy::discard;
  bool is_overflow = false;       ///< Capture's overflow limiter marked it.
  ResourceSet over_quota{};       ///< Readers leave out its events that use one of these.
  std::uint32_t event_count = 0;  ///< What capture counted in it; 0: written by an older release.
  std::string_view token;         ///< The project token capture found, trimmed.
  std::string_view query;         ///< Raw query string without '?', as received.
  std::string_view content_type;  ///< Header value as received, or empty.
  std::string_view content_encoding;  ///< Header value as received, or empty.
  std::string_view user_agent;        ///< Header value as received, cut to 512 bytes.
  std::string_view client_address;    ///< Text form; under `discard` a hash or empty.
  base::Bytes body;                   ///< As received: compressed stays compressed.
};

}  // namespace format
