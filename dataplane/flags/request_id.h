// SPDX-License-Identifier: LicenseRef-Project
// Names of evaluations: the caller's X-REQUEST-ID when it is a UUID, else a random UUID (version
// 4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dp::flags {

/// True for the hyphenated text form of a UUID, any case, any version.
bool is_uuid(std::string_view text) noexcept;

/// Makes random UUIDs from one seed (splitmix64). They name requests in logs and analytics, they
/// protect nothing. Owner and thread: one shard; shards get different seeds.
class RequestIds {
 public:
  explicit RequestIds(std::uint64_t entropy) noexcept : state_(entropy) {}

  /// Replaces `out` by the next UUID in lower case.
  void next(std::string& out);

 private:
  std::uint64_t next_number() noexcept;

  std::uint64_t state_;
};

}  // namespace dp::flags
