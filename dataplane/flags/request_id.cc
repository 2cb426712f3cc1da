// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/flags/request_id.h"

#include <cstddef>

namespace dp::flags {
namespace {

constexpr std::size_t kUuidTextBytes = 36;
constexpr std::string_view kDigits = "0123456789abcdef";

bool is_hyphen_place(std::size_t index) noexcept {
  return index == 8 || index == 13 || index == 18 || index == 23;
}

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != kUuidTextBytes) {
    return false;
  }
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (is_hyphen_place(index) ? text[index] != '-' : !is_hex(text[index])) {
      return false;
    }
  }
  return true;
}

std::uint64_t RequestIds::next_number() noexcept {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

void RequestIds::next(std::string& out) {
  // RFC 9562: version 4 in the high bits of byte 6, variant 10 in those of byte 8.
  const std::uint64_t high = (next_number() & 0xffffffffffff0fff) | 0x4000;
  const std::uint64_t low = (next_number() & 0x3fffffffffffffff) | 0x8000000000000000;
  out.resize(kUuidTextBytes);
  std::size_t nibble = 0;
  for (std::size_t index = 0; index < kUuidTextBytes; ++index) {
    if (is_hyphen_place(index)) {
      out[index] = '-';
      continue;
    }
    const auto half = nibble < 16 ? high : low;
    out[index] = kDigits[(half >> (60 - 4 * (nibble % 16))) & 15];
    ++nibble;
  }
}

}  // namespace dp::flags
