// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/canvas.h"

#include "appliance/console/text.h"

#include <algorithm>

namespace ap::console {

Canvas::Canvas(int rows, int columns)
    : rows_(std::max(rows, 1)),
      columns_(std::max(columns, 1)),
      cells_(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_)) {}

Cell* Canvas::cell(int row, int column) noexcept {
  if (row < 0 || row >= rows_ || column < 0 || column >= columns_) {
    return nullptr;
  }
  return &cells_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                 static_cast<std::size_t>(column)];
}

const Cell& Canvas::at(int row, int column) const {
  return cells_.at(static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                   static_cast<std::size_t>(column));
}

int Canvas::put(Position position, std::string_view utf8, Style style, int columns_max) {
  const int room = std::min(columns_max, columns_ - position.column);
  if (room <= 0) {
    return position.column;
  }
  int column = position.column;
  for (const char32_t glyph : decode(clipped(utf8, room))) {
    if (Cell* const target = cell(position.row, column)) {
      *target = {glyph, style};
    }
    if (console::columns(glyph) == 2) {
      if (Cell* const second = cell(position.row, column + 1)) {
        *second = {0, style};
      }
    }
    column += console::columns(glyph);
  }
  return column;
}

void Canvas::fill(const Area& area, char32_t glyph, Style style) {
  for (int row = area.row; row < area.row + area.rows; ++row) {
    for (int column = area.column; column < area.column + area.columns; ++column) {
      if (Cell* const target = cell(row, column)) {
        *target = {glyph, style};
      }
    }
  }
}

void Canvas::restyle(const Area& area, Style style) {
  for (int row = area.row; row < area.row + area.rows; ++row) {
    for (int column = area.column; column < area.column + area.columns; ++column) {
      if (Cell* const target = cell(row, column)) {
        target->style = style;
      }
    }
  }
}

void Canvas::box(const Area& area, std::string_view title, Style style) {
  const int bottom = area.row + area.rows - 1;
  const int right = area.column + area.columns - 1;
  fill(area, U' ', Style::plain);
  fill({area.row, area.column, 1, area.columns}, U'─', style);
  fill({bottom, area.column, 1, area.columns}, U'─', style);
  fill({area.row, area.column, area.rows, 1}, U'│', style);
  fill({area.row, right, area.rows, 1}, U'│', style);
  fill({area.row, area.column, 1, 1}, U'┌', style);
  fill({area.row, right, 1, 1}, U'┐', style);
  fill({bottom, area.column, 1, 1}, U'└', style);
  fill({bottom, right, 1, 1}, U'┘', style);
  if (!title.empty()) {
    put({area.row, area.column + 2}, " " + clipped(title, area.columns - 6) + " ", Style::strong);
  }
}

void Canvas::show_cursor(Position position) noexcept {
  cursor_ = position;
  has_cursor_ = true;
}

std::string Canvas::row_text(int row) const {
  std::u32string line;
  for (int column = 0; column < columns_; ++column) {
    if (at(row, column).glyph != 0) {
      line += at(row, column).glyph;
    }
  }
  line.erase(line.find_last_not_of(U' ') + 1);
  return encode(line);
}

std::string Canvas::text() const {
  std::string all;
  for (int row = 0; row < rows_; ++row) {
    all += row_text(row) + "\n";
  }
  return all;
}

}  // namespace ap::console
