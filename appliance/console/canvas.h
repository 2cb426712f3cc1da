// SPDX-License-Identifier: LicenseRef-Project
// The screen as a grid of cells: everything is drawn here first, so that tests read it as text and
// the terminal sends only what changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ap::console {

/// What a cell means; the terminal decides on its color or attribute.
enum class Style : std::uint8_t {
  plain,
  dim,
  strong,
  good,
  warning,
  critical,
  bar,         ///< The header line.
  tab_active,  ///< The open screen's name, and a key's name in the hint line.
  selected,    ///< The row or button the keys act on.
  field,       ///< Where text can be typed.
  accent,      ///< Links and values to copy.
};

/// One character cell. A glyph of two columns is followed by a cell with glyph 0.
struct Cell {
  char32_t glyph = U' ';
  Style style = Style::plain;

  bool operator==(const Cell&) const = default;
};

struct Position {
  int row = 0;
  int column = 0;

  bool operator==(const Position&) const = default;
};

struct Area {
  int row = 0;
  int column = 0;
  int rows = 0;
  int columns = 0;
};

/// A grid of `rows` × `columns` cells. Everything drawn outside of it is dropped.
class Canvas {
 public:
  Canvas(int rows, int columns);

  [[nodiscard]] int rows() const noexcept { return rows_; }
  [[nodiscard]] int columns() const noexcept { return columns_; }
  [[nodiscard]] const Cell& at(int row, int column) const;

  /// Writes UTF-8 text, cut (with `…`) at `columns_max` columns or the edge. Returns the column
  /// behind it.
  int put(Position position, std::string_view utf8, Style style, int columns_max = 1 << 20);

  /// Repeats a glyph of one column.
  void fill(const Area& area, char32_t glyph, Style style);

  /// Changes the style of cells and leaves their text.
  void restyle(const Area& area, Style style);

  /// An empty frame with a title in its upper edge.
  void box(const Area& area, std::string_view title, Style style);

  /// Where the terminal's cursor is to blink; hidden unless set.
  void show_cursor(Position position) noexcept;
  [[nodiscard]] Position cursor() const noexcept { return cursor_; }
  [[nodiscard]] bool has_cursor() const noexcept { return has_cursor_; }

  /// The text of one row and of all rows, without trailing spaces, as UTF-8.
  [[nodiscard]] std::string row_text(int row) const;
  [[nodiscard]] std::string text() const;

 private:
  Cell* cell(int row, int column) noexcept;

  int rows_;
  int columns_;
  std::vector<Cell> cells_;
  Position cursor_;
  bool has_cursor_ = false;
};

}  // namespace ap::console
