// SPDX-License-Identifier: LicenseRef-Project
// One HTTP/1.x request as views into the receive buffer, and the limits every request must keep.
#pragma once

#include "dataplane/base/bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace dp::http {

/// Bytes from the first byte of the request line to the end of the blank line; beyond it 431.
inline constexpr std::size_t kHeadBytesMax = std::size_t{32} << 10;
/// Bytes of the request line (method, target, version); beyond it 431. Leaves room for `GET
/// /e/?data=...`.
inline constexpr std::size_t kRequestLineBytesMax = std::size_t{16} << 10;
/// Header fields of one request; beyond it 431.
inline constexpr std::size_t kHeadersMax = 64;
static_assert(kRequestLineBytesMax < kHeadBytesMax);
static_assert(kHeadBytesMax < (std::size_t{64} << 10),
              "a head must fit what a Connection keeps by default");

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };

/// One header field as received: the name in the client's case, the value without surrounding white
/// space.
struct Header {
  std::string_view name;
  std::string_view value;
};

/// A parsed request. Every view lives as long as the buffer that was parsed: until
/// `Service::handle` or `StreamingRoute::open` returns.
struct Request {
  Method method = Method::other;
  bool is_http_1_0 = false;
  bool is_keep_alive = true;
  bool is_chunked = false;
  bool expects_continue = false;
  std::uint64_t content_length = 0;  ///< 0 when absent or chunked.

  std::string_view method_text;
  std::string_view target;  ///< As received.
  std::string_view path;    ///< Target without query; never empty, starts with '/', or is "*".
  std::string_view query;   ///< Without '?'; empty when absent.

  // The fields our services read, picked while parsing; empty when absent.
  std::string_view host;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view user_agent;
  std::string_view origin;
  std::string_view access_control_request_headers;
  std::string_view x_forwarded_for;

  std::span<const Header> headers;
  base::Bytes head;  ///< Raw bytes from the request line to the blank line.
  base::Bytes
      body;  ///< Complete body with the transfer coding removed; empty for a StreamingRoute.

  /// The first field of that name, compared without case; nothing when absent.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// True when both texts are equal but for the case of ASCII letters.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;

}  // namespace dp::http
