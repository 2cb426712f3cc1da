// SPDX-License-Identifier: LicenseRef-Project
// From a record of the event log to the events that are stored: the one reading of a request that
// the worker and the live stream share. Pure: no clock, no I/O, so the same record always gives the
// same events.
#pragma once

#include "controlplane/event/cookieless.h"
#include "controlplane/event/properties.h"
#include "controlplane/event/uuid.h"
#include "dataplane/base/result.h"
#include "dataplane/format/log_record.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace cp::event {

/// Where an event ends: PostHog has a queue for each, we a table.
enum class Lane : std::uint8_t {
  events,
  heatmaps,  ///< `$$heatmap`, and what other events tell of clicks, moves and scrolling.
  warnings,  ///< `$$client_ingestion_warning`: an SDK that limits itself.
};

/// One event ready to be stored; the views live until the sink returns.
struct ProcessedEvent {
  Uuid uuid;
  std::string_view name;
  std::string_view distinct_id;
  std::string_view properties_json;  ///< Compact JSON object.
  std::string_view elements_chain;
  std::int64_t timestamp_us = 0;  ///< Microseconds since 1970 UTC.
  std::int64_t created_us = 0;    ///< When the server received the request.
  PersonMode person_mode = PersonMode::full;
  bool is_historical_migration = false;
  Lane lane = Lane::events;
  bool is_part = false;  ///< Of the event before it: no event of its own.
  /// Set for an event that asks for an id made by the server. Its distinct_id is a placeholder then
  /// and its properties hold no id, no address and no user agent.
  const CookielessTraits* cookieless = nullptr;
};

/// Receives the events of one record in order; one with a part for the heatmaps is followed by that
/// part, under the same uuid.
class EventSink {
 public:
  virtual void add(const ProcessedEvent& event) = 0;

 protected:
  ~EventSink() = default;
};

/// Decodes records one after another, reusing its memory. Owner and thread: one; not movable.
class RecordDecoder {
 public:
  RecordDecoder();
  RecordDecoder(const RecordDecoder&) = delete;
  RecordDecoder& operator=(const RecordDecoder&) = delete;
  RecordDecoder(RecordDecoder&&) = delete;
  RecordDecoder& operator=(RecordDecoder&&) = delete;
  ~RecordDecoder();

  /// Delivers every event of `record`, which stands in `partition`. An error means that the body
  /// does not decode; capture refuses such bodies, so it points to a bug. Nothing is delivered
  /// then. Events that the record says are over quota are left out. A session recording holds no
  /// events.
  base::Result<void> decode(std::uint32_t partition, const format::LogRecord& record,
                            EventSink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::event
