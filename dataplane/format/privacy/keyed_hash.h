// SPDX-License-Identifier: LicenseRef-Project
// SipHash-2-4 with 128 bits of result under the installation's secret: tells values apart without
// telling what they are. Without the secret four billion addresses are not tried in a minute.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace format::privacy {

/// The installation's secret.
class HashKey {
 public:
  static constexpr std::size_t kSecretBytesMin = 32;

  /// Nothing when `secret` is shorter than kSecretBytesMin.
  static std::optional<HashKey> from_secret(std::string_view secret) noexcept;

  /// A key of 16 random bytes, as two little-endian words.
  static HashKey from_words(std::uint64_t first, std::uint64_t second) noexcept {
    return {first, second};
  }

  /// The hash of `text`: 16 bytes.
  [[nodiscard]] std::array<std::uint8_t, 16> digest(std::string_view text) const noexcept;

  /// The hash of `text` as 32 hexadecimal digits.
  [[nodiscard]] std::array<char, 32> hash(std::string_view text) const noexcept;

 private:
  HashKey(std::uint64_t first, std::uint64_t second) noexcept : first_(first), second_(second) {}

  std::uint64_t first_;
  std::uint64_t second_;
};

}  // namespace format::privacy
