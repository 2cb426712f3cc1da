// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/dialogs.h"
#include "appliance/console/screens.h"
#include "appliance/console/text.h"

#include <algorithm>
#include <utility>

namespace ap::console {
namespace {

struct Columns {
  int state;
  int since;
  int restarts_end;
  int memory_end;
};

Columns columns_of(int width) {
  return {
      .state = width - 44, .since = width - 30, .restarts_end = width - 11, .memory_end = width};
}

Style state_style(const Service& service) {
  return service.state == "active"     ? Style::good
         : service.state == "failed"   ? Style::critical
         : service.state == "inactive" ? Style::dim
                                       : Style::warning;
}

// systemd's words, with the ones a person trips over replaced.
std::string state_words(const Service& service) {
  if (service.state == "active") {
    return service.sub.empty() ? "running" : service.sub == "exited" ? "done" : service.sub;
  }
  return service.state == "inactive"       ? "not running"
         : service.state == "activating"   ? "starting"
         : service.state == "deactivating" ? "stopping"
                                           : service.state;
}

std::string since_words(const Service& service, const State& state) {
  return service.since_us <= 0 ? std::string{"-"}
                               : duration_text((state.now_us - service.since_us) / 1'000'000);
}

// What is known of one service and the end of its log.
class StatusDialog final : public Dialog {
 public:
  explicit StatusDialog(std::string unit) : unit_(std::move(unit)) {}

  void opened(Desk& desk) override {
    desk.call(
        {"Services", "ReadLog", {unit_, "", "", "5"}},
        [this](const Answer& answer) {
          const auto page = answer.trouble == Trouble::none ? parse_log(answer.text) : std::nullopt;
          log_ = page ? page->entries : std::vector<LogEntry>{};
          log_error_ = answer.trouble == Trouble::none ? "" : answer.text;
          is_read_ = true;
        },
        id());
  }

  void key(const Key& key, Desk& desk) override {
    if (key.is(U'l')) {
      desk.show_log(unit_);
    } else if (key.kind == KeyKind::enter || key.kind == KeyKind::escape) {
      desk.close(id());
    }
  }

  void draw(Canvas& canvas, const State& state) override {
    const Service* service = nullptr;
    for (const Service& candidate : state.services.value.value_or(std::vector<Service>{})) {
      if (candidate.unit == unit_) {
        shown_ = candidate;
        service = &shown_;
      }
    }
    const int width = std::min(canvas.columns() - 4, 100);
    Lines lines = service != nullptr ? facts(*service, state, width - 6) : Lines{};
    lines.emplace_back();
    lines.emplace_back("The end of its log", Style::strong);
    if (!is_read_ || log_.empty()) {
      lines.emplace_back(!is_read_            ? "Reading…"
                         : log_error_.empty() ? "Nothing was written yet."
                                              : log_error_,
                         Style::dim);
    }
    for (const LogEntry& entry : log_) {
      lines.push_back(
          Line()
              .add(clock_text(entry.time_us), Style::dim)
              .add("  ")
              .add(clipped(entry.message, width - 16), entry.priority <= 3   ? Style::critical
                                                       : entry.priority == 4 ? Style::warning
                                                                             : Style::plain));
    }
    const int rows = std::min(static_cast<int>(lines.size()), box_rows_max(canvas) - 2);
    const Area box = draw_box(canvas, rows + 2, width, service != nullptr ? service->title : unit_);
    draw_lines(canvas, {box.row + 1, box.column + 3, rows, width - 6}, lines);
  }

  [[nodiscard]] Hints hints(const State& /*state*/) const override {
    return {{"l", "its whole log"}, {"Esc", "back"}};
  }

