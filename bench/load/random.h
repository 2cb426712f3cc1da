// SPDX-License-Identifier: LicenseRef-Project
// Random numbers that are the same on every machine and library (SplitMix64).
#pragma once

#include <cstdint>

namespace load {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e37'79b9'7f4a'7c15;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
    return mixed ^ (mixed >> 31);
  }

  /// Within [0, bound).
  std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }

  /// Within [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace load
