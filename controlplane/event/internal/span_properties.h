// SPDX-License-Identifier: LicenseRef-Project
// The properties and the name of the event that a span becomes.
#pragma once

#include "dataplane/format/codec/otlp_traces.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cp::event::internal {

/// Properties by name; values as compact JSON.
using SpanProperties = std::map<std::string, std::string, std::less<>>;

/// What a span says, under the names of PostHog.
struct SpanEvent {
  std::string_view name;
  SpanProperties properties;
};

SpanEvent span_event(const format::codec::TraceSpan& span);

/// The text of the first of `keys` that is a string and not empty: of the span's own attributes,
/// then of its resource's.
std::optional<std::string> span_text(const format::codec::TraceSpan& span, std::string_view key);

}  // namespace cp::event::internal
