// Goal: real requests of real SDKs give the events that PostHog's own capture made of them. Data
// and source: tests/wire/capture. The address, the skew correction and the element chain are
// checked as they are stored.
#include "controlplane/event/elements.h"
#include "controlplane/event/record_decoder.h"
#include "controlplane/event/timestamp.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace cp::event {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string decode_base64(std::string_view encoded) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string decoded;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char letter : encoded) {
    const auto value = kAlphabet.find(letter);
    if (value == std::string_view::npos) {
      break;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      decoded += static_cast<char>(bits >> static_cast<unsigned>(count));
    }
  }
  return decoded;
}

/// What must be stored for one event of the data.
struct Expected {
  json::object data;
  std::int64_t timestamp_us = 0;
  json::object properties;
  std::string elements_chain;
};

void merge(json::object& properties, const json::object& data, std::string_view key) {
  const auto* update = data.if_contains(key);
  if (update == nullptr || !update->is_object()) {
    return;
  }
  auto& merged = properties[key];
  if (!merged.is_object()) {
    merged = json::object();
  }
  for (const auto& [name, value] : update->get_object()) {
    merged.get_object()[name] = value;
  }
}

Expected expectation(const json::object& output) {
  Expected expected;
  expected.data = json::parse(text(output, "data")).as_object();
  const std::int64_t now = parse_timestamp(text(output, "now")).value();
  if (const auto* offset = expected.data.if_contains("offset");
      offset != nullptr && !offset->is_null()) {
    expected.timestamp_us = now - offset->to_number<std::int64_t>() * 1000;
  } else {
    const std::int64_t sent_at = parse_timestamp(text(output, "sent_at")).value_or(now);
    expected.timestamp_us =
        parse_timestamp(text(expected.data, "timestamp")).value() - (sent_at - now);
  }
  expected.properties = expected.data.at("properties").as_object();
  merge(expected.properties, expected.data, "$set");
  merge(expected.properties, expected.data, "$set_once");
  if (const auto* elements = expected.properties.if_contains("$elements")) {
    expected.elements_chain = elements_chain(json::serialize(*elements));
    expected.properties.erase("$elements");
  }
  expected.properties["$ip"] = text(output, "ip");
  return expected;
}

class Comparer final : public EventSink {
 public:
  explicit Comparer(const json::array& outputs) {
    for (const auto& output : outputs) {
      expected_.push_back(expectation(output.as_object()));
    }
  }

  void add(const ProcessedEvent& event) override {
    ASSERT_LT(seen, expected_.size());
    const Expected& expected = expected_[seen++];
    EXPECT_EQ(to_text(event.uuid), text(expected.data, "uuid"));
    EXPECT_EQ(event.name, text(expected.data, "event"));
    const std::string distinct_id = text(expected.data, "distinct_id");
    EXPECT_EQ(event.distinct_id,
              distinct_id.empty() ? text(expected.properties, "distinct_id") : distinct_id);
    EXPECT_EQ(event.timestamp_us, expected.timestamp_us);
    EXPECT_EQ(event.elements_chain, expected.elements_chain);
    EXPECT_EQ(json::parse(event.properties_json), json::value(expected.properties))
        << event.properties_json;
  }

  [[nodiscard]] std::size_t expected_count() const { return expected_.size(); }

  std::size_t seen = 0;

 private:
  std::vector<Expected> expected_;
};

format::Endpoint endpoint_of(std::string_view path) {
  return path.starts_with("/batch") ? format::Endpoint::batch : format::Endpoint::e;
}

TEST(CaptureRequestsTest, BecomeTheEventsUpstreamMadeOfThem) {
  std::ifstream file("tests/wire/capture/capture_requests.jsonl");
  ASSERT_TRUE(file.is_open());
  std::size_t requests = 0;
  RecordDecoder decoder;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('{')) {
      continue;
    }
    const json::object request = json::parse(line).as_object();
    const std::string path = text(request, "path");
    const std::string body = decode_base64(text(request, "body"));
    const std::string content_type = text(request, "content_type");
    const std::string content_encoding = text(request, "content_encoding");
    const std::string address = text(request, "ip");
    const auto question = path.find('?');
    format::LogRecord record;
    record.received_us = parse_timestamp(text(request, "now")).value();
    record.endpoint = endpoint_of(path);
    record.address_policy = format::AddressPolicy::keep;
    record.query = question == std::string::npos ? std::string_view()
                                                 : std::string_view(path).substr(question + 1);
    record.content_type = content_type;
    record.content_encoding = content_encoding;
    record.client_address = address;
    record.body = base::as_bytes(body);
    Comparer comparer(request.at("output").as_array());
    SCOPED_TRACE("request " + std::to_string(++requests) + " " + path);
    EXPECT_TRUE(decoder.decode(0, record, comparer).has_value());
    EXPECT_EQ(comparer.seen, comparer.expected_count());
  }
  EXPECT_EQ(requests, 16U);
}

}  // namespace
}  // namespace cp::event
