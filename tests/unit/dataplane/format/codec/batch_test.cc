// SPDX-License-Identifier: LicenseRef-Project
// Goal: bodies of every shape become the events, or the refusal, that capture-protocol sections 5
// to 7 and 20 demand. Method: tables of JSON texts against the expected token, events and errors.
#include "dataplane/format/codec/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace format::codec {
namespace {

struct SeenEvent {
  std::string name;
  std::string distinct_id;
  std::string uuid;
  std::string timestamp;
  std::optional<std::int64_t> offset_ms;
  bool ignores_sent_at = false;
  bool is_cookieless = false;
  std::string properties;
  std::string set;
  std::string set_once;
};

class Collector final : public EventVisitor {
 public:
  void visit(const Event& event) override {
    events.push_back({std::string(event.name), std::string(event.distinct_id),
                      std::string(event.uuid), std::string(event.timestamp), event.offset_ms,
                      event.ignores_sent_at, event.is_cookieless,
                      std::string(event.properties_json), std::string(event.set_json),
                      std::string(event.set_once_json)});
  }

  std::vector<SeenEvent> events;
};

class BatchReaderTest : public ::testing::Test {
 protected:
  base::Result<Batch> parse(const std::string& json, Endpoint endpoint = Endpoint::i_v0_e) {
    collector_.events.clear();
    text_ = json;
    return reader_.parse({text_}, endpoint, &collector_);
  }

  std::optional<BatchError> error_of(const std::string& json,
                                     Endpoint endpoint = Endpoint::i_v0_e) {
    const auto result = parse(json, endpoint);
    if (result) {
      return std::nullopt;
    }
    EXPECT_TRUE(collector_.events.empty());
    return static_cast<BatchError>(result.error().code);
  }

  const SeenEvent& only_event() {
    EXPECT_EQ(collector_.events.size(), 1U);
    if (collector_.events.empty()) {
      collector_.events.emplace_back();
    }
    return collector_.events.front();
  }

  std::string text_;
  BatchReader reader_;
  Collector collector_;
};

TEST_F(BatchReaderTest, ReadsEveryFieldOfASingleEvent) {
  const auto batch = parse(
      R"({"event":"a","token":"phc_abc","distinct_id":"u","uuid":"018A981F-4B35-7C66-825E-8B0EEAE65714",)"
      R"("timestamp":"2023-01-01T00:00:00Z","offset":5000,"properties":{"$ignore_sent_at":true,"n":1.10,)"
      R"("nested":{"list":[1,2,{"x":"}"}]}},"$set":{"a":1},"$set_once":{"b":[]},"type":"capture"})");
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->token, "phc_abc");
  EXPECT_EQ(batch->event_count, 1U);
  const auto& event = only_event();
  EXPECT_EQ(event.name, "a");
  EXPECT_EQ(event.distinct_id, "u");
  EXPECT_EQ(event.uuid, "018a981f-4b35-7c66-825e-8b0eeae65714");
  EXPECT_EQ(event.timestamp, "2023-01-01T00:00:00Z");
  EXPECT_EQ(event.offset_ms, 5000);
  EXPECT_TRUE(event.ignores_sent_at);
  EXPECT_EQ(event.properties,
            R"({"$ignore_sent_at":true,"n":1.10,"nested":{"list":[1,2,{"x":"}"}]}})");
  EXPECT_EQ(event.set, R"({"a":1})");
  EXPECT_EQ(event.set_once, R"({"b":[]})");
}

TEST_F(BatchReaderTest, ReadsAWrapperWithItsFlags) {
  const auto batch = parse(
      R"({"sent_at":"2023-01-01T12:00:10Z","historical_migration":true,"api_key":"w","batch":[)"
      R"({"event":"a","distinct_id":"1","token":"x"},{"event":"b","properties":{"distinct_id":"2"}}]})",
      Endpoint::batch);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->token, "w");
  EXPECT_EQ(batch->sent_at, "2023-01-01T12:00:10Z");
  EXPECT_TRUE(batch->is_historical_migration);
  ASSERT_EQ(collector_.events.size(), 2U);
  EXPECT_EQ(collector_.events[0].distinct_id, "1");
  EXPECT_EQ(collector_.events[0].properties, "{}");
  EXPECT_EQ(collector_.events[1].distinct_id, "2");
  EXPECT_EQ(collector_.events[1].properties, R"({"distinct_id":"2"})");
}

