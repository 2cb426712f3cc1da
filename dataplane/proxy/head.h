// SPDX-License-Identifier: LicenseRef-Project
// Rewrites message heads on their way through the proxy (RFC 9110 section 7.6): hop-by-hop fields
// stay behind, the upstream learns who asked, the client is told the framing that it will really
// see.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/http/request.h"
#include "dataplane/http/request_parser.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace dp::proxy {

/// How the body of a response reaches the client.
enum class BodyForm : std::uint8_t {
  none,         ///< HEAD, 204, 304: the response ends with its head.
  length,       ///< As many bytes as Content-Length says, as they come.
  chunked,      ///< The upstream's chunks, as they come.
  dechunked,    ///< The upstream sends chunks, the client knows only HTTP/1.0: data until close.
  rechunked,    ///< The upstream ends with its connection: we make chunks.
  until_close,  ///< The same towards an HTTP/1.0 client.
};

/// Replaces `out` by the request head for the upstream. `client_address` may be empty. The
/// connection to the upstream serves this one request.
void render_request_head(std::string& out, const http::Request& request,
                         std::string_view client_address);

/// The form in which a response's body reaches a client.
BodyForm body_form(const http::ResponseHead& response, http::Method method,
                   bool is_http_1_0) noexcept;

/// Replaces `out` by the response head for the client, from the upstream's complete head.
void render_response_head(std::string& out, base::Bytes head, BodyForm form, bool is_keep_alive);

}  // namespace dp::proxy
