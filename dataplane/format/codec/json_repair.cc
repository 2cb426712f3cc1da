// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/json_repair.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace format::codec {
namespace {

constexpr std::size_t kEscapeBytes = 6;  // \uXXXX
constexpr std::string_view kReplacement = "\\ufffd";
constexpr std::string_view kFraction = ".0";

/// The unit of the `\uXXXX` escape that `text` starts with.
std::optional<std::uint32_t> escaped_unit(std::string_view text) noexcept {
  if (text.size() < kEscapeBytes || text[0] != '\\' || text[1] != 'u') {
    return std::nullopt;
  }
  std::uint32_t unit = 0;
  const auto* end = text.data() + kEscapeBytes;
  const auto [stop, failure] = std::from_chars(text.data() + 2, end, unit, 16);
  return failure == std::errc() && stop == end ? std::optional(unit) : std::nullopt;
}

bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

bool is_number_character(char character) noexcept {
  return (character >= '0' && character <= '9') || character == '-' || character == '+' ||
         character == '.' || character == 'e' || character == 'E';
}

bool is_whole_number_beyond_64_bits(std::string_view number) noexcept {
  const auto digits = number.starts_with('-') ? number.substr(1) : number;
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), [](char character) {
        return character >= '0' && character <= '9';
      })) {
    return false;
  }
  const auto* end = number.data() + number.size();
  std::uint64_t large = 0;
  std::int64_t negative = 0;
  const auto failure = number.starts_with('-') ? std::from_chars(number.data(), end, negative).ec
                                               : std::from_chars(number.data(), end, large).ec;
  return failure == std::errc::result_out_of_range;
}

class Repair {
 public:
  Repair(std::string_view json, std::vector<char>& out, JsonRepair repair)
      : rest_(json), out_(out), repair_(repair) {}

  void run() {
    while (!rest_.empty()) {
      if (is_in_string_) {
        copy_string_piece();
      } else {
        copy_plain_piece();
      }
    }
  }

 private:
  void copy(std::size_t count) {
    put(rest_.substr(0, count));
    rest_.remove_prefix(std::min(count, rest_.size()));
  }

  void put(std::string_view text) { out_.insert(out_.end(), text.begin(), text.end()); }

  void copy_string_piece() {
    if (rest_.front() == '"') {
      is_in_string_ = false;
      copy(1);
    } else if (rest_.front() != '\\') {
      copy(std::min(rest_.find_first_of("\"\\"), rest_.size()));
    } else {
      copy_escape();
    }
  }

  void copy_escape() {
    const auto unit = escaped_unit(rest_);
    if (!unit || (!is_high_surrogate(*unit) && !is_low_surrogate(*unit))) {
      copy(2);
      return;
    }
    const auto next = escaped_unit(rest_.substr(kEscapeBytes));
    if (is_high_surrogate(*unit) && next && is_low_surrogate(*next)) {
      copy(2 * kEscapeBytes);
      return;
    }
    put(kReplacement);
    rest_.remove_prefix(kEscapeBytes);
  }

  void copy_plain_piece() {
    if (rest_.front() == '"') {
      is_in_string_ = true;
      copy(1);
      return;
    }
    if (!is_number_character(rest_.front())) {
      copy(1);
      return;
    }
    const auto* end = std::find_if_not(rest_.begin(), rest_.end(), is_number_character);
    const auto number = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    copy(number.size());
    if (is_whole_number_beyond_64_bits(number)) {
      if (repair_ == JsonRepair::keep_length) {
        out_.resize(out_.size() - kFraction.size());  // there are at least 19 digits
      }
      put(kFraction);
    }
  }

  std::string_view rest_;
  std::vector<char>& out_;
  JsonRepair repair_;
  bool is_in_string_ = false;
};

}  // namespace

std::string_view repair_json(std::string_view json, std::size_t padding, std::vector<char>& out,
                             JsonRepair repair) {
  out.clear();
  out.reserve(json.size() + padding);
  Repair(json, out, repair).run();
  const auto size = out.size();
  out.resize(size + padding);
  return {out.data(), size};
}

}  // namespace format::codec
