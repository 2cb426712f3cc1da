// SPDX-License-Identifier: LicenseRef-Project
// One action from its plan to its acknowledged result: plan, question, progress, outcome.
#pragma once

#include "appliance/console/desk.h"
#include "appliance/console/line_edit.h"

#include <functional>
#include <optional>
#include <string>

namespace ap::console {

/// What is to be done and in which words. Without a `plan` call, `own_plan` is shown.
struct Action {
  std::string title;  ///< `Restart capture`
  std::optional<Call> plan;
  Plan own_plan;
  Call act;
  std::string question;       ///< `Restart capture now?`
  std::string agree;          ///< The button: `Restart`
  std::string word;           ///< When set, it must be typed before the action starts.
  std::string success;        ///< `Capture was restarted.`
  std::string log_unit;       ///< Its log is offered with the result.
  bool is_immediate = false;  ///< Was asked already: no plan, no question.
  bool goes_down = false;     ///< The machine itself stops answering.
  std::string commit_noun;    ///< Set: the change reverts unless kept; the countdown follows.
  std::function<void(Desk&)> accepted;  ///< Runs when the service took it.
};

/// Leads an action through its stages. Closes only by the operator's key, except after an applied
/// change that is waiting to be kept: there the countdown takes its place.
class ActionDialog final : public Dialog {
 public:
  explicit ActionDialog(Action action);

  void opened(Desk& desk) override;
  void key(const Key& key, Desk& desk) override;
  void tick(Desk& desk) override;
  void draw(Canvas& canvas, const State& state) override;
  [[nodiscard]] Hints hints(const State& state) const override;

 private:
  enum class Stage { planning, asking, typing, starting, running, succeeded, failed };

  void begin(Desk& desk);
  void started(const Answer& answer, Desk& desk);
  void progressed(const Answer& answer, Desk& desk);
  void finish(Stage stage, std::string text);
  void succeed(Desk& desk);
  void ask_key(const Key& key, Desk& desk);
  void type_key(const Key& key, Desk& desk);
  [[nodiscard]] Lines plan_lines(int width) const;
  [[nodiscard]] Lines progress_lines(int width, const State& state) const;
  [[nodiscard]] Lines body(int width, const State& state) const;
  void draw_foot(Canvas& canvas, const Area& box) const;

  Action action_;
  Stage stage_ = Stage::planning;
  Plan plan_;
  bool agrees_ = true;
  LineEdit typed_;
  bool is_word_wrong_ = false;
  std::string operation_;
  std::int64_t confirm_within_s_ = 0;
  Operation progress_;
  bool is_polling_ = false;
  std::int64_t opened_ms_ = 0;
  std::int64_t started_ms_ = 0;
  std::int64_t polled_ms_ = 0;
  std::int64_t now_ms_ = 0;
  std::int64_t took_ms_ = 0;
  std::string outcome_;
  std::string waiting_;
  int first_ = 0;
};

}  // namespace ap::console
