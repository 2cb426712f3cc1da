// SPDX-License-Identifier: LicenseRef-Project
// Answers: rendered once at start-up (StaticAnswer) or per request (Answer). Every answer carries
// the CORS fields of capture-protocol section 2; the session adds the mirrored origin and the
// connection field.
#pragma once

#include "dataplane/base/bytes.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dp::http {

/// An answer made for one request; the session copies what it needs before `Exchange::answer`
/// returns.
struct Answer {
  std::uint16_t status = 200;
  std::string_view content_type;  ///< Empty: no such field (204, preflight).
  std::string_view body;
  std::string_view fields;  ///< More header lines, each complete with CRLF.
};

/// An answer whose bytes are ready before the first request. Owner: the service; outlives every
/// connection. Thread: immutable after construction.
class StaticAnswer {
 public:
  explicit StaticAnswer(const Answer& answer);

  /// The bytes for the common case: no `Origin`, connection stays open.
  [[nodiscard]] base::Bytes whole() const noexcept { return base::as_bytes(text_); }
  /// Status line and fields, without the blank line; more fields may follow.
  [[nodiscard]] base::Bytes fields() const noexcept { return whole().first(fields_bytes_); }
  /// Blank line and body.
  [[nodiscard]] base::Bytes rest() const noexcept { return whole().subspan(fields_bytes_); }
  [[nodiscard]] std::uint16_t status() const noexcept { return status_; }

 private:
  std::string text_;
  std::size_t fields_bytes_;
  std::uint16_t status_;
};

/// The reason phrase of a status; "Unknown" when we never send it.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;

/// Appends status line, content fields, the fixed CORS fields and `answer.fields` to `out`; no
/// blank line, no body.
void append_fields(std::string& out, const Answer& answer);

}  // namespace dp::http