TEST_F(BatchReaderTest, FindsTheTokenWhereverItIs) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"event":"a","token":"t","distinct_id":"u"})", "t"},
      {R"({"event":"a","$token":"t","distinct_id":"u"})", "t"},
      {R"({"event":"a","api_key":"t","distinct_id":"u"})", "t"},
      {R"({"event":"a","distinct_id":"u","properties":{"token":"t"}})", "t"},
      {R"({"event":"a","token":"r","distinct_id":"u","properties":{"token":"t"}})", "r"},
      {R"({"event":"a","token":null,"distinct_id":"u","properties":{"token":"t"}})", "t"},
      {R"([{"event":"a","token":"t","distinct_id":"u"},{"event":"b","distinct_id":"u"}])", "t"},
      {R"({"token":"w","batch":[{"event":"a","token":"x","distinct_id":"u"}]})", "w"},
      {R"({"event":"a","token":" phc_abc\n","distinct_id":"u"})", "phc_abc"},
      {R"({"event":"a","token":"t","api_key":"t","distinct_id":"u"})", "t"},
  };
  for (const auto& [json, token] : cases) {
    const auto batch = parse(json);
    ASSERT_TRUE(batch) << json << ": " << reader_.error_detail();
    EXPECT_EQ(batch->token, token) << json;
  }
}

TEST_F(BatchReaderTest, RefusesWithTheDocumentedReason) {
  const auto with_token = [](const std::string& token) {
    return R"({"event":"a","distinct_id":"u","token":")" + token + "\"}";
  };
  const std::vector<std::pair<std::string, BatchError>> cases = {
      {R"("x")", BatchError::invalid_json},
      {"{", BatchError::invalid_json},
      {"", BatchError::invalid_json},
      {"5", BatchError::invalid_json},
      {"[5]", BatchError::invalid_json},
      {R"([{"token":"t","distinct_id":"u"}])", BatchError::invalid_json},
      {R"({"event":"a","timestamp":5,"token":"t","distinct_id":"u"})", BatchError::invalid_json},
      {R"({"event":"a","offset":1.5,"token":"t","distinct_id":"u"})", BatchError::invalid_json},
      {R"({"event":"a","properties":null,"token":"t","distinct_id":"u"})",
       BatchError::invalid_json},
      {R"({"event":"a","properties":[],"token":"t","distinct_id":"u"})", BatchError::invalid_json},
      {R"({"event":"a","$set":5,"token":"t","distinct_id":"u"})", BatchError::invalid_json},
      {R"({"event":"a","uuid":"x","token":"t","distinct_id":"u"})", BatchError::invalid_json},
      {R"({"event":"a","token":5,"distinct_id":"u"})", BatchError::invalid_json},
      {R"({"api_key":"t","historical_migration":"yes","batch":[{"event":"a","distinct_id":"u"}]})",
       BatchError::invalid_json},
      {R"({"event":"a","token":"t","distinct_id":"u","properties":{"a":tru}})",
       BatchError::invalid_json},
      {R"({"event":"a","token":"t","distinct_id":"u","properties":{"a":1e999}})",
       BatchError::invalid_json},
      {R"({"token":"t","distinct_id":"u"})", BatchError::missing_event_name},
      {R"({"batch":[{"event":"a","distinct_id":"u"}]})", BatchError::missing_event_name},
      {"[]", BatchError::empty_batch},
      {R"({"api_key":"t","batch":[]})", BatchError::empty_batch},
      {R"({"event":"","token":"t","distinct_id":"u"})", BatchError::empty_event_name},
      {R"({"event":"a","token":"t"})", BatchError::missing_distinct_id},
      {R"({"event":"a","token":"t","distinct_id":null})", BatchError::missing_distinct_id},
      {R"({"event":"a","token":"t","distinct_id":""})", BatchError::missing_distinct_id},
      {R"({"event":"a","token":"t","distinct_id":"  "})", BatchError::missing_distinct_id},
      {R"({"event":"a","token":"t","distinct_id":"\u00a0\u2003\t"})",
       BatchError::missing_distinct_id},
      {R"({"event":"a","token":"t","distinct_id":"","properties":{"distinct_id":"u"}})",
       BatchError::missing_distinct_id},
      {R"({"event":"a","token":"t","distinct_id":"u","properties":{"$cookieless_mode":"yes"}})",
       BatchError::invalid_cookieless},
      {R"({"event":"a","distinct_id":"u"})", BatchError::missing_token},
      {R"([{"event":"a","token":"a","distinct_id":"u"},{"event":"a","token":"b","distinct_id":"u"}])",
       BatchError::multiple_tokens},
      {with_token(""), BatchError::token_empty},
      {with_token("  "), BatchError::token_empty},
      {with_token(std::string(65, 'a')), BatchError::token_too_long},
      {with_token("é"), BatchError::token_not_ascii},
      {with_token("phx_secret"), BatchError::token_personal_key},
      {with_token("a\\u0000b"), BatchError::token_null_byte},
      // The token is judged before any event, types before the token.
      {R"({"event":"","distinct_id":"u"})", BatchError::missing_token},
      {R"([{"event":"","distinct_id":"u"},{"event":"a","timestamp":1}])", BatchError::invalid_json},
  };
  for (const auto& [json, error] : cases) {
    EXPECT_EQ(error_of(json), error) << json;
  }
}

