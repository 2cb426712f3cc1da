// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/rewriter.h"

#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/json_repair.h"
#include "dataplane/format/privacy/internal/tokens.h"
#include "dataplane/format/privacy/internal/value_rules.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

namespace format::privacy {
namespace {

using internal::Level;

constexpr std::size_t kJsonBytesMax = std::size_t{128} << 20;
constexpr std::size_t kBytesKept = std::size_t{8} << 20;
constexpr std::size_t kFirstCapacity = std::size_t{64} << 10;
constexpr std::string_view kPerformanceEvent = "$performance_event";
/// A shape names this many properties, each with this many bytes of its name.
constexpr std::size_t kShapeNamesMax = 100;
constexpr std::size_t kShapeNameBytesMax = 100;

/// `text` cut to `bytes_max` between two characters.
std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() > bytes_max) {
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80U) {
      --bytes_max;
    }
    text = text.substr(0, bytes_max);
  }
  return text;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
  const auto start = text.find_first_not_of(kWhiteSpace);
  return start == std::string_view::npos
             ? std::string_view{}
             : text.substr(start, text.find_last_not_of(kWhiteSpace) + 1 - start);
}

/// The rule that put an event into quarantine, and where.
struct Offence {
  std::string rule;
  std::string property;
};

}  // namespace

struct Rewriter::State {
  explicit State(const HashKey* hash_key) : key(hash_key), parser(kJsonBytesMax) {}

  base::Result<std::string_view> rewrite(const Policy& wanted, std::string_view json,
                                         std::string_view project, BodyKind kind);

  bool load(std::string_view json);
  bool parse();
  void write_root();
  void write_event();
  void write_events();
  bool write_value(Level level, std::string_view name);
  void write_object(Level level);
  void write_array(std::string_view name);
  bool write_member(Level level);
  bool write_address();
  bool write_text(Level level, std::string_view name);
  bool write_scalar(Level level, std::string_view name);
  void write_key(std::string_view raw, std::string_view name);
  bool apply(Action action, std::string_view rule, std::string_view name);
  void offend(std::string_view rule, std::string_view name);
  void write_shape(std::size_t event);
  void collect_event(std::string& shape, std::string& name, std::string& kept);
  void collect_members(const std::string& prefix, std::string& shape);
  void append_clean(std::string_view value, std::string& to);
  std::string shape_of_value();

  const HashKey* key;
  simdjson::dom::parser parser;
  const Policy* policy = nullptr;
  std::string_view token;
  bool may_quarantine = true;
  std::vector<char> copy;
  std::string_view text;
  internal::TokenCursor cursor;
  std::string out;
  std::string unescaped;
  std::string clean;
  RewriteCounts counts;
  std::optional<Offence> offence;
  std::size_t shape_names = 0;
  std::size_t lists_written = 0;  ///< Of events.
};

bool Rewriter::State::parse() {
  if (parser.capacity() > kBytesKept) {
    parser = simdjson::dom::parser(kJsonBytesMax);
  }
  if (text.size() > parser.capacity() || text.size() > parser.doc.capacity()) {
    const auto capacity = text.size() > kBytesKept
                              ? text.size()
                              : std::max(std::bit_ceil(text.size()), kFirstCapacity);
    if (parser.allocate(capacity, codec::kJsonDepthMax) != simdjson::SUCCESS ||
        parser.doc.allocate(capacity) != simdjson::SUCCESS) {
      return false;
    }
  }
  return parser.parse(text.data(), text.size(), false).error() == simdjson::SUCCESS;
}

/// Parses a padded copy of `json`, repaired as BatchReader repairs it when that is needed.
bool Rewriter::State::load(std::string_view json) {
  if (copy.size() > kBytesKept) {
    std::vector<char>().swap(copy);
  }
  copy.resize(std::max(copy.size(), json.size() + codec::kPayloadPadding));
  std::memcpy(copy.data(), json.data(), json.size());
  text = {copy.data(), json.size()};
  if (!parse()) {
    std::vector<char> repaired;
    text = codec::repair_json(json, codec::kPayloadPadding, repaired);
    copy = std::move(repaired);
    if (!parse()) {
      return false;
    }
  }
  const auto& found = *parser.implementation;
  cursor =
      internal::TokenCursor(text, {found.structural_indexes.get(), found.n_structural_indexes});
  return true;
}

