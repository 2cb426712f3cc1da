// SPDX-License-Identifier: LicenseRef-Project
// Tables that tell keys from names by the low halves of their last three characters, for 32 keys at
// once: a name belongs to one of eight groups, a bit, and a key that ends like a name has its bit
// in all three tables.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace format::privacy::internal {

class NameEnds {
 public:
  static constexpr std::size_t kPlaces = 3;
  using Table = std::array<std::uint8_t, 16>;

  void add(std::string_view name) noexcept {
    const auto group = static_cast<std::uint8_t>(1U << (low_half(name, 0) % 8U));
    for (std::size_t place = 0; place < kPlaces; ++place) {
      if (place > name.size()) {
        for (auto& groups : tables_[place]) {
          groups |= group;  // what stands before the quote of a short name
        }
        continue;
      }
      tables_[place][low_half(name, place)] |= group;
      tells_apart_ = tells_apart_ && static_cast<unsigned char>(at(name, place)) < 0x80;
    }
  }

  /// Groups by the low half of the character `place` before a key's closing quote.
  [[nodiscard]] const Table& groups_at(std::size_t place) const noexcept { return tables_[place]; }

  /// False: a name ends in what is no ASCII, which the tables cannot hold.
  [[nodiscard]] bool tells_apart() const noexcept { return tells_apart_; }

 private:
  /// Counted from the end; the quote stands before a name.
  static char at(std::string_view name, std::size_t place) noexcept {
    return place < name.size() ? name[name.size() - 1 - place] : '"';
  }
  static std::size_t low_half(std::string_view name, std::size_t place) noexcept {
    return static_cast<unsigned char>(at(name, place)) & 0xfU;
  }

  std::array<Table, kPlaces> tables_{};
  bool tells_apart_ = true;
};

}  // namespace format::privacy::internal
