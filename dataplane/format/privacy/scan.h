// SPDX-License-Identifier: LicenseRef-Project
// Says cheaply that a JSON text holds nothing a policy minds: about one instruction per byte, so
// that ordinary events are neither parsed again nor copied.
#pragma once

#include "dataplane/format/privacy/policy.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace format::privacy {

namespace internal {
struct BlockMasks;
}  // namespace internal

/// A policy made ready for scanning. Immutable; the policy outlives it.
class BodyScan {
 public:
  explicit BodyScan(const Policy& policy);

  /// False: nothing in `json` (valid JSON) offends the policy. True: look closely.
  [[nodiscard]] bool may_offend(std::string_view json) const noexcept;

  /// The same without vector instructions: what tests compare with, and other machines run.
  [[nodiscard]] bool may_offend_portable(std::string_view json) const noexcept;

 private:
  [[nodiscard]] bool is_block_suspect(std::string_view json, std::size_t start,
                                      const internal::BlockMasks& masks) const noexcept;
  [[nodiscard]] bool has_suspect_special(std::string_view json, std::size_t start) const noexcept;
  [[nodiscard]] bool is_in_filter(const char* quote) const noexcept;
  [[nodiscard]] bool is_key_suspect(std::string_view json, std::size_t quote) const noexcept;
  [[nodiscard]] bool is_special_suspect(std::string_view json, std::size_t place) const noexcept;
  [[nodiscard]] bool are_digits_suspect(std::string_view json, std::size_t place) const noexcept;
  [[nodiscard]] bool is_place_suspect(std::string_view json, std::size_t place) const noexcept;
  void add_name(std::string_view name);

  static constexpr std::size_t kFilterBits = 4096;

  const Policy& policy_;
  bool is_always_ = false;            ///< Only a close look can tell.
  bool has_names_ = false;            ///< Keys are compared.
  bool has_escapable_names_ = false;  ///< A name that JSON may write in several ways.
  std::array<std::uint64_t, kFilterBits / 64> filter_{};  ///< By the last bytes of keys.
};

}  // namespace format::privacy
