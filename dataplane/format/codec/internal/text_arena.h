// SPDX-License-Identifier: LicenseRef-Project
// Keeps small texts made during one parse at stable addresses; memory is reused by the next parse.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace format::codec {

/// A bump allocator for text. Owner: one BatchReader.
class TextArena {
 public:
  /// Room for `size` characters, valid until `reset`.
  char* allocate(std::size_t size) {
    if (blocks_.empty() || blocks_.back().size - used_ < size) {
      const auto block_size = std::max(size, kBlockBytes);
      blocks_.push_back({std::make_unique<char[]>(block_size), block_size});
      used_ = 0;
    }
    auto* room = blocks_.back().memory.get() + used_;
    used_ += size;
    return room;
  }

  /// Copies `text`.
  std::string_view keep(std::string_view text) {
    auto* room = allocate(text.size());
    std::copy(text.begin(), text.end(), room);
    return {room, text.size()};
  }

  /// Forgets everything but one ordinary block.
  void reset() noexcept {
    if (blocks_.size() > 1) {
      blocks_.erase(blocks_.begin() + 1, blocks_.end());
    }
    if (!blocks_.empty() && blocks_.front().size > kBlockBytes) {
      blocks_.clear();
    }
    used_ = 0;
  }

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t size;
  };

  std::vector<Block> blocks_;
  std::size_t used_ = 0;
};

}  // namespace format::codec
