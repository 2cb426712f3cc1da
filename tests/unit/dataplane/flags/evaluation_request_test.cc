// SPDX-License-Identifier: LicenseRef-Project
// Goal: bodies are read by the rules of flags-protocol 2.2 and 2.3. Method: one row per rule.
#include "dataplane/flags/evaluation_request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace dp::flags {
namespace {

// gzip of {"token":"phc_a","distinct_id":"u"} (zlib 1.2.13, mtime 0)
constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab,
                                   0x56, 0x2a, 0xc9, 0xcf, 0x4e, 0xcd, 0x53, 0xb2, 0x52, 0x2a, 0xc8,
                                   0x48, 0x8e, 0x4f, 0x54, 0xd2, 0x51, 0x4a, 0xc9, 0x2c, 0x2e, 0xc9,
                                   0xcc, 0x4b, 0x2e, 0x89, 0xcf, 0x4c, 0x01, 0x8a, 0x96, 0x2a, 0xd5,
                                   0x02, 0x00, 0xbb, 0x46, 0x33, 0x72, 0x23, 0x00, 0x00, 0x00};

std::string_view gzip_body() { return {reinterpret_cast<const char*>(kGzip), sizeof(kGzip)}; }

TEST(EvaluationRequestTest, ReadsEveryEncodingOfTheSameRequest) {
  const std::string json = R"({"token":"phc_a","distinct_id":"u"})";
  const std::string base64 = "eyJ0b2tlbiI6InBoY19hIiwiZGlzdGluY3RfaWQiOiJ1In0=";
  const std::string form = "data=" + base64;
  const struct {
    std::string_view content_type;
    std::string_view content_encoding;
    std::string_view compression;
    std::string_view body;
    BodyStatus status;
  } cases[] = {
      {"application/json", "", "", json, BodyStatus::ok},
      {"", "", "", json, BodyStatus::ok},
      {"Text/Plain; charset=utf-8", "", "", json, BodyStatus::ok},
      {"application/json", "", "", gzip_body(), BodyStatus::ok},
      {"application/json", "gzip", "", gzip_body(), BodyStatus::ok},
      {"text/plain", "", "gzip-js", gzip_body(), BodyStatus::ok},
      {"text/plain", "", "gzip", gzip_body(), BodyStatus::ok},
      {"text/plain", "", "base64", base64, BodyStatus::ok},
      {"text/plain", "", "", base64, BodyStatus::ok},
      {"text/plain", "", "", "eyJ0b2tlbiI6InBoY19hIiwiZGlzdGluY3RfaWQiOiJ1In0%3D", BodyStatus::ok},
      {"application/x-www-form-urlencoded", "", "", form, BodyStatus::ok},
      {"application/x-www-form-urlencoded", "", "base64", base64, BodyStatus::ok},
      {"application/x-www-form-urlencoded", "", "", gzip_body(), BodyStatus::undecodable},
      {"multipart/form-data", "", "", json, BodyStatus::unsupported_type},
      {"application/json", "", "lz64", json, BodyStatus::unsupported_compression},
      {"application/json", "", "gzip", json, BodyStatus::undecodable},
      {"application/json", "", "", gzip_body().substr(0, 30), BodyStatus::undecodable},
      {"application/json", "", "", "", BodyStatus::bad_json},
      {"application/json", "", "", R"({"token":)", BodyStatus::bad_json},
      {"application/json", "", "", "[]", BodyStatus::bad_json},
  };
  BodyReader reader;
  EvaluationRequest request;
  for (const auto& item : cases) {
    const auto status = reader.read(
        {item.content_type, item.content_encoding, item.compression, base::as_bytes(item.body)},
        request);
    EXPECT_EQ(static_cast<int>(status), static_cast<int>(item.status))
        << item.content_type << " " << item.content_encoding << " " << item.compression << " "
        << item.body;
    if (status == BodyStatus::ok) {
      EXPECT_EQ(request.token, "phc_a");
      EXPECT_TRUE(request.has_distinct_id);
      EXPECT_FALSE(request.disables_flags);
    }
  }
}

TEST(EvaluationRequestTest, ReadsTheFieldsThatMatter) {
  const struct {
    std::string_view body;
    BodyStatus status;
    std::string_view token;
    bool has_distinct_id;
    bool disables_flags;
  } cases[] = {
      {R"({"api_key":"phc_a","$distinct_id":23})", BodyStatus::ok, "phc_a", true, false},
      {R"({"$token":"phc\u005fa","distinct_id":""})", BodyStatus::ok, "phc_a", true, false},
      {R"({"token":"phc_a","distinct_id":null})", BodyStatus::ok, "phc_a", false, false},
      {R"({"token":null,"distinct_id":"u"})", BodyStatus::ok, "", true, false},
      {R"({"token":"phc_a","disable_flags":true})", BodyStatus::ok, "phc_a", false, true},
      {R"({"token":"phc_a","disable_flags":"true"})", BodyStatus::ok, "phc_a", false, false},
      {R"({"token":5,"distinct_id":"u"})", BodyStatus::bad_json, "", false, false},
      {R"({"token":"phc_a","distinct_id":{}})", BodyStatus::bad_json, "", false, false},
      {R"({"person_properties":{"token":"x"},"token":"phc_a"})", BodyStatus::ok, "phc_a", false,
       false},
  };
  BodyReader reader;
  EvaluationRequest request;
  for (const auto& item : cases) {
    const auto status =
        reader.read({"application/json", "", "", base::as_bytes(item.body)}, request);
    ASSERT_EQ(static_cast<int>(status), static_cast<int>(item.status)) << item.body;
    if (status == BodyStatus::ok) {
      EXPECT_EQ(request.token, item.token) << item.body;
      EXPECT_EQ(request.has_distinct_id, item.has_distinct_id) << item.body;
      EXPECT_EQ(request.disables_flags, item.disables_flags) << item.body;
    }
  }
}

}  // namespace
}  // namespace dp::flags
