// SPDX-License-Identifier: LicenseRef-Project
// Finds the end and the status of one answer in what a server sends, as cheaply as that goes.
#pragma once

#include "bench/load/corpus.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace load {

/// What the bytes received so far hold.
struct Answer {
  enum class State : std::uint8_t { incomplete, complete, malformed };
  State state = State::incomplete;
  std::uint16_t status = 0;  ///< As HTTP; Redis' success is 200 and its errors are 500.
  std::size_t bytes = 0;     ///< Of the complete answer.
  bool closes = false;       ///< The server says it closes the connection.
};

inline constexpr std::size_t kAnswerBytesMax = 64 << 10;

/// Reads the answer at the start of `text`. HTTP needs a Content-Length or a status without body;
/// anything longer than kAnswerBytesMax, or chunked, is malformed.
Answer read_answer(Protocol protocol, std::string_view text) noexcept;

}  // namespace load
