// SPDX-License-Identifier: LicenseRef-Project
// Says cheaply that a JSON text holds nothing a policy minds: about one instruction per byte, so
// that ordinary events are neither parsed again nor copied.
#pragma once

#include "dataplane/format/privacy/internal/name_ends.h"
#include "dataplane/format/privacy/policy.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace format::privacy {

/// A policy made ready for scanning. Immutable; the policy outlives it.
class BodyScan {
 public:
  explicit BodyScan(const Policy& policy);

  /// False: nothing in `json` (valid JSON) offends the policy. True: look closely.
  [[nodiscard]] bool may_offend(std::string_view json) const noexcept;

  /// The same without vector instructions: what tests compare with, and other machines run.
  [[nodiscard]] bool may_offend_portable(std::string_view json) const noexcept;

 private:
  struct Walk;

  bool find_question(Walk& walk) const noexcept;
  bool is_block_suspect(std::string_view json, Walk& walk) const noexcept;
  [[nodiscard]] bool is_run_suspect(std::string_view json, std::size_t place) const noexcept;
  [[nodiscard]] bool is_sign_suspect(std::string_view json, std::size_t place) const noexcept;
  [[nodiscard]] bool is_key_suspect(std::string_view json, std::size_t colon) const noexcept;
  void add_name(std::string_view name);

  const Policy& policy_;
  bool is_always_ = false;  ///< Only a close look can tell.
  internal::NameEnds name_ends_;
  bool has_escapable_names_ = false;  ///< A name that JSON may write in several ways.
  /// By the last bytes of a key and its quote; 1 where a name may be.
  std::array<std::uint8_t, 4096> filter_{};
};

}  // namespace format::privacy