base::Result<std::string_view> Rewriter::State::rewrite(const Policy& wanted, std::string_view json,
                                                        std::string_view project, BodyKind kind) {
  if (out.capacity() > kBytesKept) {
    std::string().swap(out);
  }
  out.clear();
  counts = {};
  policy = &wanted;
  token = project;
  may_quarantine = kind == BodyKind::events;
  if (!load(json)) {
    return base::unexpected(
        {base::ErrorDomain::codec, static_cast<std::uint8_t>(codec::BatchError::too_large), 0});
  }
  write_root();
  return std::string_view(out);
}

void Rewriter::State::write_root() {
  if (cursor.kind() == '[') {
    write_events();
  } else {
    write_event();
  }
}

/// The list of events the cursor stands on.
void Rewriter::State::write_events() {
  ++lists_written;
  out += '[';
  cursor.step();
  while (cursor.kind() != ']') {
    if (cursor.kind() == ',') {
      out += ',';
      cursor.step();
    }
    write_event();
  }
  out += ']';
  cursor.step();
}

/// One event, or the object around a batch.
void Rewriter::State::write_event() {
  if (cursor.kind() != '{') {
    static_cast<void>(write_value(Level::nested, {}));
    return;
  }
  const auto begin = cursor.place();
  const auto written = out.size();
  const auto lists_before = lists_written;
  offence.reset();
  if (policy->is_closed) {
    offend("policy", {});
  }
  write_object(Level::event);
  // What offends around a batch has been redacted; its events stand for themselves.
  if (offence && may_quarantine && lists_written == lists_before) {
    const auto end = cursor.place();
    out.resize(written);
    write_shape(begin);
    cursor.go_to(end);
    ++counts.events_quarantined;
  }
  offence.reset();
}

// NOLINTNEXTLINE(misc-no-recursion): kJsonDepthMax bounds it.
void Rewriter::State::write_object(Level level) {
  out += '{';
  cursor.step();
  auto is_first = true;
  while (cursor.kind() != '}') {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    const auto written = out.size();
    if (!is_first) {
      out += ',';
    }
    if (write_member(level)) {
      is_first = false;
    } else {
      out.resize(written);
      ++counts.values_dropped;
    }
  }
  out += '}';
  cursor.step();
}

/// The member the cursor stands on; false when it is to go.
// NOLINTNEXTLINE(misc-no-recursion): kJsonDepthMax bounds it.
bool Rewriter::State::write_member(Level level) {
  const auto raw = cursor.scalar();
  const std::string name(internal::unescape(raw, unescaped));
  cursor.step();
  cursor.step();
  if (name == "$ip") {
    out.append("\"$ip\":");
    return write_address();
  }
  const auto by_name = internal::action_for_name(*policy, level, name);
  if (by_name != Action::keep) {
    write_key(raw, name);
    const auto is_kept = apply(by_name, "properties", name);
    cursor.skip_value();
    return is_kept;
  }
  const auto verdict = internal::judge_text(*policy, name, clean);
  if (verdict.action == Action::drop) {
    cursor.skip_value();
    return false;
  }
  if (verdict.action != Action::keep) {
    if (verdict.action == Action::quarantine) {
      offend("patterns." + std::string(internal::kRedacted), internal::kRedacted);
    }
    ++counts.values_redacted;
    internal::append_quoted(clean, out);
    out += ':';
  } else {
    out.append(raw).append(":");
  }
  if (level == Level::event && name == "batch" && cursor.kind() == '[') {
    write_events();
    return true;
  }
  return write_value(level, name);
}

/// Writes a key whose member goes, unless it is replaced: the name itself may hold a pattern.
void Rewriter::State::write_key(std::string_view raw, std::string_view name) {
  if (internal::judge_text(*policy, name, clean).action == Action::keep) {
    out.append(raw);
  } else {
    internal::append_quoted(clean, out);
  }
  out += ':';
}

/// The value of `$ip`; false when it is to go.
bool Rewriter::State::write_address() {
  const auto is_hashed =
      policy->address == AddressRule::hash && key != nullptr && cursor.kind() == '"';
  if (is_hashed) {
    const auto hash = key->hash(internal::unescape(cursor.scalar(), unescaped));
    internal::append_quoted({hash.data(), hash.size()}, out);
    ++counts.values_redacted;
  }
  cursor.skip_value();
  return is_hashed;
}

