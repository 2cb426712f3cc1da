// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/terminal.h"

#include "appliance/console/text.h"
#include "appliance/exec/failure.h"

#include <langinfo.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>
#include <string_view>
#include <vector>

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

namespace ap::console {
namespace {

// For the crash handler, which may use neither the heap nor ncurses.
struct Restore {
  termios modes{};
  std::array<char, 256> sequence{};
  std::size_t sequence_bytes = 0;
  bool is_armed = false;
};

Restore g_restore;

void restore_after_crash(int number) {
  if (g_restore.is_armed) {
    [[maybe_unused]] const ssize_t written =
        ::write(STDOUT_FILENO, g_restore.sequence.data(), g_restore.sequence_bytes);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &g_restore.modes);
  }
  ::raise(number);  // SA_RESETHAND: now with its usual end.
}

constexpr std::array kCrashes{SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

// `modes` are those from before ncurses changed them.
void arm_restore(const termios& modes) {
  g_restore.modes = modes;
  std::string sequence;
  for (const char* name : {"sgr0", "rmacs", "cnorm", "rmkx", "rmcup"}) {
    std::string capability(name);
    const char* const text = ::tigetstr(capability.data());
    if (text != nullptr) {
      sequence += text;
    }
  }
  g_restore.sequence_bytes = sequence.copy(g_restore.sequence.data(), g_restore.sequence.size());
  g_restore.is_armed = true;
  struct sigaction action{};
  action.sa_handler = restore_after_crash;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER;
  for (const int number : kCrashes) {
    ::sigaction(number, &action, nullptr);
  }
}

// A login without a locale is common; the console speaks UTF-8 wherever the terminal can.
bool choose_characters(const char* type) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): before there is a second thread that reads the locale.
  std::setlocale(LC_ALL, "");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): as above.
  const auto is_utf8 = [] { return std::string_view(::nl_langinfo(CODESET)) == "UTF-8"; };
  if (!is_utf8() && shows_utf8(type)) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): as above.
    std::setlocale(LC_CTYPE, "C.UTF-8");
  }
  return is_utf8() && shows_utf8(type);
}

enum Pair : short { pair_none, pair_good, pair_warning, pair_critical, pair_accent, pair_bar };

struct Look {
  attr_t attributes = A_NORMAL;
  short pair = pair_none;
};

Look look_of(Style style, bool has_colors) {
  switch (style) {
    case Style::plain:
      return {};
    case Style::dim:
      return {A_DIM, pair_none};
    case Style::strong:
      return {A_BOLD, pair_none};
    case Style::good:
      return {A_NORMAL, pair_good};
    case Style::warning:
      return {A_BOLD, pair_warning};
    case Style::critical:
      return {A_BOLD, pair_critical};
    case Style::bar:
      return has_colors ? Look{A_BOLD, pair_bar} : Look{A_REVERSE, pair_none};
    case Style::tab_active:
      return {A_REVERSE, pair_none};
    case Style::selected:
      return {A_REVERSE | A_BOLD, pair_none};
    case Style::field:
      return {A_UNDERLINE, pair_none};
    case Style::accent:
      return {has_colors ? A_NORMAL : A_BOLD, pair_accent};
  }
  return {};
}

void start_colors() {
  ::start_color();
  ::use_default_colors();
  ::init_pair(pair_good, COLOR_GREEN, -1);
  ::init_pair(pair_warning, COLOR_YELLOW, -1);
  ::init_pair(pair_critical, COLOR_RED, -1);
  ::init_pair(pair_accent, COLOR_CYAN, -1);
  ::init_pair(pair_bar, COLOR_WHITE, COLOR_BLUE);
}

