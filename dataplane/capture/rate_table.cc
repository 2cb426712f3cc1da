// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/rate_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dp::capture {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kFirstFactor = 0xa0761d6478bd642f;
constexpr std::uint64_t kSecondFactor = 0xe7037ed1a0b428db;

/// Every bit of the result depends on every bit of both.
std::uint64_t mix(std::uint64_t first, std::uint64_t second) noexcept {
  const auto product = static_cast<Wide>(first) * second;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t load(const char* bytes, std::size_t count) noexcept {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, count);
  return number;
}

}  // namespace

RateTable::RateTable(std::size_t buckets)
    : sets_(std::bit_ceil(std::max(buckets, kWays) / kWays)) {}

Bucket& RateTable::bucket_of(std::uint64_t key) noexcept {
  auto& set = sets_[key & (sets_.size() - 1)].buckets;
  auto* least = set.data();
  for (auto& bucket : set) {
    if (bucket.key == key) {
      return bucket;
    }
    if (bucket.full_at_ns < least->full_at_ns) {
      least = &bucket;
    }
  }
  least->key = key;
  return *least;
}

std::uint64_t key_of(std::string_view text, std::uint64_t secret) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  auto state = mix(secret ^ kFirstFactor, text.size() ^ kSecondFactor);
  const char* next = text.data();
  auto left = text.size();
  for (; left > 2 * kWord; left -= 2 * kWord, next += 2 * kWord) {
    state = mix(load(next, kWord) ^ kSecondFactor ^ secret, load(next + kWord, kWord) ^ state);
  }
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  if (left >= kWord) {
    first = load(next, kWord);
    second = load(next + left - kWord, kWord);
  } else if (left > 0) {
    first = load(next, left);
  }
  return mix(first ^ kSecondFactor ^ secret, second ^ state);
}

std::uint64_t joined_key(std::uint64_t first, std::uint64_t second) noexcept {
  return mix(first ^ kFirstFactor, second ^ kSecondFactor);
}

}  // namespace dp::capture
