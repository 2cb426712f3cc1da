// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/firewall/firewall.h"

#include "appliance/firewall/rules.h"

#include <boost/json.hpp>

#include <chrono>

namespace ap::firewall {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kTimeout{10'000};

/// The settings of this noun are one table, so callers may leave its name out.
std::string with_table(std::string_view patch) {
  boost::system::error_code error;
  const json::value document = json::parse(patch, error);
  if (error || !document.is_object() || document.get_object().contains("firewall")) {
    return std::string(patch);
  }
  return json::serialize(json::object{{"firewall", document}});
}

/// The counter in the answer of `nft -j list counter`.
std::optional<std::int64_t> packets_in(const std::string& output) {
  boost::system::error_code error;
  const json::value document = json::parse(output, error);
  const json::value* items =
      error || !document.is_object() ? nullptr : document.get_object().if_contains("nftables");
  if (items == nullptr || !items->is_array()) {
    return std::nullopt;
  }
  for (const auto& item : items->get_array()) {
    const json::value* counter =
        item.is_object() ? item.get_object().if_contains("counter") : nullptr;
    const json::value* packets = counter != nullptr && counter->is_object()
                                     ? counter->get_object().if_contains("packets")
                                     : nullptr;
    if (packets != nullptr && packets->is_int64()) {
      return packets->get_int64();
    }
  }
  return std::nullopt;
}

json::array rules_of(const settings::Settings& settings) {
  json::array list;
  for (const auto& rule : rules_in_words(settings)) {
    list.push_back(json::object{{"text", rule.text},
                                {"port", rule.port},
                                {"from", rule.from},
                                {"interface", rule.interface}});
  }
  return list;
}

}  // namespace

std::optional<std::int64_t> read_dropped_packets(exec::Runner& runner) {
  const auto outcome = runner.run(
      {{"nft", "-j", "list", "counter", "inet", "bristle", "dropped"}, {}, {}, kTimeout});
  return outcome.exit_status == 0 ? packets_in(outcome.output) : std::nullopt;
}

Firewall::Firewall(std::filesystem::path root, exec::Runner& runner,
                   settings::Activation& activation)
    : runner_(runner), proposal_(std::move(root), runner, activation, "firewall", {"firewall"}) {}

std::string Firewall::describe() {
  const settings::Settings settings = proposal_.in_effect();
  const auto dropped = read_dropped_packets(runner_);
  json::value pending;
  if (const auto seconds_left = proposal_.seconds_left()) {
    pending = json::object{{"seconds_left", *seconds_left}};
  }
  const auto& sources = settings.firewall.ssh_from;
  return json::serialize(json::object{
      {"settings", json::object{{"ssh_from", json::array(sources.begin(), sources.end())}}},
      {"rules", rules_of(settings)},
      {"loaded", dropped.has_value()},
      {"dropped_packets", dropped ? json::value(*dropped) : json::value()},
      {"pending", std::move(pending)}});
}

std::string Firewall::plan(std::string_view patch) {
  settings::Plan plan = proposal_.plan(with_table(patch));
  for (const auto& change : plan.changes) {
    if (change.to != "[]") {
      plan.warnings.emplace_back(
          "SSH from other addresses is refused; the console on the server itself stays");
    }
  }
  return settings::to_json(plan);
}

void Firewall::apply(std::string_view patch) { proposal_.apply(with_table(patch)); }

}  // namespace ap::firewall
