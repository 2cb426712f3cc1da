// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/privacy/patterns.h"

#include "dataplane/format/privacy/internal/characters.h"
#include "dataplane/format/privacy/internal/pieces.h"
#include "dataplane/format/privacy/internal/uuids.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace format::privacy {
namespace {

using internal::domain_bytes;
using internal::is_alphanumeric;
using internal::is_digit;
using internal::is_letter;
using internal::is_local_character;
using internal::is_uuid_at;
using internal::kUuidBytes;

constexpr std::size_t kCardDigitsMin = 14;
constexpr std::size_t kCardDigitsMax = 19;
constexpr std::size_t kPhoneDigitsMin = 8;
constexpr std::size_t kPhoneDigitsMax = 15;
constexpr std::size_t kIbanBytesMax = 34;
/// Of an address before and behind its at sign (RFC 5321 has 64 and 255): bounds the search.
constexpr std::size_t kLocalBytesMax = 256;
constexpr std::size_t kDomainBytesMax = 256;

struct CountryLength {
  std::array<char, 2> country;
  std::uint8_t length;
};
/// ISO 13616 registry.
constexpr std::array<CountryLength, 86> kIbanLengths = {{
    {{'A', 'D'}, 24}, {{'A', 'E'}, 23}, {{'A', 'L'}, 28}, {{'A', 'T'}, 20}, {{'A', 'Z'}, 28},
    {{'B', 'A'}, 20}, {{'B', 'E'}, 16}, {{'B', 'G'}, 22}, {{'B', 'H'}, 22}, {{'B', 'I'}, 27},
    {{'B', 'R'}, 29}, {{'B', 'Y'}, 28}, {{'C', 'H'}, 21}, {{'C', 'R'}, 22}, {{'C', 'Y'}, 28},
    {{'C', 'Z'}, 24}, {{'D', 'E'}, 22}, {{'D', 'J'}, 27}, {{'D', 'K'}, 18}, {{'D', 'O'}, 28},
    {{'E', 'E'}, 20}, {{'E', 'G'}, 29}, {{'E', 'S'}, 24}, {{'F', 'I'}, 18}, {{'F', 'K'}, 18},
    {{'F', 'O'}, 18}, {{'F', 'R'}, 27}, {{'G', 'B'}, 22}, {{'G', 'E'}, 22}, {{'G', 'I'}, 23},
    {{'G', 'L'}, 18}, {{'G', 'R'}, 27}, {{'G', 'T'}, 28}, {{'H', 'R'}, 21}, {{'H', 'U'}, 28},
    {{'I', 'E'}, 22}, {{'I', 'L'}, 23}, {{'I', 'Q'}, 23}, {{'I', 'S'}, 26}, {{'I', 'T'}, 27},
    {{'J', 'O'}, 30}, {{'K', 'W'}, 30}, {{'K', 'Z'}, 20}, {{'L', 'B'}, 28}, {{'L', 'C'}, 32},
    {{'L', 'I'}, 21}, {{'L', 'T'}, 20}, {{'L', 'U'}, 20}, {{'L', 'V'}, 21}, {{'L', 'Y'}, 25},
    {{'M', 'C'}, 27}, {{'M', 'D'}, 24}, {{'M', 'E'}, 22}, {{'M', 'K'}, 19}, {{'M', 'N'}, 20},
    {{'M', 'R'}, 27}, {{'M', 'T'}, 31}, {{'M', 'U'}, 30}, {{'N', 'I'}, 28}, {{'N', 'L'}, 18},
    {{'N', 'O'}, 15}, {{'O', 'M'}, 23}, {{'P', 'K'}, 24}, {{'P', 'L'}, 28}, {{'P', 'S'}, 29},
    {{'P', 'T'}, 25}, {{'Q', 'A'}, 29}, {{'R', 'O'}, 24}, {{'R', 'S'}, 22}, {{'R', 'U'}, 33},
    {{'S', 'A'}, 24}, {{'S', 'C'}, 31}, {{'S', 'D'}, 18}, {{'S', 'E'}, 24}, {{'S', 'I'}, 19},
    {{'S', 'K'}, 24}, {{'S', 'M'}, 27}, {{'S', 'O'}, 23}, {{'S', 'T'}, 25}, {{'S', 'V'}, 28},
    {{'T', 'L'}, 23}, {{'T', 'N'}, 24}, {{'T', 'R'}, 26}, {{'U', 'A'}, 29}, {{'V', 'G'}, 24},
    {{'X', 'K'}, 20},
}};

char to_upper(char character) noexcept {
  return character >= 'a' && character <= 'z' ? static_cast<char>(character - ('a' - 'A'))
                                              : character;
}

bool is_at(std::string_view text, std::size_t place, bool (*is)(char) noexcept) noexcept {
  return place < text.size() && is(text[place]);
}

/// Nothing that belongs to a word or number stands right before `place`.
bool begins_word(std::string_view text, std::size_t place) noexcept {
  if (place == 0) {
    return true;
  }
  const auto before = text[place - 1];
  const auto is_fraction =
      (before == '.' || before == ',') && place > 1 && is_digit(text[place - 2]);
  return !is_alphanumeric(before) && !is_fraction;
}

/// Nothing that belongs to a word or number stands at `place`.
bool ends_word(std::string_view text, std::size_t place) noexcept {
  const auto is_fraction = place < text.size() && (text[place] == '.' || text[place] == ',') &&
                           is_at(text, place + 1, is_digit);
  return !is_at(text, place, is_alphanumeric) && !is_fraction;
}

bool is_top_level(std::string_view label) noexcept {
  return label.size() >= 2 && (std::all_of(label.begin(), label.end(),
                                           [](char character) {
                                             return is_letter(character) ||
                                                    static_cast<unsigned char>(character) >= 0x80;
                                           }) ||
                               label.starts_with("xn--"));
}

/// What a file has at its end and no domain: `logo@2x.png`, `vue@3.4.min.js`.
bool is_file_type(std::string_view label) noexcept {
  constexpr std::array<std::string_view, 15> kTypes = {"js",   "mjs",  "css",   "png",  "jpg",
                                                       "jpeg", "gif",  "svg",   "webp", "avif",
                                                       "ico",  "woff", "woff2", "json", "html"};
  return std::find(kTypes.begin(), kTypes.end(), label) != kTypes.end();
}

/// `at` is where an at sign of `at_bytes` stands.
std::optional<Match> match_email(std::string_view text, std::size_t at,
                                 std::size_t at_bytes) noexcept {
  auto begin = at;
  while (begin > 0 && at - begin < kLocalBytesMax && is_local_character(text[begin - 1])) {
    --begin;
  }
  // The address of a link's parameter begins behind its name: `?email=a@b.example`. Right behind
  // one stands a name: `https://videos.example/@shop.official`.
  const auto separator = text.substr(begin, at - begin).find_last_of("=&?/");
  if (separator != std::string_view::npos) {
    begin += separator + 1;
  }
  const auto domain = domain_bytes(text.substr(at + at_bytes));
  if (begin == at || domain == 0) {
    return std::nullopt;
  }
  return Match{begin, at + at_bytes + domain, Pattern::email};
}

/// A run of digits with single separators between its groups.
struct DigitGroups {
  static constexpr std::size_t kDigitsMax = 24;
  std::array<char, kDigitsMax> digits{};
  std::array<std::size_t, kDigitsMax> end_after{};  ///< Where the text stands behind each digit.
  std::size_t count = 0;
};

bool is_phone_separator(char character) noexcept {
  return character == ' ' || character == '-' || character == '.' || character == '/' ||
         character == '(' || character == ')';
}

/// Reads digits from `place` with at most two separators between them.
DigitGroups read_phone_digits(std::string_view text, std::size_t place) noexcept {
  DigitGroups groups;
  std::size_t separators = 0;
  for (; place < text.size() && groups.count < DigitGroups::kDigitsMax; ++place) {
    if (is_digit(text[place])) {
      groups.digits[groups.count] = text[place];
      groups.end_after[groups.count] = place + 1;
      ++groups.count;
      separators = 0;
    } else if (!is_phone_separator(text[place]) || ++separators > 2) {
      break;
    }
  }
  return groups;
}

/// `plus` is where a plus sign of `plus_bytes` stands.
std::optional<Match> match_international_phone(std::string_view text, std::size_t plus,
                                               std::size_t plus_bytes) noexcept {
  const auto start = plus + plus_bytes;
  if ((plus > 0 && is_alphanumeric(text[plus - 1])) || !is_at(text, start, is_digit) ||
      text[start] == '0') {
    return std::nullopt;
  }
  const auto groups = read_phone_digits(text, start);
  if (groups.count < kPhoneDigitsMin || groups.count > kPhoneDigitsMax) {
    return std::nullopt;
  }
  const auto end = groups.end_after[groups.count - 1];
  return is_at(text, end, is_alphanumeric) ? std::nullopt
                                           : std::optional(Match{plus, end, Pattern::phone});
}

/// `0049 170 1234567`: bare digits are numbers of something else far more often.
std::optional<Match> match_zero_zero_phone(std::string_view text, std::size_t place) noexcept {
  if (!begins_word(text, place) || text.substr(place, 2) != "00" ||
      !is_at(text, place + 2, is_digit) || text[place + 2] == '0' ||
      !is_at(text, place + 3, is_digit)) {
    return std::nullopt;
  }
  const auto groups = read_phone_digits(text, place);
  if (groups.count < kPhoneDigitsMin + 2 || groups.count > kPhoneDigitsMax + 2) {
    return std::nullopt;
  }
  const auto end = groups.end_after[groups.count - 1];
  const auto is_grouped = end - place > groups.count;
  return !is_grouped || !ends_word(text, end) ? std::nullopt
                                              : std::optional(Match{place, end, Pattern::phone});
}

/// The text at `place` is like `shape`: `N` is a digit from 2 on, `0` any, others are themselves.
bool has_shape(std::string_view text, std::size_t place, std::string_view shape) noexcept {
  const auto fits = [](char wanted, char found) {
    return wanted == 'N' ? found >= '2' && found <= '9'
                         : (wanted == '0' ? is_digit(found) : found == wanted);
  };
  const auto part = text.substr(std::min(place, text.size()), shape.size());
  return part.size() == shape.size() && std::equal(shape.begin(), shape.end(), part.begin(), fits);
}

bool is_joint(char character) noexcept { return character == '-' || character == ' '; }

/// A number from `begin` to `end`, unless it is part of a longer one.
std::optional<Match> whole_phone(std::string_view text, std::size_t begin,
                                 std::size_t end) noexcept {
  const auto is_joined = is_at(text, end, is_joint) && is_at(text, end + 1, is_digit);
  return begins_word(text, begin) && ends_word(text, end) && !is_joined
             ? std::optional(Match{begin, end, Pattern::phone})
             : std::nullopt;
}

/// `(415) 555-2671`, `415-555-2671`, `415 555 2671`; `place` is the first digit.
std::optional<Match> match_american_phone(std::string_view text, std::size_t place) noexcept {
  if (place > 0 && text[place - 1] == '(') {
    return has_shape(text, place, "N00) N00-0000") ? whole_phone(text, place - 1, place + 13)
                                                   : std::nullopt;
  }
  if (place > 1 && is_joint(text[place - 1]) && is_digit(text[place - 2])) {
    return std::nullopt;
  }
  return has_shape(text, place, "N00-N00-0000") || has_shape(text, place, "N00 N00 0000")
             ? whole_phone(text, place, place + 12)
             : std::nullopt;
}

bool passes_luhn(std::string_view digits) noexcept {
  std::uint32_t sum = 0;
  auto is_doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    const auto value = static_cast<std::uint32_t>(*digit - '0');
    sum += is_doubled ? value * 2 - (value > 4 ? 9U : 0U) : value;
    is_doubled = !is_doubled;
  }
  return sum % 10 == 0;
}

