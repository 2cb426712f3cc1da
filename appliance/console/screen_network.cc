// SPDX-License-Identifier: LicenseRef-Project
// Network and firewall: what is set, and the way into the form.
#include "appliance/console/form.h"
#include "appliance/console/screens.h"
#include "appliance/console/text.h"

#include <algorithm>

namespace ap::console {
namespace {

constexpr int kValueColumn = 23;

std::string shown(const Setting& setting) {
  if (!setting.value.empty()) {
    return setting.value;
  }
  return setting.key == "public.address" ? "by DHCP"
         : setting.key == "public.mac"   ? "the first card"
         : setting.key == "ssh_from"     ? "anywhere, by key only"
                                         : "-";
}

void add_settings(Lines& lines, const std::vector<Setting>& settings, std::string_view section,
                  std::string title, int width) {
  lines.emplace_back(std::move(title), Style::strong);
  for (const Setting& setting : settings) {
    if (setting.key.starts_with(section)) {
      bool is_first = true;
      for (const std::string& part : wrapped(shown(setting), width - kValueColumn)) {
        Line line;
        line.to(2).add(is_first ? setting.title : "", Style::dim).to(kValueColumn).add(part);
        lines.push_back(std::move(line));
        is_first = false;
      }
    }
  }
}

// `22    SSH by key    from anywhere`, the source on a line of its own when there is no room.
void add_rule(Lines& lines, const FirewallRule& rule, int width) {
  constexpr int kTextColumn = 9;
  std::string source = rule.from.empty() ? "" : "from " + rule.from;
  source += rule.interface.empty() ? "" : " on " + rule.interface;
  Line line;
  line.to(2).add(rule.port, Style::accent).to(kTextColumn);
  if (kTextColumn + columns(rule.text) + columns(source) + 2 <= width) {
    line.add(rule.text).right(source, width, Style::dim);
    lines.push_back(std::move(line));
    return;
  }
  lines.push_back(std::move(line.add(clipped(rule.text, width - kTextColumn))));
  add_wrapped(lines, source, width, kTextColumn, Style::dim);
}

// Shared by both: a scrolled text, e edits.
class SettingsScreen : public Screen {
 public:
  void draw(Canvas& canvas, const Area& area, const State& state) final {
    rows_ = area.rows;
    const Lines lines = content(state, area.columns);
    if (lines.empty()) {
      draw_missing(canvas, area, error(state));
      return;
    }
    first_ = std::clamp(first_, 0, std::max(static_cast<int>(lines.size()) - rows_, 0));
    draw_lines(canvas, area, lines, first_);
    if (static_cast<int>(lines.size()) - first_ > rows_) {
      canvas.put({area.row + area.rows - 1, area.column + area.columns - 8}, " more ↓",
                 Style::strong);
    }
  }

  [[nodiscard]] Hints hints(const State& state) const final {
    if (state.commit) {
      return {{"k", "keep the change"}, {"r", "revert it"}, {"↑↓", "scroll"}};
    }
    return {{"e", "edit"}, {"↑↓", "scroll"}};
  }

 protected:
  bool scroll(const Key& key) { return move_by_key(key, rows_, first_); }

 private:
  [[nodiscard]] virtual const std::string& error(const State& state) const = 0;
  /// Nothing while nothing is known.
  [[nodiscard]] virtual Lines content(const State& state, int width) const = 0;

  int first_ = 0;
  int rows_ = 1;
};

class NetworkScreen final : public SettingsScreen {
 public:
  void key(const Key& key, Desk& desk) override {
    const auto& network = desk.state().network.value;
    if (!scroll(key) && key.is(U'e') && network && !desk.state().commit) {
      desk.open(std::make_unique<FormDialog>("Network", network->settings));
    }
  }

  [[nodiscard]] std::vector<FeedName> feeds() const override { return {FeedName::network}; }

 private:
  [[nodiscard]] const std::string& error(const State& state) const override {
    return state.network.error;
  }

  [[nodiscard]] Lines content(const State& state, int width) const override {
    Lines lines;
    if (!state.network.value) {
      return lines;
    }
    const Network& network = *state.network.value;
    add_settings(lines, network.settings, "public.", "Public network", width);
    lines.emplace_back();
    add_settings(lines, network.settings, "vswitch.", "vSwitch (the product's own network)", width);
    lines.emplace_back();
    lines.emplace_back("Links", Style::strong);
    for (const Link& link : network.links) {
      if (link.name == "lo") {
        continue;
      }
      const bool is_up = link.state == "up" || link.state == "routable" || link.state == "carrier";
      Line line;
      line.add(is_up ? "• " : "▲ ", is_up ? Style::good : Style::warning)
          .add(link.name)
          .to(kValueColumn)
          .add(link.state, is_up ? Style::plain : Style::warning);
      std::string facts = link.mac;
      if (link.mtu > 0) {
        facts += (facts.empty() ? "MTU " : "  MTU ") + std::to_string(link.mtu);
      }
      lines.push_back(std::move(line.to(kValueColumn + 12).add(facts, Style::dim)));
      std::string addresses;
      for (const std::string& address : link.addresses) {
        addresses += (addresses.empty() ? "" : "   ") + address;
      }
      if (!addresses.empty()) {
        add_wrapped(lines, addresses, width, kValueColumn);
      }
    }
    return lines;
  }
};

class FirewallScreen final : public SettingsScreen {
 public:
  void key(const Key& key, Desk& desk) override {
    const auto& firewall = desk.state().firewall.value;
    if (!scroll(key) && key.is(U'e') && firewall && !desk.state().commit) {
      desk.open(std::make_unique<FormDialog>("Firewall", firewall->settings));
    }
  }

  [[nodiscard]] std::vector<FeedName> feeds() const override { return {FeedName::firewall}; }

 private:
  [[nodiscard]] const std::string& error(const State& state) const override {
    return state.firewall.error;
  }

  [[nodiscard]] Lines content(const State& state, int width) const override {
    Lines lines;
    if (!state.firewall.value) {
      return lines;
    }
    const Firewall& firewall = *state.firewall.value;
    if (firewall.is_loaded) {
      lines.emplace_back("• The firewall is on: what is not listed here is dropped.", Style::good);
    } else {
      lines.emplace_back("▲ The firewall is not loaded: nothing is filtered.", Style::critical);
    }
    if (firewall.dropped_packets) {
      lines.emplace_back("  " + count_text(*firewall.dropped_packets) + " packets dropped so far",
                         Style::dim);
    }
    lines.emplace_back();
    lines.push_back(
        Line().add("Let in", Style::strong).to(9).add("(port, what, from where)", Style::dim));
    for (const FirewallRule& rule : firewall.rules) {
      add_rule(lines, rule, width);
    }
    lines.emplace_back();
    add_settings(lines, firewall.settings, "", "Settings", width);
    return lines;
  }
};

}  // namespace

std::unique_ptr<Screen> network_screen() { return std::make_unique<NetworkScreen>(); }
std::unique_ptr<Screen> firewall_screen() { return std::make_unique<FirewallScreen>(); }

}  // namespace ap::console
