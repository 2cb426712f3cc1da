// SPDX-License-Identifier: LicenseRef-Project
// What a v1 request will be told about each of its events, kept until its record is durable.
#pragma once

#include "dataplane/base/check.h"
#include "dataplane/format/codec/analytics_v1.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dp::capture {

/// The results of requests that wait for the log. Owner and thread: one shard. Bounds: kWaitingMax
/// requests with kResultsMax results together, 19 MB; memory is reused, and given back where a
/// batch was unusually large. Failure: a full shelf takes nothing more.
class V1ResultShelf {
 public:
  static constexpr std::uint32_t kWaitingMax = 4096;
  static constexpr std::size_t kResultsMax = std::size_t{512} << 10;
  static_assert(kResultsMax > format::codec::kV1EventsMax);

  struct Entry {
    std::string request_id;
    std::vector<format::codec::EventResult> results;
  };

  /// Keeps a copy; the number to find it by, or nothing when the shelf is full.
  std::optional<std::uint32_t> put(std::string_view request_id,
                                   std::span<const format::codec::EventResult> results) {
    if (results_held_ + results.size() > kResultsMax ||
        (free_.empty() && entries_.size() == kWaitingMax)) {
      return std::nullopt;
    }
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.emplace_back();
    }
    const auto ticket = free_.back();
    free_.pop_back();
    entries_[ticket].request_id.assign(request_id);
    entries_[ticket].results.assign(results.begin(), results.end());
    results_held_ += results.size();
    return ticket;
  }

  [[nodiscard]] Entry& at(std::uint32_t ticket) noexcept {
    DCHECK(ticket < entries_.size());
    return entries_[ticket];
  }

  void release(std::uint32_t ticket) {
    auto& results = at(ticket).results;
    results_held_ -= results.size();
    if (results.capacity() > kResultsKept) {
      std::vector<format::codec::EventResult>().swap(results);
    }
    results.clear();
    free_.push_back(ticket);
  }

 private:
  /// SDKs send at most a few hundred events at once.
  static constexpr std::size_t kResultsKept = 512;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::size_t results_held_ = 0;
};

}  // namespace dp::capture
