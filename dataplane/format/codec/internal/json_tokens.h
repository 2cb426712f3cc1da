// SPDX-License-Identifier: LicenseRef-Project
// A JSON text read by its tokens, the positions that the parser's first stage found: checked as the
// second stage would, but no tree is built. Values are looked at where they stand, and cut out
// without rendering them again: numbers keep their digits, strings their escapes.
#pragma once

#include "dataplane/format/codec/internal/json_scalar.h"
#include "dataplane/format/codec/internal/json_slice.h"
#include "dataplane/format/codec/internal/text_arena.h"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace format::codec {

/// Which token: a bracket, a colon, a comma, or the start of a string, number or literal.
using JsonToken = std::uint32_t;
/// The root, which is nothing's member or item: no token.
inline constexpr JsonToken kNoToken = 0;

/// Owner: one JsonDocument. Bounds: four bytes per token of the largest text, until `release`.
class JsonTokens {
 public:
  /// Checks `text`, padded, whose tokens stand at `positions`; both must outlive the use of the
  /// tokens. Decides as simdjson does, and names the first error; which one of STRING_ERROR,
  /// NUMBER_ERROR and TAPE_ERROR may differ.
  simdjson::error_code check(std::string_view text, std::span<const std::uint32_t> positions,
                             std::size_t depth_max);

  void release() noexcept {
    ends_.reset();
    ends_size_ = 0;
  }

  /// First character of a token.
  [[nodiscard]] char kind(JsonToken token) const noexcept { return text_[positions_[token]]; }
  [[nodiscard]] bool is_object(JsonToken value) const noexcept { return kind(value) == '{'; }
  [[nodiscard]] bool is_array(JsonToken value) const noexcept { return kind(value) == '['; }
  [[nodiscard]] bool is_string(JsonToken value) const noexcept { return kind(value) == '"'; }
  [[nodiscard]] bool is_null(JsonToken value) const noexcept { return kind(value) == 'n'; }
  /// Nothing when it is no boolean.
  [[nodiscard]] std::optional<bool> boolean(JsonToken value) const noexcept {
    const auto character = kind(value);
    return character == 't' || character == 'f' ? std::optional(character == 't') : std::nullopt;
  }
  /// Nothing when it is no whole number of 64 bits.
  [[nodiscard]] std::optional<std::int64_t> integer(JsonToken value) const noexcept;

  /// The first item of an array, or first key of an object; kNoToken when it is empty.
  [[nodiscard]] JsonToken first(JsonToken container) const noexcept {
    return ends_[container] == container + 1 ? kNoToken : container + 1;
  }
  [[nodiscard]] static JsonToken value_of(JsonToken key) noexcept { return key + 2; }
  /// What follows a value: the next item or key, or kNoToken.
  [[nodiscard]] JsonToken next(JsonToken value) const noexcept {
    const auto behind = (is_bracket(kind(value)) ? ends_[value] : value) + 1;
    return kind(behind) == ',' ? behind + 1 : kNoToken;
  }

  /// Calls `see(key, value)` for those members whose keys have one of the sizes below 31 whose bits
  /// are set in `sizes`, and perhaps for others. Returns whether there is no white space between
  /// the tokens of the object, where `notices_space`.
  template <typename See>
  bool visit_members(JsonToken object, std::uint32_t sizes, bool notices_space,
                     const See& see) const {
    auto is_compact = notices_space;
    sizes = has_escaped_key_ ? ~0U : sizes;
    auto before = object;  // the opening bracket or a comma
    while (true) {
      // While the text is compact, key and value stand right behind the token before them.
      const auto* const position = positions_ + before;
      const auto* const key = text_ + position[0] + 1;
      const auto* const colon = text_ + position[2];
      if (*key != '"' || colon[-1] != '"' || colon[1] <= ' ') {
        return visit_spaced_members(before, see);
      }
      const auto size = std::min<std::size_t>(static_cast<std::size_t>(colon - key) - 2, 31);
      if ((sizes >> size & 1U) != 0) {
        see(before + 1, before + 3);
      }
      before += 4;
      if (is_bracket(colon[1])) {
        is_compact = is_compact && is_tight(before - 1);
        before = ends_[before - 1] + 1;
      }
      const auto* const behind = text_ + positions_[before];
      is_compact &= static_cast<unsigned char>(behind[-1]) > ' ';
      if (*behind != ',') {
        return is_compact;
      }
    }
  }

  /// What stands between the quotes of a string inside of a container.
  [[nodiscard]] std::string_view raw_text(JsonToken string) const noexcept {
    const auto begin = positions_[string] + 1;
    auto end = positions_[string + 1] - 1;
    while (text_[end] != '"') {  // white space in front of the next token
      --end;
    }
    return {text_ + begin, end - begin};
  }
  /// The same without its escapes, in `arena` when it had any.
  [[nodiscard]] std::string_view text(JsonToken string, TextArena& arena) const {
    const auto raw = raw_text(string);
    return has_escapes_ ? unescape(raw, arena) : raw;
  }
  [[nodiscard]] std::string_view key(JsonToken string, TextArena& arena) const {
    const auto raw = raw_text(string);
    return has_escaped_key_ ? unescape(raw, arena) : raw;
  }
  /// A value that is no string and inside of a container, as it stands in the source.
  [[nodiscard]] std::string_view source(JsonToken value) const noexcept;
  /// The same of a container, with its white space noticed.
  [[nodiscard]] JsonSlice slice(JsonToken container) const noexcept {
    return {source(container), is_tight(container)};
  }

 private:
  class Walk;

  static constexpr bool is_bracket(char character) noexcept {
    return character == '{' || character == '[';
  }

  /// `visit_members` from some opening bracket or comma on, for texts with white space or an empty
  /// object.
  template <typename See>
  bool visit_spaced_members(JsonToken before, const See& see) const {
    if (kind(before + 1) == '}') {
      return positions_[before + 1] == positions_[before] + 1;
    }
    for (auto key = before + 1; key != kNoToken; key = next(value_of(key))) {
      see(key, value_of(key));
    }
    return false;
  }

  [[nodiscard]] bool is_tight(JsonToken container) const noexcept;
  bool reserve(std::size_t size);
  simdjson::error_code check_root_scalar();
  std::uint32_t find_escape(std::size_t from) const noexcept;
  std::uint32_t find_next_escape(std::size_t from) const noexcept;
  std::uint32_t pass_escapes(const std::uint32_t* string, std::uint32_t escape) noexcept;

  const char* text_ = nullptr;
  std::size_t text_bytes_ = 0;
  const std::uint32_t* positions_ = nullptr;
  std::size_t count_ = 0;
  std::unique_ptr<std::uint32_t[]> ends_;  ///< For every opening bracket, its closing one.
  std::size_t ends_size_ = 0;
  bool has_escapes_ = false;
  bool has_escaped_key_ = false;
};

}  // namespace format::codec
