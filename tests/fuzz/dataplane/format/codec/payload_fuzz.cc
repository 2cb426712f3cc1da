// SPDX-License-Identifier: LicenseRef-Project
// Goal: no request makes the payload decoder abort, exceed its limit or return text that is not
// UTF-8. Input: one byte of choices, then query, content encoding and body, each but the last ended
// by a line feed.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/payload.h"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using format::Endpoint;

std::string_view cut_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const auto line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kDecodedBytesMax = std::size_t{1} << 20;
  constexpr std::array kEndpoints = {Endpoint::i_v0_e, Endpoint::batch, Endpoint::e,
                                     Endpoint::engage};
  constexpr unsigned kFormBit = 4;
  if (size == 0) {
    return 0;
  }
  const unsigned choices = data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  format::codec::PayloadSource source;
  source.endpoint = kEndpoints.at(choices % kEndpoints.size());
  source.content_type =
      (choices & kFormBit) != 0 ? "application/x-www-form-urlencoded" : "text/plain";
  source.query = cut_line(rest);
  source.content_encoding = cut_line(rest);
  source.body = base::as_bytes(rest);
  format::codec::PayloadScratch scratch;
  const auto payload =
      format::codec::decode_payload(source, {kDecodedBytesMax, kDecodedBytesMax}, scratch);
  if (payload) {
    CHECK(payload->json.size() <= kDecodedBytesMax);
    CHECK(simdjson::validate_utf8(payload->json.data(), payload->json.size()));
    format::codec::BatchReader reader;
    static_cast<void>(reader.parse(*payload, source.endpoint));
  }
  return 0;
}
