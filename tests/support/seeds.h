// SPDX-License-Identifier: LicenseRef-Project
// The seeds of one simulation: a few in every run, one on request, as many as a campaign wants.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

namespace support {

/// Calls `run(seed)` for SIM_SEED alone, or for the seeds from SIM_FIRST (1) on: SIM_SEEDS of them,
/// without it `smoke`. Stops at the first that fails, names it, and says how many held.
template <class Run>
void for_each_seed(std::uint64_t smoke, const Run& run) {
  const auto number = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoull(text);
  };
  const bool is_one = std::getenv("SIM_SEED") != nullptr;
  const std::uint64_t first = is_one ? number("SIM_SEED", 1) : number("SIM_FIRST", 1);
  const std::uint64_t count = is_one ? 1 : number("SIM_SEEDS", smoke);
  std::uint64_t held = 0;
  for (; held < count && !testing::Test::HasFailure(); ++held) {
    SCOPED_TRACE("SIM_SEED=" + std::to_string(first + held));
    run(first + held);
  }
  held -= testing::Test::HasFailure() ? 1U : 0U;
  std::cout << held << " seeds held from " << first << " on\n";
}

}  // namespace support
