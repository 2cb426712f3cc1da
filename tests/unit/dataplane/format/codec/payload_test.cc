// SPDX-License-Identifier: LicenseRef-Project
// Goal: the order of capture-protocol section 4 holds: query before body, form, base64, hints,
// magic, legacy base64. Method: sources in, JSON text or error out. Whole requests with real
// compression are in capture's tests.
#include "dataplane/format/codec/payload.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace format::codec {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kJsonBase64 = "eyJhIjoxfQ==";  // {"a":1}
constexpr std::string_view kJson = R"({"a":1})";

struct Case {
  Endpoint endpoint;
  std::string query;
  std::string content_type;
  std::string content_encoding;
  std::string body;
  std::string json;  ///< Empty: an error is expected.
  PayloadError error = PayloadError::missing;
};

class PayloadTest : public ::testing::Test {
 protected:
  base::Result<Payload> decode(const Case& sent, PayloadLimits limits = {}) {
    source_ = {sent.endpoint, sent.query, sent.content_type, sent.content_encoding,
               base::as_bytes(sent.body)};
    return decode_payload(source_, limits, scratch_);
  }

  PayloadSource source_;
  PayloadScratch scratch_;
};

TEST_F(PayloadTest, FollowsTheOrderOfTheProtocol) {
  const auto json = std::string(kJson);
  const auto base64 = std::string(kJsonBase64);
  const auto form = std::string(kFormType);
  const std::string twice = "ZXlKaElqb3hmUT09";  // base64 of kJsonBase64
  const std::vector<Case> cases = {
      {Endpoint::i_v0_e, "", "", "", json, json},
      {Endpoint::i_v0_e, "", "text/plain", "", base64, json},
      {Endpoint::i_v0_e, "", "", "", twice, base64},
      {Endpoint::e, "", "", "", twice, json},
      {Endpoint::batch, "data=" + base64, "", "", "ignored", json},
      {Endpoint::batch, "data=%7B%22a%22%3A1%7D", form, "", "ignored", json},
      {Endpoint::batch, "data=", "", "", json, json},
      {Endpoint::batch, "", form, "", "data=" + base64, json},
      {Endpoint::batch, "", form, "", "data=%7B%22a%22%3A1%7D&ver=1", json},
      {Endpoint::batch, "", form + "; charset=UTF-8", "", "data=" + base64, json},
      {Endpoint::e, "compression=gzip-js", form, "", "data=" + base64, json},
      {Endpoint::e, "compression=gzip-js", "", "", base64, json},
      {Endpoint::e, "compression=base64", "", "gzip", json, json},
      {Endpoint::e, "compression=nonsense", "", "GZIP", json, json},
      {Endpoint::i_v0_e, "", form, "", "compression=lz64&data=IY18ZZA%3D", std::string(32, 'a')},
      {Endpoint::e, "", form, "", json, "", PayloadError::expected_form},
      {Endpoint::e, "", form, "", "_=1", "", PayloadError::missing},
      {Endpoint::e, "", form, "", "", "", PayloadError::missing},
      {Endpoint::e, "", "", "", "", "", PayloadError::missing},
      {Endpoint::e, "compression=gzip", "", "", json, "", PayloadError::invalid_gzip},
      {Endpoint::e, "", "", "gzip", json, "", PayloadError::invalid_gzip},
      {Endpoint::e, "", "", "", "\x1f\x8b\x08", "", PayloadError::invalid_gzip},
      {Endpoint::e, "compression=lz64", "", "", json, "", PayloadError::invalid_lz64},
      {Endpoint::e, "", "", "", "\xff", "", PayloadError::invalid_utf8},
  };
  for (const auto& sent : cases) {
    const auto payload = decode(sent);
    ASSERT_EQ(payload.has_value(), !sent.json.empty()) << sent.query << " " << sent.body;
    if (payload) {
      EXPECT_EQ(payload->json, sent.json) << sent.body;
      EXPECT_EQ(payload->is_padded, payload->json.data() != sent.body.data());
    } else {
      EXPECT_EQ(static_cast<PayloadError>(payload.error().code), sent.error)
          << sent.query << " " << sent.body;
    }
  }
}

TEST_F(PayloadTest, BoundsWireAndDecodedBytes) {
  const Case plain{Endpoint::e, "", "", "", std::string(1000, ' '), ""};
  EXPECT_TRUE(decode(plain, {1000, 1000}));
  EXPECT_FALSE(decode(plain, {999, 1000}));
  EXPECT_FALSE(decode(plain, {1000, 999}));
}

TEST_F(PayloadTest, ReportsWhatTheQuerySays) {
  const auto payload =
      decode({Endpoint::e, "_=1694769302325&beacon=1", "", "", std::string(kJson), ""});
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->query_sent_at_ms, 1'694'769'302'325);
  EXPECT_TRUE(payload->is_beacon);
}

TEST_F(PayloadTest, GivesBackTheMemoryOfALargePayload) {
  const std::string large = "data=" + std::string(2 * kScratchKeptBytes, '[');
  ASSERT_TRUE(decode({Endpoint::batch, "", std::string(kFormType), "", large, ""}));
  EXPECT_GT(scratch_.first.size() + scratch_.second.size(), 2 * kScratchKeptBytes);
  ASSERT_TRUE(decode({Endpoint::batch, "", "", "", std::string(kJson), ""}));
  EXPECT_LT(scratch_.first.size() + scratch_.second.size(), kScratchKeptBytes);
}

}  // namespace
}  // namespace format::codec
