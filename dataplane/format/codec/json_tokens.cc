// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/json_tokens.h"

#include "dataplane/format/codec/batch.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <new>
#include <string>

#ifdef __AVX2__
#include <immintrin.h>
#endif

namespace format::codec {
namespace {

constexpr std::size_t kFirstTokens = std::size_t{8} << 10;
constexpr auto kNoEscape = std::numeric_limits<std::uint32_t>::max();

/// What closes a container: two behind what opens it in ASCII.
constexpr char closing(char opening) noexcept { return static_cast<char>(opening + 2); }
static_assert(closing('{') == '}' && closing('[') == ']');

bool is_space(char character) noexcept {
  return character == ' ' || character == '\n' || character == '\r' || character == '\t';
}

}  // namespace

/// Every value once, from the outermost bracket, which is not empty, to the one that closes it.
class JsonTokens::Walk {
 public:
  explicit Walk(JsonTokens& tokens) noexcept
      : tokens_(tokens),
        text_(tokens.text_),
        first_(tokens.positions_),
        last_(first_ + tokens.count_ - 1),
        ends_(tokens.ends_.get()),
        escape_(tokens.find_escape(0)),
        token_(first_) {
    tokens.has_escapes_ = escape_ != kNoEscape;
  }

  /// Inlined, so that the state of the walk stays in registers.
  [[gnu::always_inline]] simdjson::error_code run(std::size_t depth_max) noexcept {
    depth_max = std::min(depth_max, opened_.size());
    for (;; ++token_) {
      if (closer_ == '}' && !pass_key()) {
        return simdjson::TAPE_ERROR;
      }
      const auto character = text_[*token_];
      if (character != '"' && opens_filled(character)) {
        if (depth_ + 1 >= depth_max) {
          return simdjson::DEPTH_ERROR;
        }
        opened_[++depth_] = place();
        closer_ = closing(character);
        continue;
      }
      if (const auto error = pass_value(character); error != simdjson::SUCCESS) {
        return error;
      }
      if (!pass_closings()) {
        return depth_ == 0 && token_ == last_ ? simdjson::SUCCESS : simdjson::TAPE_ERROR;
      }
    }
  }

 private:
  [[nodiscard]] std::uint32_t place() const noexcept {
    return static_cast<std::uint32_t>(token_ - first_);
  }

  /// Starts a container with something in it.
  [[nodiscard]] bool opens_filled(char character) const noexcept {
    return is_bracket(character) && text_[token_[1]] != closing(character);
  }

  /// To the member's value.
  bool pass_key() noexcept {
    if (text_[token_[0]] != '"' || text_[token_[1]] != ':' || !pass_string()) {
      return false;
    }
    token_ += 2;
    return true;
  }

  bool pass_string() noexcept {
    if (escape_ >= token_[1]) {
      return true;
    }
    escape_ = tokens_.pass_escapes(token_, escape_);
    return escape_ != 0;
  }

  /// To the last token of a string, a scalar or an empty container.
  simdjson::error_code pass_value(char character) noexcept {
    if (character == '"') {
      return pass_string() ? simdjson::SUCCESS : simdjson::STRING_ERROR;
    }
    if (!is_bracket(character)) {
      return check_scalar(text_ + *token_);
    }
    ends_[place()] = place() + 1;
    ++token_;
    return depth_ == 0 || token_ == last_ ? simdjson::TAPE_ERROR : simdjson::SUCCESS;
  }

  /// From the last token of a value to the next comma; false when there is none, for the walk is at
  /// its end or the text is no JSON.
  bool pass_closings() noexcept {
    for (++token_; text_[*token_] != ','; ++token_) {
      if (text_[*token_] != closer_) {
        return false;
      }
      ends_[opened_[depth_]] = place();
      --depth_;
      if (depth_ == 0 || token_ == last_) {
        return false;
      }
      closer_ = closing(text_[first_[opened_[depth_]]]);
    }
    return true;
  }

