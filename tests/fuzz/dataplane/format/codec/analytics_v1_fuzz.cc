// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever the body of a v1 request, decompression stays within its limit, the reader does
// not abort, decides the same with and without a visitor, and delivers just the events it took; a
// bound on the size of events changes nothing but that larger ones are dropped.
// Input: one byte of choices (content encoding, endpoint, bound), then the body.
#include "dataplane/base/check.h"
#include "dataplane/format/codec/analytics_v1.h"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using format::codec::V1Event;

class Checker final : public format::codec::V1EventVisitor {
 public:
  void visit(const V1Event& event) override {
    ++count;
    CHECK(!event.name.empty() && event.name.size() <= format::codec::kV1NameBytesMax);
    CHECK(!event.distinct_id.empty());
    CHECK(event.uuid.size() == 36);
    const simdjson::padded_string padded(event.properties_json);
    simdjson::dom::element element;
    CHECK(parser_.parse(padded).get(element) == simdjson::SUCCESS);
    CHECK(element.is_object());
  }

  std::uint32_t count = 0;

 private:
  simdjson::dom::parser parser_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr format::codec::PayloadLimits kLimits = {std::size_t{1} << 20, std::size_t{1} << 20};
  constexpr std::array<std::string_view, 5> kEncodings = {"", "gzip", "deflate", "br", "zstd"};
  constexpr unsigned kAiBit = 8;
  constexpr unsigned kBoundBit = 16;
  constexpr std::size_t kEventBytesMax = 160;
  if (size == 0) {
    return 0;
  }
  const unsigned choices = data[0];
  const auto endpoint =
      (choices & kAiBit) != 0 ? format::Endpoint::ai_v1 : format::Endpoint::analytics_v1;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  format::codec::V1Scratch scratch;
  const auto payload = format::codec::decode_v1_body(
      {kEncodings.at(choices % kAiBit % kEncodings.size()), base::as_bytes(body)}, kLimits,
      scratch);
  if (!payload) {
    return 0;
  }
  CHECK(payload->json.size() <= kLimits.decoded_bytes_max);
  format::codec::V1Reader reader;
  Checker checker;
  format::codec::V1Drops drops;
  if ((choices & kBoundBit) != 0) {
    drops.event_bytes_max = kEventBytesMax;
  }
  const auto delivered = reader.parse(*payload, endpoint, &checker, drops);
  const std::string detail(reader.error_detail());
  std::vector<format::codec::Verdict> verdicts;
  std::uint32_t taken = 0;
  for (const auto& result : reader.results()) {
    verdicts.push_back(result.verdict);
    taken += format::codec::is_taken(result.verdict) ? 1U : 0U;
  }
  const auto judged = reader.parse(*payload, endpoint, nullptr, drops);
  CHECK(delivered.has_value() == judged.has_value());
  CHECK(detail == reader.error_detail());
  CHECK(verdicts.size() == reader.results().size());
  if (!delivered) {
    CHECK(delivered.error() == judged.error());
    CHECK(verdicts.empty() && checker.count == 0);
    return 0;
  }
  CHECK(checker.count == taken && delivered->taken_count == taken);
  for (std::size_t index = 0; index < verdicts.size(); ++index) {
    CHECK(verdicts[index] == reader.results()[index].verdict);
  }
  const auto unbound = reader.parse(*payload, endpoint);
  CHECK(unbound.has_value() && unbound->taken_count >= taken);
  for (std::size_t index = 0; index < verdicts.size(); ++index) {
    const auto without = reader.results()[index].verdict;
    CHECK(verdicts[index] == without || (verdicts[index] == format::codec::Verdict::event_too_big &&
                                         format::codec::is_taken(without)));
  }
  return 0;
}
