// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/internal/v1_decoder.h"

#include "controlplane/event/timestamp.h"
#include "controlplane/event/uuid.h"
#include "dataplane/format/codec/ai_names.h"
#include "dataplane/format/codec/rfc3339.h"
#include "dataplane/format/codec/v1_context.h"

#include <optional>
#include <string_view>

namespace cp::event::internal {
namespace {

/// What upstream records for requests of its own components.
constexpr std::string_view kInternalAddress = "127.0.0.1";

}  // namespace

base::Result<void> V1Decoder::decode(const format::LogRecord& record, PropertiesEditor& editor,
                                     EventSink& sink) {
  const auto payload = format::codec::decode_v1_body({record.content_encoding, record.body},
                                                     format::codec::kV1Limits, scratch_);
  if (!payload) {
    return base::unexpected(payload.error());
  }
  events_.clear();
  const auto context = format::codec::read_v1_context(record.query);
  const auto batch = reader_.parse(
      *payload, record.endpoint, this,
      {record.over_quota, format::codec::read_event_bytes_max(context.event_bytes_max)});
  if (!batch) {
    return base::unexpected(batch.error());
  }
  const auto sdk = format::codec::read_sdk_info(context.sdk_info);
  const auto sent_at_us = format::codec::parse_rfc3339(context.request_timestamp);
  const auto skew_us = sent_at_us.value_or(record.received_us) - record.received_us;
  const bool keeps_address = record.address_policy == format::AddressPolicy::keep;
  const auto address =
      batch->is_internal && keeps_address ? kInternalAddress : record.client_address;
  for (const auto& event : events_) {
    const auto timestamp_us =
        event.disable_skew_correction.value_or(false)
            ? within_calendar_us(event.timestamp_us)
            : bounded_event_time_us(event.timestamp_us - skew_us, record.received_us);
    CookielessReader::Cleaned sent{typed_.splice(event, sdk), {}, {}};
    const bool is_cookieless = event.cookieless_mode.value_or(false);
    if (is_cookieless) {
      sent = cookieless_.clean(sent.properties_json, {}, {}, record.client_address);
    }
    const auto properties = editor.edit({sent.properties_json,
                                         {},
                                         {},
                                         keeps_address && !is_cookieless,
                                         address,
                                         event.name.starts_with(format::codec::kAiNamePrefix)});
    ProcessedEvent processed{parse_uuid(event.uuid).value_or(Uuid{}),
                             event.name,
                             event.distinct_id,
                             properties.json,
                             properties.elements_chain,
                             timestamp_us,
                             record.received_us,
                             properties.person_mode,
                             batch->is_historical_migration};
    processed.cookieless = is_cookieless ? &cookieless_.traits() : nullptr;
    lanes_.deliver(processed, sent.properties_json, properties.has_heatmap, sink);
  }
  return {};
}

}  // namespace cp::event::internal
