// SPDX-License-Identifier: LicenseRef-Project
// One AI event as multipart (`/i/v0/ai`, capture-protocol section 16) to the one-event batch it
// means. Capture and the worker both read it here, then give it to BatchReader.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/codec/payload.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace format::codec {

/// Bounds of one multipart AI event (capture-protocol section 11).
inline constexpr std::size_t kAiEventPartBytesMax = std::size_t{32} << 10;
inline constexpr std::size_t kAiPropertiesBytesMax = std::size_t{960} << 10;  ///< With the event.
inline constexpr std::size_t kAiPartsBytesMax = std::size_t{25} << 20;
/// With the multipart framing around the parts, compressed or not.
inline constexpr std::size_t kAiEventBodyBytesMax = kAiPartsBytesMax / 10 * 11;
/// Parts of one event.
inline constexpr std::size_t kAiPartsMax = 128;

/// Why a multipart event was refused; code of base::ErrorDomain::codec.
enum class AiEventError : std::uint8_t {
  missing = 1,           ///< 400 request missing data payload
  invalid_gzip,          ///< 400
  expected_multipart,    ///< 400 no multipart content type, or no boundary
  invalid_multipart,     ///< 400 the body does not follow its boundary
  invalid_part,          ///< 400 `error_detail` says which and why
  too_large,             ///< 413 `error_detail` says what
  unsupported_encoding,  ///< 400 no multipart body, and `error_detail` is its content encoding
};

/// What the reader needs of a request; `token` is the one of the Authorization field.
struct AiEventSource {
  std::string_view token;
  std::string_view content_type;
  std::string_view content_encoding;
  base::Bytes body;
};

/// Reads bodies one after another, reusing its memory. Owner and thread: one.
///
/// Parts, the first one first: `event` (JSON object), `event.properties` (JSON object, instead of
/// the event's own), and one `event.properties.<name>` for every large value: `application/json` is
/// taken as the value, `text/plain` as a string, `application/octet-stream` as base64.
class AiEventReader {
 public:
  AiEventReader();
  AiEventReader(const AiEventReader&) = delete;
  AiEventReader& operator=(const AiEventReader&) = delete;
  AiEventReader(AiEventReader&&) = delete;
  AiEventReader& operator=(AiEventReader&&) = delete;
  ~AiEventReader();

  /// The text of `{"api_key":…,"batch":[event]}`, padded. Lives until the next call.
  base::Result<Payload> read(const AiEventSource& source);

  /// What exactly the last failed `read` disliked.
  [[nodiscard]] std::string_view error_detail() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format::codec
