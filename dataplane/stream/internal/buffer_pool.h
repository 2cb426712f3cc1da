// SPDX-License-Identifier: LicenseRef-Project
// Byte buffers of a shard in powers of two; small ones are kept for the next user, large ones go
// back to the heap.
#pragma once

#include "dataplane/base/check.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace dp::stream::internal {

/// A buffer on loan from a BufferPool. Plain data: whoever holds it gives it back.
struct PooledBuffer {
  std::byte* data = nullptr;
  std::size_t capacity = 0;
};

/// Thread: the shard's own. Bounds: keeps at most kKeptBytesMax of free buffers.
class BufferPool {
 public:
  static constexpr std::size_t kSmallestBytes = 4096;
  static constexpr std::size_t kLargestKeptBytes = std::size_t{64} << 10;
  static constexpr std::size_t kKeptBytesMax = std::size_t{16} << 20;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  BufferPool(BufferPool&&) = delete;
  BufferPool& operator=(BufferPool&&) = delete;
  ~BufferPool() {
    for (FreeBuffer* head : free_) {
      while (head != nullptr) {
        std::free(std::exchange(head, head->next));
      }
    }
  }

  /// At least `bytes` of uninitialized memory.
  PooledBuffer take(std::size_t bytes) noexcept {
    const std::size_t capacity = std::bit_ceil(bytes < kSmallestBytes ? kSmallestBytes : bytes);
    if (capacity <= kLargestKeptBytes) {
      FreeBuffer*& head = free_[class_of(capacity)];
      if (head != nullptr) {
        kept_bytes_ -= capacity;
        auto* memory = std::exchange(head, head->next);
        return {reinterpret_cast<std::byte*>(memory), capacity};
      }
    }
    auto* memory = static_cast<std::byte*>(std::malloc(capacity));
    CHECK(memory != nullptr);
    return {memory, capacity};
  }

  void give_back(PooledBuffer buffer) noexcept {
    if (buffer.capacity > kLargestKeptBytes || kept_bytes_ + buffer.capacity > kKeptBytesMax) {
      std::free(buffer.data);
      return;
    }
    kept_bytes_ += buffer.capacity;
    FreeBuffer*& head = free_[class_of(buffer.capacity)];
    head = new (buffer.data) FreeBuffer{head};
  }

 private:
  struct FreeBuffer {
    FreeBuffer* next;
  };
  static constexpr std::size_t kClasses = 5;  // 4, 8, 16, 32 and 64 KiB
  static_assert(kSmallestBytes << (kClasses - 1) == kLargestKeptBytes);

  static std::size_t class_of(std::size_t capacity) noexcept {
    return static_cast<std::size_t>(std::countr_zero(capacity) - std::countr_zero(kSmallestBytes));
  }

  std::array<FreeBuffer*, kClasses> free_{};
  std::size_t kept_bytes_ = 0;
};

}  // namespace dp::stream::internal
