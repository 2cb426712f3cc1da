// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/proxy/head.h"

#include <array>
#include <charconv>

namespace dp::proxy {
namespace {

using http::equals_ignoring_case;

std::string_view trimmed(std::string_view text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ') || text.ends_with('\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// True when the comma-separated `list` names `item`.
bool names(std::string_view list, std::string_view item) noexcept {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (equals_ignoring_case(trimmed(list.substr(0, comma)), item)) {
      return true;
    }
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

/// Fields about one connection only, RFC 9110 7.6.1; framing is written anew.
bool is_hop_by_hop(std::string_view name, std::string_view connection_options) noexcept {
  constexpr std::array<std::string_view, 8> kNames = {
      "connection", "keep-alive", "proxy-connection",  "proxy-authorization",
      "te",         "trailer",    "transfer-encoding", "upgrade"};
  for (const auto hop : kNames) {
    if (equals_ignoring_case(name, hop)) {
      return true;
    }
  }
  return names(connection_options, name);
}

/// Fields that the request head gets from us.
bool is_ours(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> kNames = {"expect", "content-length", "x-forwarded-for",
                                                      "x-forwarded-host"};
  for (const auto ours : kNames) {
    if (equals_ignoring_case(name, ours)) {
      return true;
    }
  }
  return false;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_forwarding(std::string& out, const http::Request& request,
                       std::string_view client_address) {
  if (!request.x_forwarded_for.empty() || !client_address.empty()) {
    out += "X-Forwarded-For: ";
    out += request.x_forwarded_for;
    if (!request.x_forwarded_for.empty() && !client_address.empty()) {
      out += ", ";
    }
    out += client_address;
    out += "\r\n";
  }
  if (!request.host.empty()) {
    append_field(out, "X-Forwarded-Host", request.host);
  }
  if (!request.header("x-forwarded-proto")) {
    append_field(out, "X-Forwarded-Proto", "http");
  }
}

/// Takes the next line off `head`, without its line end.
std::string_view take_line(std::string_view& head) noexcept {
  const auto end = head.find("\r\n");
  const auto line = head.substr(0, end);
  head = end == std::string_view::npos ? std::string_view() : head.substr(end + 2);
  return line;
}

/// Every value of the upstream's Connection fields matters, but one field is what servers send.
std::string_view connection_options_of(std::string_view head) noexcept {
  take_line(head);
  for (auto line = take_line(head); !line.empty(); line = take_line(head)) {
    const auto colon = line.find(':');
    if (equals_ignoring_case(line.substr(0, colon), "connection")) {
      return line.substr(colon + 1);
    }
  }
  return {};
}

}  // namespace

void render_request_head(std::string& out, const http::Request& request,
                         std::string_view client_address) {
  out = request.method_text;
  out += ' ';
  out += request.target;
  out += " HTTP/1.1\r\n";
  const auto options = request.header("connection").value_or("");
  bool has_length = false;
  for (const auto& field : request.headers) {
    has_length = has_length || equals_ignoring_case(field.name, "content-length");
    if (!is_hop_by_hop(field.name, options) && !is_ours(field.name)) {
      append_field(out, field.name, field.value);
    }
  }
  append_forwarding(out, request, client_address);
  if (request.is_chunked) {
    append_field(out, "Transfer-Encoding", "chunked");
  } else if (has_length) {
    std::array<char, 20> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), request.content_length).ptr;
    append_field(out, "Content-Length",
                 {digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  out += "Connection: close\r\n\r\n";
}

BodyForm body_form(const http::ResponseHead& response, http::Method method,
                   bool is_http_1_0) noexcept {
  if (method == http::Method::head || response.status == 204 || response.status == 304) {
    return BodyForm::none;
  }
  if (response.is_chunked) {
    return is_http_1_0 ? BodyForm::dechunked : BodyForm::chunked;
  }
  if (response.has_content_length) {
    return BodyForm::length;
  }
  return is_http_1_0 ? BodyForm::until_close : BodyForm::rechunked;
}

void render_response_head(std::string& out, base::Bytes head, BodyForm form, bool is_keep_alive) {
  auto text = base::as_text(head);
  const auto options = connection_options_of(text);
  const auto status_line = take_line(text);
  out = "HTTP/1.1";
  const auto space = status_line.find(' ');
  out += space == std::string_view::npos ? " 502 Bad Gateway" : status_line.substr(space);
  out += "\r\n";
  for (auto line = take_line(text); !line.empty(); line = take_line(text)) {
    const auto name = line.substr(0, line.find(':'));
    const bool is_length = equals_ignoring_case(name, "content-length");
    if (!is_hop_by_hop(name, options) &&
        (!is_length || form == BodyForm::none || form == BodyForm::length)) {
      out += line;
      out += "\r\n";
    }
  }
  if (form == BodyForm::chunked || form == BodyForm::rechunked) {
    append_field(out, "Transfer-Encoding", "chunked");
  }
  append_field(out, "Connection", is_keep_alive ? "keep-alive" : "close");
  out += "\r\n";
}

}  // namespace dp::proxy
