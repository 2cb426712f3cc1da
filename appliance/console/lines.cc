// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/lines.h"

#include "appliance/console/text.h"

#include <algorithm>
#include <cmath>

namespace ap::console {

Line& Line::add(std::string text, Style style) {
  columns_ += console::columns(text);
  spans_.push_back({std::move(text), style});
  return *this;
}

Line& Line::to(int column) {
  const int gap = columns_ < column ? column - columns_ : columns_ == 0 ? 0 : 1;
  return add(std::string(static_cast<std::size_t>(gap), ' '));
}

Line& Line::right(std::string text, int column, Style style) {
  to(column - console::columns(text));
  return add(std::move(text), style);
}

void add_wrapped(Lines& lines, std::string_view text, int width, int indent, Style style) {
  for (std::string& part : wrapped(text, width - indent)) {
    Line line;
    line.to(indent).add(std::move(part), style);
    lines.push_back(std::move(line));
  }
}

void add_bar(Line& line, double share, int width, Style style) {
  const double bounded = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
  int full = static_cast<int>(std::lround(bounded * width));
  full = bounded > 0 && full == 0 ? 1 : full;
  std::string filled;
  std::string empty;
  for (int i = 0; i < width; ++i) {
    (i < full ? filled : empty) += i < full ? "█" : "░";
  }
  line.add(std::move(filled), style).add(std::move(empty), Style::dim);
}

void draw_lines(Canvas& canvas, const Area& area, const Lines& lines, int first) {
  for (int row = 0; row < area.rows; ++row) {
    const std::size_t index = static_cast<std::size_t>(std::max(first, 0) + row);
    if (index >= lines.size()) {
      return;
    }
    int column = area.column;
    for (const Span& span : lines[index].spans()) {
      column = canvas.put({area.row + row, column}, span.text, span.style,
                          area.column + area.columns - column);
    }
  }
}

int scrolled_to(int selected, int count, int rows) noexcept {
  if (count <= rows) {
    return 0;
  }
  return std::clamp(selected - rows / 2, 0, count - rows);
}

}  // namespace ap::console