std::uint32_t leading_number(std::string_view digits, std::size_t count) noexcept {
  std::uint32_t number = 0;
  for (const auto digit : digits.substr(0, count)) {
    number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return number;
}

/// The digits start as those of a card network, and are as many as its cards have.
bool is_card_network(std::string_view digits) noexcept {
  const auto size = digits.size();
  const auto two = leading_number(digits, 2);
  const auto four = leading_number(digits, 4);
  // Visa's cards of 13 digits are gone; article numbers of shops (EAN 400 to 440) begin so.
  if (digits[0] == '4') {
    return size == 16 || size == 19;
  }
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) {  // Mastercard
    return size == 16;
  }
  if (two == 34 || two == 37) {  // American Express
    return size == 15;
  }
  if (two == 36 || two == 38 || (four >= 3000 && four <= 3059)) {  // Diners Club
    return size == 14 || size == 16;
  }
  if (two == 39) {  // those of 14 digits are numbers of shops' articles far more often
    return size == 16;
  }
  const auto is_discover = four == 6011 || two == 65 || (four >= 6440 && four <= 6499);
  const auto is_jcb = four >= 3528 && four <= 3589;
  const auto is_maestro = four == 5018 || four == 5020 || four == 5038 || four == 6304 ||
                          four == 6759 || (four >= 6761 && four <= 6763);
  return size >= 16 && (is_discover || is_jcb || is_maestro || two == 62);
}

