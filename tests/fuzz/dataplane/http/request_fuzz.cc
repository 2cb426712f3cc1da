// SPDX-License-Identifier: LicenseRef-Project
// Goal: what our strict parser accepts, Boost.Beast's accepts too and reads the same: no head can
// mean two things on the way. (The other direction is free: we refuse more, see RequestParser.)
// Input: the bytes of a head.
#include "dataplane/base/check.h"
#include "dataplane/http/request_parser.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

namespace {

namespace beast = boost::beast;

std::string_view as_view(beast::string_view text) { return {text.data(), text.size()}; }

/// At most one Connection field with one option. Beast refuses lists that are not well-formed
/// throughout and obeys Proxy-Connection; we read the options we know, of Connection only, as nginx
/// does.
bool has_plain_connection(const dp::http::Request& request) {
  const auto is_connection = [](const dp::http::Header& header) {
    return dp::http::equals_ignoring_case(header.name, "connection");
  };
  const auto& headers = request.headers;
  const auto value = request.header("connection").value_or("close");
  return std::count_if(headers.begin(), headers.end(), is_connection) <= 1 &&
         !request.header("proxy-connection") &&
         (dp::http::equals_ignoring_case(value, "close") ||
          dp::http::equals_ignoring_case(value, "keep-alive"));
}

void compare(const dp::http::Request& request, base::Bytes head) {
  beast::http::request_parser<beast::http::empty_body> parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  beast::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == beast::http::error::bad_value && !has_plain_connection(request)) {
    return;
  }
  CHECK(!error || error == beast::http::error::need_more ||
        error == beast::http::error::unexpected_body);
  CHECK(parser.is_header_done());
  const auto& other = parser.get();
  CHECK(as_view(other.method_string()) == request.method_text);
  CHECK(as_view(other.target()) == request.target);
  CHECK(other.version() == (request.is_http_1_0 ? 10U : 11U));
  if (has_plain_connection(request)) {
    CHECK(other.keep_alive() == request.is_keep_alive);
  }
  CHECK(parser.chunked() == request.is_chunked);
  CHECK(parser.content_length().value_or(0) == request.content_length || request.is_chunked);
  const auto count = static_cast<std::size_t>(std::distance(other.begin(), other.end()));
  CHECK(count == request.headers.size());
  // Beast keeps fields of one name together, so only the first of each name can be compared by
  // place.
  for (const auto& header : request.headers) {
    const auto found = other.find(beast::string_view(header.name.data(), header.name.size()));
    CHECK(found != other.end());
    CHECK(as_view(found->value()) == *request.header(header.name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto head_bytes = dp::http::find_head_end(bytes, 0);
  for (std::size_t scanned = 0; scanned < std::min<std::size_t>(size, 64); ++scanned) {
    if (head_bytes == 0 || scanned < head_bytes) {
      CHECK(dp::http::find_head_end(bytes, scanned) == head_bytes);
    }
  }
  dp::http::ResponseHead response;
  static_cast<void>(dp::http::parse_response_head(bytes, response));
  if (head_bytes == 0) {
    return 0;
  }
  dp::http::RequestParser parser;
  dp::http::Request request;
  if (parser.parse(bytes.first(head_bytes), request) == dp::http::ParseStatus::ok) {
    CHECK(!request.path.empty());
    compare(request, bytes.first(head_bytes));
  }
  return 0;
}
