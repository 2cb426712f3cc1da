// SPDX-License-Identifier: LicenseRef-Project
// What a rewriter keeps while it goes through a body.
#pragma once

#include "dataplane/format/privacy/internal/tokens.h"
#include "dataplane/format/privacy/internal/value_rules.h"
#include "dataplane/format/privacy/rewriter.h"

#include <simdjson.h>

#include <optional>
#include <string>
#include <vector>

namespace format::privacy {

namespace internal {

inline constexpr std::size_t kJsonBytesMax = std::size_t{128} << 20;
/// A shape names this many properties, each with this many bytes of its name.
inline constexpr std::size_t kShapeNamesMax = 100;
inline constexpr std::size_t kShapeNameBytesMax = 100;

/// The rule that put an event into quarantine, and where.
struct Offence {
  std::string rule;
  std::string property;
};

/// `text` cut to `bytes_max` between two characters.
std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept;

/// `text` without the white space around it.
std::string_view trim(std::string_view text) noexcept;

}  // namespace internal

struct Rewriter::State {
  explicit State(const HashKey* hash_key) : key(hash_key), parser(internal::kJsonBytesMax) {}

  base::Result<std::string_view> rewrite(const Policy& wanted, std::string_view json,
                                         std::string_view project,
                                         const RewriteScope& wanted_scope);

  bool load(std::string_view json);
  bool parse();
  void write_root();
  void write_event(bool is_root);
  void write_events();
  bool write_value(internal::Level level, std::string_view name);
  void write_object(internal::Level level);
  void write_array(std::string_view name);
  bool write_member(internal::Level level);
  bool write_address(internal::Level level, std::size_t member);
  bool makes_ids(std::size_t member);
  bool write_text(internal::Level level, std::string_view name);
  bool write_scalar(internal::Level level, std::string_view name);
  void write_key(std::string_view raw, std::string_view name);
  bool apply(Action action, std::string_view rule, std::string_view name);
  void offend(std::string_view rule, std::string_view name);
  void write_shape(std::size_t event, const internal::Offence& reason);
  void keep_place(std::string_view field, std::string& kept);
  void collect_event(std::string& shape, std::string& name, std::string& kept);
  void collect_members(const std::string& prefix, std::string& shape);
  void append_clean(std::string_view value, std::string& to);
  std::string shape_of_value();

  const HashKey* key;
  simdjson::dom::parser parser;
  const Policy* policy = nullptr;
  std::string_view token;
  RewriteScope scope;
  std::vector<char> copy;
  std::string_view text;
  internal::TokenCursor cursor;
  std::string out;
  std::string unescaped;
  std::string clean;
  RewriteCounts counts;
  const codec::EventResult* result = nullptr;  ///< Of the event that is written, if it is v1's.
  std::optional<internal::Offence> offence;
  std::size_t event_place = 0;            ///< Of the event that is written.
  std::optional<std::size_t> id_address;  ///< Its find_id_address, once it was asked for.
  std::size_t shape_names = 0;
  std::size_t lists_written = 0;  ///< Of events.
};

}  // namespace format::privacy
