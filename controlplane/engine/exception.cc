// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/engine/exception.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace cp::engine {
namespace {

// Which codes have a status other than 500 follows ClickHouse's server (exceptionCodeToHTTPStatus).
constexpr std::array kBadRequestCodes{6,  8,   15,  25,  26,  27,  36,  37,  38,  41,  44,  53, 62,
                                      72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676};
constexpr std::array kForbiddenCodes{192, 193, 497, 512, 516};
constexpr std::array kNotFoundCodes{46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511};
// 202 is 500 there; a client that is told 503 knows that trying again helps.
constexpr std::array kUnavailableCodes{76, 202, 209, 439};

template <typename Codes>
bool contains(const Codes& codes, int code) noexcept {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

int code_in_text(std::string_view text) noexcept {
  constexpr std::string_view kPrefix = "Code: ";
  int code = 0;
  const auto at = text.find(kPrefix);
  if (at != std::string_view::npos) {
    std::from_chars(text.data() + at + kPrefix.size(), text.data() + text.size(), code);
  }
  return code != 0 ? code : code::kUnknownException;
}

int status_of_code(int code) noexcept {
  if (contains(kBadRequestCodes, code)) {
    return 400;
  }
  if (contains(kForbiddenCodes, code)) {
    return 403;
  }
  if (contains(kNotFoundCodes, code)) {
    return 404;
  }
  if (contains(kUnavailableCodes, code)) {
    return 503;
  }
  switch (code) {
    case 159:  // TIMEOUT_EXCEEDED
      return 408;
    case 194:  // REQUIRED_PASSWORD
      return 401;
    case 229:  // QUERY_IS_TOO_LARGE
      return 413;
    case 381:  // HTTP_LENGTH_REQUIRED
      return 411;
    case code::kNotImplemented:
      return 501;
    case code::kUnsupportedMediaType:
      return 415;
    default:
      return 500;
  }
}

EngineError::EngineError(const std::string& text)
    : std::runtime_error(text), code_(code_in_text(text)) {}

EngineError::EngineError(int code, std::string_view name, std::string_view message)
    : std::runtime_error("Code: " + std::to_string(code) + ". DB::Exception: " +
                         std::string(message) + " (" + std::string(name) + ")"),
      code_(code) {}

int EngineError::status() const noexcept { return status_of_code(code_); }

std::string late_exception_frame(std::string_view text, std::string_view tag) {
  std::string frame = "\r\n__exception__\r\n";
  frame.append(tag).append("\r\n").append(text).append("\n");
  frame.append(std::to_string(text.size() + 1)).append(" ").append(tag);
  frame.append("\r\n__exception__\r\n");
  return frame;
}

}  // namespace cp::engine