/// Writes what takes the place of a value that goes by `rule`; false when nothing does.
bool Rewriter::State::apply(Action action, std::string_view rule, std::string_view name) {
  if (action == Action::drop) {
    return false;
  }
  if (action == Action::quarantine) {
    offend(rule, name);
  } else {
    ++counts.values_redacted;
  }
  internal::append_quoted(internal::kRedacted, out);
  return true;
}

void Rewriter::State::offend(std::string_view rule, std::string_view name) {
  if (!offence) {
    offence = Offence{std::string(rule), std::string(cut(name, kShapeNameBytesMax))};
  }
}

/// The value the cursor stands on, of the member `name`; false when it is to go.
// NOLINTNEXTLINE(misc-no-recursion): kJsonDepthMax bounds it.
bool Rewriter::State::write_value(Level level, std::string_view name) {
  switch (cursor.kind()) {
    case '{': {
      const auto has_properties = (level == Level::event || level == Level::properties) &&
                                  (name == "properties" || name == "$set" || name == "$set_once");
      write_object(has_properties ? Level::properties : Level::nested);
      return true;
    }
    case '[':
      write_array(name);
      return true;
    case '"':
      return write_text(level, name);
    default:
      return write_scalar(level, name);
  }
}

// NOLINTNEXTLINE(misc-no-recursion): kJsonDepthMax bounds it.
void Rewriter::State::write_array(std::string_view name) {
  out += '[';
  cursor.step();
  auto is_first = true;
  while (cursor.kind() != ']') {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    const auto written = out.size();
    if (!is_first) {
      out += ',';
    }
    if (write_value(Level::nested, name)) {
      is_first = false;
    } else {
      out.resize(written);
      ++counts.values_dropped;
    }
  }
  out += ']';
  cursor.step();
}

bool Rewriter::State::write_text(Level level, std::string_view name) {
  const auto raw = cursor.scalar();
  cursor.step();
  const auto value = internal::unescape(raw, unescaped);
  if (!token.empty() && trim(value) == token) {
    out.append(raw);
    return true;
  }
  const auto verdict = internal::judge_text(*policy, value, clean);
  if (verdict.action == Action::keep) {
    out.append(raw);
    return true;
  }
  const auto pattern = kPatternNames[static_cast<std::size_t>(verdict.pattern)];
  if (verdict.action == Action::quarantine) {
    offend("patterns." + std::string(pattern), name);
  }
  const auto must_stay = internal::is_steering(level, name) || internal::is_identity(name);
  if (verdict.action == Action::drop && !must_stay) {
    return false;
  }
  ++counts.values_redacted;
  if (internal::is_identity(name)) {
    internal::append_quoted(internal::pseudonym_of(key, value), out);
  } else {
    internal::append_quoted(clean, out);
  }
  return true;
}

/// A number or literal: only a card number can be told from other numbers.
bool Rewriter::State::write_scalar(Level level, std::string_view name) {
  const auto raw = cursor.scalar();
  cursor.step();
  const auto verdict = internal::judge_text(*policy, raw, clean);
  if (verdict.action == Action::keep) {
    out.append(raw);
    return true;
  }
  if (verdict.action == Action::quarantine) {
    offend("patterns." + std::string(kPatternNames[static_cast<std::size_t>(verdict.pattern)]),
           name);
  }
  if (verdict.action == Action::drop && level != Level::event && !internal::is_identity(name)) {
    return false;
  }
  ++counts.values_redacted;
  if (internal::is_identity(name)) {
    internal::append_quoted(internal::pseudonym_of(key, raw), out);
  } else {
    // A field of an event has its type.
    out.append(level == Level::event ? "null" : "\"[card]\"");
  }
  return true;
}