TEST_F(BatchReaderTest, NamesTheFieldAndTheExpectation) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"event":"a","timestamp":5})", "timestamp: expected a string"},
      {R"([{"event":"a"},{"event":"b","offset":"x"}])", "[1].offset: expected a whole number"},
      {R"({"api_key":"t","batch":[{"event":"a","uuid":"x"}]})", "batch[0].uuid: expected a UUID"},
      {R"({"api_key":"t","batch":[7]})", "batch[0]: expected an event object"},
      {R"({"a":)", "body: expected valid JSON"},
      {R"({"token":"t"})", "event: expected a name"},
  };
  for (const auto& [json, detail] : cases) {
    ASSERT_TRUE(error_of(json));
    EXPECT_EQ(reader_.error_detail(), detail);
  }
  ASSERT_TRUE(parse(R"({"event":"a","token":"t","distinct_id":"u"})"));
  EXPECT_EQ(reader_.error_detail(), "");
}

TEST_F(BatchReaderTest, MakesDistinctIdsOfAnything) {
  std::string long_id;
  for (int count = 0; count < 250; ++count) {
    long_id += "€";
  }
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"("distinct_id":"u")", "u"},
      {R"("$distinct_id":"u")", "u"},
      {R"("properties":{"distinct_id":"u"})", "u"},
      {R"("distinct_id":23,"properties":{"distinct_id":"x"})", "23"},
      {R"("distinct_id":null,"properties":{"distinct_id":"x"})", "x"},
      {R"("distinct_id":23.4)", "23.4"},
      {R"("distinct_id":23.0)", "23.0"},
      {R"("distinct_id":1e21)", "1e21"},
      {R"("distinct_id":1e-7)", "1e-7"},
      {R"("distinct_id":-5)", "-5"},
      {R"("distinct_id":-0)", "0"},
      {R"("distinct_id":123456789012345678901234)", "1.2345678901234569e23"},
      {R"("distinct_id":false)", "false"},
      {R"("distinct_id":18446744073709551615)", "18446744073709551615"},
      {R"("distinct_id":true)", "true"},
      {R"("distinct_id":["a", "b"])", R"(["a","b"])"},
      {R"("distinct_id":{"string":"a","number":3})", R"({"number":3,"string":"a"})"},
      {R"("distinct_id":["\"\n\u0001"])", R"(["\"\n\u0001"])"},
      {R"("distinct_id":"  hello  ")", "  hello  "},
      {R"("distinct_id":"a\u0000b")",
       "a\xef\xbf\xbd"
       "b"},
      {R"("distinct_id":")" + long_id + "\"", long_id.substr(0, 600)},
  };
  for (const auto& [field, distinct_id] : cases) {
    ASSERT_TRUE(parse(R"({"event":"a","token":"t",)" + field + "}")) << field;
    EXPECT_EQ(only_event().distinct_id, distinct_id) << field;
  }
}

