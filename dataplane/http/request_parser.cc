// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/http/request_parser.h"

#include "dataplane/http/internal/scan.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace dp::http {
namespace {

/// Eight bytes with the case bit of every letter set; a hyphen has it already.
std::uint64_t load_lower(const char* text) noexcept {
  constexpr std::uint64_t kCaseBits = 0x2020202020202020U;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, sizeof(bytes));
  return bytes | kCaseBits;
}

/// `name` equals `lower` (lower case letters and hyphens) but for case. The caller has compared the
/// sizes, and `name` consists of token characters, none of which is turned into another by its case
/// bit, '^' and '~' apart.
bool is_field(std::string_view name, std::string_view lower) noexcept {
  const auto size = lower.size();
  if (size < sizeof(std::uint64_t)) {
    for (std::size_t index = 0; index < size; ++index) {
      if ((static_cast<unsigned char>(name[index]) | 0x20U) !=
          static_cast<unsigned char>(lower[index])) {
        return false;
      }
    }
    return true;
  }
  for (std::size_t index = 0; index + sizeof(std::uint64_t) < size;
       index += sizeof(std::uint64_t)) {
    if (load_lower(name.data() + index) != load_lower(lower.data() + index)) {
      return false;
    }
  }
  const auto last = size - sizeof(std::uint64_t);
  return load_lower(name.data() + last) == load_lower(lower.data() + last);
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

struct MethodName {
  std::string_view text;
  Method method;
};
constexpr std::array<MethodName, 7> kMethodNames = {{{"POST", Method::post},
                                                     {"GET", Method::get},
                                                     {"OPTIONS", Method::options},
                                                     {"HEAD", Method::head},
                                                     {"PUT", Method::put},
                                                     {"PATCH", Method::patch},
                                                     {"DELETE", Method::del}}};

Method method_of(std::string_view text) noexcept {
  const auto* found = std::find_if(kMethodNames.begin(), kMethodNames.end(),
                                   [text](const MethodName& name) { return name.text == text; });
  return found == kMethodNames.end() ? Method::other : found->method;
}

bool is_token(std::string_view text) noexcept {
  const auto* const begin = text.data();
  const auto* const end = begin + text.size();
  return internal::find_token_end(begin, begin, end) == end;
}

/// What the framing fields of a request or a response say together.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;
  bool closes = false;
  bool keeps_alive = false;

  [[nodiscard]] bool read_content_length(std::string_view value) noexcept {
    constexpr std::size_t kDigitsMax = 18;
    if (value.empty() || value.size() > kDigitsMax ||
        !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      return false;
    }
    std::uint64_t length = 0;
    std::from_chars(value.data(), value.data() + value.size(), length);
    if (content_length && *content_length != length) {
      return false;
    }
    content_length = length;
    return true;
  }

  [[nodiscard]] bool read_transfer_encoding(std::string_view value) noexcept {
    if (is_chunked || !equals_ignoring_case(value, "chunked")) {
      return false;
    }
    is_chunked = true;
    return true;
  }

  void read_connection(std::string_view value) noexcept {
    while (!value.empty()) {
      const auto comma = value.find(',');
      const auto option = trim(value.substr(0, comma));
      closes = closes || equals_ignoring_case(option, "close");
      keeps_alive = keeps_alive || equals_ignoring_case(option, "keep-alive");
      value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
    }
  }

  [[nodiscard]] bool is_consistent() const noexcept { return !(is_chunked && content_length); }
};

/// Cuts a head into its parts. Each reader returns false when the head is malformed.
class HeadReader {
 public:
  explicit HeadReader(base::Bytes head) noexcept {
    const auto text = base::as_text(head);
    begin_ = text.data();
    position_ = begin_;
    end_ = text.data() + text.size();
  }

  /// The first line without its CRLF.
  bool read_line(std::string_view& line) noexcept {
    const auto* start = position_;
    position_ = internal::find_control(begin_, position_, end_);
    line = {start, static_cast<std::size_t>(position_ - start)};
    return skip_line_end();
  }

