// SPDX-License-Identifier: LicenseRef-Project
// Strict HTTP/1.x head parser. Chosen over a library because none that is packaged in both
// distributions yields views without callbacks per fragment; it is fuzzed against Boost.Beast's
// parser.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/http/request.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace dp::http {

enum class ParseStatus : std::uint8_t { ok, malformed, too_large };

/// Offset one past the blank line that ends a head, or 0 when there is none yet. `scanned` bytes
/// are known to hold no end; the search goes on a little before them.
[[nodiscard]] std::size_t find_head_end(base::Bytes bytes, std::size_t scanned) noexcept;

/// Parses complete heads, one after another, into the same memory. Owner and thread: one shard.
class RequestParser {
 public:
  /// `head` ends with the blank line. On `ok` the request's views point into `head`, its field
  /// table into the parser. Refused: bare CR or LF, folded lines, white space before a colon,
  /// control characters, Content-Length that is not one number, Content-Length with
  /// Transfer-Encoding, any transfer coding but `chunked`.
  ParseStatus parse(base::Bytes head, Request& request) noexcept;

 private:
  std::array<Header, kHeadersMax> headers_;
};

/// The head of an upstream's answer, for the proxy.
struct ResponseHead {
  std::uint16_t status = 0;
  bool is_keep_alive = true;
  bool is_chunked = false;
  bool has_content_length =
      false;  ///< Neither this nor chunked: the body ends with the connection.
  std::uint64_t content_length = 0;
};

/// Parses a complete response head (it ends with the blank line).
ParseStatus parse_response_head(base::Bytes head, ResponseHead& response) noexcept;

}  // namespace dp::http
