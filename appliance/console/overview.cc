// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/overview.h"

#include "appliance/console/text.h"

#include <algorithm>
#include <cmath>

namespace ap::console {
namespace {

constexpr int kValueColumn = 11;

Line labelled(std::string label) {
  Line line;
  line.add(std::move(label), Style::dim).to(kValueColumn);
  return line;
}

struct Phase {
  std::string title;
  std::string text;
};

Phase phase_words(const Health& health) {
  if (health.phase == "recovery") {
    return {
        "Recovery mode: the data disks could not be opened",
        "Nothing on the disks is changed and no events are accepted. SSH and this console work."};
  }
  if (health.phase == "first-boot") {
    return {"First boot: the machine is setting itself up",
            "Nothing needs to be done. It may restart its services on the way."};
  }
  return {"Starting", "Services come up one after another. Nothing needs to be done."};
}

void add_phase(Lines& lines, const Health& health, int width) {
  const Phase phase = phase_words(health);
  const Style style = health.phase == "recovery" ? Style::critical : Style::warning;
  lines.push_back(Line().add("▲ ", style).add(phase.title, style));
  if (!health.phase_text.empty()) {
    add_wrapped(lines, health.phase_text, width, 2);
  }
  add_wrapped(lines, phase.text, width, 2, Style::dim);
}

void add_problem(Lines& lines, const Problem& problem, int width, bool with_advice) {
  const Style style = problem.is_critical ? Style::critical : Style::warning;
  const std::size_t first = lines.size();
  add_wrapped(lines, problem.text, width, 2, style);
  lines[first] = Line();
  lines[first].add("▲ ", style).add(wrapped(problem.text, width - 2).front(), style);
  if (with_advice && !problem.advice.empty()) {
    add_wrapped(lines, problem.advice, width, 2);
  }
}

std::string rate_text(double rate) {
  return rate < 10 && rate > 0 ? std::to_string(static_cast<int>(rate)) + "." +
                                     std::to_string(static_cast<int>(rate * 10) % 10)
                               : count_text(static_cast<std::uint64_t>(std::max(rate, 0.0)));
}

Line capture_line(const Health& health) {
  Line line = labelled("Capture");
  if (health.is_capturing) {
    line.add("• ", Style::good).add("accepting events");
  } else {
    line.add("▲ not accepting events", Style::critical);
  }
  if (health.rate_per_second) {
    line.to(kValueColumn + 22).add(rate_text(*health.rate_per_second) + " per second");
  }
  if (health.events_total) {
    line.to(kValueColumn + 42).add(count_text(*health.events_total) + " in all");
  }
  return line;
}

void add_canary(Lines& lines, const Health& health, int width) {
  Line line = labelled("Canary");
  if (health.canary_state == "ok") {
    line.add("• ", Style::good).add("passed");
  } else if (health.canary_state == "failed") {
    line.add("▲ failed", Style::critical);
  } else {
    line.add(health.canary_text.empty() ? "has not run yet"
                                        : clipped(health.canary_text, width - kValueColumn),
             Style::dim);
    lines.push_back(std::move(line));
    return;
  }
  if (!health.canary_at.empty()) {
    line.to(kValueColumn + 22).add(iso_text(health.canary_at));
  }
  if (health.canary_latency_ms && health.canary_state == "ok") {
    line.to(kValueColumn + 42)
        .add(std::to_string(std::llround(*health.canary_latency_ms)) + " ms from event to query");
  }
  lines.push_back(std::move(line));
  if (health.canary_state == "failed" && !health.canary_text.empty()) {
    add_wrapped(lines, health.canary_text, width, kValueColumn, Style::dim);
  }
}

std::string network_title(const std::string& network) {
  return network == "public" ? "public" : network == "vswitch" ? "vSwitch" : network;
}

void add_addresses(Lines& lines, const Health& health, int width) {
  Line line = labelled("Addresses");
  bool is_empty = true;
  for (const Address& address : health.addresses) {
    if (address.network == "loopback") {
      continue;
    }
    const std::string text = address.address + " " + network_title(address.network);
    if (!is_empty && line.columns() + columns(text) + 3 > width) {
      lines.push_back(std::move(line));
      line = labelled("");
      is_empty = true;
    }
    line.add(is_empty ? "" : "   ")
        .add(address.address)
        .add(" " + network_title(address.network), Style::dim);
    is_empty = false;
  }
  if (is_empty) {
    line.add("none yet", Style::warning);
  }
  lines.push_back(std::move(line));
}

std::string array_words(const RaidArray& array) {
  return std::to_string(array.present) + " of " + std::to_string(array.wanted) + " disks";
}

Line array_line(const RaidArray& array, bool is_first, int width) {
  Line line = labelled(is_first ? "Arrays" : "");
  const bool is_bad = array.state == "missing" || array.state == "degraded";
  line.add(array.name).to(kValueColumn + 9);
  line.add(is_bad ? "▲ " : "• ", is_bad             ? Style::critical
                                 : array.is_syncing ? Style::warning
                                                    : Style::good);
  line.add(array.state, is_bad ? Style::critical : Style::plain).to(kValueColumn + 22);
  if (!array.is_syncing) {
    return std::move(line.add(array_words(array), Style::dim));
  }
  const double progress = array.sync_progress.value_or(0);
  std::string rest;
  if (array.sync_remaining_s) {
    const std::int64_t left_s = *array.sync_remaining_s;
    rest = duration_text(left_s < 600 ? left_s : left_s - left_s % 60) + " left";
  }
  if (array.sync_bytes_per_second > 0) {
    rest += (rest.empty() ? "" : ", ") + size_text(array.sync_bytes_per_second) + "/s";
  }
  constexpr int kPercentColumns = 7;
  const int room = width - line.columns() - kPercentColumns - columns(rest);
  add_bar(line, progress, std::clamp(room, 8, 24), Style::good);
  line.add(" " + std::to_string(static_cast<int>(progress * 100)) + " %");
  line.add("  " + rest, Style::dim);
  return line;
}

Line disk_line(const Disk& disk, bool is_first) {
  Line line = labelled(is_first ? "Disks" : "");
  const bool is_member = disk.role == "member";
  line.add(disk.name).to(kValueColumn + 9);
  line.add(disk.serial.empty() ? "no serial" : disk.serial).to(kValueColumn + 30);
  line.right(size_text(disk.size_bytes), kValueColumn + 39, Style::dim).add("  ");
  if (!is_member) {
    line.add(disk.text.empty() ? disk.role : disk.text, Style::warning);
  } else if (!disk.is_boot) {
    line.add("in use, but can not boot", Style::warning);
  } else {
    line.add(disk.text.empty() ? "in use" : disk.text, Style::dim);
  }
  return line;
}

void add_budgets(Lines& lines, const Health& health, int width) {
  const int bar = std::min(width - kValueColumn - 40, 40);
  const auto add_budget = [&lines, bar](std::string label, double used, double size,
                                        const std::string& text) {
    const double share = size > 0 ? used / size : 0;
    Line line = labelled(std::move(label));
    add_bar(line, share, bar,
            share > 0.9   ? Style::critical
            : share > 0.8 ? Style::warning
                          : Style::good);
    line.right(std::to_string(static_cast<int>(share * 100)) + " %", kValueColumn + bar + 6);
    line.add("  " + text);
    lines.push_back(std::move(line));
  };
  if (health.disk_size_bytes > 0) {
    add_budget("Data", health.disk_used_bytes, health.disk_size_bytes,
               size_text(health.disk_used_bytes) + " of " + size_text(health.disk_size_bytes));
    Line parts = labelled("");
    for (const auto& [name, bytes] : health.disk_parts) {
      const std::string text = name + " " + size_text(bytes);
      if (parts.columns() + columns(text) > width) {
        lines.push_back(std::move(parts));
        parts = labelled("");
      }
      parts.add(text + "   ", Style::dim);
    }
    if (!health.disk_parts.empty()) {
      lines.push_back(std::move(parts));
    }
  }
  if (health.memory_total_bytes > 0) {
    const double used = health.memory_total_bytes - health.memory_available_bytes;
    add_budget("Memory", used, health.memory_total_bytes,
               memory_text(used) + " of " + memory_text(health.memory_total_bytes));
  }
}

}  // namespace

Lines banner_lines(const Health& health, int width) {
  Lines lines;
  if (health.phase != "ready") {
    add_phase(lines, health, width);
  }
  for (std::size_t i = 0; i < health.problems.size() && i < 3; ++i) {
    add_problem(lines, health.problems[i], width, i == 0);
  }
  if (health.problems.size() > 3) {
    lines.push_back(Line().to(2).add(
        "and " + std::to_string(health.problems.size() - 3) + " more: press p", Style::dim));
  }
  if (lines.empty()) {
    lines.emplace_back("• All is well", Style::good);
  }
  return lines;
}

Lines overview_lines(const Health& health, int width, int rows) {
  Lines lines = banner_lines(health, width);
  lines.emplace_back();
  lines.push_back(capture_line(health));
  add_canary(lines, health, width);
  if (!health.page_url.empty()) {
    lines.push_back(labelled("Page").add(health.page_url, Style::accent));
  }
  add_addresses(lines, health, width);
  const bool is_told = std::ranges::count(health.problems, "clock", &Problem::noun) > 0;
  if (!health.is_clock_synchronized && !is_told) {
    lines.push_back(labelled("Clock").add("▲ not synchronized", Style::warning));
  }
  lines.emplace_back();
  for (std::size_t i = 0; i < health.arrays.size(); ++i) {
    lines.push_back(array_line(health.arrays[i], i == 0, width));
  }
  for (std::size_t i = 0; i < health.disks.size(); ++i) {
    lines.push_back(disk_line(health.disks[i], i == 0));
  }
  if (!health.arrays.empty() || !health.disks.empty()) {
    lines.emplace_back();
  }
  add_budgets(lines, health, width);
  for (std::size_t i = lines.size(); i > 0 && static_cast<int>(lines.size()) > rows; --i) {
    if (lines[i - 1].columns() == 0) {
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
  }
  return lines;
}

Lines problem_lines(const Health& health, int width) {
  Lines lines;
  for (const Problem& problem : health.problems) {
    if (!lines.empty()) {
      lines.emplace_back();
    }
    add_problem(lines, problem, width, true);
  }
  if (lines.empty()) {
    lines.emplace_back("• No problem is known.", Style::good);
  }
  return lines;
}

}  // namespace ap::console
