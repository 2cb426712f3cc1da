// SPDX-License-Identifier: LicenseRef-Project
// The terminal: the only place that knows ncurses. Sends the cells that changed, reads keys.
#pragma once

#include "appliance/console/canvas.h"
#include "appliance/console/key.h"

#include <memory>
#include <optional>

namespace ap::console {

/// Owns the terminal of standard input and output from construction to destruction.
/// Thread: one. Failure: the constructor throws exec::Failure when there is no usable terminal.
/// A crash of the process restores the terminal too, as far as a signal handler can.
class Terminal {
 public:
  struct Options {
    bool is_ascii = false;       ///< Never line drawing or other characters beyond ASCII.
    bool is_monochrome = false;  ///< Never colors; bold and reverse remain.
  };

  explicit Terminal(Options options);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  Terminal(Terminal&&) = delete;
  Terminal& operator=(Terminal&&) = delete;
  ~Terminal();

  [[nodiscard]] int rows() const;
  [[nodiscard]] int columns() const;

  /// The next key that is there already.
  std::optional<Key> read_key();
  void show(const Canvas& canvas);

  /// Takes the size the terminal has now.
  void resize();
  /// The next `show` sends everything.
  void redraw();
  /// Gives the terminal to somebody else, and takes it back.
  void suspend();
  void resume();

 private:
  class Screen;
  std::unique_ptr<Screen> screen_;
};

/// The glyph in ASCII, one column for one column.
char32_t ascii_glyph(char32_t glyph) noexcept;

/// Whether a terminal of this type shows UTF-8 by its nature, whatever the locale says: serial
/// terminals (vt100, vt220, …) are taken not to.
bool shows_utf8(const char* terminal_type) noexcept;

}  // namespace ap::console
