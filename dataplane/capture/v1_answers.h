// SPDX-License-Identifier: LicenseRef-Project
// Renders the answers of the v1 routes: results per event, errors as JSON, and the fields every
// answer has (capture-protocol section 15).
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/format/codec/analytics_v1.h"
#include "dataplane/http/answer.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dp::capture {

/// The JSON of a refused request: tag, description (row text and `detail`, cut to 256 bytes), and
/// where to read about it.
[[nodiscard]] std::string v1_error_json(Outcome outcome, std::string_view detail);

/// `Sat, 21 Nov 2026 14:30:00 GMT`, 29 characters (RFC 9110 section 5.6.7).
void append_http_date(std::int64_t unix_us, std::string& out);

/// Renders one answer after another into the same memory. Owner and thread: one shard.
class V1Answers {
 public:
  /// What an answer says beside its body.
  struct Fields {
    std::int64_t now_us = 0;
    std::string_view request_id{};    ///< Echoed if it is a UUID.
    std::uint32_t retry_after_s = 0;  ///< 0: no such field.
    std::string_view receipt_line{};  ///< Complete with CRLF.
  };

  /// 200 with one result per event. The answer's views live until the next call.
  http::Answer results(std::span<const format::codec::EventResult> results, const Fields& fields);

  /// The refusal of a whole request. The answer's views live until the next call.
  http::Answer refusal(Outcome outcome, std::string_view detail, const Fields& fields);

 private:
  void render_fields(const Fields& fields);

  std::string body_;
  std::string fields_;
};

}  // namespace dp::capture
