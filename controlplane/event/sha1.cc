// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/internal/sha1.h"

#include <algorithm>
#include <bit>

namespace cp::event::internal {

void Sha1::update(std::string_view text) noexcept {
  total_bytes_ += text.size();
  while (!text.empty()) {
    const std::size_t count = std::min(text.size(), block_.size() - block_bytes_);
    std::copy_n(text.begin(), count, block_.begin() + static_cast<std::ptrdiff_t>(block_bytes_));
    block_bytes_ += count;
    text.remove_prefix(count);
    if (block_bytes_ == block_.size()) {
      compress();
      block_bytes_ = 0;
    }
  }
}

std::array<std::uint8_t, 20> Sha1::finish() noexcept {
  const std::uint64_t bits = total_bytes_ * 8;
  update(std::string_view("\x80", 1));
  while (block_bytes_ != 56) {
    update(std::string_view("\0", 1));
  }
  for (std::size_t index = 0; index < 8; ++index) {
    block_[56 + index] = static_cast<std::uint8_t>(bits >> (56U - 8U * index));
  }
  compress();
  std::array<std::uint8_t, 20> digest{};
  for (std::size_t index = 0; index < digest.size(); ++index) {
    digest[index] = static_cast<std::uint8_t>(state_[index / 4] >> (24U - 8U * (index % 4)));
  }
  return digest;
}

void Sha1::compress() noexcept {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t index = 0; index < 16; ++index) {
    words[index] =
        std::uint32_t{block_[index * 4]} << 24U | std::uint32_t{block_[index * 4 + 1]} << 16U |
        std::uint32_t{block_[index * 4 + 2]} << 8U | std::uint32_t{block_[index * 4 + 3]};
  }
  for (std::size_t index = 16; index < 80; ++index) {
    words[index] =
        std::rotl(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1);
  }
  auto [a, b, c, d, e] = state_;
  for (std::size_t index = 0; index < 80; ++index) {
    std::uint32_t f = b ^ c ^ d;
    std::uint32_t k = 0x6ed9eba1;
    if (index < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (index >= 40 && index < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    } else if (index >= 60) {
      k = 0xca62c1d6;
    }
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + words[index];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e};
}

}  // namespace cp::event::internal
