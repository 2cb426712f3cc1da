// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/screens.h"

#include "appliance/console/dialogs.h"
#include "appliance/console/overview.h"
#include "appliance/console/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ap::console {
namespace {

Action raid_action(std::string title, const std::string& verb, const std::string& argument) {
  Action action;
  action.title = std::move(title);
  action.plan = Call{"Raid", "Plan", {verb, argument}};
  action.act = {"Raid", "Act", {verb, argument}};
  action.question = "Do this now?";
  action.agree = verb == "adopt" ? "Adopt" : "Check";
  action.success = verb == "adopt" ? "The disk is a member; the arrays are being rebuilt."
                                   : "The check has begun; the overview shows how far it is.";
  return action;
}

class OverviewScreen final : public Screen {
 public:
  void key(const Key& key, Desk& desk) override {
    const auto& health = desk.state().health.value;
    if (move_by_key(key, rows_, first_) || !health) {
      return;
    }
    if (key.is(U'p')) {
      desk.open(
          std::make_unique<MessageDialog>("Problems and what to do", problem_lines(*health, 68)));
    } else if (key.is(U'c') && !health->arrays.empty()) {
      pick_array(*health, desk);
    } else if (key.is(U'a') && !blank_disks(*health).empty()) {
      pick_disk(*health, desk);
    }
  }

  void draw(Canvas& canvas, const Area& area, const State& state) override {
    if (!state.health.value) {
      draw_missing(canvas, area, state.health.error);
      return;
    }
    rows_ = area.rows;
    const Lines lines = overview_lines(*state.health.value, area.columns, rows_);
    first_ = std::clamp(first_, 0, std::max(static_cast<int>(lines.size()) - rows_, 0));
    draw_lines(canvas, area, lines, first_);
    if (static_cast<int>(lines.size()) - first_ > rows_) {
      canvas.put({area.row + area.rows, area.column + area.columns - 7}, "more ↓", Style::strong);
    }
  }

  [[nodiscard]] Hints hints(const State& state) const override {
    Hints hints;
    if (state.health.value) {
      if (!state.health.value->problems.empty()) {
        hints.push_back({"p", "problems"});
      }
      if (!blank_disks(*state.health.value).empty()) {
        hints.push_back({"a", "adopt a disk"});
      }
      if (!state.health.value->arrays.empty()) {
        hints.push_back({"c", "check an array"});
      }
    }
    hints.push_back({"↑↓", "scroll"});
    return hints;
  }

 private:
  static std::vector<std::string> blank_disks(const Health& health) {
    std::vector<std::string> serials;
    for (const Disk& disk : health.disks) {
      if (disk.role == "blank") {
        serials.push_back(disk.serial);
      }
    }
    return serials;
  }

  static void pick_array(const Health& health, Desk& desk) {
    std::vector<std::string> names;
    names.reserve(health.arrays.size());
    for (const RaidArray& array : health.arrays) {
      names.push_back(array.name);
    }
    desk.open(std::make_unique<PickDialog>(
        "Check which array?", names, 0, [names](Desk& picking, std::size_t index) {
          picking.open(std::make_unique<ActionDialog>(
              raid_action("Check the array " + names[index], "scrub", names[index])));
        }));
  }

  static void pick_disk(const Health& health, Desk& desk) {
    const std::vector<std::string> serials = blank_disks(health);
    desk.open(std::make_unique<PickDialog>(
        "Adopt which blank disk (by serial)?", serials, 0,
        [serials](Desk& picking, std::size_t index) {
          picking.open(std::make_unique<ActionDialog>(
              raid_action("Adopt the disk " + serials[index], "adopt", serials[index])));
        }));
  }

  int first_ = 0;
  int rows_ = 1;
};

class AuditScreen final : public Screen {
 public:
  void key(const Key& key, Desk& desk) override {
    const auto& entries = desk.state().audit.value;
    if (!entries || entries->empty()) {
      return;
    }
    const int last = static_cast<int>(entries->size()) - 1;
    if (move_by_key(key, rows_, selected_)) {
      selected_ = std::clamp(selected_, 0, last);
    } else if (key.kind == KeyKind::enter) {
      show_entry((*entries)[static_cast<std::size_t>(std::clamp(selected_, 0, last))], desk);
    }
  }

