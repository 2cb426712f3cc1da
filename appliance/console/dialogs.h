// SPDX-License-Identifier: LicenseRef-Project
// The small dialogs: a list to pick from, one line to type, a message, the help, the countdown.
#pragma once

#include "appliance/console/desk.h"
#include "appliance/console/line_edit.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ap::console {

/// Draws an empty frame of this size in the middle of the canvas, alone on its rows, and returns
/// where it is.
Area draw_box(Canvas& canvas, int rows, int columns, std::string_view title,
              Style style = Style::plain);

/// Rows a frame may have without covering header and keys.
int box_rows_max(const Canvas& canvas) noexcept;

/// Draws `[ Name ]` buttons that end before `right.column`; the one at `active` is lit.
void draw_buttons(Canvas& canvas, Position right, const std::vector<std::string>& names,
                  int active);

/// A list to choose one row of.
class PickDialog final : public Dialog {
 public:
  using Picked = std::function<void(Desk&, std::size_t)>;

  PickDialog(std::string title, std::vector<std::string> rows, std::size_t selected, Picked picked);

  void key(const Key& key, Desk& desk) override;
  void draw(Canvas& canvas, const State& state) override;
  [[nodiscard]] Hints hints(const State& state) const override;

 private:
  std::string title_;
  std::vector<std::string> rows_;
  int selected_;
  Picked picked_;
};

/// One line to type.
class InputDialog final : public Dialog {
 public:
  using Typed = std::function<void(Desk&, const std::string&)>;

  /// `text` explains above the field, `value` is in it at first.
  InputDialog(std::string title, std::string text, const std::string& value, Typed typed);

  void key(const Key& key, Desk& desk) override;
  void draw(Canvas& canvas, const State& state) override;
  [[nodiscard]] Hints hints(const State& state) const override;

 private:
  std::string title_;
  std::string text_;
  LineEdit edit_;
  Typed typed_;
};

/// A text that stays until it is acknowledged.
class MessageDialog final : public Dialog {
 public:
  MessageDialog(std::string title, Lines lines)
      : title_(std::move(title)), lines_(std::move(lines)) {}

  void key(const Key& key, Desk& desk) override;
  void draw(Canvas& canvas, const State& state) override;
  [[nodiscard]] Hints hints(const State& state) const override;

 private:
  std::string title_;
  Lines lines_;
  int first_ = 0;
};

/// The countdown after a change of network or firewall: keep or revert.
class CommitDialog final : public Dialog {
 public:
  void key(const Key& key, Desk& desk) override;
  void draw(Canvas& canvas, const State& state) override;
  [[nodiscard]] Hints hints(const State& state) const override;
};

/// Keeps or reverts the pending change.
void answer_commit(Desk& desk, bool keep);

/// A one-time login link, alone on its lines so that a terminal copies it whole.
class LinkDialog final : public Dialog {
 public:
  explicit LinkDialog(LoginLink link) : link_(std::move(link)) {}

  void opened(Desk& desk) override;
  void key(const Key& key, Desk& desk) override;
  void draw(Canvas& canvas, const State& state) override;
  [[nodiscard]] Hints hints(const State& state) const override;

 private:
  LoginLink link_;
  std::int64_t expires_ms_ = 0;
};

/// The help of the console and of the open screen.
std::unique_ptr<Dialog> help_dialog(ScreenName screen, const Hints& keys, const State& state);

}  // namespace ap::console