/// Writes what is left of the event at token `event`: no value, but what and how long its
/// properties were and which rule minded which of them.
void Rewriter::State::write_shape(std::size_t event) {
  std::string shape;
  std::string name;
  std::string kept;
  shape_names = 0;
  cursor.go_to(event);
  collect_event(shape, name, kept);
  const auto is_ignored = name == kPerformanceEvent;
  out += "{\"event\":";
  internal::append_quoted(is_ignored ? kPerformanceEvent : kQuarantineEvent, out);
  out += ",\"distinct_id\":";
  internal::append_quoted(kQuarantineEvent, out);
  if (!token.empty()) {
    out += ",\"token\":";
    internal::append_quoted(token, out);
  }
  out += kept;
  out += ",\"properties\":{\"$process_person_profile\":false,\"$quarantined_event\":";
  internal::append_quoted(name, out);
  out += ",\"$quarantined_by\":";
  internal::append_quoted(offence->rule, out);
  out += ",\"$quarantined_property\":";
  append_clean(offence->property, out);
  out += ",\"$quarantined_shape\":{";
  out += shape;
  out += "}}}";
}

/// Reads the event the cursor stands on into the members of its shape, its name, and the fields
/// that place it: uuid and timestamp.
void Rewriter::State::collect_event(std::string& shape, std::string& name, std::string& kept) {
  cursor.step();
  while (cursor.kind() != '}') {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    const std::string field(internal::unescape(cursor.scalar(), unescaped));
    cursor.step();
    cursor.step();
    const auto is_text = cursor.kind() == '"';
    if (field == "event" && is_text) {
      const auto value = internal::unescape(cursor.scalar(), unescaped);
      const auto is_kept = internal::judge_text(*policy, value, clean).action == Action::keep;
      name.assign(is_kept ? value : std::string_view(clean));
    } else if ((field == "uuid" || field == "timestamp") && is_text) {
      const auto raw = cursor.scalar();
      const auto value = internal::unescape(raw, unescaped);
      if (raw.size() <= kShapeNameBytesMax &&
          internal::judge_text(*policy, value, clean).action == Action::keep) {
        kept.append(",\"").append(field).append("\":").append(raw);
      }
    } else if (cursor.kind() == '{' &&
               (field == "properties" || field == "$set" || field == "$set_once")) {
      collect_members(field == "properties" ? std::string() : field + ".", shape);
      continue;
    }
    cursor.skip_value();
  }
}

/// Adds the members of the object the cursor stands on to the shape.
void Rewriter::State::collect_members(const std::string& prefix, std::string& shape) {
  cursor.step();
  while (cursor.kind() != '}') {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    const auto name = prefix + std::string(internal::unescape(cursor.scalar(), unescaped));
    cursor.step();
    cursor.step();
    const auto value = shape_of_value();
    if (shape_names++ < kShapeNamesMax) {
      shape += shape.empty() ? "" : ",";
      append_clean(cut(name, kShapeNameBytesMax), shape);
      shape += ':';
      internal::append_quoted(value, shape);
    }
  }
  cursor.step();
}

/// Type and size of the value the cursor stands on, which it passes.
std::string Rewriter::State::shape_of_value() {
  const auto first = cursor.kind();
  if (first == '{' || first == '[') {
    const auto begin = cursor.place();
    cursor.skip_value();
    return std::string(first == '{' ? "object(" : "list(") +
           std::to_string(cursor.place() - begin) + " tokens)";
  }
  const auto raw = cursor.scalar();
  cursor.step();
  if (first == '"') {
    return "text(" + std::to_string(internal::unescape(raw, unescaped).size()) + ")";
  }
  if (first == 't' || first == 'f') {
    return "boolean";
  }
  return first == 'n' ? "null" : "number(" + std::to_string(raw.size()) + ")";
}

/// Appends `value` as a JSON string without any pattern.
void Rewriter::State::append_clean(std::string_view value, std::string& to) {
  const auto is_kept = internal::judge_text(*policy, value, clean).action == Action::keep;
  internal::append_quoted(is_kept ? value : std::string_view(clean), to);
}

Rewriter::Rewriter(const HashKey* key) : state_(std::make_unique<State>(key)) {}
Rewriter::~Rewriter() = default;

base::Result<std::string_view> Rewriter::rewrite(const Policy& policy, std::string_view json,
                                                 std::string_view token, BodyKind kind) {
  return state_->rewrite(policy, json, token, kind);
}

std::string_view Rewriter::redact_text(const Policy& policy, std::string_view text) {
  const auto verdict = internal::judge_text(policy, text, state_->clean);
  return verdict.action == Action::keep ? text : std::string_view(state_->clean);
}

const RewriteCounts& Rewriter::counts() const noexcept { return state_->counts; }

}  // namespace format::privacy
