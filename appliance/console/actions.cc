// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/actions.h"

#include "appliance/console/dialogs.h"
#include "appliance/console/text.h"

#include <algorithm>
#include <utility>

namespace ap::console {
namespace {

constexpr std::int64_t kPollMs = 400;
// A plan is usually there at once: no box for a moment that then grows.
constexpr std::int64_t kPlanningShownMs = 500;

std::string reason(const Answer& answer) {
  switch (answer.trouble) {
    case Trouble::denied:
      return "This account may not do that. " + answer.text;
    case Trouble::refused:
      return "Not possible now: " + answer.text;
    case Trouble::unavailable:
      return "The appliance service did not answer. " + answer.text;
    default:
      return answer.text;
  }
}

}  // namespace

ActionDialog::ActionDialog(Action action) : action_(std::move(action)), plan_(action_.own_plan) {}

void ActionDialog::opened(Desk& desk) {
  opened_ms_ = desk.state().now_ms;
  now_ms_ = opened_ms_;
  if (action_.is_immediate) {
    begin(desk);
    return;
  }
  if (!action_.plan) {
    stage_ = Stage::asking;
    return;
  }
  desk.call(
      *action_.plan,
      [this](const Answer& answer) {
        const auto plan = answer.trouble == Trouble::none ? parse_plan(answer.text) : std::nullopt;
        if (!plan) {
          finish(Stage::failed, answer.trouble == Trouble::none
                                    ? "The appliance service answered in words unknown here."
                                    : reason(answer));
          return;
        }
        plan_ = *plan;
        stage_ = Stage::asking;
      },
      id());
}

void ActionDialog::begin(Desk& desk) {
  stage_ = Stage::starting;
  started_ms_ = desk.state().now_ms;
  first_ = 0;
  desk.call(action_.act, [this, &desk](const Answer& answer) { started(answer, desk); }, id());
}

void ActionDialog::started(const Answer& answer, Desk& desk) {
  if (answer.trouble == Trouble::unavailable && action_.goes_down) {
    finish(Stage::succeeded, action_.success);
    return;
  }
  const auto begun = answer.trouble == Trouble::none ? parse_started(answer.text) : std::nullopt;
  if (!begun) {
    finish(Stage::failed, answer.trouble == Trouble::none
                              ? "The appliance service answered in words unknown here."
                              : reason(answer));
    return;
  }
  operation_ = begun->operation;
  stage_ = Stage::running;
  if (action_.accepted) {
    action_.accepted(desk);
  }
  confirm_within_s_ = begun->confirm_within_s;
  if (operation_.empty()) {
    succeed(desk);
  }
}

void ActionDialog::progressed(const Answer& answer, Desk& desk) {
  is_polling_ = false;
  waiting_.clear();
  if (answer.trouble == Trouble::unavailable || answer.trouble == Trouble::timed_out) {
    if (action_.goes_down) {
      finish(Stage::succeeded, action_.success);
    } else {
      waiting_ = "Waiting for the appliance service…";
    }
    return;
  }
  if (answer.trouble != Trouble::none) {
    finish(Stage::failed, answer.trouble == Trouble::not_found
                              ? "The appliance service was restarted meanwhile and no longer knows "
                                "how this ended. See the audit log and the state of the service."
                              : reason(answer));
    return;
  }
  const auto operation = parse_operation(answer.text);
  if (!operation) {
    return;
  }
  progress_ = *operation;
  if (progress_.state == "done") {
    succeed(desk);
  } else if (progress_.state == "failed") {
    finish(Stage::failed,
           progress_.result.empty() ? "It did not work; the log says more." : progress_.result);
  }
}

void ActionDialog::finish(Stage stage, std::string text) {
  stage_ = stage;
  outcome_ = std::move(text);
  took_ms_ = now_ms_ - started_ms_;
  first_ = 0;
}

void ActionDialog::succeed(Desk& desk) {
  desk.refresh(FeedName::services);
  desk.refresh(FeedName::health);
  finish(Stage::succeeded, action_.success);
  if (!action_.commit_noun.empty() && confirm_within_s_ > 0) {
    desk.expect_commit(action_.commit_noun, confirm_within_s_ - took_ms_ / 1000);
    desk.close(id());
  }
}

void ActionDialog::tick(Desk& desk) {
  now_ms_ = desk.state().now_ms;
  if (stage_ != Stage::running || is_polling_ || now_ms_ - polled_ms_ < kPollMs) {
    return;
  }
  is_polling_ = true;
  polled_ms_ = now_ms_;
  desk.call(
      {"Operations", "Describe", {operation_}},
      [this, &desk](const Answer& answer) { progressed(answer, desk); }, id());
}

void ActionDialog::ask_key(const Key& key, Desk& desk) {
  const bool is_enter = key.kind == KeyKind::enter;
  if (key.is(U'y') || (is_enter && agrees_)) {
    if (action_.word.empty()) {
      begin(desk);
    } else {
      stage_ = Stage::typing;
    }
  } else if (key.kind == KeyKind::escape || key.is(U'n') || is_enter) {
    desk.close(id());
  } else if (key.kind == KeyKind::left || key.kind == KeyKind::right || key.kind == KeyKind::tab ||
             key.kind == KeyKind::back_tab) {
    agrees_ = !agrees_;
  } else if (key.kind == KeyKind::up) {
    first_ = std::max(first_ - 1, 0);
  } else if (key.kind == KeyKind::down) {
    ++first_;
  }
}

void ActionDialog::type_key(const Key& key, Desk& desk) {
  if (key.kind == KeyKind::escape) {
    desk.close(id());
  } else if (key.kind == KeyKind::enter) {
    is_word_wrong_ = typed_.text() != action_.word;
    if (!is_word_wrong_) {
      begin(desk);
    }
  } else {
    typed_.key(key);
    is_word_wrong_ = false;
  }
}

void ActionDialog::key(const Key& key, Desk& desk) {
  switch (stage_) {
    case Stage::planning:
      if (key.kind == KeyKind::escape) {
        desk.close(id());
      }
      return;
    case Stage::asking:
      ask_key(key, desk);
      return;
    case Stage::typing:
      type_key(key, desk);
      return;
    case Stage::starting:
    case Stage::running:
      if (key.kind == KeyKind::escape) {  // The work goes on; the audit log keeps its result.
        desk.close(id());
      }
      return;
    case Stage::succeeded:
    case Stage::failed:
      break;
  }
  if (key.is(U'l') && !action_.log_unit.empty()) {
    const std::string unit = action_.log_unit;
    desk.show_log(unit);
  } else if (key.kind == KeyKind::enter || key.kind == KeyKind::escape || key.is(U' ')) {
    desk.close(id());
  }
}

Lines ActionDialog::plan_lines(int width) const {
  Lines lines;
  for (const Change& change : plan_.changes) {
    const std::string from = change.from.empty() ? "(empty)" : change.from;
    const std::string values = from + " → " + (change.to.empty() ? "(empty)" : change.to);
    Line line(change.field, Style::strong);
    line.to(18);
    if (line.columns() + columns(values) <= width) {
      lines.push_back(std::move(line.add(values, Style::accent)));
    } else {
      lines.push_back(std::move(line));
      add_wrapped(lines, values, width, 3, Style::accent);
    }
  }
  if (!plan_.changes.empty() && !plan_.steps.empty()) {
    lines.emplace_back();
  }
  if (!plan_.steps.empty()) {
    lines.emplace_back("What will happen", Style::strong);
  }
  int number = 0;
  for (const std::string& step : plan_.steps) {
    const std::size_t first = lines.size();
    add_wrapped(lines, step, width, 4);
    lines[first] = Line();
    lines[first].add(" " + std::to_string(++number) + ". ").add(wrapped(step, width - 4).front());
  }
  for (const std::string& warning : plan_.warnings) {
    lines.emplace_back();
    const std::size_t first = lines.size();
    add_wrapped(lines, warning, width, 4, Style::warning);
    lines[first] = Line();
    lines[first].add(" ▲  ", Style::warning);
    lines[first].add(wrapped(warning, width - 4).front(), Style::warning);
  }
  return lines;
}

Lines ActionDialog::progress_lines(int width, const State& state) const {
  Lines lines;
  add_wrapped(lines, progress_.step.empty() ? "Starting" : progress_.step, width);
  lines.emplace_back();
  Line bar;
  if (progress_.progress) {
    add_bar(bar, *progress_.progress, std::min(width - 8, 50), Style::good);
    bar.right(std::to_string(static_cast<int>(*progress_.progress * 100)) + " %",
              std::min(width - 8, 50) + 6);
  }
  lines.push_back(std::move(bar));
  lines.emplace_back("For " + duration_text((state.now_ms - started_ms_) / 1000) + " so far",
                     Style::dim);
  if (!waiting_.empty()) {
    lines.emplace_back(waiting_, Style::warning);
  }
  return lines;
}

Lines ActionDialog::body(int width, const State& state) const {
  Lines lines;
  switch (stage_) {
    case Stage::planning:
      lines.emplace_back("Asking what this would do…");
      break;
    case Stage::asking:
    case Stage::typing:
      return plan_lines(width);
    case Stage::starting:
    case Stage::running:
      return progress_lines(width, state);
    case Stage::succeeded:
      add_wrapped(lines, "• " + outcome_, width, 0, Style::good);
      if (!progress_.result.empty() && progress_.result != outcome_) {
        lines.emplace_back();
        add_wrapped(lines, progress_.result, width, 2);
      }
      lines.emplace_back();
      lines.emplace_back("  Took " + duration_text(took_ms_ / 1000), Style::dim);
      break;
    case Stage::failed:
      add_wrapped(lines, "▲ " + outcome_, width, 0, Style::critical);
      break;
  }
  return lines;
}

void ActionDialog::draw_foot(Canvas& canvas, const Area& box) const {
  const int row = box.row + box.rows - 2;
  const int column = box.column + 3;
  if (stage_ == Stage::asking) {
    canvas.put({row, column}, action_.question, Style::strong, box.columns - 34);
    const std::vector<std::string> buttons{action_.agree, "Cancel"};
    draw_buttons(canvas, {row, box.column + box.columns - 3}, buttons, agrees_ ? 0 : 1);
  } else if (stage_ == Stage::typing) {
    const int after = canvas.put({row, column}, "Type the word " + action_.word + " and Enter: ",
                                 is_word_wrong_ ? Style::critical : Style::strong);
    typed_.draw(canvas, {row, after}, 16, true);
  } else if (stage_ == Stage::succeeded || stage_ == Stage::failed) {
    draw_buttons(canvas, {row, box.column + box.columns - 3}, {"OK"}, 0);
  }
}

void ActionDialog::draw(Canvas& canvas, const State& state) {
  if (stage_ == Stage::planning && state.now_ms - opened_ms_ < kPlanningShownMs) {
    return;
  }
  const int width = std::min(canvas.columns() - 4, 76);
  const Lines lines = body(width - 6, state);
  const int count = static_cast<int>(lines.size());
  const int rows = std::min(std::max(count, 3), box_rows_max(canvas) - 5);
  first_ = std::clamp(first_, 0, std::max(count - rows, 0));
  const Area box = draw_box(canvas, rows + 5, width, action_.title);
  draw_lines(canvas, {box.row + 2, box.column + 3, rows, width - 6}, lines, first_);
  if (count - first_ > rows) {
    canvas.put({box.row + 2 + rows, box.column + width - 9}, "more ↓", Style::strong);
  }
  draw_foot(canvas, box);
}

Hints ActionDialog::hints(const State& /*state*/) const {
  switch (stage_) {
    case Stage::planning:
      return {{"Esc", "cancel"}};
    case Stage::asking:
      return {{"y", "yes"}, {"n", "no"}, {"←→ Enter", "choose"}, {"↑↓", "scroll"}};
    case Stage::typing:
      return {{"Enter", "go on"}, {"Esc", "cancel"}};
    case Stage::starting:
    case Stage::running:
      return {{"Esc", "hide; it goes on"}};
    case Stage::succeeded:
    case Stage::failed:
      break;
  }
  Hints hints{{"Enter", "OK"}};
  if (!action_.log_unit.empty()) {
    hints.push_back({"l", "read its log"});
  }
  return hints;
}

}  // namespace ap::console
