// SPDX-License-Identifier: LicenseRef-Project
// How much a project may send: its rate, its quotas, and which of its events come from somebody who
// sends far more than a person can (capture-protocol section 9).
#pragma once

#include "dataplane/capture/privacy_guard.h"
#include "dataplane/capture/rate_table.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/quota.h"
#include "dataplane/sys/clock.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dp::capture {

/// What the installation decides. 0: no limit.
struct LimitSettings {
  std::uint32_t events_per_second = 0;  ///< Of one token, for projects that say nothing else.
  std::uint32_t bytes_per_second = 0;   ///< Likewise, of bodies as received.
  std::uint32_t burst_seconds = 10;     ///< What a token that was silent may send at once.
  std::uint32_t overflow_events_per_second = 0;  ///< Of one token and distinct_id.
  std::uint32_t overflow_burst = 1000;           ///< Events at once.
  std::uint32_t shards = 1;  ///< Each admits its share of a token's rate, and only that.
};

/// What happened. One writer, the shard.
struct LimitCounters {
  std::uint64_t events_over_quota = 0;
  std::uint64_t events_overflowed = 0;
};

/// Owner and thread: one shard; every capture route shares one, request after request: `begin`,
/// then the questions. Bounds: 256 KiB for tokens, and 1.5 MiB when the overflow limiter is on;
/// nothing is allocated later, and what the tables cannot hold is limited rather more than less.
/// The overflow limiter of each shard counts for itself. Failure: none; a project of which nothing
/// is known has the installation's limits and no quota.
class Limiter final : private format::codec::IdentityObserver {
 public:
  static constexpr std::size_t kTokenBuckets = std::size_t{16} << 10;
  static constexpr std::size_t kIdentityBuckets = std::size_t{64} << 10;
  static constexpr std::size_t kIdentitiesMax = std::size_t{64} << 10;  ///< Of one request.

  /// `secret`: a random number, so that nobody can choose who shares a bucket.
  Limiter(PrivacyGuard& guard, const LimitSettings& settings, const sys::Clock& clock,
          std::uint64_t secret);

  /// A request of that token; an empty one has no limits.
  void begin(std::string_view token);

  /// Whether a body of that size would be admitted with one event; charges nothing.
  [[nodiscard]] bool has_room(std::size_t bytes) noexcept;

  /// Charges the request to its token; false, and nothing is charged, when it is above its rate.
  [[nodiscard]] bool admit(std::uint32_t events, std::size_t bytes) noexcept;

  /// The quotas that the project has used up.
  [[nodiscard]] format::ResourceSet used_up() const noexcept { return limits_->used_up; }
  void count_over_quota(std::uint32_t events) noexcept { counters_.events_over_quota += events; }

  /// What the readers of bodies have to show their identities to; nothing when the overflow limiter
  /// is off.
  [[nodiscard]] format::codec::IdentityObserver* observer() noexcept {
    return overflow_cost_ns_ == 0 ? nullptr : this;
  }

  /// Charges the identities of the last body; whether one of them sends too much.
  [[nodiscard]] bool is_overflow() noexcept;

  [[nodiscard]] const LimitCounters& counters() const noexcept { return counters_; }

 private:
  void start() noexcept override { identity_count_ = 0; }
  void see(std::string_view distinct_id) noexcept override;
  [[nodiscard]] std::int64_t cost_ns(std::uint64_t amount, std::uint32_t per_second) const noexcept;
  bool judge(std::uint32_t events, std::size_t bytes, bool is_charged) noexcept;

  PrivacyGuard& guard_;
  LimitSettings settings_;
  const sys::Clock& clock_;
  std::uint64_t secret_;
  std::int64_t depth_ns_;
  std::int64_t overflow_cost_ns_ = 0;
  std::int64_t overflow_depth_ns_ = 0;
  RateTable tokens_;
  RateTable identities_;
  std::vector<std::uint64_t> seen_;  ///< Keys of distinct_ids of the body being read.
  std::size_t identity_count_ = 0;
  std::string_view token_;
  const ProjectLimits* limits_;
  std::uint32_t events_per_second_ = 0;  ///< Of the token that `begin` named.
  std::uint32_t bytes_per_second_ = 0;
  LimitCounters counters_;
};

}  // namespace dp::capture
