// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/trace_decoder.h"

#include "controlplane/event/internal/json_text.h"
#include "controlplane/event/internal/span_properties.h"
#include "controlplane/event/properties.h"
#include "controlplane/event/timestamp.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace cp::event {
namespace {

using format::codec::TraceSpan;

/// What names the user of one call, and of a whole process.
constexpr std::array<std::string_view, 2> kCallUserKeys = {
    "ai.telemetry.metadata.posthog_distinct_id", "ai.settings.context.posthog_distinct_id"};
constexpr std::array<std::string_view, 2> kUserKeys = {"posthog.distinct_id", "user.id"};
/// A session spans traces, so it groups before them; the widest first.
constexpr std::array<std::string_view, 6> kSessionKeys = {"$ai_session_id",
                                                          "ai.telemetry.metadata.$ai_session_id",
                                                          "ai.settings.context.$ai_session_id",
                                                          "eve.session.id",
                                                          "anthropic.session.id",
                                                          "gen_ai.conversation.id"};
constexpr std::size_t kDistinctIdCharactersMax = 200;

/// PostHog's, so that anonymous spans keep their person when a project moves here.
constexpr Uuid kAnonymousNamespace{{0x39, 0x2e, 0x81, 0xd5, 0x3d, 0x13, 0x4a, 0x6f, 0xb5, 0x41,
                                    0xbd, 0xbf, 0x6c, 0x86, 0x5e, 0x56}};

/// As capture-protocol 7 has it: NUL becomes U+FFFD, at most 200 code points stay.
std::string cleaned(std::string_view text) {
  std::string clean;
  std::size_t characters = 0;
  for (const char letter : text) {
    const bool is_start = (static_cast<unsigned char>(letter) & 0xC0U) != 0x80U;
    if (is_start && ++characters > kDistinctIdCharactersMax) {
      break;
    }
    if (letter == '\0') {
      clean += "\xEF\xBF\xBD";
    } else {
      clean += letter;
    }
  }
  return clean;
}

std::string anonymous_id(const std::string& name) {
  return to_text(uuid_v5(kAnonymousNamespace, name));
}

bool is_known_id(std::string_view digits) noexcept {
  return digits.find_first_not_of('0') != std::string_view::npos;
}

std::string distinct_id_of(const TraceSpan& span, const std::string& fallback) {
  TraceSpan own = span;
  own.resource = {};
  TraceSpan resource = span;
  resource.attributes = {};
  const auto find_text = [](const TraceSpan& where, auto keys) {
    for (const auto key : keys) {
      if (auto text = internal::span_text(where, key)) {
        return std::optional(cleaned(*text));
      }
    }
    return std::optional<std::string>();
  };
  for (auto found :
       {find_text(own, kCallUserKeys), find_text(own, kUserKeys), find_text(resource, kUserKeys)}) {
    if (found) {
      return *found;
    }
  }
  for (const auto key : kSessionKeys) {
    if (const auto session = internal::span_text(span, key)) {
      return anonymous_id("session:" + *session);
    }
  }
  return is_known_id(span.trace_id) ? anonymous_id("trace:" + std::string(span.trace_id))
                                    : fallback;
}

}  // namespace

struct TraceDecoder::State final : public format::codec::SpanVisitor {
  void visit(const TraceSpan& span) override;

  format::codec::TracesReader reader;
  PropertiesEditor editor;
  std::string json;
  const format::LogRecord* record = nullptr;
  EventSink* sink = nullptr;
  EventOrigin origin;
};

void TraceDecoder::State::visit(const TraceSpan& span) {
  const auto event = internal::span_event(span);
  json = "{";
  for (const auto& [key, value] : event.properties) {
    if (json.size() > 1) {
      json += ',';
    }
    internal::append_quoted(json, key);
    json.append(":").append(value);
  }
  json += '}';
  const auto start_us =
      span.start_ns == 0 ? record->received_us : static_cast<std::int64_t>(span.start_ns / 1000);
  const auto timestamp_us = bounded_event_time_us(start_us, record->received_us);
  const EventOrigin request{origin.partition, origin.sequence,
                            std::numeric_limits<std::uint32_t>::max()};
  const auto distinct_id = distinct_id_of(span, to_text(uuid_v7(record->received_us, request)));
  const auto has_ids = is_known_id(span.trace_id) && is_known_id(span.span_id);
  const auto uuid = has_ids ? uuid_v5(kAnonymousNamespace, "span:" + std::string(span.trace_id) +
                                                               ":" + std::string(span.span_id))
                            : uuid_v7(timestamp_us, origin);
  PropertiesInput input;
  input.properties_json = json;
  input.keeps_address = record->address_policy == format::AddressPolicy::keep;
  input.address = record->client_address;
  input.is_ai_event = true;
  const auto properties = editor.edit(input);
  sink->add({uuid, event.name, distinct_id, properties.json, properties.elements_chain,
             timestamp_us, record->received_us, properties.person_mode, false});
  ++origin.index;
}

TraceDecoder::TraceDecoder() : state_(std::make_unique<State>()) {}
TraceDecoder::~TraceDecoder() = default;

base::Result<void> TraceDecoder::decode(std::uint32_t partition, const format::LogRecord& record,
                                        EventSink& sink) {
  state_->record = &record;
  state_->sink = &sink;
  state_->origin = {partition, record.sequence, 0};
  const auto counts = state_->reader.read(
      {record.content_type, record.content_encoding, record.body}, state_.get());
  if (!counts) {
    return base::unexpected(counts.error());
  }
  return {};
}

}  // namespace cp::event
