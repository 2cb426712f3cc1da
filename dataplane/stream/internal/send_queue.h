// SPDX-License-Identifier: LicenseRef-Project
// What one connection still has to send: copies in pooled chunks, and views of static bytes.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/stream/internal/buffer_pool.h"

#include <cstddef>
#include <vector>

namespace dp::stream::internal {

/// Pieces in order. The front piece may be in the kernel's hands: it never moves, bytes may be
/// added behind its end. Thread: the shard's own. Bounds: none of its own; the transport watches
/// `bytes`.
class SendQueue {
 public:
  explicit SendQueue(BufferPool& pool) noexcept : pool_(&pool) {}
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;
  SendQueue(SendQueue&&) = delete;
  SendQueue& operator=(SendQueue&&) = delete;
  ~SendQueue() { clear(); }

  void push_copy(base::Bytes bytes);
  void push_static(base::Bytes bytes);

  /// The bytes to send next; empty when there are none.
  [[nodiscard]] base::Bytes front() const noexcept;
  /// Drops `bytes` from the front.
  void pop(std::size_t bytes) noexcept;
  void clear() noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Piece {
    const std::byte* data = nullptr;
    std::size_t sent = 0;
    std::size_t size = 0;
    PooledBuffer chunk;  // empty for static bytes
  };

  [[nodiscard]] bool is_empty() const noexcept { return head_ == pieces_.size(); }
  void append_to_tail(base::Bytes& bytes) noexcept;
  void release_front() noexcept;

  BufferPool* pool_;
  std::vector<Piece> pieces_;  // those before `head_` are done
  std::size_t head_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace dp::stream::internal
