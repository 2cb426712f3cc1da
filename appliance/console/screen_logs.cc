// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/dialogs.h"
#include "appliance/console/screens.h"
#include "appliance/console/text.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace ap::console {
namespace {

constexpr std::size_t kEntriesMax = 5'000;
constexpr int kFirstLines = 200;
constexpr int kMoreLines = 1'000;
constexpr std::int64_t kFollowMs = 1'000;
constexpr int kUnitColumns = 12;

// `bristle-dataplane.service` as `dataplane`: the column is narrow and all of them are ours.
std::string short_unit(std::string_view unit) {
  if (unit.starts_with("bristle-")) {
    unit.remove_prefix(8);
  }
  if (unit.ends_with(".service")) {
    unit.remove_suffix(8);
  }
  return std::string(unit);
}

Style priority_style(int priority) {
  return priority <= 3   ? Style::critical
         : priority == 4 ? Style::warning
         : priority >= 7 ? Style::dim
                         : Style::plain;
}

class JournalScreen final : public LogScreen {
 public:
  void show_unit(const std::string& unit) override {
    unit_ = unit;
    restart();
  }

  void key(const Key& key, Desk& desk) override {
    int back = -back_;
    if (key.kind == KeyKind::home) {
      back_ = static_cast<int>(entries_.size());
      read_older();
    } else if (key.kind == KeyKind::end || key.is(U'f')) {
      back_ = 0;
    } else if (move_by_key(key, rows_, back)) {
      if (-back > back_ && at_oldest()) {
        read_older();
      }
      back_ = std::clamp(-back, 0, static_cast<int>(entries_.size()));
    } else if (key.is(U'u')) {
      pick_unit(desk);
    } else if (key.is(U'/')) {
      desk.open(std::make_unique<InputDialog>(
          "Filter the log", "Show only lines with this text (empty: all):", filter_,
          [this](Desk& /*desk*/, const std::string& text) {
            filter_ = text;
            restart();
          }));
    } else if (key.is(U'w')) {
      is_wrapped_ = !is_wrapped_;
    }
  }

  void tick(Desk& desk) override {
    if (is_reading_ || desk.state().now_ms < next_ms_ || !desk.state().is_connected) {
      return;
    }
    is_reading_ = true;
    next_ms_ = desk.state().now_ms + kFollowMs;
    const std::uint64_t turn = turn_;
    desk.call(
        {"Services", "ReadLog", {unit_, filter_, cursor_, std::to_string(lines_)}},
        [this, turn](const Answer& answer) {
          if (turn == turn_) {
            arrived(answer);
          }
        },
        0);
  }

  void draw(Canvas& canvas, const Area& area, const State& state) override {
    draw_head(canvas, area, state);
    rows_ = area.rows - 1;
    if (entries_.empty()) {
      canvas.put({area.row + 2, area.column},
                 !error_.empty()   ? error_
                 : !has_read_      ? "Reading…"
                 : filter_.empty() ? "Nothing was written yet."
                                   : "No line has this text.",
                 error_.empty() ? Style::dim : Style::warning);
      return;
    }
    int row = area.row + area.rows;
    const int count = static_cast<int>(entries_.size());
    // Not further back than a full screen of the oldest entries, one row each at least.
    back_ = std::clamp(back_, 0, std::max(count - rows_, 0));
    for (int index = count - 1 - back_; index >= 0 && row > area.row + 1; --index) {
      const Lines lines = rendered(entries_[static_cast<std::size_t>(index)], area.columns);
      for (auto line = lines.rbegin(); line != lines.rend() && row > area.row + 1; ++line) {
        draw_lines(canvas, {--row, area.column, 1, area.columns}, {*line});
      }
      if (row > area.row + 1 && begins_day(index, state.now_us)) {
        const std::string day = date_text(entries_[static_cast<std::size_t>(index)].time_us);
        canvas.put({--row, area.column}, day.substr(0, 6) + " ────", Style::dim);
      }
    }
  }

  [[nodiscard]] Hints hints(const State& /*state*/) const override {
    return {{"u", "service"},
            {"/", "filter"},
            {"w", is_wrapped_ ? "cut lines" : "whole lines"},
            {"↑↓ PgUp", "back"},
            {"f", "follow"}};
  }

  [[nodiscard]] std::vector<FeedName> feeds() const override { return {FeedName::services}; }

 private:
  void restart() {
    ++turn_;
    entries_.clear();
    cursor_.clear();
    error_.clear();
    lines_ = kFirstLines;
    back_ = 0;
    next_ms_ = 0;
    is_reading_ = false;
    has_read_ = false;
  }

