// SPDX-License-Identifier: LicenseRef-Project
// What one run found, whether it may be believed, and its one line of JSON.
#pragma once

#include "bench/load/histogram.h"
#include "bench/load/options.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace load {

/// CPU time and memory of the server's processes at one moment.
struct ServerUsage {
  double user_seconds = 0;
  double system_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t resident_bytes_peak = 0;
};

/// Reads /proc; a process that is gone counts nothing.
ServerUsage measure_server(std::span<const std::uint32_t> pids);

/// Counts of one window. "Intended" requests are those due in it; "answered" are answers that came
/// in it, so that CPU time of the window can be divided by them.
struct Figures {
  Histogram latency;  ///< Microseconds from the intended time to a 2xx answer.
  Histogram refusal;  ///< The same to any other answer.
  Histogram lag;      ///< From the intended time to the send, where a connection was free.
  std::array<std::uint64_t, 600> statuses{};  ///< Of intended requests.
  std::uint64_t intended = 0;
  std::uint64_t waited = 0;      ///< Intended ones that found every connection taken.
  std::uint64_t never_sent = 0;  ///< Of those: had not left when the window ended.
  std::uint64_t unanswered = 0;  ///< Sent, and no answer until the drain ended.
  std::uint64_t failed = 0;      ///< The connection broke, or the answer was no answer.
  std::uint64_t answered_ok = 0;
  std::uint64_t answered_otherwise = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t crowd_closed = 0;  ///< Idle or slow connections the server ended.
  double seconds = 0;              ///< Length of the window.
  double busy_share = 0;           ///< Of one core, by this program.
  ServerUsage before_connecting;
  ServerUsage connected;  ///< Every connection is open, nothing was sent.
  ServerUsage begin;
  ServerUsage end;
};

/// Why the figures must not be reported (performance.md 4.2); empty when they may.
std::vector<std::string> objections(const Figures& figures, const Options& options);

/// One line. Latencies are missing in a closed loop, where they would hide stalls.
std::string to_json(const Figures& figures, const Options& options, const Corpus& corpus);

/// The line of a void run: no figures, only the reasons.
std::string void_to_json(const std::vector<std::string>& reasons);

}  // namespace load
