// SPDX-License-Identifier: LicenseRef-Project
// A key as the screens see it, whatever the terminal sent for it.
#pragma once

namespace ap::console {

enum class KeyKind {
  character,
  up,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  enter,
  escape,
  tab,
  back_tab,
  backspace,
  erase,
  clear,      ///< Ctrl-U: empties a field.
  interrupt,  ///< Ctrl-C.
  redraw,     ///< Ctrl-L.
};

struct Key {
  KeyKind kind = KeyKind::character;
  char32_t character = 0;

  bool operator==(const Key&) const = default;
  [[nodiscard]] bool is(char32_t wanted) const noexcept {
    return kind == KeyKind::character && character == wanted;
  }
};

}  // namespace ap::console