  // Whether an entry is the first of a day that must be told: times alone are shown on the lines.
  [[nodiscard]] bool begins_day(int index, std::int64_t now_us) const {
    const auto day = [](std::int64_t time_us) { return time_us / 86'400'000'000; };
    const std::int64_t own = day(entries_[static_cast<std::size_t>(index)].time_us);
    return index > 0 ? day(entries_[static_cast<std::size_t>(index) - 1].time_us) != own
                     : day(now_us) != own;
  }

  [[nodiscard]] bool at_oldest() const {
    return back_ >= static_cast<int>(entries_.size()) - rows_;
  }

  // The service reads forward from a cursor only, so older lines come by asking for more newest.
  void read_older() {
    if (lines_ == kFirstLines && entries_.size() >= static_cast<std::size_t>(kFirstLines)) {
      const int back = back_;
      restart();
      lines_ = kMoreLines;
      back_ = back;
    }
  }

  void arrived(const Answer& answer) {
    is_reading_ = false;
    if (answer.trouble != Trouble::none) {
      error_ = answer.trouble == Trouble::unavailable ? "" : answer.text;
      return;
    }
    auto page = parse_log(answer.text);
    if (!page) {
      error_ = "The appliance service answered in words unknown here.";
      return;
    }
    error_.clear();
    has_read_ = true;
    const std::size_t count = page->entries.size();
    if (!page->next.empty()) {
      cursor_ = page->next;
    } else if (count > 0) {
      cursor_ = page->entries.back().cursor;
    }
    if (back_ > 0 && !entries_.empty()) {
      back_ += static_cast<int>(count);  // What is being read stays where it is.
    }
    std::ranges::move(page->entries, std::back_inserter(entries_));
    while (entries_.size() > kEntriesMax) {
      entries_.pop_front();
    }
  }

  void pick_unit(Desk& desk) {
    std::vector<std::string> units{""};
    std::vector<std::string> names{"All services"};
    std::size_t selected = 0;
    for (const Service& service : desk.state().services.value.value_or(std::vector<Service>{})) {
      selected = service.unit == unit_ ? units.size() : selected;
      units.push_back(service.unit);
      names.push_back(service.title.empty() ? service.unit : service.title);
    }
    desk.open(std::make_unique<PickDialog>(
        "Log of which service?", names, selected,
        [this, units](Desk& /*desk*/, std::size_t index) { show_unit(units[index]); }));
  }

  void draw_head(Canvas& canvas, const Area& area, const State& state) const {
    std::string name = unit_.empty() ? "All services" : unit_;
    for (const Service& service : state.services.value.value_or(std::vector<Service>{})) {
      if (!unit_.empty() && service.unit == unit_ && !service.title.empty()) {
        name = service.title;
      }
    }
    int column = canvas.put({area.row, area.column}, name, Style::strong);
    if (!filter_.empty()) {
      column = canvas.put({area.row, column + 3}, "with ", Style::dim);
      canvas.put({area.row, column}, "“" + filter_ + "”", Style::accent, 30);
    }
    const std::string place = back_ == 0 ? "following, times in UTC"
                                         : count_text(static_cast<std::uint64_t>(back_)) +
                                               " newer lines below: f follows";
    canvas.put({area.row, area.column + area.columns - columns(place)}, place,
               back_ == 0 ? Style::dim : Style::warning);
  }

  [[nodiscard]] Lines rendered(const LogEntry& entry, int width) const {
    const int indent = 10 + (unit_.empty() ? kUnitColumns + 2 : 0);
    const Style style = priority_style(entry.priority);
    Lines lines;
    if (is_wrapped_) {
      add_wrapped(lines, entry.message, width, indent, style);
    } else {
      lines.push_back(Line().to(indent).add(clipped(entry.message, width - indent), style));
    }
    Line first;
    first.add(clock_text(entry.time_us), Style::dim);
    if (unit_.empty()) {
      first.to(10).add(clipped(short_unit(entry.unit), kUnitColumns), Style::dim);
    }
    first.to(indent).add(lines.front().spans().back().text, style);
    lines.front() = std::move(first);
    return lines;
  }

  std::string unit_;
  std::string filter_;
  std::deque<LogEntry> entries_;
  std::string cursor_;
  std::string error_;
  std::uint64_t turn_ = 0;
  std::int64_t next_ms_ = 0;
  int lines_ = kFirstLines;
  int back_ = 0;  ///< Entries below the last one shown; 0 follows.
  int rows_ = 1;
  bool is_reading_ = false;
  bool has_read_ = false;
  bool is_wrapped_ = false;
};

}  // namespace

std::unique_ptr<LogScreen> log_screen() { return std::make_unique<JournalScreen>(); }

}  // namespace ap::console
