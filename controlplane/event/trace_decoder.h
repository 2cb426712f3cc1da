// SPDX-License-Identifier: LicenseRef-Project
// From an OTLP export (`/i/v0/ai/otel`) to AI events: names, ids, times and properties as
// PostHog's AI pipeline gives them.
#pragma once

#include "controlplane/event/record_decoder.h"
#include "dataplane/base/result.h"
#include "dataplane/format/log_record.h"

#include <cstdint>
#include <memory>

namespace cp::event {

/// Decodes exports one after another. Pure, as RecordDecoder; owner and thread: one.
///
/// A span becomes `$ai_generation`, `$ai_embedding`, `$ai_span`, or `$ai_trace` when it is a plain
/// span without a parent. Its attributes and those of its resource become properties, the standard
/// ones under PostHog's names; every other attribute keeps its own. The uuid follows from trace and
/// span id, so an export sent again brings no second event.
class TraceDecoder {
 public:
  TraceDecoder();
  TraceDecoder(const TraceDecoder&) = delete;
  TraceDecoder& operator=(const TraceDecoder&) = delete;
  TraceDecoder(TraceDecoder&&) = delete;
  TraceDecoder& operator=(TraceDecoder&&) = delete;
  ~TraceDecoder();

  /// As RecordDecoder::decode, for records of Endpoint::ai_traces.
  base::Result<void> decode(std::uint32_t partition, const format::LogRecord& record,
                            EventSink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::event
