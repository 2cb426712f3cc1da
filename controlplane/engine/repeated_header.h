// SPDX-License-Identifier: LicenseRef-Project
// libchdb formats every piece of a stream as a document of its own. This says for which formats
// pieces can be joined to one document, and removes the header that all but the first piece repeat.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace cp::engine {

/// Joins the pieces of one result. Thread: one at a time.
class PieceJoiner {
 public:
  /// A joiner for `format`; nothing when its pieces cannot be joined (a footer, counters, an
  /// index).
  static std::optional<PieceJoiner> for_format(std::string_view format) noexcept;

  /// `piece` as it belongs behind the pieces before it. The view points into `piece`.
  std::string_view join(std::string_view piece) noexcept;

 private:
  enum class Header { none, lines, quoted_lines, binary };

  PieceJoiner(Header header, std::size_t parts) noexcept : header_(header), parts_(parts) {}
  [[nodiscard]] std::size_t header_bytes(std::string_view piece) const noexcept;

  Header header_;
  std::size_t parts_;  // names are one part, types a second
  bool is_first_ = true;
};

}  // namespace cp::engine
