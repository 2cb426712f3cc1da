// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/answer_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace load {
namespace {

Answer malformed() { return {Answer::State::malformed, 0, 0, false}; }

Answer unfinished(std::string_view text) {
  return text.size() > kAnswerBytesMax ? malformed() : Answer{};
}

std::optional<std::size_t> parse_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return {};
  }
  return value;
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

/// The value of `name` in `head`, which ends behind its last line's "\r\n".
std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  while (true) {
    const auto end = head.find("\r\n");
    if (end == std::string_view::npos) {
      return {};
    }
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), name)) {
      auto value = line.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
      return value;
    }
  }
}

Answer read_http(std::string_view text) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::size_t kStatusEnd = kVersion.size() + 3;
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return unfinished(text);
  }
  if (head_end < kStatusEnd || !text.starts_with(kVersion)) {
    return malformed();
  }
  const auto status = parse_number(text.substr(kVersion.size(), 3));
  if (!status) {
    return malformed();
  }
  const auto head = text.substr(0, head_end + 2);
  Answer answer{Answer::State::complete, static_cast<std::uint16_t>(*status), head_end + 4, false};
  if (const auto connection = header(head, "connection")) {
    answer.closes = equals_ignoring_case(*connection, "close");
  }
  if (*status == 204 || *status == 304) {
    return answer;
  }
  const auto length = header(head, "content-length");
  const auto body = length ? parse_number(*length) : std::nullopt;
  if (!body || *body > kAnswerBytesMax) {
    return malformed();
  }
  answer.bytes += *body;
  return text.size() < answer.bytes ? Answer{} : answer;
}

/// A simple string, an error, a number or a bulk string: all that one command is answered with.
Answer read_redis(std::string_view text) {
  const auto line_end = text.find("\r\n");
  if (line_end == std::string_view::npos) {
    return unfinished(text);
  }
  Answer answer{Answer::State::complete, 200, line_end + 2, false};
  switch (text.front()) {
    case '+':
    case ':':
      return answer;
    case '-':
      answer.status = 500;
      return answer;
    case '$': {
      const auto body = parse_number(text.substr(1, line_end - 1));
      if (!body || *body > kAnswerBytesMax) {
        return malformed();
      }
      answer.bytes += *body + 2;
      return text.size() < answer.bytes ? Answer{} : answer;
    }
    default:
      return malformed();
  }
}

}  // namespace

Answer read_answer(Protocol protocol, std::string_view text) noexcept {
  return protocol == Protocol::http ? read_http(text) : read_redis(text);
}

}  // namespace load
