// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/http/chunked.h"

#include "dataplane/base/check.h"

#include <algorithm>

namespace dp::http {
namespace {

/// Sixteen hexadecimal digits would overflow; no chunk of ours is anywhere near.
constexpr std::uint64_t kChunkBytesMax = std::uint64_t{1} << 48U;

int hexadecimal_value(unsigned char byte) noexcept {
  if (byte >= '0' && byte <= '9') {
    return byte - '0';
  }
  const auto lower = static_cast<unsigned char>(byte | 0x20U);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Visible characters, spaces and tabs; control characters end or break a line.
bool is_text(unsigned char byte) noexcept { return (byte >= 0x20 && byte != 0x7f) || byte == '\t'; }

}  // namespace

ChunkedReader::Step ChunkedReader::read(base::Bytes bytes) noexcept {
  std::size_t index = 0;
  while (state_ != State::finished) {
    if (index == bytes.size()) {
      return {Status::more, index, {}};
    }
    if (state_ == State::data) {
      const auto take = std::min<std::uint64_t>(left_, bytes.size() - index);
      left_ -= take;
      if (left_ == 0) {
        state_ = State::data_return;
      }
      return {Status::data, index + take, bytes.subspan(index, take)};
    }
    if (read_byte(static_cast<unsigned char>(bytes[index])) == Status::malformed) {
      return {Status::malformed, index, {}};
    }
    ++index;
  }
  return {Status::finished, index, {}};
}

void ChunkedReader::unread(std::size_t count) noexcept {
  DCHECK(state_ == State::data || state_ == State::data_return);
  if (count > 0) {
    state_ = State::data;
    left_ += count;
  }
}

ChunkedReader::Status ChunkedReader::expect(unsigned char byte, unsigned char expected,
                                            State next) noexcept {
  state_ = next;
  return byte == expected ? Status::more : Status::malformed;
}

ChunkedReader::Status ChunkedReader::read_size_byte(unsigned char byte) noexcept {
  if (const auto value = hexadecimal_value(byte); value >= 0) {
    has_digit_ = true;
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return left_ <= kChunkBytesMax ? Status::more : Status::malformed;
  }
  if (!has_digit_) {
    return Status::malformed;
  }
  if (byte == '\r') {
    state_ = State::size_line_feed;
    return Status::more;
  }
  state_ = State::extension;
  return byte == ';' || byte == ' ' || byte == '\t' ? Status::more : Status::malformed;
}

ChunkedReader::Status ChunkedReader::read_byte(unsigned char byte) noexcept {
  switch (state_) {
    case State::size:
      return ++line_bytes_ > kChunkLineBytesMax ? Status::malformed : read_size_byte(byte);
    case State::extension:
      if (byte == '\r') {
        state_ = State::size_line_feed;
        return Status::more;
      }
      return ++line_bytes_ > kChunkLineBytesMax || !is_text(byte) ? Status::malformed
                                                                  : Status::more;
    case State::size_line_feed:
      line_bytes_ = 0;
      has_digit_ = false;
      return expect(byte, '\n', left_ == 0 ? State::trailer_start : State::data);
    case State::data_return:
      return expect(byte, '\r', State::data_line_feed);
    case State::data_line_feed:
      return expect(byte, '\n', State::size);
    case State::trailer_start:
    case State::trailer:
      if (byte == '\r') {
        state_ = state_ == State::trailer_start ? State::last_line_feed : State::trailer_line_feed;
        return Status::more;
      }
      state_ = State::trailer;
      return ++line_bytes_ > kTrailerBytesMax || !is_text(byte) ? Status::malformed : Status::more;
    case State::trailer_line_feed:
      return expect(byte, '\n', State::trailer_start);
    case State::last_line_feed:
      return expect(byte, '\n', State::finished);
    case State::data:
    case State::finished:
      break;
  }
  return Status::malformed;
}

}  // namespace dp::http
