// SPDX-License-Identifier: LicenseRef-Project
#include "tests/fuzz/planes/chosen_request.h"

#include "dataplane/format/codec/analytics_v1.h"
#include "tests/support/ai_requests.h"
#include "tests/support/compression.h"
#include "tests/support/encodings.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace capture_path {
namespace {

using support::DeflateForm;

constexpr std::array<std::string_view, 12> kPaths = {"/i/v0/e",
                                                     "/batch",
                                                     "/e",
                                                     "/capture",
                                                     "/track",
                                                     "/engage",
                                                     "/s",
                                                     "/i/v0/ai/batch",
                                                     "/i/v0/ai",
                                                     "/i/v0/ai/otel",
                                                     "/i/v1/analytics/events",
                                                     "/i/v1/ai/events"};
constexpr std::array<std::string_view, 4> kMethods = {"POST", "GET", "OPTIONS", "PUT"};
constexpr std::array<std::string_view, 6> kTypes = {"",
                                                    "application/json",
                                                    "text/plain",
                                                    "application/x-www-form-urlencoded",
                                                    support::kMultipartType,
                                                    "application/x-protobuf"};
constexpr std::array<std::string_view, 7> kEncodings = {"",     "gzip", "deflate", "br",
                                                        "zstd", "lz64", "identity"};
constexpr std::array<std::string_view, 8> kQueries = {"",
                                                      "compression=gzip-js",
                                                      "compression=lz64",
                                                      "compression=base64",
                                                      "beacon=1",
                                                      "_=1672574399000",
                                                      "ip=1&ver=1.0&_=1672574399000&beacon=1",
                                                      "compression=gzip-js&beacon=1"};
/// The parts of a multipart body, which the input separates by NUL.
struct PartRow {
  std::string_view name;
  std::string_view fields;
};
constexpr std::array<PartRow, 5> kParts = {
    {{"event", ""},
     {"event.properties", ""},
     {"event.properties.$ai_input", "Content-Type: application/json\r\n"},
     {"event.properties.$ai_output_choices", "Content-Type: text/plain\r\n"},
     {"other", ""}}};

enum class Wrapping : std::uint8_t {
  none,
  gzip,
  zlib,
  raw_deflate,
  zstd,
  brotli,
  base64,
  form,
  form_of_base64,
  gzip_of_base64,
  base64_of_gzip,
  parts,
  data_in_query,
};
constexpr std::uint8_t kWrappings = 13;

/// What a mark in the body becomes: the texts that decide what becomes of an event, so that one
/// changed byte makes another of them.
constexpr std::array<std::string_view, 14> kMarked = {"$performance_event",
                                                      "$exception",
                                                      "survey sent",
                                                      "$ai_generation",
                                                      "$ai_span",
                                                      "$$heatmap",
                                                      "$$client_ingestion_warning",
                                                      "$snapshot",
                                                      "$identify",
                                                      "$posthog_cookieless",
                                                      "phc_abc",
                                                      "anna@example.com",
                                                      "2023-01-01T11:00:00Z",
                                                      "misrouted"};
constexpr char kFirstMark = 'A';
constexpr char kBigMark = 'X';
constexpr std::size_t kBrotliBytesMax = std::size_t{48} << 10;

/// Takes the bytes of an input apart.
class Cutter {
 public:
  explicit Cutter(std::string_view rest) noexcept : rest_(rest) {}

