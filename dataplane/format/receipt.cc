// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/receipt.h"

#include "dataplane/format/log_codec.h"
#include "dataplane/format/segment.h"

#include <charconv>
#include <limits>

namespace format {
namespace {

constexpr std::size_t kCrcDigits = 8;
constexpr char kHexDigits[] = "0123456789abcdef";

template <typename Number>
char* write_decimal(char* to, Number number) noexcept {
  constexpr std::ptrdiff_t kDigitsMax = std::numeric_limits<Number>::digits10 + 1;
  return std::to_chars(to, to + kDigitsMax, number).ptr;
}

/// Cuts a decimal number and the `separator` behind it off the front of `text`.
template <typename Number>
bool cut_decimal(std::string_view& text, char separator, Number& number) noexcept {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const auto digits = static_cast<std::size_t>(stop - text.data());
  if (error != std::errc{} || stop == end || *stop != separator ||
      (digits > 1 && text.front() == '0')) {
    return false;
  }
  text.remove_prefix(digits + 1);
  return true;
}

bool parse_crc(std::string_view text, std::uint32_t& crc) noexcept {
  if (text.size() != kCrcDigits || text.find_first_not_of(kHexDigits) != std::string_view::npos) {
    return false;
  }
  return std::from_chars(text.data(), text.data() + text.size(), crc, 16).ec == std::errc{};
}

}  // namespace

char* write_receipt_segment(char* to, std::uint32_t shard, Sequence segment) noexcept {
  char* at = write_decimal(to, shard);
  *at++ = '-';
  at = write_decimal(at, segment);
  *at++ = ':';
  return at;
}

char* write_receipt_record(char* to, std::uint64_t offset, std::uint32_t crc) noexcept {
  char* at = write_decimal(to, offset);
  *at++ = ':';
  for (int shift = 28; shift >= 0; shift -= 4) {
    *at++ = kHexDigits[(crc >> static_cast<unsigned>(shift)) & 0xFU];
  }
  return at;
}

std::optional<Receipt> parse_receipt(std::string_view text) noexcept {
  Receipt receipt;
  if (text.size() > kReceiptBytesMax || !cut_decimal(text, '-', receipt.shard) ||
      !cut_decimal(text, ':', receipt.segment) || !cut_decimal(text, ':', receipt.offset) ||
      !parse_crc(text, receipt.crc) || receipt.offset < kSegmentDataAt ||
      receipt.offset % kRecordAlignment != 0) {
    return std::nullopt;
  }
  return receipt;
}

}  // namespace format
