// SPDX-License-Identifier: LicenseRef-Project
// Randomness, hashes and comparisons for secrets; adapts OpenSSL's libcrypto.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cp::auth {

/// `count` bytes from the system's generator; aborts when it has none to give.
std::string random_bytes(std::size_t count);

/// `count` characters of 0-9A-Za-z, each equally likely.
std::string random_base62(std::size_t count);

/// 32 bytes.
std::string sha256(std::string_view data);

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view data);

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

/// Compares without telling by its duration where two secrets differ; lengths are no secret.
bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

}  // namespace cp::auth
