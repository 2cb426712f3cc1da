// SPDX-License-Identifier: LicenseRef-Project
// Broken invariants stop the process with the place and the condition; input never reaches these.
#pragma once

namespace base {

/// Prints the failed condition with its place and aborts; systemd restarts the process.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace base

/// Aborts in every build when `condition` is false. For invariants of ours, never for input.
#define CHECK(condition)                                    \
  do {                                                      \
    if (!(condition)) [[unlikely]] {                        \
      ::base::check_failed(#condition, __FILE__, __LINE__); \
    }                                                       \
  } while (false)

/// As CHECK, in debug and sanitizer builds only: for invariants on the hot path.
#ifdef BRISTLE_DEBUG_CHECKS
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#endif
