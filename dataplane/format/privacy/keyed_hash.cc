// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/keyed_hash.h"

#include <bit>
#include <cstring>
#include <utility>

namespace format::privacy {
namespace {

/// SipHash-2-4-128 (Aumasson and Bernstein, 2012, and its reference code for 128 bits).
class SipState {
 public:
  SipState(std::uint64_t first, std::uint64_t second) noexcept
      : v0_(0x736f6d6570736575U ^ first),
        v1_(0x646f72616e646f6dU ^ second ^ 0xeeU),
        v2_(0x6c7967656e657261U ^ first),
        v3_(0x7465646279746573U ^ second) {}

  void add(std::string_view text) noexcept {
    const auto length = text.size() << 56U;
    while (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      add_word(word);
      text.remove_prefix(8);
    }
    std::uint64_t last = 0;
    std::memcpy(&last, text.data(), text.size());
    add_word(last | length);
  }

  std::pair<std::uint64_t, std::uint64_t> finish() noexcept {
    v2_ ^= 0xeeU;
    const auto low = settle();
    v1_ ^= 0xddU;
    return {low, settle()};
  }

 private:
  void add_word(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }

  std::uint64_t settle() noexcept {
    for (int count = 0; count < 4; ++count) {
      round();
    }
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  void round() noexcept {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_;
  std::uint64_t v1_;
  std::uint64_t v2_;
  std::uint64_t v3_;
};

}  // namespace

std::optional<HashKey> HashKey::from_secret(std::string_view secret) noexcept {
  if (secret.size() < kSecretBytesMin) {
    return std::nullopt;
  }
  // The whole secret counts, whatever its alphabet: hexadecimal digits carry four bits each.
  SipState state(0x627269'73746c65U, 0x707269'76616379U);
  state.add(secret);
  const auto [first, second] = state.finish();
  return HashKey(first, second);
}

std::array<std::uint8_t, 16> HashKey::digest(std::string_view text) const noexcept {
  SipState state(first_, second_);
  state.add(text);
  const auto [low, high] = state.finish();
  std::array<std::uint8_t, 16> bytes{};
  // Bytes in memory order, as the published test vectors print them.
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    bytes[place] = static_cast<std::uint8_t>((place < 8 ? low : high) >> (place % 8 * 8));
  }
  return bytes;
}

std::array<char, 32> HashKey::hash(std::string_view text) const noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto bytes = digest(text);
  std::array<char, 32> digits{};
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    digits[2 * place] = kDigits[bytes[place] >> 4U];
    digits[2 * place + 1] = kDigits[bytes[place] & 0xfU];
  }
  return digits;
}

}  // namespace format::privacy