 private:
  static Lines facts(const Service& service, const State& state, int width) {
    Lines lines;
    const auto fact = [&lines](std::string name, std::string value, Style style = Style::plain) {
      lines.push_back(Line().add(std::move(name), Style::dim).to(12).add(std::move(value), style));
    };
    fact("Unit", service.unit);
    fact("State", state_words(service), state_style(service));
    if (service.since_us > 0) {
      fact("Since", date_text(service.since_us) + " UTC, for " + since_words(service, state));
    }
    fact("Restarts", count_text(service.restarts) + " since the machine started");
    if (!service.result.empty() && service.result != "success") {
      fact("Result", service.result, Style::warning);
    }
    if (service.pid > 0) {
      fact("Process", std::to_string(service.pid));
    }
    if (service.memory_bytes) {
      fact("Memory", memory_text(*service.memory_bytes));
    }
    if (service.cpu_ns) {
      fact("CPU time", duration_text(*service.cpu_ns / 1'000'000'000));
    }
    if (!service.status_text.empty()) {
      const auto parts = wrapped(service.status_text, width - 12);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        fact(i == 0 ? "It says" : "", parts[i]);
      }
    }
    return lines;
  }

  std::string unit_;
  Service shown_;
  std::vector<LogEntry> log_;
  std::string log_error_;
  bool is_read_ = false;
};

class ServicesScreen final : public Screen {
 public:
  void key(const Key& key, Desk& desk) override {
    const auto& services = desk.state().services.value;
    if (!services || services->empty()) {
      return;
    }
    const int count = static_cast<int>(services->size());
    if (move_by_key(key, rows_, selected_)) {
      selected_ = std::clamp(selected_, 0, count - 1);
      unit_ = (*services)[static_cast<std::size_t>(selected_)].unit;
      return;
    }
    const Service& service = (*services)[static_cast<std::size_t>(index(*services))];
    if (key.kind == KeyKind::enter) {
      desk.open(std::make_unique<StatusDialog>(service.unit));
    } else if (key.is(U'l')) {
      desk.show_log(service.unit);
    } else if (key.is(U'r')) {
      act(service, "restart", desk);
    } else if (key.is(U's')) {
      act(service, "start", desk);
    } else if (key.is(U't')) {
      act(service, "stop", desk);
    } else if (key.is(U'x') && service.state == "failed") {
      act(service, "reset-failed", desk);
    }
  }

  void draw(Canvas& canvas, const Area& area, const State& state) override {
    if (!state.services.value) {
      draw_missing(canvas, area, state.services.error);
      return;
    }
    const std::vector<Service>& services = *state.services.value;
    const Columns at = columns_of(area.columns);
    canvas.put({area.row, area.column + 2}, "SERVICE", Style::dim);
    canvas.put({area.row, area.column + at.state}, "STATE", Style::dim);
    canvas.put({area.row, area.column + at.since}, "FOR", Style::dim);
    canvas.put({area.row, area.column + at.restarts_end - 8}, "RESTARTS", Style::dim);
    canvas.put({area.row, area.column + at.memory_end - 6}, "MEMORY", Style::dim);
    rows_ = area.rows - 3;
    const int count = static_cast<int>(services.size());
    selected_ = index(services);
    const int first = scrolled_to(selected_, count, rows_);
    for (int i = 0; i < rows_ && first + i < count; ++i) {
      const int row_index = first + i;
      draw_row(canvas, {area.row + 1 + i, area.column, 1, area.columns},
               services[static_cast<std::size_t>(row_index)], state, row_index == selected_);
    }
    if (count > 0) {
      const Service& service = services[static_cast<std::size_t>(selected_)];
      const std::string place = std::to_string(selected_ + 1) + " of " + std::to_string(count);
      canvas.put({area.row + area.rows - 1, area.column + 2},
                 service.unit + (service.status_text.empty() ? "" : ": " + service.status_text),
                 Style::dim, area.columns - 4 - columns(place));
      canvas.put({area.row + area.rows - 1, area.column + area.columns - columns(place)}, place,
                 Style::dim);
    }
  }