  [[nodiscard]] bool is_at_blank_line() const noexcept {
    return end_ - position_ == 2 && position_[0] == '\r' && position_[1] == '\n';
  }

  bool read_field(Header& header) noexcept {
    const auto* start = position_;
    const auto* colon = internal::find_token_end(begin_, start, end_);
    if (colon == start || colon == end_ || *colon != ':') {
      return false;
    }
    header.name = {start, static_cast<std::size_t>(colon - start)};
    std::string_view value;
    position_ = colon + 1;
    if (!read_line(value)) {
      return false;
    }
    header.value = trim(value);
    return true;
  }

 private:
  bool skip_line_end() noexcept {
    if (end_ - position_ < 2 || position_[0] != '\r' || position_[1] != '\n') {
      return false;
    }
    position_ += 2;
    return true;
  }

  const char* begin_ = nullptr;
  const char* position_ = nullptr;
  const char* end_ = nullptr;
};

/// Splits the target; false when it is none of the forms we serve (RFC 9112 section 3.2).
bool read_target(std::string_view target, Request& request) noexcept {
  request.target = target;
  auto rest = target;
  if (!target.starts_with('/') && target != "*") {
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos || scheme == 0) {
      return false;
    }
    const auto path = target.find_first_of("/?", scheme + 3);
    rest = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  const auto question = rest.find('?');
  request.path = rest.substr(0, question);
  if (request.path.empty()) {
    request.path = "/";
  }
  request.query =
      question == std::string_view::npos ? std::string_view{} : rest.substr(question + 1);
  return true;
}

bool read_request_line(std::string_view line, Request& request) noexcept {
  constexpr std::string_view kVersion = " HTTP/1.";
  constexpr std::size_t kVersionBytes = kVersion.size() + 1;
  if (line.size() < kVersionBytes ||
      line.substr(line.size() - kVersionBytes, kVersion.size()) != kVersion ||
      (line.back() != '0' && line.back() != '1')) {
    return false;
  }
  request.is_http_1_0 = line.back() == '0';
  line.remove_suffix(kVersionBytes);
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) {
    return false;
  }
  request.method_text = line.substr(0, space);
  request.method = method_of(request.method_text);
  if (request.method == Method::other && !is_token(request.method_text)) {
    return false;
  }
  const auto target = line.substr(space + 1);
  const auto has_space =
      target.find(' ') != std::string_view::npos || target.find('\t') != std::string_view::npos;
  return !target.empty() && !has_space && read_target(target, request);
}

void keep_first(std::string_view& kept, std::string_view value) noexcept {
  if (kept.empty()) {
    kept = value;
  }
}