std::optional<Match> match_card(std::string_view text, std::size_t place) noexcept {
  if (!begins_word(text, place)) {
    return std::nullopt;
  }
  std::array<char, kCardDigitsMax> digits{};
  std::size_t count = 0;
  std::size_t group = 0;
  std::size_t groups = 1;
  std::size_t at = place;
  while (count < kCardDigitsMax && is_at(text, at, is_digit)) {
    digits[count++] = text[at++];
    ++group;
    const std::string_view card(digits.data(), count);
    const auto is_grouped_well = groups != 2 || group >= 4;
    if (count >= kCardDigitsMin && is_grouped_well && ends_word(text, at) &&
        is_card_network(card) && passes_luhn(card)) {
      return Match{place, at, Pattern::card};
    }
    if (at < text.size() && (text[at] == ' ' || text[at] == '-') && group >= 4) {
      ++at;
      group = 0;
      ++groups;
    }
  }
  return std::nullopt;
}

/// The remainder of an IBAN by 97 (ISO 7064), its first four characters moved to the end.
bool passes_mod_97(std::string_view iban) noexcept {
  std::uint32_t remainder = 0;
  const auto add = [&remainder](char character) {
    if (is_digit(character)) {
      remainder = (remainder * 10 + static_cast<std::uint32_t>(character - '0')) % 97;
    } else {
      remainder = (remainder * 100 + static_cast<std::uint32_t>(character - 'A') + 10) % 97;
    }
  };
  std::for_each(iban.begin() + 4, iban.end(), add);
  std::for_each(iban.begin(), iban.begin() + 4, add);
  return remainder == 1;
}

