// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/internal/span_properties.h"

#include "controlplane/event/internal/json_text.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace cp::event::internal {
namespace {

using format::codec::AiConvention;
using format::codec::SpanAttribute;
using format::codec::TraceSpan;

constexpr std::string_view kGeneration = "$ai_generation";
constexpr std::string_view kEmbedding = "$ai_embedding";
constexpr std::string_view kSpan = "$ai_span";
constexpr std::string_view kTrace = "$ai_trace";
constexpr std::string_view kRequestType = "llm.request.type";

/// Attributes of the machine and the process: noise in an AI event.
constexpr std::array<std::string_view, 4> kNoisyPrefixes = {"host.", "process.", "os.",
                                                            "telemetry."};

using Renaming = std::pair<std::string_view, std::string_view>;
/// OpenTelemetry's names and PostHog's; what is renamed wins.
constexpr std::array<Renaming, 11> kNames = {{
    {"gen_ai.input.messages", "$ai_input"},
    {"gen_ai.output.messages", "$ai_output_choices"},
    {"gen_ai.usage.input_tokens", "$ai_input_tokens"},
    {"gen_ai.usage.output_tokens", "$ai_output_tokens"},
    {"gen_ai.usage.cache_read.input_tokens", "$ai_cache_read_input_tokens"},
    {"gen_ai.usage.cache_creation.input_tokens", "$ai_cache_creation_input_tokens"},
    {"gen_ai.response.model", "$ai_model"},
    {"gen_ai.provider.name", "$ai_provider"},
    {"server.address", "$ai_base_url"},
    {"telemetry.sdk.name", "$ai_lib"},
    {"telemetry.sdk.version", "$ai_lib_version"},
}};
/// Older names, which count only where the newer ones said nothing.
constexpr std::array<Renaming, 4> kOlderNames = {{
    {"gen_ai.system", "$ai_provider"},
    {"gen_ai.request.model", "$ai_model"},
    {"gen_ai.usage.prompt_tokens", "$ai_input_tokens"},
    {"gen_ai.usage.completion_tokens", "$ai_output_tokens"},
}};
/// What the event says otherwise.
constexpr std::array<std::string_view, 6> kStripped = {
    "telemetry.sdk.language", "gen_ai.operation.name",
    "posthog.ai.debug",       "user.id",
    "posthog.distinct_id",    kRequestType};
/// Lists of messages, sent as JSON within a string.
constexpr std::array<std::string_view, 2> kMessages = {"$ai_input", "$ai_output_choices"};

bool is_filled_text(std::string_view json) noexcept { return json.size() > 2 && json[0] == '"'; }

std::string quoted(std::string_view text) {
  std::string json;
  append_quoted(json, text);
  return json;
}

std::optional<std::string> text_of(std::string_view json) {
  if (!is_filled_text(json)) {
    return std::nullopt;
  }
  std::string text;
  append_unescaped(text, json);
  return text;
}

const SpanAttribute* find(std::span<const SpanAttribute> attributes,
                          std::string_view key) noexcept {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [key](const auto& attribute) { return attribute.key == key; });
  return found == attributes.end() ? nullptr : &*found;
}

std::string_view name_of_request(std::string_view type) noexcept {
  if (type == "chat" || type == "completion") {
    return kGeneration;
  }
  return type == "embedding" || type == "embeddings" ? kEmbedding : kSpan;
}

std::string_view name_of_vercel(std::string_view operation) noexcept {
  if (operation.ends_with(".doGenerate") || operation.ends_with(".doStream")) {
    return kGeneration;
  }
  return operation == "ai.embed.doEmbed" || operation == "ai.embedMany.doEmbed" ? kEmbedding
                                                                                : kSpan;
}

std::string_view name_of_operation(std::string_view operation) noexcept {
  if (operation == "chat") {
    return kGeneration;
  }
  return operation == "embeddings" ? kEmbedding : kSpan;
}

/// What the attribute that the span's convention classifies by says.
std::string_view classify(const TraceSpan& span) {
  const auto own_text = [&span](std::string_view key) {
    const auto* attribute = find(span.attributes, key);
    return attribute == nullptr ? std::string() : text_of(attribute->json).value_or("");
  };
  auto name = kSpan;
  switch (span.convention) {
    case AiConvention::vercel:
      name = name_of_vercel(own_text("ai.operationId"));
      break;
    case AiConvention::generic:
      name = name_of_operation(own_text("gen_ai.operation.name"));
      break;
    case AiConvention::traceloop:
    case AiConvention::pydantic:
    case AiConvention::none:
      break;
  }
  return name == kSpan ? name_of_request(own_text(kRequestType)) : name;
}

