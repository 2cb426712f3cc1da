// SPDX-License-Identifier: LicenseRef-Project
// What is sent: seeded, distinct events in the shape of a mobile SDK's, rendered to whole requests
// before the run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace load {

enum class Protocol : std::uint8_t { http, redis };

/// What the requests of a corpus look like.
struct Shape {
  std::uint32_t batch_events = 0;   ///< 0: one event per request, not in a batch.
  std::uint32_t event_bytes = 586;  ///< JSON bytes of one event; small numbers give the smallest.
  bool is_gzip = false;
  bool closes = false;  ///< `Connection: close` on every request.
  Protocol protocol = Protocol::http;
  std::uint32_t items_min = 0;  ///< Requests to render at least; 0: what 10,000 events need.
  std::uint64_t seed = 1;
};

struct Corpus {
  std::vector<std::string> requests;  ///< Head and body, as they go out.
  std::uint32_t events_per_request = 1;
  std::size_t body_bytes = 0;  ///< Of all requests together.
};

inline constexpr std::uint32_t kEventsMin = 10'000;

/// The body of request `item`: unique in every event.
std::string render_body(const Shape& shape, std::uint32_t item);

/// Every request, for the server at 127.0.0.1:`port`.
Corpus render_corpus(const Shape& shape, std::uint16_t port);

/// The uuid of event `event` in request `item`, and back: a log can be compared with what was sent.
std::string event_uuid(std::uint32_t item, std::uint32_t event, std::uint64_t seed);
std::optional<std::uint32_t> item_of_uuid(std::string_view uuid);

}  // namespace load