  /// Up to the next line feed, without it.
  std::string_view line() noexcept {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

/// The parts of a request before they are put together.
struct Pieces {
  std::string_view method;
  std::string path;
  std::string query;
  std::string_view type;
  std::string_view encoding;
  std::string_view agent = "posthog-node/5.8.0";
  std::string_view token = "phc_abc";
  std::string_view sdk = "posthog-node/5.8.0";
  std::string body;
};

/// The text with its marks, `@A@` and so on, replaced.
std::string expand(std::string_view text) {
  std::string out;
  bool has_big = false;
  while (!text.empty()) {
    if (text.size() >= 3 && text[0] == '@' && text[2] == '@') {
      const auto index = static_cast<std::size_t>(static_cast<unsigned char>(text[1] - kFirstMark));
      const bool is_big = text[1] == kBigMark && !std::exchange(has_big, true);
      if (is_big || index < kMarked.size()) {
        out.append(is_big ? std::string(format::codec::kEventBytesMax, 'x') : kMarked.at(index));
        text.remove_prefix(3);
        continue;
      }
    }
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

std::string parts_of(std::string_view text) {
  std::vector<support::Part> parts;
  for (const auto& [name, fields] : kParts) {
    const auto end = std::min(text.find('\0'), text.size());
    parts.push_back({std::string(name), std::string(text.substr(0, end)), std::string(fields)});
    if (end == text.size()) {
      break;
    }
    text.remove_prefix(end + 1);
  }
  return support::multipart(parts);
}

void wrap(Wrapping wrapping, Pieces& pieces) {
  auto& body = pieces.body;
  switch (wrapping) {
    case Wrapping::none:
      break;
    case Wrapping::gzip:
      body = support::deflate(body, DeflateForm::gzip);
      break;
    case Wrapping::zlib:
      body = support::deflate(body, DeflateForm::zlib);
      break;
    case Wrapping::raw_deflate:
      body = support::deflate(body, DeflateForm::raw);
      break;
    case Wrapping::zstd:
      body = support::zstd(body, 1);
      break;
    case Wrapping::brotli:
      body = body.empty() || body.size() > kBrotliBytesMax ? body : support::brotli_stored(body);
      break;
    case Wrapping::base64:
      body = support::base64(body);
      break;
    case Wrapping::form:
      body = "data=" + support::url_encode(body);
      break;
    case Wrapping::form_of_base64:
      body = "data=" + support::url_encode(support::base64(body));
      break;
    case Wrapping::gzip_of_base64:
      body = support::deflate(support::base64(body), DeflateForm::gzip);
      break;
    case Wrapping::base64_of_gzip:
      body = support::base64(support::deflate(body, DeflateForm::gzip));
      break;
    case Wrapping::parts:
      body = parts_of(body);
      break;
    case Wrapping::data_in_query:
      pieces.query.append(pieces.query.empty() ? "" : "&").append("data=");
      pieces.query.append(support::url_encode(support::base64(body)));
      body.clear();
      break;
  }
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
  if (!value.empty()) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
}

std::string text_of(const Pieces& pieces) {
  std::string text(pieces.method);
  text.append(" ").append(pieces.path).append(pieces.query.empty() ? "" : "?");
  text.append(pieces.query).append(" HTTP/1.1\r\nHost: localhost\r\n");
  append_field("Content-Type", pieces.type, text);
  append_field("Content-Encoding", pieces.encoding, text);
  append_field("User-Agent", pieces.agent, text);
  if (!pieces.token.empty()) {
    append_field("Authorization", "Bearer " + std::string(pieces.token), text);
  }
  append_field("PostHog-Sdk-Info", pieces.sdk, text);
  append_field("PostHog-Attempt", "1", text);
  append_field("PostHog-Request-Id", "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d", text);
  append_field("PostHog-Request-Timestamp", "2023-01-01T12:00:00Z", text);
  append_field("Content-Length", std::to_string(pieces.body.size()), text);
  return text.append("\r\n").append(pieces.body);
}

}  // namespace

std::optional<ChosenRequest> choose_request(std::span<const std::uint8_t> input) {
  if (input.size() < ChosenRequest::kChoiceBytes) {
    return std::nullopt;
  }
  const unsigned path = input[0] % 32U;
  const unsigned mood = input[1] / 32U;
  const unsigned type = input[2] % 16U;
  const unsigned encoding = input[2] / 16U;
  const unsigned wrapping = input[3] % 16U;
  const unsigned query = input[3] / 16U;
  const unsigned flags = input[4];
  if (path >= kPaths.size() || mood >= kLogMoods || type >= kTypes.size() ||
      encoding >= kEncodings.size() || wrapping >= kWrappings || query >= kQueries.size()) {
    return std::nullopt;
  }
  const auto bytes = input.subspan(ChosenRequest::kChoiceBytes);
  Cutter cutter({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  Pieces pieces;
  pieces.method = kMethods.at(input[0] / 64U);
  pieces.path.append(kPaths.at(path)).append((input[0] & 32U) != 0 ? "/" : "");
  pieces.query = (flags & 1U) != 0 ? cutter.line() : kQueries.at(query);
  pieces.type = (flags & 2U) != 0 ? cutter.line() : kTypes.at(type);
  pieces.encoding = (flags & 4U) != 0 ? cutter.line() : kEncodings.at(encoding);
  pieces.agent = (flags & 8U) != 0 ? cutter.line() : pieces.agent;
  pieces.token = (flags & 16U) != 0 ? cutter.line() : pieces.token;
  pieces.sdk = (flags & 32U) != 0 ? cutter.line() : pieces.sdk;
  pieces.body = expand(cutter.rest());
  wrap(static_cast<Wrapping>(wrapping), pieces);
  ChosenRequest chosen;
  chosen.text = text_of(pieces);
  chosen.box = input[1] % 32U;
  chosen.log_mood = static_cast<LogMood>(mood);
  chosen.is_sent_twice = (flags & 64U) != 0;
  chosen.keeps_address = (flags & 128U) != 0;
  return chosen;
}

}  // namespace capture_path
