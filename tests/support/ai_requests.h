// SPDX-License-Identifier: LicenseRef-Project
// Bodies of the AI routes: multipart events, and OTLP traces as protobuf and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// One part of a multipart body; `fields` are whole lines with CRLF.
struct Part {
  std::string name;
  std::string body;
  std::string fields;
};

inline constexpr std::string_view kBoundary = "--x-boundary-1";
inline constexpr std::string_view kMultipartType =
    "multipart/form-data; charset=utf-8; boundary=\"--x-boundary-1\"";

inline std::string multipart(const std::vector<Part>& parts) {
  std::string body;
  for (const auto& part : parts) {
    body.append("--").append(kBoundary).append("\r\n");
    body.append("Content-Disposition: form-data; name=\"").append(part.name).append("\"\r\n");
    body.append(part.fields).append("\r\n").append(part.body).append("\r\n");
  }
  return body.append("--").append(kBoundary).append("--\r\n");
}

namespace protobuf {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) {
    out += static_cast<char>((value & 0x7fU) | 0x80U);
  }
  return out += static_cast<char>(value);
}

inline std::string number(unsigned field, std::uint64_t value) {
  return varint(std::uint64_t{field} << 3U) + varint(value);
}

inline std::string fixed(unsigned field, std::uint64_t value) {
  auto out = varint((std::uint64_t{field} << 3U) | 1U);
  for (unsigned shift = 0; shift < 64; shift += 8) {
    out += static_cast<char>((value >> shift) & 0xffU);
  }
  return out;
}

inline std::string bytes(unsigned field, std::string_view value) {
  return varint((std::uint64_t{field} << 3U) | 2U) + varint(value.size()) + std::string(value);
}

/// A KeyValue field of the given number whose AnyValue is `value`.
inline std::string pair(unsigned field, std::string_view key, std::string_view value) {
  return bytes(field, bytes(1, key) + bytes(2, value));
}

inline std::string text(std::string_view value) { return bytes(1, value); }

/// An export of one resource and one scope; `spans` are whole fields of number 2.
inline std::string request(std::string_view resource, std::string_view spans) {
  const auto scope = bytes(1, bytes(1, "openai") + bytes(2, "1.2.3"));
  return bytes(1, bytes(2, scope + std::string(spans)) + bytes(1, resource));
}

}  // namespace protobuf

inline constexpr std::uint64_t kSpanStartNs = 1'672'570'800'000'000'000;  // 2023-01-01T11:00:00Z

/// A chat call of user `u1` as `gen_ai.*` attributes, 1.5 s long.
inline std::string chat_span() {
  namespace pb = protobuf;
  return pb::bytes(2, pb::bytes(1, std::string(15, '\x01') + "\xff") +
                          pb::bytes(2, std::string(8, '\x02')) +
                          pb::bytes(4, std::string(8, '\x03')) + pb::bytes(5, "chat gpt-4") +
                          pb::fixed(7, kSpanStartNs) + pb::fixed(8, kSpanStartNs + 1'500'000'000) +
                          pb::pair(9, "gen_ai.operation.name", pb::text("chat")) +
                          pb::pair(9, "gen_ai.request.model", pb::text("gpt-4")) +
                          pb::pair(9, "gen_ai.usage.input_tokens", pb::number(3, 7)) +
                          pb::pair(9, "gen_ai.input.messages", pb::text(R"([{"role":"user"}])")) +
                          pb::pair(9, "user.id", pb::text("u1")));
}

/// An HTTP call, of no interest to AI.
inline std::string http_span() {
  namespace pb = protobuf;
  return pb::bytes(2, pb::bytes(1, std::string(16, '\x01')) +
                          pb::pair(9, "http.request.method", pb::text("GET")));
}

inline std::string protobuf_traces() {
  namespace pb = protobuf;
  return pb::request(
      pb::pair(1, "service.name", pb::text("shop")) + pb::pair(1, "host.name", pb::text("web-1")),
      chat_span() + http_span());
}

/// The same export as JSON.
inline constexpr std::string_view kJsonTraces =
    R"({"resourceSpans":[{"resource":{"attributes":[)"
    R"({"key":"service.name","value":{"stringValue":"shop"}},)"
    R"({"key":"host.name","value":{"stringValue":"web-1"}}]},)"
    R"("scopeSpans":[{"scope":{"name":"openai","version":"1.2.3"},"spans":[)"
    R"({"traceId":"010101010101010101010101010101FF","spanId":"0202020202020202",)"
    R"("parentSpanId":"0303030303030303","name":"chat gpt-4",)"
    R"("startTimeUnixNano":"1672570800000000000","endTimeUnixNano":1672570801500000000,)"
    R"("attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},)"
    R"({"key":"gen_ai.request.model","value":{"stringValue":"gpt-4"}},)"
    R"({"key":"gen_ai.usage.input_tokens","value":{"intValue":"7"}},)"
    R"({"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\"}]"}},)"
    R"({"key":"user.id","value":{"stringValue":"u1"}}]},)"
    R"({"traceId":"01010101010101010101010101010101",)"
    R"("attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}}]}]}]}]})";

}  // namespace support
