// SPDX-License-Identifier: LicenseRef-Project
// What one run of the load generator is told on its command line.
#pragma once

#include "bench/load/corpus.h"
#include "bench/load/schedule.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace load {

struct Options {
  std::uint16_t port = 0;
  Shape shape;
  double rate = 0;  ///< Requests per second; 0: closed loop, which reports no latency.
  Spacing spacing = Spacing::fixed;
  double warmup_seconds = 1;
  double seconds = 2;
  double drain_seconds = 2;        ///< How long answers may still come afterwards.
  std::uint32_t connections = 64;  ///< That carry requests; 0: the run only holds the others.
  std::uint32_t idle = 0;          ///< Connections that say nothing.
  std::uint32_t slow = 0;          ///< Connections that send one byte per interval.
  double slow_interval_seconds = 1;
  std::vector<std::uint32_t> pids;  ///< The processes of the server: their CPU time and memory.
  bool is_once = false;             ///< Every request of the corpus at most once.
  bool until_gone = false;          ///< The run ends when the server cannot be reached any more.
  bool allows_refusals = false;     ///< Answers other than 2xx do not make the run void.
  bool allows_waiting = false;      ///< Nor do requests that found every connection taken.
  bool allows_lateness = false;     ///< Nor does a late generator; latencies are not reported then.
  std::string acknowledged_file;    ///< Receives the number of every request answered with 2xx.
};

/// Reads `--name value` and `--switch` words; on a mistake prints it and exits with 64.
Options parse_options(std::span<const char* const> words);

}  // namespace load
