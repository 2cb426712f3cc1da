// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/line_edit.h"

#include "appliance/console/text.h"

#include <algorithm>

namespace ap::console {

LineEdit::LineEdit(std::string_view text) : text_(decode(text)), at_(text_.size()) {}

bool LineEdit::key(const Key& key) {
  switch (key.kind) {
    case KeyKind::character:
      if (key.character >= U' ' && columns(key.character) > 0 && text_.size() < kGlyphsMax) {
        text_.insert(at_++, 1, key.character);
      }
      return true;
    case KeyKind::left:
      at_ = at_ > 0 ? at_ - 1 : 0;
      return true;
    case KeyKind::right:
      at_ = std::min(at_ + 1, text_.size());
      return true;
    case KeyKind::home:
      at_ = 0;
      return true;
    case KeyKind::end:
      at_ = text_.size();
      return true;
    case KeyKind::clear:
      text_.clear();
      at_ = 0;
      return true;
    case KeyKind::backspace:
      if (at_ > 0) {
        text_.erase(--at_, 1);
      }
      return true;
    case KeyKind::erase:
      if (at_ < text_.size()) {
        text_.erase(at_, 1);
      }
      return true;
    default:
      return false;
  }
}

std::string LineEdit::text() const { return encode(text_); }

void LineEdit::draw(Canvas& canvas, Position position, int width, bool is_active) const {
  canvas.fill({position.row, position.column, 1, width}, U' ', Style::field);
  std::size_t first = 0;
  if (is_active) {
    const auto before = [this](std::size_t from) {
      return columns(std::u32string_view(text_).substr(from, at_ - from));
    };
    while (before(first) >= width) {
      ++first;
    }
    canvas.show_cursor({position.row, position.column + before(first)});
  }
  canvas.put(position, encode(std::u32string_view(text_).substr(first)), Style::field, width);
}

}  // namespace ap::console
