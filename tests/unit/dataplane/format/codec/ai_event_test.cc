// SPDX-License-Identifier: LicenseRef-Project
// Goal: a multipart AI event means one event, whatever its parts bring, and every other body is
// refused with a reason. Method: tables of parts, the composed text read by BatchReader.
#include "dataplane/format/codec/ai_event.h"

#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/multipart.h"
#include "tests/support/ai_requests.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <string>
#include <vector>

namespace format::codec {
namespace {

using support::Part;

const std::string kEvent =
    R"({"event":"$ai_generation","distinct_id":"u","timestamp":"2023-01-01T11:00:00Z"})";
const std::string kProperties = R"({"$ai_model":"gpt-4","a": 1.50})";

class Collector final : public EventVisitor {
 public:
  void visit(const Event& event) override {
    names.emplace_back(event.name);
    properties.emplace_back(event.properties_json);
    timestamps.emplace_back(event.timestamp);
  }
  std::vector<std::string> names;
  std::vector<std::string> properties;
  std::vector<std::string> timestamps;
};

AiEventSource source_of(const std::string& body) {
  return {"phc_abc", support::kMultipartType, "", base::as_bytes(body)};
}

/// The properties of the event in `body`; the reason in brackets when it is refused.
std::string read(const std::string& body) {
  AiEventReader reader;
  const auto payload = reader.read(source_of(body));
  if (!payload) {
    return "<" + std::to_string(payload.error().code) + "> " + std::string(reader.error_detail());
  }
  BatchReader batches;
  Collector collector;
  const auto batch = batches.parse(*payload, Endpoint::ai_event, &collector);
  if (!batch) {
    return "batch: " + std::string(batches.error_detail());
  }
  EXPECT_EQ(batch->token, "phc_abc");
  EXPECT_EQ(collector.names, std::vector<std::string>{"$ai_generation"});
  EXPECT_EQ(collector.timestamps, std::vector<std::string>{"2023-01-01T11:00:00Z"});
  return collector.properties.front();
}

TEST(AiEventReaderTest, ComposesOneEvent) {
  const std::string embedded =
      R"({"properties":{"$ai_model":"m"},"event":"$ai_generation","distinct_id":"u",)"
      R"("timestamp":"2023-01-01T11:00:00Z"})";
  const struct {
    std::vector<Part> parts;
    std::string properties;
  } cases[] = {
      {{{"event", embedded, ""}}, R"({"$ai_model":"m"})"},
      {{{"event", " " + kEvent + "\n", "Content-Type: application/json\r\n"},
        {"event.properties", kProperties, ""}},
       R"({"$ai_model":"gpt-4","a":1.50})"},
      {{{"event", embedded, ""},
        {"event.properties.$ai_input", R"([ {"role":"user"} ])",
         "content-type: application/json; charset=utf-8\r\n"}},
       R"({"$ai_model":"m","$ai_input":[{"role":"user"}]})"},
      {{{"event", kEvent, ""},
        {"event.properties", kProperties, ""},
        {"event.properties.text", "a \"b\"\n", "Content-Type: text/plain\r\n"},
        {"event.properties.bytes", std::string("\0\xff", 2),
         "Content-Type: application/octet-stream\r\n"},
        {"event.properties.number", "7", "Content-Type: application/json\r\n"}},
       R"({"$ai_model":"gpt-4","a":1.50,"text":"a \"b\"\n","bytes":"AP8=","number":7})"},
      {{{"event", kEvent, ""},
        {"event.properties.$ai_model", "gpt", "Content-Type: text/plain\r\n"}},
       R"({"$ai_model":"gpt"})"},
  };
  for (const auto& item : cases) {
    EXPECT_EQ(read(support::multipart(item.parts)), item.properties);
  }
}

TEST(AiEventReaderTest, SaysWhatIsWrong) {
  const Part event{"event", kEvent, ""};
  const Part properties{"event.properties", kProperties, ""};
  const std::string json = "Content-Type: application/json\r\n";
  const struct {
    std::vector<Part> parts;
    std::string problem;
  } cases[] = {
      {{}, "part 'event' is missing"},
      {{properties, event}, "must not come before 'event'"},
      {{event, event}, "comes twice"},
      {{event, properties, properties}, "comes twice"},
      {{event}, "must have '$ai_model'"},
      {{event, {"event.properties", R"({"$ai_model":""})", ""}}, "must have '$ai_model'"},
      {{event, {"event.properties", "[]", ""}}, "must be a JSON object"},
      {{event, {"event.properties", "{", ""}}, "must be valid JSON"},
      {{{"event", "[]", ""}}, "must be a JSON object"},
      {{{"event", R"({"properties":{}})", ""}, properties}, "must not have properties"},
      {{event, {"other", "x", ""}}, "is unknown"},
      {{event, {"event.properties.a.b", "1", json}}, "does not name a property"},
      {{event, {"event.properties.", "1", json}}, "does not name a property"},
      {{event, {"event.properties.b", "", json}}, "is empty"},
      {{event, {"event.properties.b", "1", ""}}, "needs content type"},
      {{event, {"event.properties.b", "1", "Content-Type: image/png\r\n"}}, "needs content type"},
      {{event, {"event.properties.b", "{", json}, properties}, "must be valid JSON"},
      {{event, {"event.properties.b", "1", json + "Content-Encoding: gzip\r\n"}},
       "unsupported content encoding"},
      {{event, {"event.properties.a", "1", json}, properties}, "repeats a property"},
      {{event, properties, {"event.properties.b", "\xff", "Content-Type: text/plain\r\n"}},
       "valid UTF-8"},
      {{{"event", kEvent + std::string(kAiEventPartBytesMax, ' '), ""}}, "of at most 32768"},
      {{event, {"event.properties", std::string(kAiPropertiesBytesMax, ' '), ""}},
       "of at most 983040"},
      {{event,
        properties,
        {"event.properties.b", std::string(kAiPartsBytesMax, ' '), "Content-Type: text/plain\r\n"}},
       "of at most 26214400"},
      // What would change the batch around the event.
      {{{"event", R"({"a":1}],"api_key":"phc_other","batch":[{"b":1})", ""}}, "valid JSON"},
  };
  for (const auto& item : cases) {
    const auto found = read(support::multipart(item.parts));
    EXPECT_NE(found.find(item.problem), std::string::npos) << found << " / " << item.problem;
  }
  EXPECT_EQ(read(support::multipart(
                {{"event", R"({"event":"$pageview","distinct_id":"u"})", ""}, properties})),
            "batch: $pageview");
}

TEST(AiEventReaderTest, SaysHowManyPartsAreTooMany) {
  std::vector<Part> parts = {{"event", kEvent, ""}, {"event.properties", kProperties, ""}};
  while (parts.size() < kAiPartsMax) {
    parts.push_back(
        {"event.properties.p" + std::to_string(parts.size()), "1", "Content-Type: text/plain\r\n"});
  }
  EXPECT_EQ(read(support::multipart(parts)).find("<"), std::string::npos);
  parts.push_back({"event.properties.more", "1", "Content-Type: text/plain\r\n"});
  EXPECT_NE(read(support::multipart(parts)).find("more than 128 parts"), std::string::npos);
}

TEST(AiEventReaderTest, ReadsGzipAndRefusesWhatIsNoMultipart) {
  const auto body =
      support::multipart({{"event", kEvent, ""}, {"event.properties", kProperties, ""}});
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string zipped(libdeflate_gzip_compress_bound(compressor, body.size()), '\0');
  zipped.resize(
      libdeflate_gzip_compress(compressor, body.data(), body.size(), zipped.data(), zipped.size()));
  libdeflate_free_compressor(compressor);
  EXPECT_EQ(read(zipped), R"({"$ai_model":"gpt-4","a":1.50})");
  AiEventReader reader;
  const auto code_of = [&reader](const AiEventSource& source) {
    const auto payload = reader.read(source);
    return payload ? AiEventError{} : static_cast<AiEventError>(payload.error().code);
  };
  EXPECT_EQ(code_of(source_of("")), AiEventError::missing);
  EXPECT_EQ(code_of(source_of(zipped.substr(0, 40))), AiEventError::invalid_gzip);
  EXPECT_EQ(code_of(source_of("{}")), AiEventError::invalid_multipart);
  EXPECT_EQ(code_of(source_of(body.substr(0, body.size() - 6))), AiEventError::invalid_multipart);
  auto encoded = source_of("\x0b\x08\x80");
  for (const std::string_view encoding : {"br", "zstd", "x"}) {
    encoded.content_encoding = encoding;
    EXPECT_EQ(code_of(encoded), AiEventError::unsupported_encoding) << encoding;
    EXPECT_EQ(reader.error_detail(), encoding);
  }
  encoded.content_encoding = "Identity";
  EXPECT_EQ(code_of(encoded), AiEventError::invalid_multipart);
  encoded.body = source_of(body).body;
  encoded.content_encoding = "br";
  EXPECT_EQ(code_of(encoded), AiEventError{}) << "what can be read is taken, as upstream does";
  auto source = source_of(body);
  for (const std::string_view type :
       {"", "application/json", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"open"}) {
    source.content_type = type;
    EXPECT_EQ(code_of(source), AiEventError::expected_multipart) << type;
  }
}

TEST(MultipartReaderTest, CutsParts) {
  const std::string body =
      "preamble\r\n--b  \r\ncontent-disposition: form-data; filename=\"a;name=x\"; name=one\r\n\r\n"
      "\r\n--b not\r\n\r\n--b\r\n\r\nno fields\r\n--b\r\nContent-Disposition: form-data; name=e\r\n"
      "\r\n\r\n--b--epilogue";
  MultipartReader reader(body, "b");
  MultipartPart part;
  ASSERT_EQ(reader.next(part), MultipartReader::Status::part);
  EXPECT_EQ(part.name, "one");
  EXPECT_EQ(part.body, "");
  EXPECT_EQ(reader.next(part), MultipartReader::Status::malformed) << "text behind a boundary";
  MultipartReader second(
      "--b\r\n\r\nno fields\r\n--b\r\nContent-Disposition: form-data; name=e\r\n"
      "\r\n\r\n--b--epilogue",
      "b");
  ASSERT_EQ(second.next(part), MultipartReader::Status::part);
  EXPECT_EQ(part.name, "");
  EXPECT_EQ(part.body, "no fields");
  ASSERT_EQ(second.next(part), MultipartReader::Status::part);
  EXPECT_EQ(part.name, "e");
  EXPECT_EQ(part.body, "");
  EXPECT_EQ(second.next(part), MultipartReader::Status::end);
  for (const std::string_view broken :
       {"", "--", "--b", "--b\r\n", "--b\r\n\r\n", "--b\r\nx\r\n\r\ny\r\n--b--", "x--b--"}) {
    MultipartReader third(broken, "b");
    EXPECT_EQ(third.next(part), MultipartReader::Status::malformed) << broken;
  }
}

}  // namespace
}  // namespace format::codec
