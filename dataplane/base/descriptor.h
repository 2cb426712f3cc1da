// SPDX-License-Identifier: LicenseRef-Project
// An open file, socket or pipe that is closed with its owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace base {

/// Owns what `open` and its like returned, which may be an error's -1. Whatever could still fail at
/// the end of a file (`fsync`) is the owner's to ask before.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    const Descriptor replaced(std::exchange(number_, other.release()));
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

  void close() noexcept { *this = Descriptor(); }

  /// The caller owns it from now on.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

}  // namespace base
