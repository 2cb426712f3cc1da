// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/traces_rewriter.h"

#include "dataplane/format/privacy/internal/tokens.h"
#include "dataplane/format/privacy/internal/value_rules.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace format::privacy {
namespace {

using internal::append_quoted;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::string_view kAddressName = "$ip";
/// Each level of a value is three levels of JSON, and readers take kJsonDepthMax of them.
constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kBytesKept = std::size_t{1} << 20;

/// Attributes that say who somebody is (capture-protocol section 16).
bool is_span_identity(std::string_view key) noexcept {
  constexpr std::array<std::string_view, 4> kKeys = {"posthog.distinct_id", "user.id",
                                                     "ai.telemetry.metadata.posthog_distinct_id",
                                                     "ai.settings.context.posthog_distinct_id"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end() || internal::is_identity(key);
}

/// The shortest text that reads back as `number`.
std::string text_of(double number) {
  std::array<char, 32> digits{};
  const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return failure == std::errc() ? std::string(digits.data(), end) : "0";
}

}  // namespace

struct TracesRewriter::State {
  explicit State(const HashKey* hash_key) : key(hash_key) {}

  void begin_scope(const codec::TraceSpan& span);
  void end_scope();
  void write_span(const codec::TraceSpan& span);
  void write_text(std::string_view name, std::string_view text);
  void write_attributes(std::span<const codec::SpanAttribute> attributes);
  bool write_attribute(const codec::SpanAttribute& attribute);
  bool write_key(Action by_name, std::string_view name, std::string& written);
  bool write_address(element value);
  bool write_value(element value, std::string_view name, std::size_t depth);
  bool write_judged(std::string_view type, std::string_view text, std::string_view name);
  void write_list(simdjson::dom::array items, std::size_t depth);
  void write_members(simdjson::dom::object members, std::size_t depth);
  [[nodiscard]] Action action_for_nested(std::string_view name) const noexcept;
  void write_redacted();

