// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/form.h"

#include "appliance/console/actions.h"
#include "appliance/console/dialogs.h"
#include "appliance/console/text.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace ap::console {
namespace {

constexpr int kTitleColumns = 22;

std::string_view section_of(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
}

std::string section_title(std::string_view section) {
  return section == "public"    ? "Public network"
         : section == "vswitch" ? "vSwitch"
                                : std::string(section);
}

// True when `key` stands in `text` as a word of its own (`vswitch.address` is not in
// `vswitch.address6`).
bool names(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const std::size_t end = at + key.size();
    if (end == text.size() || std::isalnum(static_cast<unsigned char>(text[end])) == 0) {
      return true;
    }
  }
  return false;
}

int wrong_field(const std::vector<Setting>& settings, const Answer& answer) {
  for (int i = 0; const Setting& setting : settings) {
    if (answer.field == setting.key || names(answer.text, setting.key)) {
      return i;
    }
    ++i;
  }
  return -1;
}

}  // namespace

FormDialog::FormDialog(std::string noun, std::vector<Setting> settings)
    : noun_(std::move(noun)), settings_(std::move(settings)) {
  for (const Setting& setting : settings_) {
    edits_.emplace_back(setting.value);
  }
}

std::vector<Setting> FormDialog::edited() const {
  std::vector<Setting> settings = settings_;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    settings[i].value = edits_[i].text();
  }
  return settings;
}

void FormDialog::move(int by) {
  const int count = field_count() + 2;
  active_ = (active_ + by + count) % count;
}

void FormDialog::review(Desk& desk) {
  const std::string changes = changed_settings(settings_, edited());
  wrong_field_ = -1;
  if (changes.empty()) {
    message_ = "Nothing was changed.";
    return;
  }
  is_checking_ = true;
  message_ = "Checking the values…";
  desk.call(
      {noun_, "Plan", {changes}},
      [this, changes, &desk](const Answer& answer) { planned(answer, changes, desk); }, id());
}

void FormDialog::planned(const Answer& answer, const std::string& changes, Desk& desk) {
  is_checking_ = false;
  message_.clear();
  const auto plan = answer.trouble == Trouble::none ? parse_plan(answer.text) : std::nullopt;
  if (!plan) {
    message_ = answer.text.empty() ? "The appliance service did not answer." : answer.text;
    wrong_field_ = wrong_field(settings_, answer);
    if (wrong_field_ >= 0) {  // Told by the name that stands beside the field.
      const Setting& setting = settings_[static_cast<std::size_t>(wrong_field_)];
      if (message_.starts_with(setting.key + ":")) {
        message_.replace(0, setting.key.size(), setting.title);
      }
    }
    active_ = wrong_field_ >= 0 ? wrong_field_ : active_;
    return;
  }
  Action action;
  action.title = noun_ == "Firewall" ? "Change the firewall" : "Change the network";
  action.own_plan = *plan;
  action.act = {noun_, "Apply", {changes}};
  action.question = "Try this for 60 s?";
  action.agree = "Apply";
  action.success = "The change is applied.";
  action.commit_noun = noun_;
  const std::uint64_t form = id();
  action.accepted = [form](Desk& accepting) { accepting.close(form); };
  desk.open(std::make_unique<ActionDialog>(std::move(action)));
}

void FormDialog::key(const Key& key, Desk& desk) {
  if (key.kind == KeyKind::escape) {
    desk.close(id());
    return;
  }
  if (is_checking_) {
    return;
  }
  if (key.kind == KeyKind::up || key.kind == KeyKind::back_tab) {
    move(-1);
  } else if (key.kind == KeyKind::down || key.kind == KeyKind::tab) {
    move(1);
  } else if (key.kind == KeyKind::enter) {
    if (active_ < field_count()) {
      move(1);
    } else if (active_ == field_count()) {
      review(desk);
    } else {
      desk.close(id());
    }
  } else if (active_ < field_count()) {
    edits_[static_cast<std::size_t>(active_)].key(key);
  } else if (key.kind == KeyKind::left || key.kind == KeyKind::right) {
    active_ = active_ == field_count() ? field_count() + 1 : field_count();
  }
}

void FormDialog::draw_field(Canvas& canvas, const Area& box, int row, int index) const {
  const Setting& setting = settings_[static_cast<std::size_t>(index)];
  const LineEdit& edit = edits_[static_cast<std::size_t>(index)];
  const bool is_active = index == active_;
  const bool is_wrong = index == wrong_field_;
  canvas.put({row, box.column + 2},
             is_wrong                       ? "▲"
             : is_active                    ? "►"
             : edit.text() != setting.value ? "•"
                                            : " ",
             is_wrong ? Style::critical : Style::strong);
  canvas.put({row, box.column + 4}, setting.title,
             is_wrong    ? Style::critical
             : is_active ? Style::strong
                         : Style::plain,
             kTitleColumns);
  const int column = box.column + 5 + kTitleColumns;
  edit.draw(canvas, {row, column}, box.column + box.columns - 3 - column, is_active);
}

void FormDialog::draw(Canvas& canvas, const State& /*state*/) {
  int sections = 0;
  std::string_view section;
  for (const Setting& setting : settings_) {
    sections += section_of(setting.key) != section ? 1 : 0;
    section = section_of(setting.key);
  }
  const int width = std::min(canvas.columns() - 2, 78);
  const int rows = std::min(field_count() + sections + 7, box_rows_max(canvas));
  const Area box =
      draw_box(canvas, rows, width, noun_ == "Firewall" ? "Edit the firewall" : "Edit the network");
  int row = box.row + 1;
  section = {};
  for (int i = 0; i < field_count(); ++i) {
    const std::string_view key = settings_[static_cast<std::size_t>(i)].key;
    if (section_of(key) != section) {
      section = section_of(key);
      canvas.put({row++, box.column + 2}, section_title(section), Style::accent);
    }
    draw_field(canvas, box, row++, i);
  }
  Lines lines;
  add_wrapped(lines, message_, width - 6, 0,
              is_checking_ || wrong_field_ < 0 ? Style::warning : Style::critical);
  draw_lines(canvas, {row + 1, box.column + 3, 3, width - 6}, lines);
  draw_buttons(canvas, {box.row + rows - 2, box.column + width - 3},
               {"Review the change", "Cancel"}, active_ - field_count());
}

Hints FormDialog::hints(const State& /*state*/) const {
  return {{"↑↓ Tab", "field"},
          {"Enter", "next, then review"},
          {"Ctrl-U", "empty it"},
          {"Esc", "cancel"}};
}

}  // namespace ap::console
