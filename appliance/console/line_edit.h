// SPDX-License-Identifier: LicenseRef-Project
// One line of text that is being typed: bounded, scrolling within its field.
#pragma once

#include "appliance/console/canvas.h"
#include "appliance/console/key.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace ap::console {

class LineEdit {
 public:
  static constexpr std::size_t kGlyphsMax = 512;

  LineEdit() = default;
  explicit LineEdit(std::string_view text);

  /// Takes the key when it edits; false for keys that mean something else here.
  bool key(const Key& key);
  [[nodiscard]] std::string text() const;

  /// Draws a field of `width` columns; with `is_active` its cursor blinks.
  void draw(Canvas& canvas, Position position, int width, bool is_active) const;

 private:
  std::u32string text_;
  std::size_t at_ = 0;
};

}  // namespace ap::console
