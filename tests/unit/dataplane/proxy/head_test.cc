// SPDX-License-Identifier: LicenseRef-Project
// Goal: heads cross the proxy with exactly the fields that may cross, and responses get the framing
// their client can read. Method: heads as text through the real parsers, compared as text.
#include "dataplane/proxy/head.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace dp::proxy {
namespace {

std::string request_head(std::string_view head, std::string_view client_address) {
  http::RequestParser parser;
  http::Request request;
  std::string out;
  EXPECT_EQ(parser.parse(base::as_bytes(head), request), http::ParseStatus::ok) << head;
  render_request_head(out, request, client_address);
  return out;
}

TEST(ProxyHeadTest, RequestKeepsEndToEndFieldsOnly) {
  EXPECT_EQ(
      request_head("GET /api/x?y=1 HTTP/1.1\r\nHost: bristle:8000\r\nCookie: a=b\r\nConnection: "
                   "keep-alive, X-Hop\r\n"
                   "X-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: websocket\r\n\r\n",
                   "10.1.1.7"),
      "GET /api/x?y=1 HTTP/1.1\r\nHost: bristle:8000\r\nCookie: a=b\r\nX-Forwarded-For: "
      "10.1.1.7\r\n"
      "X-Forwarded-Host: bristle:8000\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n");
}

TEST(ProxyHeadTest, RequestForwardingIsAppendedToWhatCame) {
  EXPECT_EQ(
      request_head(
          "GET / HTTP/1.1\r\nHost: b\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n"
          "X-Forwarded-Host: spoofed\r\n\r\n",
          "10.1.1.7"),
      "GET / HTTP/1.1\r\nHost: b\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 1.2.3.4, "
      "10.1.1.7\r\n"
      "X-Forwarded-Host: b\r\nConnection: close\r\n\r\n");
}

TEST(ProxyHeadTest, RequestBodyFramingIsWrittenAnew) {
  EXPECT_EQ(
      request_head(
          "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", ""),
      "POST /a HTTP/1.1\r\nHost: b\r\nX-Forwarded-Host: b\r\nX-Forwarded-Proto: "
      "http\r\nContent-Length: 5\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(request_head("POST /a HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n", ""),
            "POST /a HTTP/1.1\r\nHost: b\r\nX-Forwarded-Host: b\r\nX-Forwarded-Proto: http\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

TEST(ProxyHeadTest, BodyFormFollowsResponseAndClient) {
  using http::Method;
  const auto response = [](std::uint16_t status, bool is_chunked, bool has_length) {
    http::ResponseHead head;
    head.status = status;
    head.is_chunked = is_chunked;
    head.has_content_length = has_length;
    return head;
  };
  const struct {
    http::ResponseHead response;
    Method method;
    bool is_http_1_0;
    BodyForm form;
  } cases[] = {
      {response(200, false, true), Method::get, false, BodyForm::length},
      {response(200, false, true), Method::head, false, BodyForm::none},
      {response(204, false, false), Method::post, false, BodyForm::none},
      {response(304, false, true), Method::get, false, BodyForm::none},
      {response(200, true, false), Method::get, false, BodyForm::chunked},
      {response(200, true, false), Method::get, true, BodyForm::dechunked},
      {response(200, false, false), Method::get, false, BodyForm::rechunked},
      {response(200, false, false), Method::get, true, BodyForm::until_close},
  };
  for (const auto& item : cases) {
    EXPECT_EQ(static_cast<int>(body_form(item.response, item.method, item.is_http_1_0)),
              static_cast<int>(item.form));
  }
}

TEST(ProxyHeadTest, ResponseTellsTheClientItsOwnFraming) {
  const std::string_view head =
      "HTTP/1.0 200 Fine\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close, "
      "x-hop\r\nX-Hop: 1\r\n"
      "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n";
  std::string out;
  render_response_head(out, base::as_bytes(head), BodyForm::length, true);
  EXPECT_EQ(
      out,
      "HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n"
      "Set-Cookie: c=d\r\nConnection: keep-alive\r\n\r\n");
  render_response_head(
      out, base::as_bytes(std::string_view("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n")),
      BodyForm::chunked, true);
  EXPECT_EQ(out, "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
  render_response_head(out, base::as_bytes(std::string_view("HTTP/1.1 200 OK\r\nA: b\r\n\r\n")),
                       BodyForm::until_close, false);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace dp::proxy
