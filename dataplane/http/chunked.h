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

  /// Takes back the last `count` bytes of the `data` just returned: they will be shown again.
  void unread(std::size_t count) noexcept;

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    size_line_feed,
    data,
    data_return,
    data_line_feed,
    trailer_start,  ///< First byte of a trailer line: CR here ends the body.
    trailer,
    trailer_line_feed,
    last_line_feed,
    finished,
  };

  Status read_byte(unsigned char byte) noexcept;
  Status read_size_byte(unsigned char byte) noexcept;
  Status expect(unsigned char byte, unsigned char expected, State next) noexcept;

  State state_ = State::size;
  bool has_digit_ = false;
  std::uint32_t line_bytes_ = 0;  ///< Of the size line, then of all trailers.
  std::uint64_t left_ = 0;        ///< Of the current chunk's data.
};

}  // namespace dp::http
