// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/dialogs.h"

#include "appliance/console/actions.h"
#include "appliance/console/text.h"

#include <algorithm>
#include <array>

namespace ap::console {
namespace {

constexpr std::int64_t kCommitSeconds = 60;

Action commit_action(const std::string& noun, bool keep) {
  Action action;
  const std::string what = noun == "Firewall" ? "firewall" : "network";
  action.title = (keep ? "Keep the " : "Revert the ") + what + " change";
  action.act = {noun, keep ? "Confirm" : "Revert", {}};
  action.success = keep ? "The change is kept." : "The change was reverted.";
  action.is_immediate = true;
  action.accepted = [](Desk& desk) { desk.end_commit(); };
  return action;
}

}  // namespace

int box_rows_max(const Canvas& canvas) noexcept { return canvas.rows() - 5; }

Area draw_box(Canvas& canvas, int rows, int columns, std::string_view title, Style style) {
  constexpr int kHeaderRows = 3;
  const int room = box_rows_max(canvas);
  const Area box{kHeaderRows + std::max((room - rows) / 2, 0),
                 std::max((canvas.columns() - columns) / 2, 0), rows, columns};
  canvas.fill({box.row, 0, rows, canvas.columns()}, U' ', Style::plain);
  canvas.box(box, title, style);
  return box;
}

void draw_buttons(Canvas& canvas, Position right, const std::vector<std::string>& names,
                  int active) {
  int width = -2;
  for (const std::string& name : names) {
    width += columns(name) + 6;
  }
  int column = right.column - width;
  for (int i = 0; const std::string& name : names) {
    column = canvas.put({right.row, column}, "[ " + name + " ]",
                        i == active ? Style::selected : Style::plain) +
             2;
    ++i;
  }
}

PickDialog::PickDialog(std::string title, std::vector<std::string> rows, std::size_t selected,
                       Picked picked)
    : title_(std::move(title)),
      rows_(std::move(rows)),
      selected_(static_cast<int>(selected)),
      picked_(std::move(picked)) {}

void PickDialog::key(const Key& key, Desk& desk) {
  const int last = static_cast<int>(rows_.size()) - 1;
  switch (key.kind) {
    case KeyKind::up:
    case KeyKind::back_tab:
      selected_ = selected_ > 0 ? selected_ - 1 : last;
      return;
    case KeyKind::down:
    case KeyKind::tab:
      selected_ = selected_ < last ? selected_ + 1 : 0;
      return;
    case KeyKind::home:
      selected_ = 0;
      return;
    case KeyKind::end:
      selected_ = last;
      return;
    case KeyKind::escape:
      desk.close(id());
      return;
    case KeyKind::enter: {
      const Picked picked = picked_;  // The dialog is gone when it is called.
      const auto index = static_cast<std::size_t>(selected_);
      desk.close(id());
      if (last >= 0) {
        picked(desk, index);
      }
      return;
    }
    default:
      return;
  }
}

void PickDialog::draw(Canvas& canvas, const State& /*state*/) {
  int width = columns(title_) + 8;
  for (const std::string& row : rows_) {
    width = std::max(width, columns(row) + 6);
  }
  width = std::min(width, canvas.columns() - 4);
  const int count = static_cast<int>(rows_.size());
  const int rows = std::min(count, box_rows_max(canvas) - 2);
  const Area box = draw_box(canvas, rows + 2, width, title_);
  const int first = scrolled_to(selected_, count, rows);
  for (int i = 0; i < rows; ++i) {
    const int index = first + i;
    canvas.put({box.row + 1 + i, box.column + 3}, rows_[static_cast<std::size_t>(index)],
               Style::plain, width - 6);
    if (index == selected_) {
      canvas.restyle({box.row + 1 + i, box.column + 1, 1, width - 2}, Style::selected);
    }
  }
}

Hints PickDialog::hints(const State& /*state*/) const {
  return {{"↑↓", "move"}, {"Enter", "choose"}, {"Esc", "back"}};
}

InputDialog::InputDialog(std::string title, std::string text, const std::string& value, Typed typed)
    : title_(std::move(title)), text_(std::move(text)), edit_(value), typed_(std::move(typed)) {}

void InputDialog::key(const Key& key, Desk& desk) {
  if (key.kind == KeyKind::escape) {
    desk.close(id());
  } else if (key.kind == KeyKind::enter) {
    const Typed typed = typed_;
    const std::string text = edit_.text();
    desk.close(id());
    typed(desk, text);
  } else {
    edit_.key(key);
  }
}

void InputDialog::draw(Canvas& canvas, const State& /*state*/) {
  const int width = std::min(canvas.columns() - 4, 64);
  Lines lines;
  add_wrapped(lines, text_, width - 6);
  const int rows = static_cast<int>(lines.size());
  const Area box = draw_box(canvas, rows + 5, width, title_);
  draw_lines(canvas, {box.row + 1, box.column + 3, rows, width - 6}, lines);
  edit_.draw(canvas, {box.row + 2 + rows, box.column + 3}, width - 6, true);
}

Hints InputDialog::hints(const State& /*state*/) const {
  return {{"Enter", "OK"}, {"Esc", "back"}};
}

void MessageDialog::key(const Key& key, Desk& desk) {
  if (key.kind == KeyKind::up) {
    first_ = std::max(first_ - 1, 0);
  } else if (key.kind == KeyKind::down) {
    ++first_;
  } else if (key.kind == KeyKind::enter || key.kind == KeyKind::escape || key.is(U' ') ||
             key.is(U'?')) {
    desk.close(id());
  }
}

void MessageDialog::draw(Canvas& canvas, const State& /*state*/) {
  int width = columns(title_) + 8;
  for (const Line& line : lines_) {
    width = std::max(width, line.columns() + 6);
  }
  width = std::min(width, canvas.columns() - 2);
  const int count = static_cast<int>(lines_.size());
  const int rows = std::min(count, box_rows_max(canvas) - 4);
  first_ = std::clamp(first_, 0, count - rows);
  const Area box = draw_box(canvas, rows + 4, width, title_);
  draw_lines(canvas, {box.row + 1, box.column + 3, rows, width - 6}, lines_, first_);
  if (count - first_ > rows) {
    canvas.put({box.row + rows + 2, box.column + 3}, "more ↓", Style::strong);
  }
  draw_buttons(canvas, {box.row + rows + 2, box.column + width - 3}, {"OK"}, 0);
}

Hints MessageDialog::hints(const State& /*state*/) const {
  return {{"Enter", "OK"}, {"↑↓", "scroll"}};
}

void answer_commit(Desk& desk, bool keep) {
  if (const auto& commit = desk.state().commit) {
    desk.open(std::make_unique<ActionDialog>(commit_action(commit->noun, keep)));
  }
}

void CommitDialog::key(const Key& key, Desk& desk) {
  if (key.is(U'k')) {
    answer_commit(desk, true);
  } else if (key.is(U'r')) {
    answer_commit(desk, false);
  } else if (key.kind == KeyKind::escape) {
    desk.hide_commit();
  }
}

void CommitDialog::draw(Canvas& canvas, const State& state) {
  if (!state.commit) {
    return;
  }
  const std::int64_t left =
      std::max<std::int64_t>((state.commit->deadline_ms - state.now_ms + 999) / 1000, 0);
  const int width = std::min(canvas.columns() - 4, 62);
  const Area box =
      draw_box(canvas, 10, width, state.commit->noun + " change applied", Style::warning);
  Lines lines;
  lines.push_back(Line().add("Keep this change?", Style::strong));
  lines.back().right(std::to_string(left) + " s left", width - 6, Style::warning);
  Line bar;
  add_bar(bar, static_cast<double>(left) / static_cast<double>(kCommitSeconds), width - 6,
          Style::warning);
  lines.push_back(std::move(bar));
  lines.emplace_back();
  add_wrapped(lines,
              "Check that you still reach the machine. Without an answer everything goes back to "
              "how it was before.",
              width - 6);
  draw_lines(canvas, {box.row + 2, box.column + 3, 6, width - 6}, lines);
  draw_buttons(canvas, {box.row + 8, box.column + width - 3}, {"k  keep", "r  revert"}, -1);
}

Hints CommitDialog::hints(const State& /*state*/) const {
  return {{"k", "keep"}, {"r", "revert"}, {"Esc", "look around first"}};
}

void LinkDialog::opened(Desk& desk) { expires_ms_ = desk.state().now_ms + link_.expires_s * 1000; }

void LinkDialog::key(const Key& key, Desk& desk) {
  if (key.kind == KeyKind::enter || key.kind == KeyKind::escape) {
    desk.close(id());
  }
}

void LinkDialog::draw(Canvas& canvas, const State& state) {
  canvas.fill({0, 0, canvas.rows() - 1, canvas.columns()}, U' ', Style::plain);
  canvas.put({2, 2}, "One-time login link", Style::strong);
  canvas.put({4, 2}, "Open it in a browser that reaches the vSwitch network:", Style::plain);
  int row = 7;
  canvas.fill({6, 0, 1, canvas.columns()}, U'─', Style::dim);
  // No frame and no indent, so that selecting the lines with a mouse yields the link alone.
  for (std::u32string rest = decode(link_.url); !rest.empty(); ++row) {
    const auto part = std::min(rest.size(), static_cast<std::size_t>(canvas.columns()));
    canvas.put({row, 0}, encode(std::u32string_view(rest).substr(0, part)), Style::accent);
    rest.erase(0, part);
  }
  canvas.fill({row++, 0, 1, canvas.columns()}, U'─', Style::dim);
  const std::int64_t left = (expires_ms_ - state.now_ms + 999) / 1000;
  const std::string expiry = left > 0 ? "It works once and expires in " + duration_text(left) + "."
                                      : "It has expired. Make a new one.";
  canvas.put({row + 1, 2}, expiry, left > 0 ? Style::plain : Style::warning);
  canvas.put({row + 2, 2}, "Whoever has it can log in: do not send it over an open channel.",
             Style::plain);
}

Hints LinkDialog::hints(const State& /*state*/) const {
  return {{"Enter", "done, forget the link"}};
}

std::unique_ptr<Dialog> help_dialog(ScreenName screen, const Hints& keys, const State& state) {
  constexpr std::array<std::string_view, 8> kAbout{
      "Overview: is the machine well, and what to do if not.",
      "Services: the programs of the machine; start, stop, restart.",
      "Logs: what the programs wrote, the newest line at the bottom.",
      "Network: addresses of both networks; a change is tried for 60 s.",
      "Firewall: what may reach the machine; a change is tried for 60 s.",
      "Users: a link that logs you into the page once.",
      "Audit log: who changed what and how it ended.",
      "Power: restart or stop the whole machine."};
  Lines lines;
  lines.emplace_back(std::string(kAbout[static_cast<std::size_t>(screen)]), Style::strong);
  lines.emplace_back();
  const auto row = [&lines](const std::string& key, const std::string& text) {
    lines.push_back(Line().to(1).add(key, Style::accent).to(18).add(text));
  };
  for (const Hint& hint : keys) {
    row(hint.key, hint.text);
  }
  lines.emplace_back();
  lines.emplace_back("Everywhere", Style::strong);
  row("1 … 8", "open a screen; Tab goes to the next one");
  row("↑ ↓ PgUp PgDn", "move or scroll; Home and End go to the ends");
  row("Enter  Esc", "open or agree; go back, nothing is changed");
  row("Ctrl-L", "draw the screen again");
  if (state.may_open_shell) {
    row("9", "open a shell; exit returns here");
  }
  if (state.may_leave) {
    row("q", "leave the console");
  }
  lines.emplace_back("Nothing is changed before its plan was shown and you said yes.", Style::dim);
  return std::make_unique<MessageDialog>("Help", std::move(lines));
}

}  // namespace ap::console
