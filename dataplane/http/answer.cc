// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/http/answer.h"

#include <array>

namespace dp::http {
namespace {

/// Sent with every answer; the mirrored origin is added per request (capture-protocol section 2).
constexpr std::string_view kCorsFields =
    "access-control-allow-credentials: true\r\n"
    "vary: origin, access-control-request-method, access-control-request-headers\r\n";
constexpr std::uint16_t kNoContent = 204;

struct Reason {
  std::uint16_t status;
  std::string_view phrase;
};
constexpr std::array<Reason, 19> kReasons = {{{200, "OK"},
                                              {204, "No Content"},
                                              {304, "Not Modified"},
                                              {400, "Bad Request"},
                                              {401, "Unauthorized"},
                                              {402, "Payment Required"},
                                              {403, "Forbidden"},
                                              {404, "Not Found"},
                                              {405, "Method Not Allowed"},
                                              {408, "Request Timeout"},
                                              {413, "Content Too Large"},
                                              {415, "Unsupported Media Type"},
                                              {429, "Too Many Requests"},
                                              {431, "Request Header Fields Too Large"},
                                              {500, "Internal Server Error"},
                                              {501, "Not Implemented"},
                                              {502, "Bad Gateway"},
                                              {503, "Service Unavailable"},
                                              {504, "Gateway Timeout"}}};

std::string render_fields(const Answer& answer) {
  std::string text;
  append_fields(text, answer);
  return text;
}

}  // namespace

std::string_view reason_phrase(std::uint16_t status) noexcept {
  for (const auto& reason : kReasons) {
    if (reason.status == status) {
      return reason.phrase;
    }
  }
  return "Unknown";
}

void append_fields(std::string& out, const Answer& answer) {
  out.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  out.append(reason_phrase(answer.status)).append("\r\n");
  if (!answer.content_type.empty()) {
    out.append("content-type: ").append(answer.content_type).append("\r\n");
  }
  if (answer.status != kNoContent) {
    out.append("content-length: ").append(std::to_string(answer.body.size())).append("\r\n");
  }
  out.append(kCorsFields).append(answer.fields);
}

StaticAnswer::StaticAnswer(const Answer& answer)
    : text_(render_fields(answer)), fields_bytes_(text_.size()), status_(answer.status) {
  text_.append("\r\n").append(answer.body);
}

}  // namespace dp::http
