// SPDX-License-Identifier: LicenseRef-Project
// Goal: real requests of twelve SDK versions are accepted, and the record they leave decodes to the
// events upstream made of them. Method: tests/wire/capture/capture_requests.jsonl through a
// session, the record through the codec again.
#include "dataplane/format/codec/base64.h"
#include "tests/unit/dataplane/capture/capture_harness.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

namespace dp::capture {
namespace {

using simdjson::dom::element;

constexpr const char* kRequests = "tests/wire/capture/capture_requests.jsonl";

/// Equal as JSON values: members in any order, numbers by value.
// NOLINTNEXTLINE(misc-no-recursion): the depth of the recorded requests.
bool same_json(element left, element right) {
  if (left.is_number() && right.is_number()) {
    return left.get_double().value() == right.get_double().value();
  }
  if (left.type() != right.type()) {
    return false;
  }
  if (left.is_object()) {
    const simdjson::dom::object members = left.get_object().value();
    const simdjson::dom::object sought = right.get_object().value();
    if (members.size() != sought.size()) {
      return false;
    }
    return std::all_of(members.begin(), members.end(), [&sought](const auto& member) {
      element other;
      return sought.at_key(member.key).get(other) == simdjson::SUCCESS &&
             same_json(member.value, other);
    });
  }
  if (left.is_array()) {
    const simdjson::dom::array first = left.get_array().value();
    const simdjson::dom::array second = right.get_array().value();
    return first.size() == second.size() &&
           std::equal(first.begin(), first.end(), second.begin(), same_json);
  }
  return simdjson::to_string(left) == simdjson::to_string(right);
}

std::string text_of(element object, const char* key) {
  std::string_view text;
  return object.at_key(key).get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

/// The member as JSON, or `fallback` when it is absent.
std::string json_of(element object, const char* key, const char* fallback) {
  element value;
  return object.at_key(key).get(value) == simdjson::SUCCESS ? simdjson::to_string(value)
                                                            : std::string(fallback);
}

/// Compares every decoded event with what upstream's `data` says.
class EventComparer final : public format::codec::EventVisitor {
 public:
  explicit EventComparer(simdjson::dom::array expected) : next_(expected.begin()) {
    count_left_ = expected.size();
  }

  void visit(const format::codec::Event& event) override {
    ASSERT_GT(count_left_--, 0U) << "more events than expected";
    const element output = *next_;
    ++next_;
    simdjson::dom::parser parser;
    const element data = parser.parse(text_of(output, "data"));
    EXPECT_EQ(event.name, text_of(data, "event"));
    EXPECT_EQ(event.distinct_id, text_of(output, "distinct_id"));
    EXPECT_EQ(event.timestamp, text_of(data, "timestamp"));
    if (!event.uuid.empty()) {
      EXPECT_EQ(event.uuid, text_of(output, "uuid"));
    }
    std::int64_t offset = 0;
    const auto has_offset = data.at_key("offset").get(offset) == simdjson::SUCCESS;
    EXPECT_EQ(event.offset_ms, has_offset ? std::optional(offset) : std::nullopt);
    expect_json(event.properties_json, json_of(data, "properties", "{}"));
    if (!event.set_json.empty()) {
      expect_json(event.set_json, json_of(data, "$set", ""));
    }
    if (!event.set_once_json.empty()) {
      expect_json(event.set_once_json, json_of(data, "$set_once", ""));
    }
  }

  [[nodiscard]] std::size_t count_left() const { return count_left_; }

 private:
  static void expect_json(std::string_view decoded, const std::string& expected) {
    simdjson::dom::parser left;
    simdjson::dom::parser right;
    EXPECT_TRUE(same_json(left.parse(simdjson::padded_string(decoded)), right.parse(expected)))
        << decoded << "\nexpected " << expected;
  }

  simdjson::dom::array::iterator next_;
  std::size_t count_left_;
};

/// `2023-09-15T09:15:02.325000+00:00` for milliseconds since 1970, as upstream writes it.
std::string sent_at_text(std::int64_t milliseconds) {
  const auto seconds = std::time_t{milliseconds / 1000};
  std::tm time{};
  gmtime_r(&seconds, &time);
  char text[40];
  const auto size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.", &time);
  const auto fraction = std::to_string(1000 + milliseconds % 1000).substr(1);
  return std::string(text, size) + fraction + "000+00:00";
}

std::string request_of(element recorded) {
  std::vector<char> memory;
  std::string_view body;
  EXPECT_TRUE(format::codec::decode_base64(text_of(recorded, "body"), 0, memory, body));
  std::string fields = "Content-Type: " + text_of(recorded, "content_type") + "\r\n";
  if (const auto encoding = text_of(recorded, "content_encoding"); !encoding.empty()) {
    fields += "Content-Encoding: " + encoding + "\r\n";
  }
  return make_request(text_of(recorded, "method"), text_of(recorded, "path"), fields, body);
}

void expect_recorded(element recorded) {
  CaptureHarness harness;
  const auto answer = harness.exchange(request_of(recorded));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, R"({"status":"Ok"})");
  ASSERT_EQ(harness.log.records.size(), 1U);
  const auto& record = harness.log.records.front();

  format::codec::PayloadScratch scratch;
  const auto payload =
      format::codec::decode_payload({record.endpoint, record.query, record.content_type,
                                     record.content_encoding, base::as_bytes(record.body)},
                                    {}, scratch);
  ASSERT_TRUE(payload);
  const simdjson::dom::array output = recorded.at_key("output").get_array();
  EventComparer comparer(output);
  format::codec::BatchReader reader;
  const auto batch = reader.parse(*payload, record.endpoint, &comparer);
  ASSERT_TRUE(batch) << reader.error_detail();
  EXPECT_EQ(comparer.count_left(), 0U);

  const element first = output.at(0);
  EXPECT_EQ(batch->token, text_of(first, "token"));
  EXPECT_EQ(record.token, batch->token);
  const auto sent_at = text_of(first, "sent_at");
  if (payload->query_sent_at_ms != 0) {
    EXPECT_EQ(sent_at_text(payload->query_sent_at_ms), sent_at);
  } else {
    EXPECT_EQ(batch->sent_at.substr(0, 19), sent_at.substr(0, 19));
  }
  bool is_historical = false;
  static_cast<void>(recorded.at_key("historical_migration").get(is_historical) ==
                    simdjson::SUCCESS);
  EXPECT_EQ(batch->is_historical_migration, is_historical);
}

TEST(RecordedRequestsTest, DecodeToTheEventsThatUpstreamMade) {
  std::ifstream file(kRequests);
  ASSERT_TRUE(file) << kRequests;
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    ++count;
    SCOPED_TRACE("request " + std::to_string(count));
    simdjson::dom::parser parser;
    expect_recorded(parser.parse(line));
  }
  EXPECT_EQ(count, 16U);
}

}  // namespace
}  // namespace dp::capture
