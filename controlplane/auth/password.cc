// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/auth/password.h"

#include "controlplane/auth/crypto.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cp::auth {
namespace {

/// OWASP's cheat sheet of 2023 names N = 2^15, r = 8, p = 3 as one of its equal choices.
constexpr std::uint64_t kLogN = 15;
constexpr std::uint64_t kBlock = 8;
constexpr std::uint64_t kParallel = 3;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::uint64_t kMemoryMax = std::uint64_t{64} << 20U;

struct Parameters {
  std::uint64_t log_n = kLogN;
  std::uint64_t block = kBlock;
  std::uint64_t parallel = kParallel;
};

std::optional<std::string> derive(std::string_view password, std::string_view salt,
                                  const Parameters& parameters) {
  std::string hash(kHashBytes, '\0');
  const int done = EVP_PBE_scrypt(
      password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()),
      salt.size(), std::uint64_t{1} << parameters.log_n, parameters.block, parameters.parallel,
      kMemoryMax, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  return done == 1 ? std::optional(hash) : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dollar = text.find('$');
    parts.push_back(text.substr(0, dollar));
    if (dollar == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(dollar + 1);
  }
}

bool read_number(std::string_view text, std::uint64_t maximum, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= maximum;
}

}  // namespace

std::string hash_password(std::string_view password) {
  const auto salt = to_hex(random_bytes(kSaltBytes));
  const auto hash = derive(password, salt, {});
  if (!hash) {
    throw std::runtime_error("scrypt failed; is there no memory left?");
  }
  return "scrypt$" + std::to_string(kLogN) + "$" + std::to_string(kBlock) + "$" +
         std::to_string(kParallel) + "$" + salt + "$" + to_hex(*hash);
}

bool verify_password(std::string_view password, std::string_view hash) {
  const auto parts = split(hash);
  Parameters parameters;
  if (parts.size() != 6 || parts[0] != "scrypt" || !read_number(parts[1], 20, parameters.log_n) ||
      !read_number(parts[2], 16, parameters.block) ||
      !read_number(parts[3], 16, parameters.parallel)) {
    return false;
  }
  const auto derived = derive(password, parts[4], parameters);
  return derived && equal_in_constant_time(to_hex(*derived), parts[5]);
}

void verify_nothing(std::string_view password) {
  static_cast<void>(derive(password, "an account that does not exist", {}));
}

}  // namespace cp::auth
