// SPDX-License-Identifier: LicenseRef-Project
// Token buckets by key in memory of a fixed size: who may have something now, and who has had too
// much of late.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dp::capture {

/// A bucket as the one time it needs (GCRA): when it will be full again if nothing more is taken.
struct Bucket {
  std::uint64_t key = 0;
  std::int64_t full_at_ns = 0;

  /// Whether `cost_ns` fits into what is left at `now_ns` of a bucket that refills within
  /// `depth_ns`. A cost above the depth asks for a full bucket, which then owes the rest.
  [[nodiscard]] bool has_room(std::int64_t cost_ns, std::int64_t depth_ns,
                              std::int64_t now_ns) const noexcept {
    const auto missing_ns = full_at_ns > now_ns ? full_at_ns - now_ns : 0;
    return missing_ns <= depth_ns - (cost_ns < depth_ns ? cost_ns : depth_ns);
  }

  void take(std::int64_t cost_ns, std::int64_t now_ns) noexcept {
    full_at_ns = (full_at_ns > now_ns ? full_at_ns : now_ns) + cost_ns;
  }
};

/// Owner and thread: one. Bounds: 16 bytes a bucket, allocated once; a set of four buckets is one
/// line of the cache. When the four of a set are taken, a newcomer gets the place and the debt of
/// the one that owes least: nobody can get rid of a debt by bringing in more keys. A newcomer then
/// has less than it should, until that debt is paid.
class RateTable {
 public:
  /// `buckets` is rounded up to a power of two, and to one set.
  explicit RateTable(std::size_t buckets);

  /// The bucket of `key`; valid until the next call.
  Bucket& bucket_of(std::uint64_t key) noexcept;

 private:
  static constexpr std::size_t kWays = 4;
  struct alignas(64) Set {
    std::array<Bucket, kWays> buckets;
  };

  std::vector<Set> sets_;
};

/// A number for `text` that nobody can aim at who does not know `secret`. Not cryptographic: who
/// managed it nevertheless would share a bucket with somebody else.
[[nodiscard]] std::uint64_t key_of(std::string_view text, std::uint64_t secret) noexcept;

/// One key of two.
[[nodiscard]] std::uint64_t joined_key(std::uint64_t first, std::uint64_t second) noexcept;

}  // namespace dp::capture
