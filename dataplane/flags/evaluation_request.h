// SPDX-License-Identifier: LicenseRef-Project
// Reads the body of `/flags` and `/decide` (flags-protocol 2.2 and 2.3) as far as an evaluation
// needs it.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/format/codec/gzip.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dp::flags {

/// Bytes of a body after gunzip; beyond it 413 (the value is ours, flags-protocol 2.3).
inline constexpr std::size_t kBodyBytesMax = std::size_t{20} << 20;

/// How reading went; each failure is one answer of flags-protocol section 9.
enum class BodyStatus : std::uint8_t {
  ok,
  unsupported_type,
  unsupported_compression,
  undecodable,
  bad_json,
  too_large
};

/// The parts of a request that decide how its body is read.
struct BodySource {
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view compression;  ///< Query parameter; empty when absent.
  base::Bytes body;
};

/// What the body says. Absent, null and empty tokens are the same.
struct EvaluationRequest {
  std::string token;
  bool has_distinct_id = false;
  bool disables_flags = false;
};

/// Reads bodies one after another, reusing its memory. Owner and thread: one shard.
class BodyReader {
 public:
  /// Replaces `request` by what the body says. The decoded body never exceeds kBodyBytesMax.
  BodyStatus read(const BodySource& source, EvaluationRequest& request);

 private:
  BodyStatus read_plain(const BodySource& source, EvaluationRequest& request);
  BodyStatus read_form(base::Bytes body, EvaluationRequest& request);
  BodyStatus gunzip(base::Bytes body, std::string_view& text);

  format::codec::GzipDecoder gzip_;
  std::vector<char> decompressed_;
  std::string percent_decoded_;
  std::vector<char> decoded_;
};

}  // namespace dp::flags