  void draw(Canvas& canvas, const Area& area, const State& state) override {
    if (!state.audit.value) {
      draw_missing(canvas, area, state.audit.error);
      return;
    }
    const auto& entries = *state.audit.value;
    canvas.put({area.row, area.column + 2}, "TIME (UTC)", Style::dim);
    canvas.put({area.row, area.column + kWho}, "WHO", Style::dim);
    canvas.put({area.row, area.column + kWhat}, "WHAT", Style::dim);
    canvas.put({area.row, area.column + area.columns - kResultColumns}, "RESULT", Style::dim);
    if (entries.empty()) {
      canvas.put({area.row + 1, area.column + 2}, "Nothing was changed yet.", Style::dim);
    }
    rows_ = area.rows - 2;
    const int count = static_cast<int>(entries.size());
    selected_ = std::clamp(selected_, 0, std::max(count - 1, 0));
    const int first = scrolled_to(selected_, count, rows_);
    for (int i = 0; i < rows_ && first + i < count; ++i) {
      const Area row{area.row + 1 + i, area.column, 1, area.columns};
      const int index = first + i;
      draw_entry(canvas, row, entries[static_cast<std::size_t>(index)]);
      if (index == selected_) {
        canvas.put({row.row, row.column}, "►", Style::strong);
        canvas.restyle(row, Style::selected);
      }
    }
  }

  [[nodiscard]] Hints hints(const State& /*state*/) const override {
    return {{"↑↓ PgUp PgDn", "choose"}, {"Enter", "whole entry"}};
  }
  [[nodiscard]] std::vector<FeedName> feeds() const override { return {FeedName::audit}; }

 private:
  static constexpr int kWho = 19;
  static constexpr int kWhat = 36;
  static constexpr int kResultColumns = 8;

  static Style result_style(const AuditEntry& entry) {
    return entry.result.starts_with("done") ? Style::good : Style::warning;
  }

  static void draw_entry(Canvas& canvas, const Area& row, const AuditEntry& entry) {
    canvas.put({row.row, row.column + 2}, iso_text(entry.time), Style::dim, 16);
    canvas.put({row.row, row.column + kWho}, entry.caller, Style::plain, kWhat - kWho - 1);
    canvas.put({row.row, row.column + kWhat},
               entry.noun + " " + entry.action + " " + entry.argument, Style::plain,
               row.columns - kWhat - kResultColumns - 1);
    const std::string verdict = entry.result.substr(0, entry.result.find(':'));
    canvas.put({row.row, row.column + row.columns - kResultColumns}, verdict, result_style(entry),
               kResultColumns);
  }

  static void show_entry(const AuditEntry& entry, Desk& desk) {
    Lines lines;
    const auto fact = [&lines](const std::string& name, const std::string& value,
                               Style style = Style::plain) {
      const auto parts = wrapped(value, 56);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        lines.push_back(Line(i == 0 ? name : "", Style::dim).to(10).add(parts[i], style));
      }
    };
    fact("Time", iso_text(entry.time) + " UTC");
    fact("Who", entry.caller);
    fact("What", entry.noun + " " + entry.action);
    fact("With", entry.argument);
    fact("Result", entry.result, result_style(entry));
    desk.open(std::make_unique<MessageDialog>("Audit log entry", std::move(lines)));
  }

  int selected_ = 0;
  int rows_ = 1;
};

// A screen that is a short list of things to do, each with a word of explanation.
class MenuScreen : public Screen {
 public:
  struct Item {
    std::string title;
    std::string text;
  };

  explicit MenuScreen(std::vector<Item> items) : items_(std::move(items)) {}

  void key(const Key& key, Desk& desk) final {
    const int count = static_cast<int>(items_.size());
    if (key.kind == KeyKind::enter) {
      chosen(static_cast<std::size_t>(selected_), desk);
    } else if (move_by_key(key, count, selected_)) {
      selected_ = std::clamp(selected_, 0, count - 1);
    }
  }

  void draw(Canvas& canvas, const Area& area, const State& /*state*/) final {
    int row = area.row + 1;
    for (int i = 0; const Item& item : items_) {
      const bool is_selected = i++ == selected_;
      canvas.put({row, area.column + 1}, is_selected ? "►" : " ", Style::strong);
      canvas.put({row, area.column + 3}, " " + item.title + " ",
                 is_selected ? Style::selected : Style::plain);
      Lines lines;
      add_wrapped(lines, item.text, std::min(area.columns - 6, 70), 0, Style::dim);
      draw_lines(canvas,
                 {row + 1, area.column + 4, static_cast<int>(lines.size()), area.columns - 6},
                 lines);
      row += 2 + static_cast<int>(lines.size());
    }
  }

