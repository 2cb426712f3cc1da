// SPDX-License-Identifier: LicenseRef-Project
// A cursor over the tokens of a JSON text that parsed, which gives every scalar as it stands in the
// source: numbers keep their digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace format::privacy::internal {

/// Owner: one rewrite; the positions belong to the parser.
class TokenCursor {
 public:
  TokenCursor() = default;
  TokenCursor(std::string_view text, std::span<const std::uint32_t> positions) noexcept
      : text_(text), positions_(positions) {}

  /// First character of the token: a bracket, comma, colon, quote, or of a scalar.
  [[nodiscard]] char kind() const noexcept { return text_[positions_[next_]]; }
  [[nodiscard]] std::size_t place() const noexcept { return next_; }

  void step() noexcept { ++next_; }
  void go_to(std::size_t place) noexcept { next_ = place; }

  /// The scalar or key the cursor stands on, quotes included.
  [[nodiscard]] std::string_view scalar() const noexcept;

  /// Steps over the value the cursor stands on.
  void skip_value() noexcept;

 private:
  std::string_view text_;
  std::span<const std::uint32_t> positions_;
  std::size_t next_ = 0;
};

/// The text of a JSON string, `quoted` with its quotes; `scratch` holds it when it had escapes.
std::string_view unescape(std::string_view quoted, std::string& scratch);

/// Appends `text` (UTF-8) as a JSON string.
void append_quoted(std::string_view text, std::string& out);

}  // namespace format::privacy::internal
