// SPDX-License-Identifier: LicenseRef-Project
// Cases 13 to 28 and 63: how a payload is wrapped.
#include "tests/integration/conformance/cases.h"
#include "tests/support/encodings.h"

namespace conformance {

using integration::gzip;
using support::base64;
using support::url_encode;

std::vector<Case> decoding_cases() {
  const auto compressed = gzip(kEvent);
  const std::string invalid_gzip = "failed to decode request: invalid GZIP data";
  const std::string expected_form =
      "failed to decode request: expected form data in POST request payload";
  const std::string plus = R"({"event":"a","token":"phc_abc","distinct_id":">>>??"} )";
  const std::vector<StoredEvent> one = {{}};
  return {
      {13, "gzip without any hint", post("/e/", compressed, kText), 200, std::string(kOk), one},
      {14, "?compression=gzip-js", post("/e/?compression=gzip-js", compressed, kText), 200,
       std::string(kOk), one},
      {14, "?compression=GZIP", post("/e/?compression=GZIP", compressed, kText), 200,
       std::string(kOk), one},
      {14, "Content-Encoding", post("/batch", compressed, "Content-Encoding: gzip\r\n"), 200,
       std::string(kOk), one},
      {15, "hint over plain JSON", post("/e/?compression=gzip-js", kEvent), 400, invalid_gzip},
      {16, "unknown hint", post("/e/?compression=foobar", kEvent), 200, std::string(kOk), one},
      {17, "truncated gzip", post("/e/", compressed.substr(0, compressed.size() - 9), kText), 400,
       invalid_gzip},
      {18, "gzip bomb", post("/e/", gzip(std::string((std::size_t{100} << 20) + 1, ' ')), kText),
       413, "maximum event size exceeded: decompressed body too large"},
      {19, "form with base64",
       post("/e/?compression=base64", "data=" + url_encode(base64(kEvent)), kForm), 200,
       std::string(kOk), one},
      {20,
       "plus turned to space",
       post("/e/", "data=" + base64(plus), kForm),
       200,
       std::string(kOk),
       {{"a", ">>>??"}}},
      {21, "form with JSON", post("/e/", "data=" + url_encode(kEvent) + "&ver=1.2", kForm), 200,
       std::string(kOk), one},
      {22, "form type over JSON", post("/e/", kEvent, kForm), 400, expected_form},
      {22, "form type with charset over JSON",
       post("/e/", kEvent, "Content-Type: Application/x-www-form-urlencoded; charset=utf-8\r\n"),
       400, expected_form},
      {23, "whole body base64", post("/e/", base64(kEvent), kText), 200, std::string(kOk), one},
      {24, "LZ-string",
       post("/e/?compression=lz64",
            "N4IgpgbmB2AuIC4QEMQBoSwPYGsaJAAcALAYwH1kAjU9EAEwEsBnWR6U2cx+ggVxABfIA===", kText),
       200, std::string(kOk), one},
      {25, "GET", integration::request("GET", "/e/?data=" + url_encode(base64(kEvent))), 200,
       std::string(kOk), one},
      {26, "the query's data wins over the body",
       post("/e/?data=" + url_encode(base64(kEvent)),
            R"({"event":"b","token":"phc_abc","distinct_id":"v"})"),
       200, std::string(kOk), one},
      {27, "base64 within gzip on /e/", post("/e/", gzip(base64(kEvent)), kText), 200,
       std::string(kOk), one},
      {27, "base64 within gzip on /batch", post("/batch", gzip(base64(kEvent)), kText), 400,
       "failed to parse request: body: expected valid JSON"},
      {28, "empty", post("/e/", ""), 400, "request missing data payload"},
      {63,
       "lone surrogate",
       post("/e/",
            event_with(R"("token":"phc_abc","distinct_id":"u","properties":{"x":"\ud83d"})")),
       200,
       std::string(kOk),
       {{"a", "u", R"({"x":"\ufffd"})"}}},
  };
}

}  // namespace conformance
