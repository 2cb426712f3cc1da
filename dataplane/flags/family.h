// SPDX-License-Identifier: LicenseRef-Project
// Which shape of answer a client of `/flags` or `/decide` expects (flags-protocol section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dp::flags {

/// The shapes of an evaluation, named as in flags-protocol section 3.
enum class Family : std::uint8_t { decide_1, decide_2, legacy, detailed, typed };

/// Everything the address of a request decides.
struct Wish {
  Family family = Family::detailed;
  bool with_config = false;
  std::string_view compression;  ///< Value of the `compression` parameter; empty when absent.
};

/// The value of query parameter `name`: the first one wins, no percent-decoding (names and values
/// that matter here are plain). Nothing when absent.
std::optional<std::string_view> query_parameter(std::string_view query,
                                                std::string_view name) noexcept;

/// Reads `v`, `config` and `compression` by the rules of flags-protocol 2.1.
Wish read_wish(bool is_decide, std::string_view query) noexcept;

}  // namespace dp::flags