// Emulators disagree on which of these they send, whatever their TERM promises.
void define_keys() {
  struct Sequence {
    const char* bytes;
    int code;
  };
  constexpr std::array kSequences{
      Sequence{"\033[A", KEY_UP},   Sequence{"\033OA", KEY_UP},     Sequence{"\033[B", KEY_DOWN},
      Sequence{"\033OB", KEY_DOWN}, Sequence{"\033[C", KEY_RIGHT},  Sequence{"\033OC", KEY_RIGHT},
      Sequence{"\033[D", KEY_LEFT}, Sequence{"\033OD", KEY_LEFT},   Sequence{"\033[H", KEY_HOME},
      Sequence{"\033OH", KEY_HOME}, Sequence{"\033[1~", KEY_HOME},  Sequence{"\033[7~", KEY_HOME},
      Sequence{"\033[F", KEY_END},  Sequence{"\033OF", KEY_END},    Sequence{"\033[4~", KEY_END},
      Sequence{"\033[8~", KEY_END}, Sequence{"\033[5~", KEY_PPAGE}, Sequence{"\033[6~", KEY_NPAGE},
      Sequence{"\033[3~", KEY_DC},  Sequence{"\033[Z", KEY_BTAB}};
  for (const Sequence& sequence : kSequences) {
    ::define_key(sequence.bytes, sequence.code);
  }
}

std::optional<Key> named_key(wint_t code) {
  switch (code) {
    case KEY_UP:
      return Key{KeyKind::up};
    case KEY_DOWN:
      return Key{KeyKind::down};
    case KEY_LEFT:
      return Key{KeyKind::left};
    case KEY_RIGHT:
      return Key{KeyKind::right};
    case KEY_PPAGE:
      return Key{KeyKind::page_up};
    case KEY_NPAGE:
      return Key{KeyKind::page_down};
    case KEY_HOME:
    case KEY_FIND:
      return Key{KeyKind::home};
    case KEY_END:
    case KEY_SELECT:
      return Key{KeyKind::end};
    case KEY_ENTER:
      return Key{KeyKind::enter};
    case KEY_BTAB:
      return Key{KeyKind::back_tab};
    case KEY_BACKSPACE:
      return Key{KeyKind::backspace};
    case KEY_DC:
      return Key{KeyKind::erase};
    default:
      return std::nullopt;
  }
}

std::optional<Key> typed_key(wint_t code) {
  switch (code) {
    case 3:
      return Key{KeyKind::interrupt};
    case 8:
    case 127:
      return Key{KeyKind::backspace};
    case 9:
      return Key{KeyKind::tab};
    case 10:
    case 13:
      return Key{KeyKind::enter};
    case 12:
      return Key{KeyKind::redraw};
    case 21:
      return Key{KeyKind::clear};
    case 27:
      return Key{KeyKind::escape};
    default:
      break;
  }
  if (code < 32 || console::columns(static_cast<char32_t>(code)) == 0) {
    return std::nullopt;
  }
  return Key{KeyKind::character, static_cast<char32_t>(code)};
}

}  // namespace

/// The ncurses screen and what the terminal can.
class Terminal::Screen {
 public:
  explicit Screen(Options options) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody writes the environment.
    const char* const type = std::getenv("TERM");
    is_utf8_ = choose_characters(type) && !options.is_ascii;
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
      throw exec::Failure(exec::FailureKind::failed, "the console needs a terminal");
    }
    termios modes{};
    ::tcgetattr(STDIN_FILENO, &modes);
    screen_ = ::newterm(nullptr, stdout, stdin);
    if (screen_ == nullptr) {  // An unknown TERM: what nearly everything understands.
      screen_ = ::newterm("vt100", stdout, stdin);
    }
    if (screen_ == nullptr) {
      throw exec::Failure(exec::FailureKind::failed,
                          "this terminal's type is unknown: set TERM, for example TERM=vt100");
    }
    arm_restore(modes);
    ::raw();
    ::noecho();
    ::nonl();
    ::keypad(stdscr, TRUE);
    ::nodelay(stdscr, TRUE);
    ::set_escdelay(100);
    define_keys();
    has_colors_ = !options.is_monochrome && ::has_colors() == TRUE;
    if (has_colors_) {
      start_colors();
    }
    ::curs_set(0);
    ::clear();
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  Screen(Screen&&) = delete;
  Screen& operator=(Screen&&) = delete;
  ~Screen() {
    ::endwin();
    g_restore.is_armed = false;
    ::delscreen(screen_);
  }

  void show_row(const Canvas& canvas, int row) {
    std::vector<cchar_t> cells;
    for (int column = 0; column < canvas.columns(); ++column) {
      const Cell& cell = canvas.at(row, column);
      if (cell.glyph != 0) {
        add_glyph(cells, cell);
      }
    }
    ::mvwadd_wchnstr(stdscr, row, 0, cells.data(), static_cast<int>(cells.size()));
  }

 private:
  // What the terminal's library takes for another width than we do would shift the line.
  void add_glyph(std::vector<cchar_t>& cells, const Cell& cell) const {
    const int width = console::columns(cell.glyph);
    char32_t glyph = is_utf8_ ? cell.glyph : ascii_glyph(cell.glyph);
    int count = 1;
    if (glyph != cell.glyph || ::wcwidth(static_cast<wchar_t>(glyph)) != width) {
      glyph = glyph < 0x7F && glyph >= 0x20 ? glyph : U'?';
      count = width;
    }
    const Look look = look_of(cell.style, has_colors_);
    const std::array<wchar_t, 2> text{static_cast<wchar_t>(glyph), L'\0'};
    cchar_t character{};
    ::setcchar(&character, text.data(), look.attributes,
               has_colors_ ? look.pair : static_cast<short>(pair_none), nullptr);
    cells.insert(cells.end(), static_cast<std::size_t>(count), character);
  }

  SCREEN* screen_ = nullptr;
  bool is_utf8_ = false;
  bool has_colors_ = false;
};

