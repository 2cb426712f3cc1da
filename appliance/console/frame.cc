// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/frame.h"

#include "appliance/console/text.h"

#include <algorithm>
#include <array>

namespace ap::console {
namespace {

constexpr std::array<std::string_view, 8> kNames{"1 Overview", "2 Services", "3 Logs",  "4 Network",
                                                 "5 Firewall", "6 Users",    "7 Audit", "8 Power"};

void draw_header(Canvas& canvas, const State& state) {
  canvas.fill({0, 0, 1, canvas.columns()}, U' ', Style::bar);
  std::string left = " Bristle";
  std::string right;
  if (state.health.value) {
    const Health& health = *state.health.value;
    left += health.version.empty() ? "" : " " + health.version;
    left += health.hostname.empty() ? "" : "   host " + health.hostname;
    left += health.slot.empty() ? "" : "   slot " + health.slot;
    right = health.uptime_s > 0 ? "up " + duration_text(health.uptime_s) + "  " : "";
  }
  right += date_text(state.now_us) + " UTC ";
  canvas.put({0, 0}, left, Style::bar, canvas.columns() - columns(right) - 1);
  canvas.put({0, canvas.columns() - columns(right)}, right, Style::bar);
}

struct Status {
  std::string text;
  Style style = Style::plain;
};

// Why what the screen shows is not of now.
std::string stale_reason(const State& state, ScreenName screen) {
  switch (screen) {
    case ScreenName::overview:
      return state.health.error;
    case ScreenName::services:
      return state.services.value ? state.services.error : "";
    case ScreenName::network:
      return state.network.value ? state.network.error : "";
    case ScreenName::firewall:
      return state.firewall.value ? state.firewall.error : "";
    case ScreenName::audit:
      return state.audit.value ? state.audit.error : "";
    case ScreenName::logs:
    case ScreenName::users:
    case ScreenName::power:
      break;
  }
  return {};
}

Status status_of(const State& state, ScreenName screen) {
  if (!state.is_connected) {
    const std::int64_t lost_s = (state.now_ms - state.lost_since_ms) / 1000;
    return {"▲ Waiting for the appliance service…  since " + duration_text(lost_s) +
                ", it is asked again every second",
            Style::warning};
  }
  if (state.commit) {
    const std::int64_t left = (state.commit->deadline_ms - state.now_ms + 999) / 1000;
    const bool is_its_screen = screen == ScreenName::network || screen == ScreenName::firewall;
    return {"▲ " + state.commit->noun + " change is on trial and reverts in " +
                duration_text(left) +
                (is_its_screen ? ": k keep, r revert" : ", answer on its screen"),
            Style::warning};
  }
  if (const std::string reason = stale_reason(state, screen); !reason.empty()) {
    return {"▲ Not refreshed: " + reason, Style::warning};
  }
  if (!state.health.value || screen == ScreenName::overview) {
    return {};
  }
  const Health& health = *state.health.value;
  if (health.phase != "ready") {
    return {"▲ " + (health.phase_text.empty() ? health.phase : health.phase_text), Style::warning};
  }
  if (health.problems.empty()) {
    return {"• All is well", Style::good};
  }
  const std::string more = health.problems.size() == 1
                               ? std::string{}
                               : "  (+" + std::to_string(health.problems.size() - 1) + ", see 1)";
  return {"▲ " + health.problems.front().text + more,
          health.problems.front().is_critical ? Style::critical : Style::warning};
}

}  // namespace

Area draw_frame(Canvas& canvas, const State& state, ScreenName screen) {
  draw_header(canvas, state);
  int column = 1;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const bool is_open = i == static_cast<std::size_t>(screen);
    canvas.put({1, column}, kNames[i], is_open ? Style::tab_active : Style::plain);
    if (is_open) {
      canvas.restyle({1, column - 1, 1, columns(kNames[i]) + 2}, Style::tab_active);
    }
    column += columns(kNames[i]) + 1;
  }
  if (state.may_open_shell && column + 8 < canvas.columns()) {
    canvas.put({1, column}, "9 Shell", Style::plain);
  }
  canvas.fill({2, 0, 1, canvas.columns()}, U'─', Style::dim);
  return {3, 1, canvas.rows() - 5, canvas.columns() - 2};
}

void draw_status(Canvas& canvas, const State& state, ScreenName screen) {
  const Status status = status_of(state, screen);
  const int row = canvas.rows() - 2;
  canvas.fill({row, 0, 1, canvas.columns()}, U' ', Style::plain);
  canvas.put({row, 1}, status.text, status.style, canvas.columns() - 2);
}

void draw_hints(Canvas& canvas, const State& state, const Hints& hints, bool is_dialog) {
  const int row = canvas.rows() - 1;
  canvas.fill({row, 0, 1, canvas.columns()}, U' ', Style::plain);
  Hints last;
  if (!is_dialog) {
    if (state.may_open_shell) {
      last.push_back({"9", "shell"});
    }
    if (state.may_leave) {
      last.push_back({"q", "leave"});
    }
    last.push_back({"?", "help"});
  }
  const auto width = [](const Hint& hint) { return columns(hint.key) + columns(hint.text) + 3; };
  int end = canvas.columns();
  for (const Hint& hint : last) {
    end -= width(hint);
  }
  const auto put = [&canvas, row](int column, const Hint& hint) {
    column = canvas.put({row, column}, hint.key, Style::tab_active);
    return canvas.put({row, column}, " " + hint.text, Style::plain) + 2;
  };
  int column = 1;
  for (const Hint& hint : hints) {
    if (column + width(hint) <= end) {
      column = put(column, hint);
    }
  }
  column = end;
  for (const Hint& hint : last) {
    column = put(column, hint);
  }
}

void draw_waiting(Canvas& canvas, const Area& area, const State& state) {
  Lines lines;
  lines.emplace_back("Waiting for the appliance service…", Style::strong);
  lines.emplace_back();
  const int width = std::min(area.columns - 4, 64);
  add_wrapped(lines,
              "It starts by itself and is asked again every second; this screen goes on as soon as "
              "it answers. Events are accepted without it.",
              width);
  lines.emplace_back();
  if (!state.lost_reason.empty()) {
    add_wrapped(lines, state.lost_reason, width, 0, Style::dim);
  }
  const int rows = static_cast<int>(lines.size());
  draw_lines(canvas,
             {area.row + std::max((area.rows - rows) / 2, 0),
              area.column + std::max((area.columns - width) / 2, 0), rows, width},
             lines);
}

void draw_too_small(Canvas& canvas) {
  Lines lines;
  add_wrapped(lines,
              "This window has " + std::to_string(canvas.columns()) + " columns and " +
                  std::to_string(canvas.rows()) + " rows; the console needs " +
                  std::to_string(kColumnsMin) + " × " + std::to_string(kRowsMin) +
                  ". Make it larger.",
              canvas.columns());
  draw_lines(canvas, {0, 0, canvas.rows(), canvas.columns()}, lines);
}

}  // namespace ap::console
