// SPDX-License-Identifier: LicenseRef-Project
// Goal: whatever a body holds, its events are rows that ClickHouse takes: valid JSON, bounded
// names, times within the rules; and decoding it again gives the same events, which replays rely
// on. A session recording is one message with items. Input: one byte for the endpoint and the
// address policy (its highest bit), one for the headers (content type, then encoding), the body.
#include "controlplane/event/client_warning.h"
#include "controlplane/event/heatmap.h"
#include "controlplane/event/record_decoder.h"
#include "controlplane/event/recording_decoder.h"
#include "dataplane/base/check.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using cp::event::ProcessedEvent;

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z
constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::int64_t kYear0Us = -62'167'219'200'000'000;

constexpr std::int64_t kYear9999EndUs = 253'402'300'799'999'999;

class Checker final : public cp::event::EventSink {
 public:
  /// A v1 client may ask for its time as it is, without the limit of 23 hours ahead.
  explicit Checker(format::Endpoint endpoint)
      : latest_us_(endpoint == format::Endpoint::analytics_v1 || endpoint == format::Endpoint::ai_v1
                       ? kYear9999EndUs
                       : kNow + 23 * kHourUs) {}

  void add(const ProcessedEvent& event) override {
    const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    CHECK(!event.name.empty());
    CHECK(std::count_if(event.name.begin(), event.name.end(), is_start) <= 200);
    CHECK(!event.distinct_id.empty());
    CHECK(event.timestamp_us >= kYear0Us && event.timestamp_us <= latest_us_);
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 100'000;
    const auto properties = boost::json::parse(event.properties_json, error, {}, options);
    CHECK(!error && properties.is_object());
    CHECK(!properties.get_object().contains("$elements"));
    check_lane(event, properties.get_object());
    if (event.cookieless != nullptr) {
      check_cookieless(event, properties.get_object());
    }
    rows.push_back(cp::event::to_text(event.uuid) + std::to_string(event.timestamp_us) +
                   std::string(event.properties_json) + std::string(event.elements_chain));
  }

  std::vector<std::string> rows;

 private:
  using Reader = cp::event::HeatmapReader;

  void check_lane(const ProcessedEvent& event, const boost::json::object& properties) {
    if (event.lane == cp::event::Lane::events) {
      CHECK(!event.is_part && !properties.contains("$heatmap_data"));
    } else if (event.lane == cp::event::Lane::heatmaps) {
      check_heatmap(event);
    } else {
      boost::system::error_code error;
      static_cast<void>(boost::json::parse(cp::event::client_warning_details(event), error));
      CHECK(!error);
    }
  }

  void check_heatmap(const ProcessedEvent& event) {
    const auto outcome = reader_.read(event, heatmap_);
    CHECK(outcome == cp::event::HeatmapOutcome::read || heatmap_.points.empty());
    CHECK(heatmap_.points.size() <= Reader::kPointsMax);
    for (const auto& point : heatmap_.points) {
      CHECK(!point.type.empty() && point.type.size() <= Reader::kTypeBytesMax);
      CHECK(!point.url.empty() && point.url.size() <= Reader::kUrlBytesMax);
    }
  }

  static void check_cookieless(const ProcessedEvent& event, const boost::json::object& properties) {
    for (const char* key : {"$ip", "$raw_user_agent", "$cookieless_extra", "$session_id"}) {
      CHECK(!properties.contains(key));
    }
    const auto ids = cp::event::cookieless_ids(*event.cookieless, 1, {}, 0);
    CHECK(ids.distinct_id.size() == 33 && ids.session_id.size() == 36);
    std::string json;
    cp::event::append_ids(json, event.properties_json, ids);
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 100'000;
    CHECK(boost::json::parse(json, error, {}, options).is_object() && !error);
  }

  std::int64_t latest_us_;
  Reader reader_;
  cp::event::Heatmap heatmap_;
};

/// Everything that a message says, as text.
std::string describe(const cp::event::RecordingMessage& message) {
  CHECK(!message.session_id.empty() && !message.items.empty());
  CHECK(message.first_ms <= message.last_ms);
  CHECK(message.size > 0);
  // None where nobody did anything; a single moment counts as one millisecond.
  CHECK(message.active_ms >= 0 && message.active_ms <= message.last_ms - message.first_ms + 1);
  std::string text = cp::event::to_text(message.uuid) + std::string(message.session_id) +
                     std::string(message.window_id) + std::to_string(message.size);
  for (const auto& item : message.items) {
    CHECK(item.json.starts_with('{') && item.json.ends_with('}'));
    text += item.json;
  }
  return text;
}

void check_recording(const format::LogRecord& record) {
  using Outcome = cp::event::RecordingDecoder::Outcome;
  cp::event::RecordingDecoder decoder;
  cp::event::RecordingMessage message;
  const auto outcome = decoder.decode(1, record, message);
  const auto first = outcome == Outcome::kept ? describe(message) : std::string{};
  CHECK(decoder.decode(1, record, message) == outcome);
  CHECK(outcome != Outcome::kept || describe(message) == first);
}

void check_events(const format::LogRecord& record) {
  Checker first(record.endpoint);
  Checker second(record.endpoint);
  cp::event::RecordDecoder decoder;
  const bool is_decoded = decoder.decode(1, record, first).has_value();
  CHECK(is_decoded || first.rows.empty());
  CHECK(decoder.decode(1, record, second).has_value() == is_decoded);
  CHECK(first.rows == second.rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The lower bits of a byte each, so that entries of the corpus keep their meaning when the tables
  // grow.
  constexpr std::array<std::string_view, 5> kContentTypes = {
      "", "application/json", "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=b", "application/x-protobuf"};
  constexpr std::array<std::string_view, 5> kEncodings = {"", "gzip", "deflate", "br", "zstd"};
  if (size < 2) {
    return 0;
  }
  const unsigned endpoint = data[0] % 32U + 1;
  const unsigned content_type = data[1] % 8U;
  const unsigned encoding = data[1] / 8U % 8U;
  if (endpoint > static_cast<unsigned>(format::kEndpointLast) ||
      content_type >= kContentTypes.size() || encoding >= kEncodings.size()) {
    return 0;
  }
  format::LogRecord record;
  record.sequence = 7;
  record.received_us = kNow;
  record.endpoint = static_cast<format::Endpoint>(endpoint);
  record.address_policy =
      data[0] < 128 ? format::AddressPolicy::discard : format::AddressPolicy::keep;
  record.client_address = data[0] < 128 ? "" : "1.2.3.4";
  record.token = "phc_fuzz";
  record.user_agent = "posthog-ios/3";
  record.content_type = kContentTypes.at(content_type);
  record.content_encoding = kEncodings.at(encoding);
  record.body = base::Bytes(reinterpret_cast<const std::byte*>(data) + 2, size - 2);
  check_events(record);
  if (record.endpoint == format::Endpoint::recordings) {
    check_recording(record);
  }
  return 0;
}
