// SPDX-License-Identifier: LicenseRef-Project
// ClickHouse's exceptions as the HTTP interface shows them: a code, a text and the status that goes
// with it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace cp::engine {

/// Codes that the engine itself raises; the numbers are ClickHouse's (system.errors).
namespace code {
inline constexpr int kBadArguments = 36;
inline constexpr int kNotImplemented = 48;
inline constexpr int kSyntaxError = 62;
inline constexpr int kUnknownSetting = 115;
inline constexpr int kTooManySimultaneousQueries = 202;
inline constexpr int kQueryWithSameIdIsAlreadyRunning = 216;
inline constexpr int kIntoOutfileNotAllowed = 358;
inline constexpr int kQueryWasCancelled = 394;
inline constexpr int kUnsupportedMediaType = 779;
inline constexpr int kUnknownException = 1002;
}  // namespace code

/// A query that failed; `what()` is `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`.
class EngineError : public std::runtime_error {
 public:
  /// From a text of libchdb; the code is read from the text.
  explicit EngineError(const std::string& text);
  /// One of the engine's own: `message` gets ClickHouse's frame with `name` in brackets.
  EngineError(int code, std::string_view name, std::string_view message);

  [[nodiscard]] int code() const noexcept { return code_; }
  /// The HTTP status of ClickHouse's server for this code.
  [[nodiscard]] int status() const noexcept;

 private:
  int code_;
};

/// The number in `Code: 60. DB::Exception…`; kUnknownException when there is none.
int code_in_text(std::string_view text) noexcept;

/// The status that ClickHouse's HTTP server answers for a code.
int status_of_code(int code) noexcept;

/// The frame of an exception behind data that has been sent already:
/// `CRLF __exception__ CRLF tag CRLF text LF length tag CRLF __exception__ CRLF` (ClickHouse 25.11
/// and newer).
std::string late_exception_frame(std::string_view text, std::string_view tag);

}  // namespace cp::engine