  JsonTokens& tokens_;
  const char* text_;
  const std::uint32_t* first_;
  const std::uint32_t* last_;
  std::uint32_t* ends_;
  std::uint32_t escape_;  ///< Where the next backslash is.
  const std::uint32_t* token_;
  std::size_t depth_ = 0;
  char closer_ = 0;  ///< Of the container that the walk is in.
  std::array<std::uint32_t, kJsonDepthMax> opened_{};
};

simdjson::error_code JsonTokens::check(std::string_view text,
                                       std::span<const std::uint32_t> positions,
                                       std::size_t depth_max) {
  text_ = text.data();
  text_bytes_ = text.size();
  positions_ = positions.data();
  count_ = positions.size();
  has_escapes_ = false;
  has_escaped_key_ = false;
  if (count_ == 0) {
    return simdjson::EMPTY;
  }
  if (!is_bracket(kind(0))) {
    return check_root_scalar();
  }
  // An outermost bracket that is closed keeps the walk within the tokens.
  if (kind(static_cast<JsonToken>(count_ - 1)) != closing(kind(0))) {
    return simdjson::TAPE_ERROR;
  }
  if (!reserve(count_)) {
    return simdjson::MEMALLOC;
  }
  if (count_ == 2) {
    ends_[0] = 1;
    return simdjson::SUCCESS;
  }
  return Walk(*this).run(depth_max);
}

bool JsonTokens::reserve(std::size_t size) {
  if (size > ends_size_) {
    const auto wanted = std::max(std::bit_ceil(size), kFirstTokens);
    ends_.reset(new (std::nothrow) std::uint32_t[wanted]);
    ends_size_ = ends_ == nullptr ? 0 : wanted;
  }
  return ends_ != nullptr;
}

/// No route takes one; a copy, for what follows a number must end it.
simdjson::error_code JsonTokens::check_root_scalar() {
  std::string copy(text_, text_bytes_);
  copy.append(kPayloadPadding, ' ');
  const auto* const start = copy.data() + positions_[0];
  if (*start != '"') {
    const auto error = check_scalar(start);
    return error != simdjson::SUCCESS || count_ == 1 ? error : simdjson::TAPE_ERROR;
  }
  const std::array<std::uint32_t, 2> tokens = {
      positions_[0], count_ == 1 ? static_cast<std::uint32_t>(text_bytes_) : positions_[1]};
  const auto escape = find_escape(tokens[0]);
  if (escape < tokens[1] && pass_escapes(tokens.data(), escape) == 0) {
    return simdjson::STRING_ERROR;
  }
  return count_ == 1 ? simdjson::SUCCESS : simdjson::TAPE_ERROR;
}

/// Where the first backslash from `from` on is.
std::uint32_t JsonTokens::find_escape(std::size_t from) const noexcept {
  const auto* const found =
      static_cast<const char*>(std::memchr(text_ + from, '\\', text_bytes_ - from));
  return found == nullptr ? kNoEscape : static_cast<std::uint32_t>(found - text_);
}

/// The same where one is likely to be near; perhaps one behind the text when there is none.
std::uint32_t JsonTokens::find_next_escape(std::size_t from) const noexcept {
#ifdef __AVX2__
  __m256i bytes;
  std::memcpy(&bytes, text_ + from, sizeof(bytes));
  const auto found =
      static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'))));
  if (found != 0) {
    return static_cast<std::uint32_t>(from) + static_cast<std::uint32_t>(std::countr_zero(found));
  }
#endif
  return find_escape(from);
}

/// Checks the escapes of a string, the first of which is at `escape`. Returns where the next one
/// behind the string is, 0 when one is wrong.
std::uint32_t JsonTokens::pass_escapes(const std::uint32_t* string, std::uint32_t escape) noexcept {
  has_escaped_key_ = has_escaped_key_ || text_[string[1]] == ':';
  while (escape < string[1]) {
    const auto is_short = kShortEscapes[static_cast<unsigned char>(text_[escape + 1])] != 0;
    const auto bytes = is_short ? 2 : escape_bytes(text_ + escape);
    if (bytes == 0) {
      return 0;
    }
    escape = find_next_escape(escape + bytes);
  }
  return escape;
}

std::optional<std::int64_t> JsonTokens::integer(JsonToken value) const noexcept {
  if (is_string(value)) {
    return std::nullopt;
  }
  const auto number = source(value);
  const auto* const end = number.data() + number.size();
  std::int64_t whole = 0;
  const auto [stop, failure] = std::from_chars(number.data(), end, whole);
  return failure == std::errc() && stop == end ? std::optional(whole) : std::nullopt;
}

std::string_view JsonTokens::source(JsonToken value) const noexcept {
  const auto begin = positions_[value];
  if (is_bracket(kind(value))) {
    return {text_ + begin, positions_[ends_[value]] + 1 - begin};
  }
  auto end = positions_[value + 1];
  while (is_space(text_[end - 1])) {
    --end;
  }
  return {text_ + begin, end - begin};
}

/// A container without white space between its tokens.
bool JsonTokens::is_tight(JsonToken container) const noexcept {
  // White space outside of strings always stands right before some token, and nothing that is
  // smaller than it does.
  const auto* const text = text_;
  auto lowest = std::numeric_limits<unsigned char>::max();
  const auto see = [&](std::uint32_t position) {
    lowest = std::min(lowest, static_cast<unsigned char>(text[position - 1]));
  };
  const auto* token = positions_ + container + 1;
  const auto* const behind = positions_ + ends_[container] + 1;
  for (; behind - token >= 4; token += 4) {
    see(token[0]);
    see(token[1]);
    see(token[2]);
    see(token[3]);
  }
  for (; token != behind; ++token) {
    see(*token);
  }
  return lowest > ' ';
}

}  // namespace format::codec
