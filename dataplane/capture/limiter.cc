// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/limiter.h"

#include <algorithm>

namespace dp::capture {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
/// Keeps the bytes of a token apart from its events.
constexpr std::uint64_t kBytesKey = 1;

constexpr ProjectLimits kNoLimits{};

}  // namespace

Limiter::Limiter(PrivacyGuard& guard, const LimitSettings& settings, const sys::Clock& clock,
                 std::uint64_t secret)
    : guard_(guard),
      settings_(settings),
      clock_(clock),
      secret_(secret),
      depth_ns_(static_cast<std::int64_t>(settings.burst_seconds * kSecondNs)),
      tokens_(kTokenBuckets),
      identities_(settings.overflow_events_per_second == 0 ? 0 : kIdentityBuckets),
      limits_(&kNoLimits) {
  if (settings.overflow_events_per_second != 0) {
    overflow_cost_ns_ = static_cast<std::int64_t>(kSecondNs / settings.overflow_events_per_second);
    overflow_depth_ns_ = overflow_cost_ns_ * settings.overflow_burst;
    seen_.resize(kIdentitiesMax);
  }
}

void Limiter::begin(std::string_view token) {
  token_ = token;
  limits_ = &guard_.limits_of(token);
  events_per_second_ = limits_->events_per_second.value_or(settings_.events_per_second);
  bytes_per_second_ = limits_->bytes_per_second.value_or(settings_.bytes_per_second);
}

/// Each shard has its share of the rate, so everything costs it `shards` times as much.
std::int64_t Limiter::cost_ns(std::uint64_t amount, std::uint32_t per_second) const noexcept {
  return static_cast<std::int64_t>(amount * kSecondNs * settings_.shards / per_second);
}

bool Limiter::judge(std::uint32_t events, std::size_t bytes, bool is_charged) noexcept {
  if ((events_per_second_ == 0 && bytes_per_second_ == 0) || token_.empty()) {
    return true;
  }
  const auto now_ns = static_cast<std::int64_t>(clock_.monotonic_ns());
  const auto key = key_of(token_, secret_);
  const auto bytes_key = joined_key(key, kBytesKey);
  const auto events_ns = events_per_second_ == 0 ? 0 : cost_ns(events, events_per_second_);
  const auto bytes_ns = bytes_per_second_ == 0 ? 0 : cost_ns(bytes, bytes_per_second_);
  if ((events_ns != 0 && !tokens_.bucket_of(key).has_room(events_ns, depth_ns_, now_ns)) ||
      (bytes_ns != 0 && !tokens_.bucket_of(bytes_key).has_room(bytes_ns, depth_ns_, now_ns))) {
    return false;
  }
  if (is_charged && events_ns != 0) {
    tokens_.bucket_of(key).take(events_ns, now_ns);
  }
  if (is_charged && bytes_ns != 0) {
    tokens_.bucket_of(bytes_key).take(bytes_ns, now_ns);
  }
  return true;
}

bool Limiter::has_room(std::size_t bytes) noexcept { return judge(1, bytes, false); }

bool Limiter::admit(std::uint32_t events, std::size_t bytes) noexcept {
  return judge(events, bytes, true);
}

void Limiter::see(std::string_view distinct_id) noexcept {
  if (identity_count_ < seen_.size()) {
    seen_[identity_count_++] = key_of(distinct_id, secret_);
  }
}

bool Limiter::is_overflow() noexcept {
  if (identity_count_ == 0) {
    return false;
  }
  const auto now_ns = static_cast<std::int64_t>(clock_.monotonic_ns());
  const auto token_key = key_of(token_, secret_);
  std::uint64_t above = 0;
  for (std::size_t index = 0; index < identity_count_; ++index) {
    auto& bucket = identities_.bucket_of(joined_key(token_key, seen_[index]));
    if (bucket.has_room(overflow_cost_ns_, overflow_depth_ns_, now_ns)) {
      bucket.take(overflow_cost_ns_, now_ns);
    } else {
      ++above;
    }
  }
  identity_count_ = 0;
  counters_.events_overflowed += above;
  return above != 0;
}

}  // namespace dp::capture