TEST_F(BatchReaderTest, AcceptsEveryUuidForm) {
  const std::string stored = "018a981f-4b35-7c66-825e-8b0eeae65714";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\"" + stored + "\"", stored},
      {R"("018A981F4B357C66825E8B0EEAE65714")", stored},
      {R"("{018a981f-4b35-7c66-825e-8b0eeae65714}")", stored},
      {R"("urn:uuid:018a981f-4b35-7c66-825e-8b0eeae65714")", stored},
      {R"("")", ""},
      {"null", ""},
  };
  for (const auto& [uuid, expected] : cases) {
    ASSERT_TRUE(parse(R"({"event":"a","token":"t","distinct_id":"u","uuid":)" + uuid + "}"))
        << uuid;
    EXPECT_EQ(only_event().uuid, expected);
  }
}

TEST_F(BatchReaderTest, NamesNamelessEventsOnEngageOnly) {
  const std::string json = R"({"token":"t","distinct_id":"u","$set":{"a":1}})";
  EXPECT_EQ(error_of(json, Endpoint::e), BatchError::missing_event_name);
  ASSERT_TRUE(parse(json, Endpoint::engage));
  EXPECT_EQ(only_event().name, "$identify");
  EXPECT_EQ(only_event().set, R"({"a":1})");
  EXPECT_EQ(error_of(R"({"batch":[{"event":"a","distinct_id":"u"}]})", Endpoint::engage),
            BatchError::missing_token);
}

TEST_F(BatchReaderTest, RemovesPerformanceEvents) {
  const auto none = parse(R"([{"event":"$performance_event"}])");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->event_count, 0U);
  EXPECT_TRUE(collector_.events.empty());
  const auto one =
      parse(R"([{"event":"$performance_event"},{"event":"a","token":"t","distinct_id":"u"},)"
            R"({"event":"$performance_event","properties":{"x":[{}]}}])");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->event_count, 1U);
  EXPECT_EQ(only_event().name, "a");
}

TEST_F(BatchReaderTest, RendersPropertiesCompactWithTheirDigits) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({ "a" : [ 1 , 2.50 ] , "b" : " x  y " })", R"({"a":[1,2.50],"b":" x  y "})"},
      {"{ }", "{}"},
      {"{\n\t\"a\": \"\\u00e9\"}", R"({"a":"\u00e9"})"},
      {R"({"a":12345678901234567890123})", R"({"a":12345678901234567890123.0})"},
      {R"({"a":18446744073709551615,"b":-9223372036854775808,"c":-9223372036854775809})",
       R"({"a":18446744073709551615,"b":-9223372036854775808,"c":-9223372036854775809.0})"},
      {R"({"a":"\ud83d","b":"\ude00x","c":"\ud83d\ude00"})",
       R"({"a":"\ufffd","b":"\ufffdx","c":"\ud83d\ude00"})"},
      {R"({"a":"\ud83d\u0041\\ud83d"})", R"({"a":"\ufffd\u0041\\ud83d"})"},
  };
  for (const auto& [sent, rendered] : cases) {
    ASSERT_TRUE(
        parse(R"({"token":"t","properties" : )" + sent + R"( ,"distinct_id":"u", "event":"a"})"))
        << sent;
    EXPECT_EQ(only_event().properties, rendered);
  }
}

