// SPDX-License-Identifier: LicenseRef-Project
// Open connections on their way from a process that ends to the one that follows it: a socket pair
// whose queue holds them meanwhile (docs/adr/0013).
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dp::sys {

/// The ends of one handover line, owned by the caller. What was given stays in the line although
/// the sending end closes; it is gone when the receiving end was closed everywhere.
struct HandoverLine {
  int sending = -1;
  int receiving = -1;
};

/// Errors: errno.
base::Result<HandoverLine> open_handover_line();

/// Puts connections into a line. The line may be shared by senders of several threads.
/// Owner and thread: one shard. Bounds: kBatchMax connections wait for a message; more only while
/// the line is full, then `give` refuses. Failure: a refused connection stays the caller's.
class HandoverSender {
 public:
  /// `line` stays open as long as the sender lives, and the caller's.
  explicit HandoverSender(int line) noexcept : line_(line) {}
  HandoverSender(const HandoverSender&) = delete;
  HandoverSender& operator=(const HandoverSender&) = delete;
  HandoverSender(HandoverSender&&) = delete;
  HandoverSender& operator=(HandoverSender&&) = delete;
  /// What was not flushed is closed.
  ~HandoverSender();

  /// Takes a duplicate of `descriptor`, and a copy of what was received on it and not used. Leaves
  /// with the next `flush`.
  [[nodiscard]] bool give(int descriptor, base::Bytes unused) noexcept;

  /// Sends what was given. False: the line is full at the moment; try again.
  bool flush() noexcept;

  [[nodiscard]] bool is_empty() const noexcept { return count_ == 0; }

 private:
  static constexpr std::size_t kBatchMax = 120;  // two descriptors each; the kernel takes 253

  void clear() noexcept;

  int line_;
  std::size_t count_ = 0;
  std::size_t descriptor_count_ = 0;
  std::array<std::uint32_t, kBatchMax> unused_bytes_{};
  std::array<int, kBatchMax * 2> descriptors_{};
};

/// A connection taken out of a line; the descriptor belongs to the holder.
struct HandedConnection {
  int descriptor = -1;
  std::vector<std::byte> unused;  ///< Received by the last process and not used.
};

/// Takes everything out of the receiving end of a line. Blocking for file reads only. A message
/// that another version wrote is dropped, which closes its connections.
std::vector<HandedConnection> take_handed(int line);

}  // namespace dp::sys
