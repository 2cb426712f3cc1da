// SPDX-License-Identifier: LicenseRef-Project
// From a request as received to JSON text: data parameter, form, base64, gzip, in the order of
// capture-protocol section 4. Both planes read bodies through this file, so they can never disagree.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"
#include "dataplane/format/log_record.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace format::codec {

/// Bounds of one payload (capture-protocol section 11).
struct PayloadLimits {
  std::size_t wire_bytes_max = std::size_t{20} << 20;
  std::size_t decoded_bytes_max = std::size_t{100} << 20;
};

/// Why a payload was refused; `payload_error_text` gives the exact body of the answer.
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
};

/// Reusable memory of one decoding thread; grows to the largest payload seen, never past the limits.
struct PayloadScratch {
  std::vector<char> first;
  std::vector<char> second;
};

/// The JSON text of a payload and the query parameters that matter later.
/// `json` points into the source or the scratch and is followed by at least simdjson's padding
/// only when `is_padded`; otherwise the batch reader copies it.
struct Payload {
  std::string_view json;
  bool is_padded = false;
  std::int64_t query_sent_at_ms = 0;  ///< `_`/`sent_at` parameter in ms, 0 when absent or before 2021.
  bool is_beacon = false;             ///< `beacon=1`: success answers 204.
};

base::Result<Payload> decode_payload(const PayloadSource& source, const PayloadLimits& limits,
                                     PayloadScratch& scratch) noexcept;

}  // namespace format::codec