  const HashKey* key;
  const Policy* policy = nullptr;
  simdjson::dom::parser parser;
  std::string out;
  std::string clean;
  RewriteCounts counts;
  std::uint32_t spans = 0;
  const codec::SpanAttribute* resource = nullptr;
  std::string_view version;
  bool has_ai_key = false;
};

void TracesRewriter::State::begin_scope(const codec::TraceSpan& span) {
  const auto is_same =
      spans > 0 && span.resource.data() == resource && span.scope_version == version;
  if (is_same) {
    out += ',';
    return;
  }
  end_scope();
  out += spans == 0 ? "" : ",";
  resource = span.resource.data();
  version = span.scope_version;
  out += "{\"resource\":{";
  write_attributes(span.resource);
  out += "},\"scopeSpans\":[{\"scope\":{";
  write_text("version", version);
  out += "},\"spans\":[";
}

void TracesRewriter::State::end_scope() { out += spans == 0 ? "" : "]}]}"; }

void TracesRewriter::State::write_span(const codec::TraceSpan& span) {
  begin_scope(span);
  ++spans;
  out += "{\"traceId\":";
  append_quoted(span.trace_id, out);
  out += ",\"spanId\":";
  append_quoted(span.span_id, out);
  out += ",\"parentSpanId\":";
  append_quoted(span.parent_id, out);
  out.append(",\"startTimeUnixNano\":\"").append(std::to_string(span.start_ns));
  out.append("\",\"endTimeUnixNano\":\"").append(std::to_string(span.end_ns)).append("\",");
  write_text("name", span.name);
  out += ',';
  has_ai_key = false;
  write_attributes(span.attributes);
  if (!has_ai_key) {
    out.pop_back();
    out += out.back() == '[' ? "{\"key\":" : ",{\"key\":";
    append_quoted(kRedactedSpanKey, out);
    out += ",\"value\":{\"boolValue\":true}}]";
  }
  out += '}';
}

/// A field whose text is searched.
void TracesRewriter::State::write_text(std::string_view name, std::string_view text) {
  const auto verdict = internal::judge_text(*policy, text, clean);
  append_quoted(name, out);
  out += ':';
  if (verdict.action == Action::keep && !policy->is_closed) {
    append_quoted(text, out);
    return;
  }
  ++counts.values_redacted;
  append_quoted(policy->is_closed ? internal::kRedacted : std::string_view(clean), out);
}

void TracesRewriter::State::write_attributes(std::span<const codec::SpanAttribute> attributes) {
  out += "\"attributes\":[";
  auto is_first = true;
  for (const auto& attribute : attributes) {
    const auto written = out.size();
    out += is_first ? "" : ",";
    if (write_attribute(attribute)) {
      is_first = false;
    } else {
      out.resize(written);
      ++counts.values_dropped;
    }
  }
  out += ']';
}

/// False when the attribute is to go.
bool TracesRewriter::State::write_attribute(const codec::SpanAttribute& attribute) {
  element value;
  if (parser.parse(attribute.json.data(), attribute.json.size(), true).get(value) !=
          simdjson::SUCCESS ||
      value.is_null()) {
    return false;
  }
  auto by_name = policy->names.has(attribute.key) ? Action::keep : policy->name_action;
  if (policy->name_mode != NameMode::allow) {
    by_name = action_for_nested(attribute.key);
  }
  std::string name;
  if (!write_key(by_name, attribute.key, name)) {
    return false;
  }
  if (by_name == Action::redact) {
    write_redacted();
  } else if (!(attribute.key == kAddressName ? write_address(value)
                                             : write_value(value, attribute.key, 0))) {
    return false;
  }
  out += '}';
  has_ai_key = has_ai_key || codec::ai_convention_of(name) != codec::AiConvention::none;
  return true;
}

/// An allow-list names attributes; a deny-list also what lies in them.
Action TracesRewriter::State::action_for_nested(std::string_view name) const noexcept {
  return policy->name_mode == NameMode::deny && policy->names.has(name) ? policy->name_action
                                                                        : Action::keep;
}

/// Begins a pair and gives its name as it was written; false when the pair is to go.
bool TracesRewriter::State::write_key(Action by_name, std::string_view name, std::string& written) {
  const auto verdict = internal::judge_text(*policy, name, clean);
  if (std::max(by_name, verdict.action) > Action::redact) {
    return false;
  }
  counts.values_redacted += verdict.action == Action::redact ? 1U : 0U;
  written.assign(verdict.action == Action::redact ? std::string_view(clean) : name);
  out += "{\"key\":";
  append_quoted(written, out);
  out += ",\"value\":";
  return true;
}

void TracesRewriter::State::write_redacted() {
  ++counts.values_redacted;
  out += "{\"stringValue\":";
  append_quoted(internal::kRedacted, out);
  out += '}';
}

/// The value of `$ip`; false when it is to go.
bool TracesRewriter::State::write_address(element value) {
  std::string_view text;
  if (policy->address != AddressRule::hash || key == nullptr ||
      value.get(text) != simdjson::SUCCESS) {
    return false;
  }
  const auto hash = key->hash(text);
  ++counts.values_redacted;
  out += "{\"stringValue\":";
  append_quoted({hash.data(), hash.size()}, out);
  out += '}';
  return true;
}

/// The value as OTLP writes it; `name` is that of the attribute, empty below it. False when the
/// value is to go.
// NOLINTNEXTLINE(misc-no-recursion): kDepthMax bounds it.
bool TracesRewriter::State::write_value(element value, std::string_view name, std::size_t depth) {
  if (depth > kDepthMax) {
    write_redacted();
    return true;
  }
  switch (value.type()) {
    case element_type::ARRAY:
      write_list(value.get_array().value_unsafe(), depth);
      return true;
    case element_type::OBJECT:
      write_members(value.get_object().value_unsafe(), depth);
      return true;
    case element_type::STRING:
      return write_judged("stringValue", value.get_string().value_unsafe(), name);
    case element_type::INT64:
      return write_judged("intValue", std::to_string(value.get_int64().value_unsafe()), name);
    case element_type::UINT64:
      return write_judged("doubleValue", std::to_string(value.get_uint64().value_unsafe()), name);
    case element_type::DOUBLE:
      return write_judged("doubleValue", text_of(value.get_double().value_unsafe()), name);
    case element_type::BOOL:
      out += value.get_bool().value_unsafe() ? "{\"boolValue\":true}" : "{\"boolValue\":false}";
      return true;
    case element_type::NULL_VALUE:
      out += "{}";
      return true;
  }
  return false;
}

/// A text or number; 64-bit numbers are written as strings.
bool TracesRewriter::State::write_judged(std::string_view type, std::string_view text,
                                         std::string_view name) {
  const auto verdict = internal::judge_text(*policy, text, clean);
  const auto is_identity = is_span_identity(name);
  if (verdict.action > Action::redact && !is_identity) {
    return false;
  }
  const auto is_kept = verdict.action == Action::keep;
  counts.values_redacted += is_kept ? 0U : 1U;
  out.append("{\"").append(is_kept ? type : "stringValue").append("\":");
  if (is_kept) {
    append_quoted(text, out);
  } else {
    append_quoted(is_identity ? internal::pseudonym_of(key, text) : clean, out);
  }
  out += '}';
  return true;
}

// NOLINTNEXTLINE(misc-no-recursion): kDepthMax bounds it.
void TracesRewriter::State::write_list(simdjson::dom::array items, std::size_t depth) {
  out += "{\"arrayValue\":{\"values\":[";
  auto is_first = true;
  for (const auto item : items) {
    const auto written = out.size();
    out += is_first ? "" : ",";
    if (write_value(item, {}, depth + 1)) {
      is_first = false;
    } else {
      out.resize(written);
      ++counts.values_dropped;
    }
  }
  out += "]}}";
}

// NOLINTNEXTLINE(misc-no-recursion): kDepthMax bounds it.
void TracesRewriter::State::write_members(simdjson::dom::object members, std::size_t depth) {
  out += "{\"kvlistValue\":{\"values\":[";
  auto is_first = true;
  std::string name;
  for (const auto member : members) {
    const auto written = out.size();
    out += is_first ? "" : ",";
    const auto by_name = action_for_nested(member.key);
    auto is_kept = write_key(by_name, member.key, name);
    if (is_kept && by_name == Action::redact) {
      write_redacted();
    } else if (is_kept) {
      is_kept = member.key == kAddressName ? write_address(member.value)
                                           : write_value(member.value, {}, depth + 1);
    }
    if (is_kept) {
      out += '}';
      is_first = false;
    } else {
      out.resize(written);
      ++counts.values_dropped;
    }
  }
  out += "]}}";
}

TracesRewriter::TracesRewriter(const HashKey* key) : state_(std::make_unique<State>(key)) {}
TracesRewriter::~TracesRewriter() = default;

void TracesRewriter::start(const Policy& policy) {
  auto& state = *state_;
  if (state.out.capacity() > kBytesKept) {
    std::string().swap(state.out);
    state.parser = simdjson::dom::parser();
  }
  state.policy = &policy;
  state.counts = {};
  state.spans = 0;
  state.out = "{\"resourceSpans\":[";
}

void TracesRewriter::visit(const codec::TraceSpan& span) { state_->write_span(span); }

std::string_view TracesRewriter::finish() {
  state_->end_scope();
  state_->out += "]}";
  return state_->out;
}

std::uint32_t TracesRewriter::span_count() const noexcept { return state_->spans; }
const RewriteCounts& TracesRewriter::counts() const noexcept { return state_->counts; }

}  // namespace format::privacy
