// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever a body holds, its events are rows that ClickHouse takes: valid JSON, bounded
// names, times within the rules; and decoding it again gives the same events, which replays rely
// on. Input: one byte (endpoint, address policy), then the body.
#include "controlplane/event/record_decoder.h"
#include "dataplane/base/check.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using cp::event::ProcessedEvent;

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z
constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::int64_t kYear0Us = -62'167'219'200'000'000;

class Checker final : public cp::event::EventSink {
 public:
  void add(const ProcessedEvent& event) override {
    const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    CHECK(!event.name.empty());
    CHECK(std::count_if(event.name.begin(), event.name.end(), is_start) <= 200);
    CHECK(!event.distinct_id.empty());
    CHECK(event.timestamp_us >= kYear0Us && event.timestamp_us <= kNow + 23 * kHourUs);
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 100'000;
    const auto properties = boost::json::parse(event.properties_json, error, {}, options);
    CHECK(!error && properties.is_object());
    CHECK(!properties.get_object().contains("$elements"));
    rows.push_back(cp::event::to_text(event.uuid) + std::to_string(event.timestamp_us) +
                   std::string(event.properties_json) + std::string(event.elements_chain));
  }

  std::vector<std::string> rows;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  format::LogRecord record;
  record.sequence = 7;
  record.received_us = kNow;
  record.endpoint = static_cast<format::Endpoint>(data[0] % 6 + 1);
  record.address_policy =
      data[0] < 128 ? format::AddressPolicy::discard : format::AddressPolicy::keep;
  record.client_address = data[0] < 128 ? "" : "1.2.3.4";
  record.body = base::Bytes(reinterpret_cast<const std::byte*>(data) + 1, size - 1);
  Checker first;
  Checker second;
  cp::event::RecordDecoder decoder;
  const bool is_decoded = decoder.decode(1, record, first).has_value();
  CHECK(is_decoded || first.rows.empty());
  CHECK(decoder.decode(1, record, second).has_value() == is_decoded);
  CHECK(first.rows == second.rows);
  return 0;
}