/// Picks the fields that our services or the framing need, told apart by length first.
bool pick_field(const Header& header, Request& request, Framing& framing) noexcept {
  const auto [name, value] = header;
  switch (name.size()) {
    case 4:
      if (is_field(name, "host")) {
        keep_first(request.host, value);
      }
      return true;
    case 6:
      if (is_field(name, "origin")) {
        keep_first(request.origin, value);
      } else if (is_field(name, "expect")) {
        request.expects_continue |= equals_ignoring_case(value, "100-continue");
      }
      return true;
    case 10:
      if (is_field(name, "connection")) {
        framing.read_connection(value);
      } else if (is_field(name, "user-agent")) {
        keep_first(request.user_agent, value);
      }
      return true;
    case 12:
      if (is_field(name, "content-type")) {
        keep_first(request.content_type, value);
      }
      return true;
    case 14:
      return !is_field(name, "content-length") || framing.read_content_length(value);
    case 15:
      if (is_field(name, "x-forwarded-for")) {
        keep_first(request.x_forwarded_for, value);
      }
      return true;
    case 16:
      if (is_field(name, "content-encoding")) {
        keep_first(request.content_encoding, value);
      }
      return true;
    case 17:
      return !is_field(name, "transfer-encoding") || framing.read_transfer_encoding(value);
    case 30:
      if (is_field(name, "access-control-request-headers")) {
        keep_first(request.access_control_request_headers, value);
      }
      return true;
    default:
      return true;
  }
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  const auto lower = [](char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                                : character;
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [lower](char a, char b) { return lower(a) == lower(b); });
}

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
  for (const auto& field : headers) {
    if (equals_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::size_t find_head_end(base::Bytes bytes, std::size_t scanned) noexcept {
  const auto text = base::as_text(bytes);
  const auto* start = text.data();
  const auto* end = start + text.size();
  // The end is a line feed followed by an empty line; three bytes of it may lie before `scanned`.
  const auto* position = start + (scanned > 3 ? scanned - 3 : 0);
  while (true) {
    const auto* feed = internal::find_line_feed(start, position, end);
    if (end - feed < 2) {
      return 0;
    }
    if (feed[1] == '\n') {
      return static_cast<std::size_t>(feed - start) + 2;
    }
    if (feed[1] == '\r' && end - feed > 2 && feed[2] == '\n') {
      return static_cast<std::size_t>(feed - start) + 3;
    }
    position = feed + 1;
  }
}

ParseStatus RequestParser::parse(base::Bytes head, Request& request) noexcept {
  request = Request{};
  HeadReader reader(head);
  std::string_view line;
  if (!reader.read_line(line)) {
    return ParseStatus::malformed;
  }
  if (line.size() > kRequestLineBytesMax) {
    return ParseStatus::too_large;
  }
  if (!read_request_line(line, request)) {
    return ParseStatus::malformed;
  }
  Framing framing;
  std::size_t count = 0;
  while (!reader.is_at_blank_line()) {
    if (count == kHeadersMax) {
      return ParseStatus::too_large;
    }
    auto& header = headers_[count];
    if (!reader.read_field(header) || !pick_field(header, request, framing)) {
      return ParseStatus::malformed;
    }
    ++count;
  }
  if (!framing.is_consistent() || (framing.is_chunked && request.is_http_1_0)) {
    return ParseStatus::malformed;
  }
  request.is_keep_alive =
      request.is_http_1_0 ? framing.keeps_alive && !framing.closes : !framing.closes;
  request.is_chunked = framing.is_chunked;
  request.content_length = framing.content_length.value_or(0);
  request.headers = {headers_.data(), count};
  request.head = head;
  return ParseStatus::ok;
}

ParseStatus parse_response_head(base::Bytes head, ResponseHead& response) noexcept {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kStatusOffset = kVersion.size() + 2;
  constexpr std::size_t kStatusBytes = 3;
  HeadReader reader(head);
  std::string_view line;
  if (!reader.read_line(line) || !line.starts_with(kVersion) ||
      line.size() < kStatusOffset + kStatusBytes || line[kStatusOffset - 1] != ' ') {
    return ParseStatus::malformed;
  }
  const auto version = line[kVersion.size()];
  const auto* digits = line.data() + kStatusOffset;
  const auto [stop, failure] = std::from_chars(digits, digits + kStatusBytes, response.status);
  if ((version != '0' && version != '1') || failure != std::errc() ||
      stop != digits + kStatusBytes || response.status < 100) {
    return ParseStatus::malformed;
  }
  Framing framing;
  for (std::size_t count = 0; !reader.is_at_blank_line(); ++count) {
    Header header;
    if (count == kHeadersMax) {
      return ParseStatus::too_large;
    }
    Request unused;
    if (!reader.read_field(header) || !pick_field(header, unused, framing)) {
      return ParseStatus::malformed;
    }
  }
  if (!framing.is_consistent()) {
    return ParseStatus::malformed;
  }
  response.is_keep_alive = version == '0' ? framing.keeps_alive : !framing.closes;
  response.is_chunked = framing.is_chunked;
  response.has_content_length = framing.content_length.has_value();
  response.content_length = framing.content_length.value_or(0);
  return ParseStatus::ok;
}

}  // namespace dp::http
