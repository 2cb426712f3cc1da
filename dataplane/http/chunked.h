// SPDX-License-Identifier: LicenseRef-Project
// Removes the chunked transfer coding (RFC 9112 section 7.1) from a byte stream, piece by piece,
// without copying.
#pragma once

#include "dataplane/base/bytes.h"

#include <cstddef>
#include <cstdint>

namespace dp::http {

/// Bytes of one chunk-size line with its extensions, and of all trailer fields together.
inline constexpr std::uint32_t kChunkLineBytesMax = 256;
inline constexpr std::uint32_t kTrailerBytesMax = 4096;

/// Incremental decoder of one chunked body; assign a fresh one for the next body.
class ChunkedReader {
 public:
  enum class Status : std::uint8_t { more, data, finished, malformed };

  struct Step {
    Status status = Status::more;
    std::size_t consumed = 0;  ///< Bytes of the input used up, `data` included.
    base::Bytes data;          ///< Body bytes inside the input; not empty only with Status::data.
  };

  /// Looks at `bytes`, the continuation of what was consumed so far. Call again with the rest until
  /// `more`.
  Step read(base::Bytes bytes) noexcept;

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    size_line_feed,
    data,
    data_return,
    data_line_feed,
    trailer,
    finished
  };

  Status read_byte(unsigned char byte) noexcept;
  Status read_size_byte(unsigned char byte) noexcept;
  Status read_trailer_byte(unsigned char byte) noexcept;

  State state_ = State::size;
  bool has_digit_ = false;
  bool trailer_line_is_empty_ = true;
  bool trailer_saw_return_ = false;
  std::uint32_t line_bytes_ = 0;
  std::uint64_t left_ = 0;
};

}  // namespace dp::http