void collect(const TraceSpan& span, SpanProperties& properties) {
  for (const auto& [key, json] : span.resource) {
    const auto is_noise =
        std::any_of(kNoisyPrefixes.begin(), kNoisyPrefixes.end(),
                    [&name = key](std::string_view prefix) { return name.starts_with(prefix); });
    if (!is_noise) {
      properties.insert_or_assign(std::string(key), std::string(json));
    }
  }
  for (const auto& [key, json] : span.attributes) {
    properties.insert_or_assign(std::string(key), std::string(json));
  }
}

void move_member(SpanProperties& properties, const Renaming& names, bool wins) {
  const auto found = properties.find(names.first);
  if (found == properties.end()) {
    return;
  }
  if (wins || properties.find(names.second) == properties.end()) {
    properties.insert_or_assign(std::string(names.second), std::move(found->second));
  }
  properties.erase(found);
}

/// A list of messages within a string becomes the list.
void unpack_messages(SpanProperties& properties, std::string_view name) {
  const auto found = properties.find(name);
  const auto text = found == properties.end() ? std::nullopt : text_of(found->second);
  if (!text) {
    return;
  }
  boost::system::error_code failed;
  const auto value = boost::json::parse(*text, failed);
  if (!failed && value.is_structured()) {
    found->second = boost::json::serialize(value);
  }
}

void rename_all(SpanProperties& properties) {
  for (const auto& names : kNames) {
    move_member(properties, names, true);
  }
  for (const auto& names : kOlderNames) {
    move_member(properties, names, false);
  }
  for (const auto name : kMessages) {
    unpack_messages(properties, name);
  }
  const auto conversation = properties.find("gen_ai.conversation.id");
  if (conversation != properties.end() && is_filled_text(conversation->second)) {
    properties.try_emplace("$ai_session_id", conversation->second);
  }
  for (const auto name : kStripped) {
    if (const auto found = properties.find(name); found != properties.end()) {
      properties.erase(found);
    }
  }
}

/// GeoIP of a server says nothing of the user, so it is off unless asked for.
void settle_geoip(SpanProperties& properties) {
  const auto alias = properties.find("posthog.geoip_disable");
  properties.try_emplace("$geoip_disable",
                         alias == properties.end() ? std::string("true") : alias->second);
  if (alias != properties.end()) {
    properties.erase(alias);
  }
}

void add_latency(const TraceSpan& span, SpanProperties& properties) {
  constexpr double kNanoseconds = 1e9;
  if (span.end_ns <= span.start_ns) {
    return;
  }
  std::array<char, 32> digits{};
  const auto seconds = static_cast<double>(span.end_ns - span.start_ns) / kNanoseconds;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), seconds).ptr;
  properties.insert_or_assign("$ai_latency", std::string(digits.data(), end));
}

void add_identity(const TraceSpan& span, SpanProperties& properties) {
  properties.insert_or_assign("$ai_trace_id", quoted(span.trace_id));
  properties.insert_or_assign("$ai_span_id", quoted(span.span_id));
  if (!span.parent_id.empty()) {
    properties.insert_or_assign("$ai_parent_id", quoted(span.parent_id));
  }
  if (!span.name.empty()) {
    properties.insert_or_assign("$ai_span_name", quoted(span.name));
  }
  properties.insert_or_assign("$ai_ingestion_source", quoted("otel"));
  properties.try_emplace("$lib", quoted("posthog-otel"));
  if (!span.scope_version.empty()) {
    properties.try_emplace("$lib_version", quoted(span.scope_version));
  }
}

}  // namespace

SpanEvent span_event(const TraceSpan& span) {
  SpanEvent event;
  event.name = classify(span);
  collect(span, event.properties);
  settle_geoip(event.properties);
  rename_all(event.properties);
  add_identity(span, event.properties);
  add_latency(span, event.properties);
  if (event.name == kSpan && !event.properties.contains("$ai_parent_id")) {
    event.name = kTrace;
  }
  return event;
}

std::optional<std::string> span_text(const TraceSpan& span, std::string_view key) {
  for (const auto& attributes : {span.attributes, span.resource}) {
    if (const auto* attribute = find(attributes, key)) {
      if (auto text = text_of(attribute->json)) {
        return text;
      }
    }
  }
  return std::nullopt;
}

}  // namespace cp::event::internal
