// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/auth/crypto.h"

#include "dataplane/base/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace cp::auth {
namespace {

const unsigned char* data_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* data_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

constexpr std::size_t kSha256Bytes = 32;

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  CHECK(RAND_bytes(data_of(bytes), static_cast<int>(count)) == 1);
  return bytes;
}

std::string random_base62(std::size_t count) {
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr unsigned kFair = 256 / 62 * 62;  // bytes from here on would favour the first letters
  std::string text;
  while (text.size() < count) {
    for (const char c : random_bytes(count - text.size())) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < kFair) {
        text += kAlphabet[byte % kAlphabet.size()];
      }
    }
  }
  return text;
}

std::string sha256(std::string_view data) {
  std::string digest(kSha256Bytes, '\0');
  CHECK(EVP_Digest(data.data(), data.size(), data_of(digest), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::string digest(kSha256Bytes, '\0');
  unsigned length = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data_of(data), data.size(),
             data_of(digest), &length) != nullptr);
  return digest;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace cp::auth