std::size_t iban_length(std::string_view text) noexcept {
  const auto* const found =
      std::find_if(kIbanLengths.begin(), kIbanLengths.end(), [text](const auto& entry) {
        return entry.country[0] == to_upper(text[0]) && entry.country[1] == to_upper(text[1]);
      });
  return found == kIbanLengths.end() ? 0 : found->length;
}

std::optional<Match> match_iban(std::string_view text, std::size_t place) noexcept {
  if (!begins_word(text, place) || place + 4 > text.size() || !is_letter(text[place + 1]) ||
      !is_digit(text[place + 2]) || !is_digit(text[place + 3])) {
    return std::nullopt;
  }
  const auto length = iban_length(text.substr(place));
  std::array<char, kIbanBytesMax> iban{};
  std::size_t count = 0;
  auto at = place;
  while (count < length && is_at(text, at, is_alphanumeric)) {
    iban[count++] = to_upper(text[at++]);
    if (count < length && at < text.size() && (text[at] == ' ' || text[at] == '-') &&
        is_at(text, at + 1, is_alphanumeric)) {
      ++at;
    }
  }
  const auto is_whole = length != 0 && count == length && ends_word(text, at);
  if (!is_whole || !internal::has_long_digits(text.substr(place, at - place)) ||
      !passes_mod_97({iban.data(), count})) {
    return std::nullopt;
  }
  return Match{place, at, Pattern::iban};
}

/// Every pattern has one of these; most texts have none.
bool has_trace(std::string_view text) noexcept {
  std::size_t run = 0;
  for (const auto character : text) {
    if (is_digit(character)) {
      if (++run == 4) {
        return true;
      }
      continue;
    }
    run = 0;
    if (character == '@' || character == '%' || character == '+' || character == '\\') {
      return true;
    }
  }
  return false;
}

