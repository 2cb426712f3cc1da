// SPDX-License-Identifier: LicenseRef-Project
// Styled lines: what a screen or dialog builds, then draws with scrolling.
#pragma once

#include "appliance/console/canvas.h"

#include <string>
#include <string_view>
#include <vector>

namespace ap::console {

struct Span {
  std::string text;
  Style style = Style::plain;
};

/// A line of spans; `to` moves to a column so that values align.
class Line {
 public:
  Line() = default;
  explicit Line(std::string text, Style style = Style::plain) { add(std::move(text), style); }

  Line& add(std::string text, Style style = Style::plain);
  /// Pads with spaces up to `column`; one space at least when the line is already longer.
  Line& to(int column);
  /// Adds `text` so that it ends before `column`.
  Line& right(std::string text, int column, Style style = Style::plain);

  [[nodiscard]] const std::vector<Span>& spans() const noexcept { return spans_; }
  [[nodiscard]] int columns() const noexcept { return columns_; }

 private:
  std::vector<Span> spans_;
  int columns_ = 0;
};

using Lines = std::vector<Line>;

/// Appends `text` broken to `width`, every line indented to column `indent`.
void add_wrapped(Lines& lines, std::string_view text, int width, int indent = 0,
                 Style style = Style::plain);

/// A bar of `width` columns, `share` (0..1) of it full.
void add_bar(Line& line, double share, int width, Style style);

/// Draws lines from index `first` on into `area`.
void draw_lines(Canvas& canvas, const Area& area, const Lines& lines, int first = 0);

/// The first line to show so that a list of `count` with `selected` fits into `rows`.
int scrolled_to(int selected, int count, int rows) noexcept;

/// A name of keys and what it does, for the hint line.
struct Hint {
  std::string key;
  std::string text;
};

using Hints = std::vector<Hint>;

}  // namespace ap::console
