// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/record_decoder.h"

#include "controlplane/event/internal/lane_splitter.h"
#include "controlplane/event/internal/v1_decoder.h"
#include "controlplane/event/timestamp.h"
#include "controlplane/event/trace_decoder.h"
#include "dataplane/format/codec/ai_event.h"
#include "dataplane/format/codec/ai_names.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/codec/quota.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace cp::event {
namespace {

constexpr std::size_t kNameCharactersMax = 200;

/// The first 200 code points (analytics.md 1.1, step 8).
std::string_view cut_name(std::string_view name) noexcept {
  if (name.size() <= kNameCharactersMax) {
    return name;
  }
  std::size_t characters = 0;
  for (std::size_t position = 0; position < name.size(); ++position) {
    const bool is_start = (static_cast<unsigned char>(name[position]) & 0xC0U) != 0x80U;
    if (is_start && ++characters > kNameCharactersMax) {
      return name.substr(0, position);
    }
  }
  return name;
}

}  // namespace

/// The batch reader delivers the events only after the whole body was accepted, but before it
/// returns what the body says about all of them; so the events wait here as copies of their views,
/// which stay valid until the next parse.
struct RecordDecoder::State final : format::codec::EventVisitor {
  format::codec::BatchReader reader;
  format::codec::PayloadScratch scratch;
  format::codec::AiEventReader ai_event;
  TraceDecoder traces;
  PropertiesEditor editor;
  CookielessReader cookieless;
  internal::LaneSplitter lanes;
  internal::V1Decoder v1;
  std::vector<format::codec::Event> events;

  void visit(const format::codec::Event& event) override { events.push_back(event); }

  base::Result<format::codec::Payload> read(const format::LogRecord& record);
  void deliver(const format::codec::Event& event, const format::LogRecord& record,
               ProcessedEvent& processed, EventSink& sink);
};

/// The JSON text of a record's batch.
base::Result<format::codec::Payload> RecordDecoder::State::read(const format::LogRecord& record) {
  if (record.endpoint == format::Endpoint::ai_event) {
    return ai_event.read({record.token, record.content_type, record.content_encoding, record.body});
  }
  const format::codec::PayloadSource source{record.endpoint, record.query, record.content_type,
                                            record.content_encoding, record.body};
  format::codec::PayloadLimits limits;
  limits.is_utf8_checked = false;  // the reader of the batch does
  return format::codec::decode_payload(source, limits, scratch);
}

RecordDecoder::RecordDecoder() : state_(std::make_unique<State>()) {}
RecordDecoder::~RecordDecoder() = default;

base::Result<void> RecordDecoder::decode(std::uint32_t partition, const format::LogRecord& record,
                                         EventSink& sink) {
  if (record.endpoint == format::Endpoint::recordings) {
    return {};
  }
  if (record.endpoint == format::Endpoint::ai_traces) {
    return state_->traces.decode(partition, record, sink);
  }
  if (record.endpoint == format::Endpoint::analytics_v1 ||
      record.endpoint == format::Endpoint::ai_v1) {
    return state_->v1.decode(record, state_->editor, sink);
  }
  const auto payload = state_->read(record);
  if (!payload) {
    return base::unexpected(payload.error());
  }
  state_->events.clear();
  const auto batch = state_->reader.parse(*payload, record.endpoint, state_.get());
  if (!batch) {
    return base::unexpected(batch.error());
  }
  auto sent_at_us = parse_zoned_timestamp(batch->sent_at);
  if (!sent_at_us && payload->query_sent_at_ms != 0) {
    sent_at_us = payload->query_sent_at_ms * 1000;
  }
  EventOrigin origin{partition, record.sequence, 0};
  for (const auto& event : state_->events) {
    if (format::codec::is_over_quota(record.over_quota, event)) {
      ++origin.index;  // the uuids of the others are those of the whole batch
      continue;
    }
    const TimestampInputs time{event.timestamp, event.offset_ms, sent_at_us, event.ignores_sent_at,
                               record.received_us};
    ProcessedEvent processed;
    processed.timestamp_us = event_timestamp_us(time);
    const auto given = parse_uuid(event.uuid);
    processed.uuid = given ? *given : uuid_v7(processed.timestamp_us, origin);
    processed.is_historical_migration = batch->is_historical_migration;
    state_->deliver(event, record, processed, sink);
    ++origin.index;
  }
  return {};
}

/// Fills the rest of `processed`.
void RecordDecoder::State::deliver(const format::codec::Event& event,
                                   const format::LogRecord& record, ProcessedEvent& processed,
                                   EventSink& sink) {
  CookielessReader::Cleaned sent{event.properties_json, event.set_json, event.set_once_json};
  bool keeps_address = record.address_policy == format::AddressPolicy::keep;
  if (event.is_cookieless) {
    sent = cookieless.clean(sent.properties_json, sent.set_json, sent.set_once_json,
                            record.client_address);
    processed.cookieless = &cookieless.traits();
    keeps_address = false;
  }
  const auto properties =
      editor.edit({sent.properties_json, sent.set_json, sent.set_once_json, keeps_address,
                   record.client_address, event.name.starts_with(format::codec::kAiNamePrefix)});
  processed.name = cut_name(event.name);
  processed.distinct_id = event.distinct_id;
  processed.properties_json = properties.json;
  processed.elements_chain = properties.elements_chain;
  processed.created_us = record.received_us;
  processed.person_mode = properties.person_mode;
  lanes.deliver(processed, sent.properties_json, properties.has_heatmap, sink);
}

}  // namespace cp::event
