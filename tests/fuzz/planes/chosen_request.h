// SPDX-License-Identifier: LicenseRef-Project
// From the bytes of a fuzzer to one request to a route that stores: a few bytes choose from tables
// of what clients send, so that a search gets past heads, codecs and forms; what no table holds, a
// line of the input may say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace capture_path {

/// What becomes of the record of a request.
enum class LogMood : std::uint8_t {
  stores,
  full,
  budget_used,
  not_writable,
  too_large,
  loses,  ///< Taken, and then lost with its group.
};
inline constexpr std::uint8_t kLogMoods = 6;

/// One input, read. The first kChoiceBytes are
///   0  path (bits 0 to 4), slash behind it (bit 5), method (bits 6 and 7)
///   1  the box (bits 0 to 4), the log (bits 5 to 7)
///   2  content type (bits 0 to 3), content encoding (bits 4 to 7)
///   3  wrapping of the body (bits 0 to 3), query (bits 4 to 7)
///   4  lines that follow, each instead of a table's value: query (bit 0), content type (bit 1),
///      content encoding (bit 2), user agent (bit 3), token of the head (bit 4), SDK (bit 5);
///      the request is sent twice (bit 6), the address is kept (bit 7)
/// A choice that a table does not have makes no request, so that inputs keep their meaning when
/// the tables grow. Behind the lines stands the body, in which `@A@`, `@B@` and so on stand for
/// names that decide what becomes of an event, and `@X@` for a text that makes one too large.
struct ChosenRequest {
  static constexpr std::size_t kChoiceBytes = 5;

  std::string text;     ///< As it is sent.
  std::size_t box = 0;  ///< Index of the box that takes it.
  LogMood log_mood = LogMood::stores;
  bool is_sent_twice = false;
  bool keeps_address = false;
};

/// Nothing where the bytes make no request.
std::optional<ChosenRequest> choose_request(std::span<const std::uint8_t> input);

}  // namespace capture_path
