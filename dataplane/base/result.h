// SPDX-License-Identifier: LicenseRef-Project
// Result<T>: a value or a four-byte Error, never an exception and never the heap.
// The names follow std::expected, so that a later move to it is mechanical (docs/adr/0002).
#pragma once

#include "dataplane/base/check.h"

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace base {

/// The module an error code belongs to; each module numbers its own codes from 1.
enum class ErrorDomain : std::uint8_t {
  none,
  system,    ///< code unused, `system_errno` says it all
  format,    ///< dataplane/format
  codec,     ///< dataplane/format/codec
  wal,       ///< dataplane/wal
  stream,    ///< dataplane/stream
  http,      ///< dataplane/http
  capture,   ///< dataplane/capture
  tenant,    ///< dataplane/tenant
  settings,  ///< dataplane/base/settings.h
};

/// What went wrong: the module, its code, and errno when the kernel said no. Trivially copyable.
struct Error {
  ErrorDomain domain = ErrorDomain::none;
  std::uint8_t code = 0;
  std::uint16_t system_errno = 0;

  /// An error that a system call reported. `number` is a positive errno.
  static constexpr Error from_errno(int number) noexcept {
    return Error{ErrorDomain::system, 0, static_cast<std::uint16_t>(number)};
  }

  friend constexpr bool operator==(const Error&, const Error&) noexcept = default;
};
static_assert(sizeof(Error) == 4);

/// The error in words, for logs: domain, code and the text of errno. Allocates; cold paths only.
std::string describe(Error error);

/// Wraps an Error so that it converts to any Result<T>.
struct Unexpected {
  Error error;
};

/// Makes the failed side of a Result from a module's own enum (`make_error(WalError::full)` per
/// module).
constexpr Unexpected unexpected(Error error) noexcept { return Unexpected{error}; }

/// A T or an Error. Discarding one is a compile error. Reading the absent side aborts.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  constexpr Result(T value)  // NOLINT(google-explicit-constructor): as std::expected
      : state_(std::in_place_index<0>, std::move(value)) {}
  constexpr Result(Unexpected failed)  // NOLINT(google-explicit-constructor): as std::expected
      : state_(std::in_place_index<1>, failed.error) {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return state_.index() == 0; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  constexpr T& value() & {
    CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  constexpr const T& value() const& {
    CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  constexpr T&& value() && {
    CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }

  constexpr T& operator*() & { return value(); }
  constexpr const T& operator*() const& { return value(); }
  constexpr T&& operator*() && { return std::move(*this).value(); }
  constexpr T* operator->() { return &value(); }
  constexpr const T* operator->() const { return &value(); }

  [[nodiscard]] constexpr Error error() const {
    CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

  template <typename U>
  constexpr T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  constexpr Result() = default;
  constexpr Result(Unexpected failed)  // NOLINT(google-explicit-constructor): as std::expected
      : error_(failed.error), failed_(true) {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return !failed_; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] constexpr Error error() const {
    CHECK(failed_);
    return error_;
  }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace base