/// Looks from left to right.
class PatternFinder {
 public:
  PatternFinder(std::string_view text, const Policy& policy) noexcept
      : text_(text), policy_(policy) {}

  std::optional<Match> run() noexcept {
    std::size_t place = 0;
    while (place < text_.size()) {
      if (is_alphanumeric(text_[place])) {
        if (is_uuid_at(text_, place)) {
          place += kUuidBytes;
          continue;
        }
        if (auto match = look_at_word(place)) {
          return match;
        }
        while (is_at(text_, place, is_alphanumeric)) {
          ++place;
        }
        continue;
      }
      if (auto match = look_at_sign(place)) {
        return match;
      }
      ++place;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] bool wants(Pattern pattern) const noexcept {
    return policy_.of(pattern) != Action::keep;
  }

  std::optional<Match> look_at_sign(std::size_t place) noexcept {
    switch (text_[place]) {
      case '@':
        return wants(Pattern::email) ? match_email(text_, place, 1) : std::nullopt;
      case '%':
        return look_at_escape(place, "%40", "%2B");
      case '\\':  // of JSON within a string
        return look_at_escape(place, "\\u0040", "\\u002B");
      case '+':
        return wants(Pattern::phone) ? match_international_phone(text_, place, 1) : std::nullopt;
      default:
        return std::nullopt;
    }
  }

  /// `place` is where a run of letters and digits begins: nothing of them is found further inside.
  std::optional<Match> look_at_word(std::size_t place) noexcept {
    if (is_digit(text_[place])) {
      return look_at_digits(place);
    }
    return wants(Pattern::iban) ? match_iban(text_, place) : std::nullopt;
  }

  /// `at_sign` and `plus` are how the two are written there.
  std::optional<Match> look_at_escape(std::size_t place, std::string_view at_sign,
                                      std::string_view plus) noexcept {
    const auto code = text_.substr(place, at_sign.size());
    if (code == at_sign && wants(Pattern::email)) {
      return match_email(text_, place, at_sign.size());
    }
    const auto is_plus = code.size() == plus.size() &&
                         code.starts_with(plus.substr(0, plus.size() - 1)) &&
                         to_upper(code.back()) == plus.back();
    return is_plus && wants(Pattern::phone) ? match_international_phone(text_, place, plus.size())
                                            : std::nullopt;
  }

  std::optional<Match> look_at_digits(std::size_t place) noexcept {
    std::optional<Match> match;
    if (wants(Pattern::card)) {
      match = match_card(text_, place);
    }
    if (!match && wants(Pattern::phone)) {
      match = match_zero_zero_phone(text_, place);
      if (!match) {
        match = match_american_phone(text_, place);
      }
    }
    return match;
  }

  std::string_view text_;
  const Policy& policy_;
};

}  // namespace

namespace internal {

bool is_local_character(char character) noexcept {
  constexpr std::string_view kAllowed = "._%+-!#$&'*/=?^`{|}~";
  return is_alphanumeric(character) || static_cast<unsigned char>(character) >= 0x80 ||
         kAllowed.find(character) != std::string_view::npos;
}

bool is_domain_character(char character) noexcept {
  return is_alphanumeric(character) || character == '-' || character == '.' ||
         static_cast<unsigned char>(character) >= 0x80;
}

std::size_t domain_bytes(std::string_view text) noexcept {
  text = text.substr(0, kDomainBytesMax);
  const auto* const stop = std::find_if_not(text.begin(), text.end(), is_domain_character);
  auto domain = text.substr(0, static_cast<std::size_t>(stop - text.begin()));
  while (!domain.empty()) {
    const auto dot = domain.rfind('.');
    if (dot == std::string_view::npos || dot == 0) {
      return 0;
    }
    const auto label = domain.substr(dot + 1);
    if (is_file_type(label)) {
      return 0;
    }
    const auto is_begun =
        is_alphanumeric(domain[0]) || static_cast<unsigned char>(domain[0]) >= 0x80;
    if (is_begun && is_top_level(label)) {
      return domain.size();
    }
    domain = domain.substr(0, dot);
  }
  return 0;
}

}  // namespace internal

std::optional<Match> find_pattern(std::string_view text, const Policy& policy) noexcept {
  return has_trace(text) ? PatternFinder(text, policy).run() : std::nullopt;
}

}  // namespace format::privacy