Terminal::Terminal(Options options) : screen_(std::make_unique<Screen>(options)) {}

Terminal::~Terminal() = default;

int Terminal::rows() const { return std::max(::getmaxy(stdscr), 1); }

int Terminal::columns() const { return std::max(::getmaxx(stdscr), 1); }

std::optional<Key> Terminal::read_key() {
  while (true) {
    wint_t code = 0;
    const int kind = ::wget_wch(stdscr, &code);
    if (kind == ERR) {
      return std::nullopt;
    }
    if (const auto key = kind == KEY_CODE_YES ? named_key(code) : typed_key(code)) {
      return key;
    }
  }
}

void Terminal::show(const Canvas& canvas) {
  for (int row = 0; row < std::min(canvas.rows(), rows()); ++row) {
    screen_->show_row(canvas, row);
  }
  ::curs_set(canvas.has_cursor() ? 1 : 0);
  if (canvas.has_cursor()) {
    ::wmove(stdscr, canvas.cursor().row, canvas.cursor().column);
  } else {
    ::wmove(stdscr, rows() - 1, 0);
  }
  ::wrefresh(stdscr);
}

void Terminal::resize() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    ::resizeterm(size.ws_row, size.ws_col);
    ::wclear(stdscr);
  }
}

void Terminal::redraw() { ::clearok(stdscr, TRUE); }

void Terminal::suspend() {
  ::def_prog_mode();
  ::wclear(stdscr);  // Not every terminal has a second screen to go back to.
  ::wrefresh(stdscr);
  ::endwin();
}

void Terminal::resume() {
  ::reset_prog_mode();
  resize();
  redraw();
}

char32_t ascii_glyph(char32_t glyph) noexcept {
  struct Fold {
    char32_t from;
    char32_t to;
  };
  constexpr std::array kFolds{
      Fold{U'─', U'-'}, Fold{U'│', U'|'},  Fold{U'┌', U'+'}, Fold{U'┐', U'+'}, Fold{U'└', U'+'},
      Fold{U'┘', U'+'}, Fold{U'█', U'#'},  Fold{U'░', U'.'}, Fold{U'•', U'*'}, Fold{U'▲', U'!'},
      Fold{U'►', U'>'}, Fold{U'▼', U'v'},  Fold{U'→', U'>'}, Fold{U'←', U'<'}, Fold{U'↑', U'^'},
      Fold{U'↓', U'v'}, Fold{U'…', U'.'},  Fold{U'·', U'.'}, Fold{U'×', U'x'}, Fold{U'“', U'"'},
      Fold{U'”', U'"'}, Fold{U'’', U'\''}, Fold{U'–', U'-'}, Fold{U'—', U'-'}};
  if (glyph < 0x7F) {
    return glyph;
  }
  const auto* const fold = std::ranges::find(kFolds, glyph, &Fold::from);
  return fold != kFolds.end() ? fold->to : U'?';
}

bool shows_utf8(const char* terminal_type) noexcept {
  const std::string_view type = terminal_type == nullptr ? "" : terminal_type;
  return !type.empty() && !type.starts_with("vt") && type != "dumb" && type != "ansi";
}

}  // namespace ap::console
