// SPDX-License-Identifier: LicenseRef-Project
// Requests of every kind that is stored, and what the campaign knows of them.
#pragma once

#include "dataplane/format/log_record.h"

#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace powercut {

/// Says which record this is: a hash of everything that must come back exactly.
using Fingerprint = std::uint64_t;
Fingerprint fingerprint_of(const format::LogRecord& record);

/// A request that no other equals, and the record that it must become.
struct Sending {
  std::string bytes;
  Fingerprint fingerprint = 0;
  bool is_v1 = false;
};

/// Makes the requests of one client. Owner and thread: that client.
class RequestMaker {
 public:
  /// `name` is in every body; `is_heavy`: mostly large recordings, so that segments fill up.
  RequestMaker(std::string name, std::uint64_t seed, bool is_heavy);

  /// A single event, a gzip batch, a recording or a v1 batch.
  Sending next();

 private:
  std::string noise(std::size_t bytes);
  std::string uuid();
  Sending single();
  Sending batch();
  Sending recording();
  Sending analytics_v1();

  std::string name_;
  std::mt19937_64 random_;
  bool is_heavy_;
  std::uint64_t number_ = 0;
};

/// What was sent and what was acknowledged since the disk was empty. Threads: any.
class Knowledge {
 public:
  /// Before the first byte leaves.
  void sends(Fingerprint fingerprint);
  void acknowledge(Fingerprint fingerprint, const std::string& receipt);
  /// Half of them the newest.
  std::vector<std::string> some_receipts(std::size_t count_max, std::mt19937_64& random);

  /// What a reading of the whole log says against it.
  struct Findings {
    std::uint64_t acknowledged = 0;
    std::uint64_t missing = 0;     ///< Acknowledged and not in the log.
    std::uint64_t twice = 0;       ///< Sent once and found more often.
    std::uint64_t unknown = 0;     ///< Found and never sent, or not as sent.
    std::uint64_t unanswered = 0;  ///< Stored without an answer, which is allowed.
  };
  Findings compare(const std::unordered_map<Fingerprint, std::uint32_t>& found);

 private:
  std::mutex mutex_;
  std::unordered_set<Fingerprint> sent_;
  std::unordered_set<Fingerprint> acknowledged_;
  std::vector<std::string> receipts_;
};

}  // namespace powercut
