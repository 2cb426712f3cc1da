// SPDX-License-Identifier: LicenseRef-Project
// From a request as received to JSON text: data parameter, form, base64, gzip, in the order of
// capture-protocol section 4. Both planes read bodies through this file, so they can never
// disagree.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/codec/gzip.h"
#include "dataplane/format/log_record.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace format::codec {

/// Bounds of one payload (capture-protocol section 11).
struct PayloadLimits {
  std::size_t wire_bytes_max = std::size_t{20} << 20;
  std::size_t decoded_bytes_max = std::size_t{100} << 20;
  /// Off: whoever parses the text finds what is no UTF-8, and then asks `check_utf8`.
  bool is_utf8_checked = true;
};

/// Why a payload was refused; code of base::ErrorDomain::codec. Statuses and texts:
/// capture-protocol section 10.
enum class PayloadError : std::uint8_t {
  missing = 1,    ///< 400 request missing data payload
  expected_form,  ///< 400 ...expected form data in POST request payload
  invalid_gzip,   ///< 400 ...invalid GZIP data
  invalid_utf8,   ///< 400 ...invalid UTF8 in request payload
  invalid_lz64,   ///< 400
  too_large,      ///< 413
};

/// The parts of a request that decide how its body is read.
struct PayloadSource {
  Endpoint endpoint = Endpoint::i_v0_e;
  std::string_view query;
  std::string_view content_type;
  std::string_view content_encoding;
  base::Bytes body;
  bool is_body_padded = false;  ///< At least `kPayloadPadding` bytes behind the body may be read.
};

/// Readable bytes that a JSON text needs behind it (the parser reads whole vectors).
inline constexpr std::size_t kPayloadPadding = 64;

/// Reusable memory of one decoding thread. Grows to the largest payload seen, never past the
/// limits; what a payload beyond `kScratchKeptBytes` needed is given back at the next one.
struct PayloadScratch {
  std::vector<char> first;
  std::vector<char> second;
  GzipDecoder gzip;
};
inline constexpr std::size_t kScratchKeptBytes = std::size_t{8} << 20;

/// The JSON text of a payload and the query parameters that matter later.
/// `json` is valid UTF-8 unless that was not asked for, points into the source or the scratch, and
/// is followed by `kPayloadPadding` readable bytes only when `is_padded`; otherwise the batch
/// reader copies it.
struct Payload {
  std::string_view json;
  bool is_padded = false;
  std::int64_t query_sent_at_ms =
      0;                   ///< `_`/`sent_at` parameter in ms, 0 when absent or before 2021.
  bool is_beacon = false;  ///< `beacon=1`: success answers 204.
  bool was_gzip = false;
};

/// Undoes form, base64 and compression as far as the text itself and the hints say. The result
/// lives as long as the source and the scratch, until the next call.
base::Result<Payload> decode_payload(const PayloadSource& source, const PayloadLimits& limits,
                                     PayloadScratch& scratch) noexcept;

/// Why a decoded text is refused that is no UTF-8; nothing when it is.
[[nodiscard]] std::optional<PayloadError> check_utf8(const Payload& payload) noexcept;

}  // namespace format::codec
