// SPDX-License-Identifier: LicenseRef-Project
// Finds e-mail addresses, phone numbers, payment cards and IBANs in a text. Exact, not fast: scan.h
// says cheaply which bodies are worth looking at.
#pragma once

#include "dataplane/format/privacy/policy.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace format::privacy {

/// Where a pattern stands.
struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  Pattern pattern = Pattern::email;
};

/// The first match of a pattern that `policy` does not keep. What counts:
/// - email: `local@domain.tld`, also with `%40`; not `logo@2x.png`, not `core@7.0.0`.
/// - phone: `+` and 8 to 15 digits, also with `%2B`; `0049 170 …` with separators; North American
///   numbers as `(415) 555-2671`, `415-555-2671`, `415 555 2671`.
/// - card: 13 to 19 digits of a card network, Luhn, bare or in groups of four and more.
/// - iban: a country of the registry, its length, mod 97; bare or in groups.
/// UUIDs, decimal fractions and digits inside of words are none of these.
std::optional<Match> find_pattern(std::string_view text, const Policy& policy) noexcept;

}  // namespace format::privacy
