// SPDX-License-Identifier: LicenseRef-Project
// Reads ClickHouse's RowBinary format: little-endian numbers, lengths as LEB128.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace cp::query {

/// A cursor over one answer. Views the bytes. Throws std::runtime_error when they end too early.
class RowBinaryReader {
 public:
  explicit RowBinaryReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_done() const noexcept { return bytes_.empty(); }

  /// The length of a string or an array.
  std::size_t length() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= static_cast<std::size_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
    throw std::runtime_error("RowBinary: a length of more than 64 bits");
  }

  std::string_view text() { return take(length()); }

  template <typename Number>
  Number number() {
    static_assert(std::endian::native == std::endian::little);
    Number value;
    std::memcpy(&value, take(sizeof(Number)).data(), sizeof(Number));
    return value;
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      throw std::runtime_error("RowBinary: the answer is cut short");
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
};

}  // namespace cp::query
