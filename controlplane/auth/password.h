// SPDX-License-Identifier: LicenseRef-Project
// Passwords, stored as salted scrypt hashes: `scrypt$<log2 N>$<r>$<p>$<salt hex>$<hash hex>`.
#pragma once

#include <string>
#include <string_view>

namespace cp::auth {

/// A new hash with a random salt. Takes about a fifth of a second and 32 MiB on purpose.
std::string hash_password(std::string_view password);

/// Whether `password` made `hash`; the parameters are the hash's own. False for a text that is no
/// hash.
bool verify_password(std::string_view password, std::string_view hash);

/// Spends the time of one `verify_password`, so that an unknown account cannot be told by its
/// speed.
void verify_nothing(std::string_view password);

}  // namespace cp::auth
