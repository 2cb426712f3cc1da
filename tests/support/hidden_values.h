// SPDX-License-Identifier: LicenseRef-Project
// Every way in which an SDK, or somebody who means harm, can put a value into a capture request:
// shapes, encodings, headers and parameters. For tests that look for the value afterwards.
#pragma once

#include <libdeflate.h>

#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// The value that must not be found, and the token of the requests.
inline constexpr std::string_view kHiddenValue = "anna@example.com";
inline constexpr std::string_view kHiddenToken = "phc_abc";

/// One request: everything but Host and Content-Length.
struct HiddenValueRequest {
  std::string name;
  std::string method;
  std::string target;
  std::string fields;
  std::string body;
  bool is_body_harmless = false;  ///< The value stands elsewhere.
};

inline std::string gzip_of(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

/// The same member with a name in its header (RFC 1952, FNAME).
inline std::string gzip_with_name(std::string_view text, std::string_view name) {
  auto member = gzip_of(text);
  member[3] = '\x08';
  return member.insert(10, std::string(name) + '\0');
}

inline std::string base64_of(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t index = 0; index < text.size(); index += 3) {
    std::uint32_t bits = 0;
    for (std::size_t offset = 0; offset < 3; ++offset) {
      const auto byte =
          index + offset < text.size() ? static_cast<unsigned char>(text[index + offset]) : 0U;
      bits = (bits << 8U) | byte;
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      out += index + digit > text.size() ? '=' : kAlphabet[(bits >> (18U - 6U * digit)) & 63U];
    }
  }
  return out;
}

inline std::string url_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const auto character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (std::isalnum(byte) != 0) {
      out += character;
    } else {
      out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return out;
}

inline std::string event_with(std::string_view members) {
  return R"({"event":"a","token":"phc_abc","distinct_id":"u")" + std::string(members) + "}";
}

/// The requests. Each holds one event at least and is answered 200 by capture.
inline std::vector<HiddenValueRequest> hidden_value_requests() {
  const std::string value(kHiddenValue);
  const std::string json = "Content-Type: application/json\r\n";
  const std::string text = "Content-Type: text/plain\r\n";
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const auto bad = event_with(R"(,"properties":{"m":")" + value + "\"}");
  const auto good = event_with("");
  const auto batch = [](const std::string& around, const std::string& event) {
    return R"({"api_key":"phc_abc")" + around + R"(,"batch":[)" + event + "]}";
  };
  std::vector<HiddenValueRequest> requests = {
      {"gzip", "POST", "/e/", text, gzip_of(bad)},
      {"gzip-js", "POST", "/e/?compression=gzip-js", text, gzip_of(bad)},
      {"gzip header", "POST", "/batch", json + "Content-Encoding: gzip\r\n",
       gzip_of(batch("", bad))},
      {"gzip with a name", "POST", "/e/", text, gzip_with_name(good, value)},
      {"behind gzip", "POST", "/e/", text, gzip_of(good) + value},
      {"gzip members", "POST", "/e/", text, gzip_of(good) + gzip_with_name(" ", value)},
      {"gzip of base64", "POST", "/e/", text, gzip_of(base64_of(bad))},
      {"base64", "POST", "/e/", text, base64_of(bad)},
      {"lz64", "POST", "/e/?compression=lz64", text,
       "N4IgpgbmB2AuIC4QEMQBoSwPYGsaJAAcALAYwH1kAjU9EAEwEsBnWR6U2cx+"
       "ggVzqEATlkJghbMM0SgAtgWTRoyAAJgAHslmEANmAB0pLPIC+JoA"},
      {"form of base64", "POST", "/e/", form, "data=" + url_encoded(base64_of(bad))},
      {"form of JSON", "POST", "/e/", form, "data=" + url_encoded(bad)},
      {"beside form data", "POST", "/e/", form, "data=" + url_encoded(good) + "&mail=" + value},
      {"form data twice", "POST", "/e/", form, "data=" + value + "&data=" + url_encoded(good)},
      {"GET", "GET", "/e/?data=" + url_encoded(base64_of(bad)), "", ""},
      {"GET of JSON", "GET", "/e/?data=" + url_encoded(bad), "", ""},
      {"beside GET data", "GET", "/e/?mail=" + value + "&data=" + url_encoded(good), "", ""},
      {"body beside data", "POST", "/e/?data=" + url_encoded(base64_of(good)), json, bad},
      {"query", "POST", "/e/?ip=1&who=" + value, json, good, true},
      {"compression hint", "POST", "/e/?compression=" + value, json, good, true},
      {"user agent", "POST", "/e/", json + "User-Agent: app (" + value + ")\r\n", good, true},
      {"content type", "POST", "/e/", "Content-Type: " + value + "\r\n", good, true},
      {"content encoding", "POST", "/e/", json + "Content-Encoding: " + value + "\r\n", good, true},
      {"list", "POST", "/e/", json, "[" + good + "," + bad + "]"},
      {"around a batch", "POST", "/batch/", json, batch(R"(,"who":")" + value + "\"", good)},
      {"engage", "POST", "/engage/", json,
       R"({"token":"phc_abc","distinct_id":"u","$set":{"m":")" + value + "\"}}"},
      {"escaped", "POST", "/e/", json,
       event_with(R"(,"properties":{"m":"anna\u0040example.com"})")},
      {"pretty", "POST", "/e/", json,
       "{ \"event\" : \"a\" ,\n \"token\":\"phc_abc\", \"distinct_id\":\"u\",\n\"properties\" : { "
       "\"m\" : \"" +
           value + "\" } }"},
  };
  for (const std::string path : {"/i/v0/e", "/e", "/capture", "/track", "/batch", "/engage"}) {
    requests.push_back({"plain " + path, "POST", path, json, bad});
  }
  for (const std::string members :
       {R"(,"properties":{"$set":{"m":"V"}})", R"(,"properties":{"$set_once":{"m":"V"}})",
        R"(,"$set":{"m":"V"})", R"(,"$set_once":{"m":"V"})", R"(,"who":"V")",
        R"(,"properties":{"a":[1,{"b":["V"]}]})", R"(,"properties":{"V":1})", R"(,"timestamp":"V")",
        R"(,"properties":{"alias":"V"})", R"(,"distinct_id":"V")",
        R"(,"properties":{"u":"https://x.example/?m=V&n=1"})"}) {
    auto filled = members;
    filled.replace(filled.find('V'), 1, value);
    requests.push_back({members, "POST", "/e/", json, event_with(filled)});
  }
  return requests;
}

}  // namespace support
