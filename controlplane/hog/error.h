// SPDX-License-Identifier: LicenseRef-Project
// Where a HogQL text is wrong or asks for something that is not supported, and what that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace cp::hog {

/// A place in the query text; line and column count from 1, offset in bytes from 0.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::size_t offset = 0;
};

/// The only exception of this module. `what()` is one sentence that ends with "(line 1, column 8)".
class HogqlError : public std::runtime_error {
 public:
  HogqlError(const std::string& message, Position position)
      : std::runtime_error(message + " (line " + std::to_string(position.line) + ", column " +
                           std::to_string(position.column) + ")"),
        position_(position) {}
  [[nodiscard]] Position position() const noexcept { return position_; }

 private:
  Position position_;
};

}  // namespace cp::hog
