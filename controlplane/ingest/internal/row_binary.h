// SPDX-License-Identifier: LicenseRef-Project
// ClickHouse's RowBinary: fixed numbers little-endian, strings with a LEB128 length, a UUID as two
// little-endian halves. https://clickhouse.com/docs/en/interfaces/formats/RowBinary
#pragma once

#include "controlplane/event/record_decoder.h"
#include "controlplane/event/uuid.h"
#include "dataplane/base/check.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace cp::ingest::internal {

/// Room that an event's row needs at most: its texts, their lengths, the fixed columns.
inline std::size_t row_bytes_max(const event::ProcessedEvent& event) noexcept {
  constexpr std::size_t kFixedBytes = 128;
  return kFixedBytes + event.name.size() + event.properties_json.size() + event.distinct_id.size() +
         event.elements_chain.size();
}

/// Appends one row to `out` with a single resize; `finish` cuts what was not needed.
class RowWriter {
 public:
  RowWriter(std::string& out, std::size_t bytes_max) : out_(out), position_(out.size()) {
    // Grow well ahead: resize alone may grow to fit, and touches every new byte once.
    if (out.capacity() < position_ + bytes_max) {
      out.reserve((position_ + bytes_max) * 2);
    }
    out.resize(position_ + bytes_max);
  }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;
  RowWriter(RowWriter&&) = delete;
  RowWriter& operator=(RowWriter&&) = delete;
  ~RowWriter() = default;

  template <typename T>
  void number(T value) noexcept {
    copy(&value, sizeof(value));
  }

  /// Of a text or an array.
  void length(std::size_t value) noexcept {
    while (value >= 0x80) {
      number(static_cast<std::uint8_t>(value | 0x80U));
      value >>= 7U;
    }
    number(static_cast<std::uint8_t>(value));
  }

  void text(std::string_view value) noexcept {
    length(value.size());
    if (!value.empty()) {  // one without bytes may be nowhere, which memcpy does not allow
      copy(value.data(), value.size());
    }
  }

  void uuid(const event::Uuid& value) noexcept {
    for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, value.bytes.data() + half, sizeof(bits));
      number(__builtin_bswap64(bits));
    }
  }

  void finish() { out_.resize(position_); }

 private:
  void copy(const void* bytes, std::size_t count) noexcept {
    DCHECK(position_ + count <= out_.size());
    std::memcpy(out_.data() + position_, bytes, count);
    position_ += count;
  }

  std::string& out_;
  std::size_t position_;
};

/// The inverse of RowWriter::uuid, for answers in RowBinary. `bytes` holds at least 16.
inline event::Uuid read_uuid(const char* bytes) noexcept {
  event::Uuid value;
  for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes + half, sizeof(bits));
    bits = __builtin_bswap64(bits);
    std::memcpy(value.bytes.data() + half, &bits, sizeof(bits));
  }
  return value;
}

}  // namespace cp::ingest::internal
