// SPDX-License-Identifier: LicenseRef-Project
// The memory of one group: records packed as they will lie on disk.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/base/result.h"
#include "dataplane/format/log_codec.h"
#include "dataplane/format/segment.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace dp::wal::internal {

/// Block-aligned memory, touched only as far as it was used.
class AlignedMemory {
 public:
  explicit AlignedMemory(std::size_t bytes)
      : memory_(static_cast<std::byte*>(std::aligned_alloc(format::kSegmentBlockBytes, bytes))),
        bytes_(bytes) {
    CHECK(memory_ != nullptr);
  }
  [[nodiscard]] base::MutableBytes bytes() const noexcept { return {memory_.get(), bytes_}; }

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t bytes_;
};

/// Records with consecutive sequences. Thread: the shard's own. Bounds: the size it was made with.
class Group {
 public:
  explicit Group(std::size_t bytes_max) : memory_(bytes_max) {}

  [[nodiscard]] bool is_empty() const noexcept { return records_ == 0; }
  [[nodiscard]] format::Sequence first() const noexcept { return first_; }
  [[nodiscard]] format::Sequence end() const noexcept { return first_ + records_; }
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::size_t record_bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t room() const noexcept { return memory_.bytes().size() - bytes_; }
  /// What it takes on disk.
  [[nodiscard]] std::size_t block_bytes() const noexcept {
    return base::align_up(bytes_, format::kSegmentBlockBytes);
  }

  /// Adds `record`, for which there is room. False when a field is too long.
  bool add(const format::LogRecord& record, std::uint32_t seed) noexcept {
    const auto written = format::encode_record(memory_.bytes().subspan(bytes_), record, seed);
    if (!written) {
      return false;
    }
    if (records_ == 0) {
      first_ = record.sequence;
    }
    DCHECK(record.sequence == end());
    bytes_ += *written;
    ++records_;
    last_class_ = format::class_of(record.endpoint);
    class_bytes_[static_cast<std::size_t>(last_class_)] += *written;
    return true;
  }

  /// What the records take per class; the padding behind them belongs to the last one's.
  [[nodiscard]] const format::ClassBytes& class_bytes() const noexcept { return class_bytes_; }
  [[nodiscard]] format::RecordClass last_class() const noexcept { return last_class_; }
  /// The records without padding; they stay until the next `add`, also after `clear`.
  [[nodiscard]] base::Bytes records_bytes() const noexcept { return memory_.bytes().first(bytes_); }

  /// Moves the records to another segment: every checksum is computed again.
  void reseal(std::uint32_t seed) noexcept {
    for (std::size_t offset = 0; offset < bytes_;) {
      offset += format::reseal_record(memory_.bytes().subspan(offset), seed);
    }
  }

  /// The bytes to write, padded with zeros to whole blocks.
  base::Bytes blocks() noexcept {
    const std::size_t padded = block_bytes();
    std::memset(memory_.bytes().data() + bytes_, 0, padded - bytes_);
    return memory_.bytes().first(padded);
  }

  void clear() noexcept {
    bytes_ = 0;
    records_ = 0;
    class_bytes_ = {};
  }

 private:
  AlignedMemory memory_;
  std::size_t bytes_ = 0;
  format::Sequence first_ = 0;
  std::uint64_t records_ = 0;
  format::ClassBytes class_bytes_{};
  format::RecordClass last_class_ = format::RecordClass::events;
};

}  // namespace dp::wal::internal