// Texts are looked at where they stand; neither escapes nor white space may hide or change one.
TEST_F(BatchReaderTest, ReadsEscapedAndSpacedTexts) {
  const std::vector<std::string> bodies = {
      R"({"event":"a\"\u00e9\ud83d\ude00\/\n","token":"\u0074","distinct_id":"\\u","timestamp":"\u0031",)"
      R"("properties":{"k":"\u00e9"}})",
      R"({"\u0065vent":"a\"é😀/\n","t\u006fken":"t","properties":{"\u0064istinct_id":"\\u","k":"\u00e9"},)"
      R"("timestamp":"1"})",
      "{ \"event\" : \"a\\\"é😀/\\n\"\t, \"token\" :\r\n\"t\" , \"properties\" : { \"k\" : {} , "
      "\"distinct_id\"\n:\"\\\\u\" }, \"timestamp\" : \"1\" }",
  };
  const std::vector<std::string> properties = {
      R"({"k":"\u00e9"})",
      R"({"\u0064istinct_id":"\\u","k":"\u00e9"})",
      R"({"k":{},"distinct_id":"\\u"})",
  };
  for (std::size_t index = 0; index < bodies.size(); ++index) {
    const auto batch = parse(bodies[index]);
    ASSERT_TRUE(batch) << bodies[index] << ": " << reader_.error_detail();
    EXPECT_EQ(batch->token, "t");
    EXPECT_EQ(only_event().name, "a\"é😀/\n");
    EXPECT_EQ(only_event().distinct_id, "\\u");
    EXPECT_EQ(only_event().timestamp, "1");
    EXPECT_EQ(only_event().properties, properties[index]);
  }
}

TEST_F(BatchReaderTest, NoticesWhiteSpaceAnywhereInTheProperties) {
  const std::string compact = R"({"a":"x, y","b":[1,{"c":{}},[]],"d":-1.5,"e":null})";
  for (std::size_t place = 1; place < compact.size(); ++place) {
    const auto before = compact.substr(0, place);
    const auto is_in_string = std::count(before.begin(), before.end(), '"') % 2 == 1;
    const auto is_in_scalar = std::isalnum(static_cast<unsigned char>(before.back())) != 0 ||
                              before.back() == '-' || before.back() == '.';
    const auto next = static_cast<unsigned char>(compact[place]);
    if (is_in_string || (is_in_scalar && (std::isalnum(next) != 0 || next == '.'))) {
      continue;
    }
    const auto spaced = before + "\n" + compact.substr(place);
    ASSERT_TRUE(parse(R"({"event":"a","token":"t","distinct_id":"u","properties":)" + spaced + "}"))
        << spaced;
    EXPECT_EQ(only_event().properties, compact) << spaced;
  }
}

TEST_F(BatchReaderTest, TakesTheLastOfRepeatedFields) {
  ASSERT_TRUE(parse(
      R"({"event":"x","event":"a","token":"t","distinct_id":"x","distinct_id":"u","$set":{"x":1},)"
      R"("$set":{"a":1},"$set":null,"properties":{"$ignore_sent_at":true,"x":1},"properties":{"a":1}})"));
  EXPECT_EQ(only_event().name, "a");
  EXPECT_EQ(only_event().distinct_id, "u");
  EXPECT_EQ(only_event().properties, R"({"a":1})");
  EXPECT_EQ(only_event().set, R"({"a":1})");
  EXPECT_TRUE(only_event().ignores_sent_at);
}

TEST_F(BatchReaderTest, JudgesNumbersByWhatADoubleHolds) {
  const std::string zeros(700, '0');
  const std::vector<std::pair<std::string, bool>> cases = {
      {"-0", true},
      {"1.7976931348623157e308", true},
      {"0." + zeros + "1e1000", true},
      {"1e-400", true},
      {"1.7976931348623159e308", false},
      {"1" + zeros + ".5", false},
      {"0e99999", true},
      {"1" + zeros + "e-600", true},
      {"0." + zeros + "1e1100", false},
      {"01", false},
      {"1.", false},
      {"-", false},
      {"1e+", false},
      {"1.5.2", false},
      {"1\"a\"", false},
  };
  for (const auto& [number, is_good] : cases) {
    const auto error = error_of(R"({"event":"a","token":"t","distinct_id":"u","properties":{"n":)" +
                                number + "}}");
    EXPECT_EQ(error, is_good ? std::nullopt : std::optional(BatchError::invalid_json)) << number;
  }
}

TEST_F(BatchReaderTest, TellsCookielessEvents) {
  ASSERT_TRUE(parse(
      R"({"event":"a","token":"t","distinct_id":"u","properties":{"$cookieless_mode":true}})"));
  EXPECT_TRUE(only_event().is_cookieless);
}

