// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/rewriter.h"

#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/json_repair.h"
#include "dataplane/format/codec/recording.h"
#include "dataplane/format/privacy/internal/cookieless.h"
#include "dataplane/format/privacy/internal/rewriter_state.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

namespace format::privacy {
namespace {

using internal::cut;
using internal::kJsonBytesMax;
using internal::kShapeNameBytesMax;
using internal::Level;
using internal::Offence;
using internal::trim;

constexpr std::size_t kBytesKept = std::size_t{8} << 20;
constexpr std::size_t kFirstCapacity = std::size_t{64} << 10;
/// A field of an event that gets longer than this by its marks is marked as a whole: events with
/// longer names are not taken (capture-protocol section 15).
constexpr std::size_t kMarkedFieldBytesMax = 200;
/// How a text begins that is gzip (1f 8b 08), a code point a byte, as posthog-js puts it into
/// recordings.
constexpr std::string_view kCompressedText = "\x1f\xc2\x8b\x08";

}  // namespace

bool Rewriter::State::parse() {
  if (parser.capacity() > kBytesKept) {
    parser = simdjson::dom::parser(kJsonBytesMax);
  }
  if (text.size() > parser.capacity() || text.size() > parser.doc.capacity()) {
    const auto capacity = text.size() > kBytesKept
                              ? text.size()
                              : std::max(std::bit_ceil(text.size()), kFirstCapacity);
    if (parser.allocate(capacity, codec::kRecordingDepthMax) != simdjson::SUCCESS ||
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
                                                        std::string_view project,
                                                        const RewriteScope& wanted_scope) {
  if (out.capacity() > kBytesKept) {
    std::string().swap(out);
  }
  out.clear();
  counts = {};
  policy = &wanted;
  token = project;
  scope = wanted_scope;
  result = nullptr;
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
    write_event(true);
  }
}

/// The list of events the cursor stands on; those that are not taken are left out.
void Rewriter::State::write_events() {
  ++lists_written;
  out += '[';
  cursor.step();
  std::size_t index = 0;
  for (auto is_first = true; cursor.kind() != ']'; ++index) {
    if (cursor.kind() == ',') {
      cursor.step();
    }
    result = index < scope.results.size() ? &scope.results[index] : nullptr;
    if (result != nullptr && !codec::is_taken(result->verdict)) {
      ++counts.events_left_out;
      cursor.skip_value();
      continue;
    }
    out += is_first ? "" : ",";
    is_first = false;
    write_event(false);
  }
  out += ']';
  cursor.step();
}

/// One event, or at the root the object around a batch.
void Rewriter::State::write_event(bool is_root) {
  if (cursor.kind() != '{') {
    static_cast<void>(write_value(Level::nested, {}));
    return;
  }
  const auto begin = cursor.place();
  event_place = begin;
  id_address.reset();
  const auto written = out.size();
  const auto lists_before = lists_written;
  offence.reset();
  if (policy->is_closed) {
    offend("policy", {});
  }
  write_object(is_root ? Level::root : Level::event);
  // What offends around a batch has been redacted; its events stand for themselves.
  if (offence && scope.kind == BodyKind::events && lists_written == lists_before) {
    const auto end = cursor.place();
    out.resize(written);
    write_shape(begin, *offence);
    cursor.go_to(end);
    ++counts.events_quarantined;
  }
  offence.reset();
}

// NOLINTNEXTLINE(misc-no-recursion): kRecordingDepthMax bounds it.
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
// NOLINTNEXTLINE(misc-no-recursion): kRecordingDepthMax bounds it.
bool Rewriter::State::write_member(Level level) {
  const auto raw = cursor.scalar();
  const std::string name(internal::unescape(raw, unescaped));
  const auto member = cursor.place();
  cursor.step();
  cursor.step();
  if (name == "$ip") {
    out.append("\"$ip\":");
    return write_address(level, member);
  }
  auto by_name = internal::action_for_name(*policy, level, name);
  // posthog-js writes its settings into recordings: whether it masks fields of the type `password`.
  const auto is_setting = scope.kind == BodyKind::recording && level == Level::nested &&
                          (cursor.kind() == 't' || cursor.kind() == 'f');
  if (by_name != Action::keep && !is_setting) {
    if (by_name == Action::redact && level == Level::options) {
      by_name = Action::drop;  // a mark would be no value for it
    }
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
  if (level == Level::root && name == "batch" && cursor.kind() == '[') {
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

/// The value of `$ip`, the member whose name is token `member`; false when it is to go.
bool Rewriter::State::write_address(Level level, std::size_t member) {
  const auto is_hashed =
      key != nullptr && cursor.kind() == '"' &&
      (policy->address == AddressRule::hash || (level == Level::properties && makes_ids(member)));
  if (is_hashed) {
    const auto hash = key->hash(internal::unescape(cursor.scalar(), unescaped));
    internal::append_quoted({hash.data(), hash.size()}, out);
    ++counts.values_redacted;
  }
  cursor.skip_value();
  return is_hashed;
}

/// The ids of the event are made from the address that is the value of `member`.
bool Rewriter::State::makes_ids(std::size_t member) {
  if (!id_address) {
    id_address = internal::find_id_address(cursor, event_place);
  }
  return member == *id_address;
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
// NOLINTNEXTLINE(misc-no-recursion): kRecordingDepthMax bounds it.
bool Rewriter::State::write_value(Level level, std::string_view name) {
  switch (cursor.kind()) {
    case '{': {
      write_object(internal::level_below(level, name));
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

// NOLINTNEXTLINE(misc-no-recursion): kRecordingDepthMax bounds it.
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
  const auto is_compressed = scope.kind == BodyKind::recording && level == Level::nested &&
                             value.starts_with(kCompressedText);
  if (is_compressed || (!token.empty() && trim(value) == token)) {
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
  } else if (internal::is_field(level) &&
             clean.size() > std::max(value.size(), kMarkedFieldBytesMax)) {
    internal::append_quoted(internal::kRedacted, out);
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
  const auto is_typed = internal::is_field(level) || level == Level::options;
  if (verdict.action == Action::drop && !is_typed && !internal::is_identity(name)) {
    return false;
  }
  ++counts.values_redacted;
  if (internal::is_identity(name)) {
    internal::append_quoted(internal::pseudonym_of(key, raw), out);
  } else {
    // Where a mark would be of the wrong type, nothing stands.
    out.append(is_typed ? "null" : "\"[card]\"");
  }
  return true;
}

Rewriter::Rewriter(const HashKey* key) : state_(std::make_unique<State>(key)) {}
Rewriter::~Rewriter() = default;

base::Result<std::string_view> Rewriter::rewrite(const Policy& policy, std::string_view json,
                                                 std::string_view token,
                                                 const RewriteScope& scope) {
  return state_->rewrite(policy, json, token, scope);
}

std::string_view Rewriter::redact_text(const Policy& policy, std::string_view text) {
  const auto verdict = internal::judge_text(policy, text, state_->clean);
  return verdict.action == Action::keep ? text : std::string_view(state_->clean);
}

const RewriteCounts& Rewriter::counts() const noexcept { return state_->counts; }

}  // namespace format::privacy
