// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/options.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace load {
namespace {

constexpr std::string_view kUsage =
    "usage: bristle-load --port N [--rate R (0: closed loop)] [--poisson] [--seconds S]\n"
    "  [--warmup S] [--drain S] [--connections N] [--idle N] [--slow N] [--slow-interval S]\n"
    "  [--batch EVENTS] [--bytes PER-EVENT] [--gzip] [--churn] [--redis] [--seed N] [--items N]\n"
    "  [--pid N]... [--once] [--until-gone] [--allow-refusals] [--allow-waiting]\n"
    "  [--allow-lateness] [--acknowledged FILE]\n";

[[noreturn]] void complain(std::string_view word) {
  std::fprintf(stderr, "bristle-load: bad argument %.*s\n%.*s", static_cast<int>(word.size()),
               word.data(), static_cast<int>(kUsage.size()), kUsage.data());
  std::exit(64);  // NOLINT(concurrency-mt-unsafe): the only thread.
}

template <typename Number>
Number parse(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < Number{}) {
    complain(text);
  }
  return value;
}

bool take_switch(Options& options, std::string_view name) {
  struct Switch {
    std::string_view name;
    bool Options::* flag;
  };
  constexpr Switch kSwitches[] = {{"--once", &Options::is_once},
                                  {"--until-gone", &Options::until_gone},
                                  {"--allow-refusals", &Options::allows_refusals},
                                  {"--allow-waiting", &Options::allows_waiting},
                                  {"--allow-lateness", &Options::allows_lateness}};
  for (const auto& one : kSwitches) {
    if (name == one.name) {
      options.*one.flag = true;
      return true;
    }
  }
  if (name == "--gzip") {
    options.shape.is_gzip = true;
  } else if (name == "--churn") {
    options.shape.closes = true;
  } else if (name == "--redis") {
    options.shape.protocol = Protocol::redis;
  } else if (name == "--poisson") {
    options.spacing = Spacing::poisson;
  } else {
    return false;
  }
  return true;
}

bool take_count(Options& options, std::string_view name, std::string_view value) {
  struct Count {
    std::string_view name;
    std::uint32_t* number;
  };
  const Count counts[] = {{"--connections", &options.connections},
                          {"--idle", &options.idle},
                          {"--slow", &options.slow},
                          {"--batch", &options.shape.batch_events},
                          {"--bytes", &options.shape.event_bytes},
                          {"--items", &options.shape.items_min}};
  for (const auto& one : counts) {
    if (name == one.name) {
      *one.number = parse<std::uint32_t>(value);
      return true;
    }
  }
  return false;
}

bool take_seconds(Options& options, std::string_view name, std::string_view value) {
  struct Seconds {
    std::string_view name;
    double* number;
  };
  const Seconds all[] = {{"--rate", &options.rate},
                         {"--seconds", &options.seconds},
                         {"--warmup", &options.warmup_seconds},
                         {"--drain", &options.drain_seconds},
                         {"--slow-interval", &options.slow_interval_seconds}};
  for (const auto& one : all) {
    if (name == one.name) {
      *one.number = parse<double>(value);
      return true;
    }
  }
  return false;
}

void take_value(Options& options, std::string_view name, std::string_view value) {
  if (take_count(options, name, value) || take_seconds(options, name, value)) {
    return;
  }
  if (name == "--port") {
    options.port = parse<std::uint16_t>(value);
  } else if (name == "--seed") {
    options.shape.seed = parse<std::uint64_t>(value);
  } else if (name == "--pid") {
    options.pids.push_back(parse<std::uint32_t>(value));
  } else if (name == "--acknowledged") {
    options.acknowledged_file = value;
  } else {
    complain(name);
  }
}

}  // namespace

Options parse_options(std::span<const char* const> words) {
  Options options;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string_view name = words[index];
    if (take_switch(options, name)) {
      continue;
    }
    if (index + 1 == words.size()) {
      complain(name);
    }
    take_value(options, name, words[++index]);
  }
  if (options.port == 0) {
    complain("--port is missing");
  }
  if (options.seconds <= 0 || options.slow_interval_seconds <= 0) {
    complain("0 seconds");
  }
  if (options.connections == 0 && options.rate > 0) {
    complain("--connections 0 with a rate");
  }
  return options;
}

}  // namespace load
