// SPDX-License-Identifier: LicenseRef-Project
// Cuts a `multipart/form-data` body (RFC 7578, RFC 2046 section 5.1) into its parts, without
// copying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace format::codec {

/// Bytes of the fields in front of one part's body; more is malformed.
inline constexpr std::size_t kPartFieldsBytesMax = std::size_t{8} << 10;

/// The media type in front of the parameters, as written and without white space around it.
[[nodiscard]] std::string_view media_type_of(std::string_view content_type) noexcept;

/// `media_type_of` is `expected` (lower case) whatever its case.
[[nodiscard]] bool has_media_type(std::string_view content_type,
                                  std::string_view expected) noexcept;

/// The `boundary` parameter of a content type, 1 to 70 characters; nothing when there is none.
[[nodiscard]] std::optional<std::string_view> boundary_of(std::string_view content_type) noexcept;

/// One part; views into the body.
struct MultipartPart {
  std::string_view name;  ///< Between the quotes of the disposition, escapes as written.
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view body;
};

/// Steps from part to part. The body and the boundary outlive it. Never reads outside of the body.
class MultipartReader {
 public:
  enum class Status : std::uint8_t { part, end, malformed };

  MultipartReader(std::string_view body, std::string_view boundary) noexcept;

  /// Fills `part` with the next part. After `end` (the closing delimiter was read) and `malformed`
  /// the reader is of no more use.
  Status next(MultipartPart& part) noexcept;

 private:
  [[nodiscard]] std::size_t find_delimiter(std::size_t from) const noexcept;
  bool take_delimiter_end(bool& is_last) noexcept;

  std::string_view body_;
  std::string_view boundary_;
  std::size_t position_;  ///< Behind the last delimiter; npos when there is none.
};

}  // namespace format::codec