  [[nodiscard]] Hints hints(const State& state) const override {
    Hints hints{{"↑↓", "choose"}};
    if (state.services.value && !state.services.value->empty()) {
      const Service& service =
          (*state.services.value)[static_cast<std::size_t>(index(*state.services.value))];
      if (service.may("restart")) {
        hints.push_back({"r", "restart"});
      }
      if (service.may("start") && service.state != "active") {
        hints.push_back({"s", "start"});
      }
      if (service.may("stop") && service.state != "inactive") {
        hints.push_back({"t", "stop"});
      }
      if (service.state == "failed") {
        hints.push_back({"x", "clear"});
      }
    }
    hints.push_back({"l", "log"});
    hints.push_back({"Enter", "status"});
    return hints;
  }

  [[nodiscard]] std::vector<FeedName> feeds() const override { return {FeedName::services}; }

 private:
  // Follows the chosen unit when the list changes below it.
  [[nodiscard]] int index(const std::vector<Service>& services) const {
    for (std::size_t i = 0; i < services.size(); ++i) {
      if (!unit_.empty() && services[i].unit == unit_) {
        return static_cast<int>(i);
      }
    }
    return std::clamp(selected_, 0, std::max(static_cast<int>(services.size()) - 1, 0));
  }

  static void act(const Service& service, const std::string& verb, Desk& desk) {
    if (verb == "reset-failed" || service.may(verb)) {
      desk.open(std::make_unique<ActionDialog>(service_action(service, verb)));
      return;
    }
    Lines lines;
    lines.emplace_back(service.title + " can not be told to " + verb + ".");
    desk.open(std::make_unique<MessageDialog>(service.title, std::move(lines)));
  }

  static void draw_row(Canvas& canvas, const Area& row, const Service& service, const State& state,
                       bool is_selected) {
    const Columns at = columns_of(row.columns);
    const int name_columns = at.state - 4;
    canvas.put({row.row, row.column}, is_selected ? "►" : " ", Style::strong);
    canvas.put({row.row, row.column + 2}, service.title.empty() ? service.unit : service.title,
               Style::plain, name_columns);
    const bool is_good = service.state == "active" || service.state == "inactive";
    canvas.put({row.row, row.column + at.state - 2}, is_good ? "•" : "▲", state_style(service));
    canvas.put({row.row, row.column + at.state}, state_words(service), state_style(service),
               at.since - at.state - 1);
    canvas.put({row.row, row.column + at.since}, since_words(service, state), Style::plain, 13);
    const auto right = [&canvas, &row](int end, const std::string& text, Style style) {
      canvas.put({row.row, row.column + end - columns(text)}, text, style);
    };
    right(at.restarts_end, count_text(service.restarts),
          service.restarts > 0 ? Style::warning : Style::plain);
    right(at.memory_end, service.memory_bytes ? memory_text(*service.memory_bytes) : "-",
          Style::plain);
    if (is_selected) {
      canvas.restyle({row.row, row.column, 1, row.columns}, Style::selected);
    }
  }

  std::string unit_;
  int selected_ = 0;
  int rows_ = 1;
};

}  // namespace

Action service_action(const Service& service, const std::string& verb) {
  const bool is_clear = verb == "reset-failed";
  std::string name = is_clear ? "Clear the failure of" : verb;
  name[0] = verb == "start" || verb == "stop" ? 'S' : verb == "restart" ? 'R' : name[0];
  const std::string& title = service.title.empty() ? service.unit : service.title;
  Action action;
  action.title = name + " " + title;
  action.plan = Call{"Services", "Plan", {service.unit, verb}};
  action.act = {"Services", "Act", {service.unit, verb}};
  action.question = action.title + " now?";
  action.agree = is_clear ? "Clear" : name;
  action.success = title + (verb == "restart" ? ": restarted."
                            : verb == "start" ? ": started."
                            : verb == "stop"  ? ": stopped."
                                              : ": no longer marked as failed.");
  action.log_unit = service.unit;
  return action;
}

std::unique_ptr<Screen> services_screen() { return std::make_unique<ServicesScreen>(); }

}  // namespace ap::console