TEST_F(BatchReaderTest, BoundsTheNesting) {
  const auto nested = [](std::size_t depth) {
    return R"({"event":"a","token":"t","distinct_id":"u","properties":{"a":)" +
           std::string(depth, '[') + std::string(depth, ']') + "}}";
  };
  EXPECT_TRUE(parse(nested(kJsonDepthMax - 3)));
  EXPECT_EQ(error_of(nested(kJsonDepthMax + 1)), BatchError::invalid_json);
  EXPECT_EQ(error_of(std::string(100'000, '[')), BatchError::invalid_json);
}

TEST_F(BatchReaderTest, BoundsTheTokens) {
  std::string bomb = R"({"event":"a","token":"t","distinct_id":"u","properties":{"a":[1)";
  for (std::size_t count = 0; count <= kJsonTokensMax; ++count) {
    bomb += ",1";
  }
  bomb += "]}}";
  EXPECT_EQ(error_of(bomb), BatchError::too_large);
}

TEST_F(BatchReaderTest, ReadsBodiesOfAllSizesInTurn) {
  for (const std::size_t count : {1U, 1000U, 3U, 40'000U, 2U}) {
    std::string json = R"({"api_key":"t","batch":[)";
    for (std::size_t index = 0; index < count; ++index) {
      json += index == 0 ? "" : ",";
      json += R"({"event":"e)" + std::to_string(index) +
              R"(","distinct_id":"u","properties":{"i":)" + std::to_string(index) + "}}";
    }
    json += "]}";
    const auto batch = parse(json);
    ASSERT_TRUE(batch);
    ASSERT_EQ(collector_.events.size(), count);
    EXPECT_EQ(collector_.events.back().properties, "{\"i\":" + std::to_string(count - 1) + "}");
  }
}

// The reader keeps what it read of the first events only; the seam must not show.
TEST_F(BatchReaderTest, DeliversEveryEventOfALongBatchInOrder) {
  for (const std::size_t count : {1U, 1023U, 1024U, 1025U, 3000U}) {
    std::string events;
    for (std::size_t number = 0; number < count; ++number) {
      const auto text = std::to_string(number);
      events += number == 0 ? "" : " ,";
      events += number % 5 == 3 ? R"({"event":"$performance_event","distinct_id":"u"})"
                                : R"({"distinct_id":"u)" + text + R"(","properties":{"n": [)" +
                                      text + R"(],"o":{}},"event":"e"})";
    }
    for (const auto& body :
         {R"({"x":[1],"batch":[)" + events + R"(],"api_key":"t"})",
          R"([{"event":"e","distinct_id":"first","token":"t"},)" + events + "]"}) {
      const auto batch = parse(body, Endpoint::batch);
      ASSERT_TRUE(batch);
      std::vector<std::string> expected;
      if (body.front() == '[') {
        expected.emplace_back("first {}");
      }
      for (std::size_t number = 0; number < count; ++number) {
        const auto text = std::to_string(number);
        if (number % 5 != 3) {
          expected.push_back("u" + text + R"( {"n":[)" + text + R"(],"o":{}})");
        }
      }
      std::vector<std::string> delivered;
      for (const auto& event : collector_.events) {
        delivered.push_back(event.distinct_id + " " + event.properties);
      }
      EXPECT_EQ(delivered, expected) << count;
    }
  }
  std::string many = R"({"api_key":"t","batch":[)";
  for (int number = 0; number < 2000; ++number) {
    many += R"({"event":"e","distinct_id":"u"},)";
  }
  EXPECT_EQ(error_of(many + R"({"event":"e"}]})"), BatchError::missing_distinct_id)
      << "nothing of a refused body is delivered";
}

TEST_F(BatchReaderTest, ParsesPaddedTextInPlace) {
  std::string json = R"({"event":"a","token":"t","distinct_id":"u","properties":{"k":"v"}})";
  const auto size = json.size();
  json += std::string(kPayloadPadding, '}');
  ASSERT_TRUE(
      reader_.parse({std::string_view(json).substr(0, size), true}, Endpoint::e, &collector_));
  EXPECT_EQ(only_event().properties, R"({"k":"v"})");
}

}  // namespace
}  // namespace format::codec
