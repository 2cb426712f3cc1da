// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/stream/internal/send_queue.h"

#include <algorithm>
#include <cstring>

namespace dp::stream::internal {
namespace {

/// Static bytes up to here are copied behind what already waits: one send instead of two.
constexpr std::size_t kCoalescedBytesMax = 1024;

}  // namespace

// Moves as much as fits behind the last piece when that is a chunk of ours.
void SendQueue::append_to_tail(base::Bytes& bytes) noexcept {
  if (is_empty() || pieces_.back().chunk.data == nullptr) {
    return;
  }
  Piece& tail = pieces_.back();
  const std::size_t count = std::min(bytes.size(), tail.chunk.capacity - tail.size);
  std::memcpy(tail.chunk.data + tail.size, bytes.data(), count);
  tail.size += count;
  bytes = bytes.subspan(count);
}

void SendQueue::push_copy(base::Bytes bytes) {
  if (bytes.empty()) {
    return;
  }
  bytes_ += bytes.size();
  append_to_tail(bytes);
  while (!bytes.empty()) {
    // A backlog deserves larger chunks: fewer sends.
    const std::size_t wanted = is_empty() ? bytes.size() : std::max(bytes.size(), bytes_);
    const PooledBuffer chunk = pool_->take(std::min(wanted, BufferPool::kLargestKeptBytes));
    pieces_.push_back(Piece{chunk.data, 0, 0, chunk});
    append_to_tail(bytes);
  }
}

void SendQueue::push_static(base::Bytes bytes) {
  if (bytes.empty()) {
    return;
  }
  if (!is_empty() && bytes.size() <= kCoalescedBytesMax) {
    push_copy(bytes);
    return;
  }
  bytes_ += bytes.size();
  pieces_.push_back(Piece{bytes.data(), 0, bytes.size(), {}});
}

base::Bytes SendQueue::front() const noexcept {
  if (is_empty()) {
    return {};
  }
  const Piece& piece = pieces_[head_];
  return {piece.data + piece.sent, piece.size - piece.sent};
}

void SendQueue::release_front() noexcept {
  if (pieces_[head_].chunk.data != nullptr) {
    pool_->give_back(pieces_[head_].chunk);
  }
  if (++head_ == pieces_.size()) {
    pieces_.clear();
    head_ = 0;
  }
}

void SendQueue::pop(std::size_t bytes) noexcept {
  bytes_ -= bytes;
  while (bytes > 0) {
    Piece& piece = pieces_[head_];
    const std::size_t count = std::min(bytes, piece.size - piece.sent);
    piece.sent += count;
    bytes -= count;
    if (piece.sent == piece.size) {
      release_front();
    }
  }
}

void SendQueue::clear() noexcept {
  while (!is_empty()) {
    release_front();
  }
  bytes_ = 0;
}

}  // namespace dp::stream::internal