  [[nodiscard]] Hints hints(const State& /*state*/) const final {
    return {{"↑↓", "choose"}, {"Enter", "go on"}};
  }

 private:
  virtual void chosen(std::size_t item, Desk& desk) = 0;

  std::vector<Item> items_;
  int selected_ = 0;
};

class UsersScreen final : public MenuScreen {
 public:
  UsersScreen()
      : MenuScreen({{"Make a login link for the first account",
                     "Logs you into the page once, without a password. Use it for the first login "
                     "or when the password is forgotten; set a new one on the page then."},
                    {"Make a login link for another account",
                     "The same for the account with an e-mail address you type."}}) {}

 private:
  void chosen(std::size_t item, Desk& desk) override {
    if (item == 0) {
      create({}, desk);
      return;
    }
    desk.open(std::make_unique<InputDialog>(
        "Login link", "E-mail address of the account:", "",
        [](Desk& typing, const std::string& email) { create(email, typing); }));
  }

  static void create(const std::string& email, Desk& desk) {
    desk.call(
        {"Users", "CreateLoginLink", {email}},
        [&desk](const Answer& answer) {
          const auto link =
              answer.trouble == Trouble::none ? parse_login_link(answer.text) : std::nullopt;
          if (link && !link->url.empty()) {
            desk.open(std::make_unique<LinkDialog>(*link));
            return;
          }
          Lines lines;
          add_wrapped(lines,
                      answer.trouble == Trouble::none ? "The service made no link." : answer.text,
                      60, 0, Style::warning);
          desk.open(std::make_unique<MessageDialog>("No login link", std::move(lines)));
        },
        0);
  }
};

class PowerScreen final : public MenuScreen {
 public:
  PowerScreen()
      : MenuScreen({{"Restart the machine",
                     "Takes a few minutes. Events that arrive meanwhile are refused and sent again "
                     "by the SDKs; everything acknowledged is kept."},
                    {"Power off",
                     "The machine stays off until someone with access to its power starts it "
                     "again, on site or from the provider's panel."}}) {}

 private:
  void chosen(std::size_t item, Desk& desk) override {
    const bool is_reboot = item == 0;
    const std::string verb = is_reboot ? "reboot" : "power-off";
    Action action;
    action.title = is_reboot ? "Restart the machine" : "Power off the machine";
    action.plan = Call{"Power", "Plan", {verb}};
    action.act = {"Power", "Act", {verb}};
    action.question = is_reboot ? "Restart the whole machine?" : "Switch the machine off?";
    action.agree = is_reboot ? "Restart" : "Power off";
    action.word = is_reboot ? "restart" : "off";
    action.success = is_reboot ? "The machine is going down and comes up again by itself."
                               : "The machine is going down.";
    action.goes_down = true;
    desk.open(std::make_unique<ActionDialog>(std::move(action)));
  }
};

}  // namespace

bool move_by_key(const Key& key, int rows, int& position) {
  constexpr int kFar = 1 << 20;
  switch (key.kind) {
    case KeyKind::up:
      --position;
      return true;
    case KeyKind::down:
      ++position;
      return true;
    case KeyKind::page_up:
      position -= std::max(rows - 1, 1);
      return true;
    case KeyKind::page_down:
      position += std::max(rows - 1, 1);
      return true;
    case KeyKind::home:
      position = 0;
      return true;
    case KeyKind::end:
      position = kFar;
      return true;
    default:
      return false;
  }
}

void draw_missing(Canvas& canvas, const Area& area, const std::string& error) {
  Lines lines;
  add_wrapped(lines, error.empty() ? "Reading…" : error, area.columns, 0,
              error.empty() ? Style::dim : Style::warning);
  draw_lines(canvas, area, lines);
}

std::unique_ptr<Screen> overview_screen() { return std::make_unique<OverviewScreen>(); }
std::unique_ptr<Screen> audit_screen() { return std::make_unique<AuditScreen>(); }
std::unique_ptr<Screen> users_screen() { return std::make_unique<UsersScreen>(); }
std::unique_ptr<Screen> power_screen() { return std::make_unique<PowerScreen>(); }

}  // namespace ap::console
