// SPDX-License-Identifier: LicenseRef-Project
// Why bytes of a format of ours were refused.
#pragma once

#include "dataplane/base/result.h"

#include <cstdint>

namespace format {

/// Codes of base::ErrorDomain::format.
enum class FormatError : std::uint8_t {
  field_too_long = 1,  ///< A field of a record exceeds what its length field can say.
  no_room,             ///< The output buffer is too small.
  bad_magic,           ///< Not a file of this kind.
  bad_version,         ///< Written by a newer release.
  bad_checksum,        ///< The checksum does not match the bytes.
  bad_length,          ///< Lengths contradict each other.
  bad_value,           ///< A field holds a value that has no meaning.
  corrupt_log,         ///< A record that was declared durable is missing or damaged.
};

constexpr base::Error make_error(FormatError code) noexcept {
  return base::Error{base::ErrorDomain::format, static_cast<std::uint8_t>(code), 0};
}

}  // namespace format
