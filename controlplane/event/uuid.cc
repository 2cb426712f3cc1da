// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/uuid.h"

#include "controlplane/event/internal/sha1.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace cp::event {
namespace {

constexpr std::array<std::size_t, 4> kHyphens{8, 13, 18, 23};

/// Value of every hexadecimal digit, 0xFF for any other character.
constexpr std::array<std::uint8_t, 256> make_digit_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(0xFF);
  for (std::size_t value = 0; value < 10; ++value) {
    values['0' + value] = static_cast<std::uint8_t>(value);
  }
  for (std::size_t value = 10; value < 16; ++value) {
    values['a' + value - 10] = static_cast<std::uint8_t>(value);
    values['A' + value - 10] = static_cast<std::uint8_t>(value);
  }
  return values;
}
constexpr auto kDigitValues = make_digit_values();

/// splitmix64's finaliser: a bijection that spreads every input bit over the output.
std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

void stamp(Uuid& uuid, unsigned version) noexcept {
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0FU) | (version << 4U));
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3FU) | 0x80U);
}

// The namespace that every installation shares; a person id is a function of project and distinct
// id alone.
constexpr Uuid kPersonNamespace{{0x93, 0x29, 0x79, 0xb4, 0x65, 0xc3, 0x44, 0x24, 0x84, 0x67, 0x0b,
                                 0x66, 0xec, 0x27, 0xbc, 0x22}};

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) noexcept {
  const bool is_hyphenated = text.size() == 36;
  if (!is_hyphenated && text.size() != 32) {
    return std::nullopt;
  }
  Uuid uuid;
  unsigned seen = 0;  // digits are below 16, so one look at the end tells whether all were
  std::size_t position = 0;
  for (auto& byte : uuid.bytes) {
    if (is_hyphenated && text[position] == '-' &&
        std::find(kHyphens.begin(), kHyphens.end(), position) != kHyphens.end()) {
      ++position;
    }
    const unsigned high = kDigitValues[static_cast<unsigned char>(text[position])];
    const unsigned low = kDigitValues[static_cast<unsigned char>(text[position + 1])];
    seen |= high | low;
    byte = static_cast<std::uint8_t>(high << 4U | (low & 0x0FU));
    position += 2;
  }
  if (seen > 0x0F || position != text.size()) {
    return std::nullopt;
  }
  return uuid;
}

std::string to_text(const Uuid& uuid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (const std::uint8_t byte : uuid.bytes) {
    if (std::find(kHyphens.begin(), kHyphens.end(), text.size()) != kHyphens.end()) {
      text += '-';
    }
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0x0FU];
  }
  return text;
}

Uuid uuid_v5(const Uuid& name_space, std::string_view name) noexcept {
  internal::Sha1 hash;
  hash.update({reinterpret_cast<const char*>(name_space.bytes.data()), name_space.bytes.size()});
  hash.update(name);
  const auto digest = hash.finish();
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  stamp(uuid, 5);
  return uuid;
}

Uuid uuid_v7(std::int64_t timestamp_us, const EventOrigin& origin) noexcept {
  const auto milliseconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(timestamp_us, 0) / 1000);
  const std::uint64_t place = (std::uint64_t{origin.partition} << 32U) | origin.index;
  const std::uint64_t low = mix(origin.sequence + mix(place + 0x9e3779b97f4a7c15ULL));
  const std::uint64_t high = mix(low ^ origin.sequence);
  Uuid uuid;
  for (std::size_t index = 0; index < 6; ++index) {
    uuid.bytes[index] = static_cast<std::uint8_t>(milliseconds >> (40U - 8U * index));
  }
  uuid.bytes[6] = static_cast<std::uint8_t>(high >> 8U);
  uuid.bytes[7] = static_cast<std::uint8_t>(high);
  for (std::size_t index = 0; index < 8; ++index) {
    uuid.bytes[8 + index] = static_cast<std::uint8_t>(low >> (56U - 8U * index));
  }
  stamp(uuid, 7);
  return uuid;
}

Uuid person_uuid(std::int64_t project_id, std::string_view distinct_id) noexcept {
  std::array<char, 24> project{};
  const auto end = std::to_chars(project.data(), project.data() + project.size(), project_id).ptr;
  *end = ':';
  internal::Sha1 hash;
  hash.update({reinterpret_cast<const char*>(kPersonNamespace.bytes.data()),
               kPersonNamespace.bytes.size()});
  hash.update({project.data(), static_cast<std::size_t>(end - project.data()) + 1});
  hash.update(distinct_id);
  const auto digest = hash.finish();
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  stamp(uuid, 5);
  return uuid;
}

}  // namespace cp::event
