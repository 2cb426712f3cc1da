// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/lz_string.h"

#include "dataplane/format/codec/base64.h"

#include <array>

namespace format::codec {
namespace {

constexpr char16_t kReplacement = 0xfffd;

/// Reads LZ-string's bits: six per base64 character, the highest first, collected lowest first.
class BitReader {
 public:
  explicit BitReader(std::string_view text) noexcept : text_(text) {}

  /// The next `count` bits as a number; `is_over` afterwards when the text was too short or not
  /// base64.
  std::uint32_t read(std::uint32_t count) noexcept {
    std::uint32_t value = 0;
    for (std::uint32_t bit = 0; bit < count; ++bit) {
      if (left_ == 0) {
        load();
      }
      --left_;
      value |= ((six_ >> left_) & 1U) << bit;
    }
    return value;
  }

  [[nodiscard]] bool is_over() const noexcept { return is_over_; }

 private:
  void load() noexcept {
    const auto value = next_ < text_.size() ? base64_value(text_[next_]) : -1;
    is_over_ = is_over_ || (value < 0 && (next_ >= text_.size() || text_[next_] != '='));
    ++next_;
    six_ = value < 0 ? 0 : static_cast<std::uint32_t>(value);
    left_ = 6;
  }

  std::string_view text_;
  std::size_t next_ = 0;
  std::uint32_t six_ = 0;
  std::uint32_t left_ = 0;
  bool is_over_ = false;
};

/// A dictionary entry is always a piece of the output so far.
struct Phrase {
  std::uint32_t start;
  std::uint32_t length;
};

/// One decompression; codes 0 and 1 introduce a new 8 or 16 bit character, 2 ends the text.
class Expansion {
 public:
  Expansion(std::string_view text, std::size_t units_max) : bits_(text), units_max_(units_max) {}

  LzStatus run() {
    if (!read_first()) {
      return bits_.is_over() ? LzStatus::invalid : LzStatus::ok;
    }
    while (true) {
      const auto code = bits_.read(code_bits_);
      if (bits_.is_over()) {
        return LzStatus::invalid;
      }
      if (code == kEnd) {
        return LzStatus::ok;
      }
      const auto status = code == kCharacter8 || code == kCharacter16 ? append_character(code)
                                                                      : append_phrase(code);
      if (status != LzStatus::ok) {
        return status;
      }
    }
  }

  [[nodiscard]] const std::vector<char16_t>& units() const noexcept { return units_; }

 private:
  static constexpr std::uint32_t kCharacter8 = 0;
  static constexpr std::uint32_t kCharacter16 = 1;
  static constexpr std::uint32_t kEnd = 2;
  static constexpr std::uint32_t kFirstPhrase = 3;
  static constexpr std::uint32_t kCodeBitsMax = 31;

  bool read_first() {
    const auto code = bits_.read(2);
    if (code != kCharacter8 && code != kCharacter16) {
      return false;
    }
    units_.push_back(static_cast<char16_t>(bits_.read(code == kCharacter8 ? 8 : 16)));
    phrases_.push_back({0, 1});
    last_ = {0, 1};
    return !bits_.is_over();
  }

  LzStatus append_character(std::uint32_t code) {
    const auto unit = static_cast<char16_t>(bits_.read(code == kCharacter8 ? 8 : 16));
    const auto start = static_cast<std::uint32_t>(units_.size());
    phrases_.push_back({start, 1});
    count_down();
    units_.push_back(unit);
    return finish_step({start, 1});
  }

  LzStatus append_phrase(std::uint32_t code) {
    const auto index = code - kFirstPhrase;
    if (index > phrases_.size()) {
      return LzStatus::invalid;
    }
    // The one code that may name an entry not made yet: the last phrase and its own first unit.
    const auto phrase =
        index < phrases_.size() ? phrases_[index] : Phrase{last_.start, last_.length + 1};
    if (units_.size() + phrase.length > units_max_) {
      return LzStatus::too_large;
    }
    const auto start = static_cast<std::uint32_t>(units_.size());
    for (std::uint32_t offset = 0; offset < phrase.length; ++offset) {
      units_.push_back(units_[phrase.start + offset]);
    }
    return finish_step({start, phrase.length});
  }

  /// The new entry is the last phrase and the first unit of this one: adjacent in the output.
  LzStatus finish_step(Phrase phrase) {
    if (units_.size() > units_max_) {
      return LzStatus::too_large;
    }
    phrases_.push_back({last_.start, last_.length + 1});
    count_down();
    last_ = phrase;
    return code_bits_ > kCodeBitsMax ? LzStatus::invalid : LzStatus::ok;
  }

  void count_down() noexcept {
    if (--until_wider_ == 0) {
      until_wider_ = std::uint64_t{1} << code_bits_;
      ++code_bits_;
    }
  }

  BitReader bits_;
  std::size_t units_max_;
  std::vector<char16_t> units_;
  std::vector<Phrase> phrases_;
  Phrase last_{0, 0};
  std::uint64_t until_wider_ = 4;
  std::uint32_t code_bits_ = 3;
};

bool is_high_surrogate(char16_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(char16_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

char* append_utf8(std::uint32_t point, char* out) noexcept {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0U | (point >> 6U));
    put(0x80U | (point & 0x3fU));
  } else if (point < 0x10000) {
    put(0xe0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3fU));
    put(0x80U | (point & 0x3fU));
  } else {
    put(0xf0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3fU));
    put(0x80U | ((point >> 6U) & 0x3fU));
    put(0x80U | (point & 0x3fU));
  }
  return out;
}

std::size_t to_utf8(const std::vector<char16_t>& units, char* out) noexcept {
  auto* end = out;
  for (std::size_t index = 0; index < units.size(); ++index) {
    const auto unit = units[index];
    if (is_high_surrogate(unit) && index + 1 < units.size() && is_low_surrogate(units[index + 1])) {
      const auto high = static_cast<std::uint32_t>(unit) - 0xd800U;
      const auto low = static_cast<std::uint32_t>(units[++index]) - 0xdc00U;
      end = append_utf8(0x10000U + (high << 10U) + low, end);
    } else {
      const auto is_alone = is_high_surrogate(unit) || is_low_surrogate(unit);
      end = append_utf8(is_alone ? kReplacement : unit, end);
    }
  }
  return static_cast<std::size_t>(end - out);
}

}  // namespace

LzStatus decode_lz_string(std::string_view text, std::size_t bytes_max, std::size_t padding,
                          std::vector<char>& out, std::string_view& decoded) {
  Expansion expansion(text, bytes_max);
  const auto status = expansion.run();
  if (status != LzStatus::ok) {
    return status;
  }
  constexpr std::size_t kBytesPerUnitMax = 3;
  const auto room = expansion.units().size() * kBytesPerUnitMax + padding;
  if (out.size() < room) {
    out.resize(room);
  }
  const auto size = to_utf8(expansion.units(), out.data());
  if (size > bytes_max) {
    return LzStatus::too_large;
  }
  decoded = {out.data(), size};
  return LzStatus::ok;
}

}  // namespace format::codec
