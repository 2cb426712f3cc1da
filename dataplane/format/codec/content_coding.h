// SPDX-License-Identifier: LicenseRef-Project
// The Content-Encodings of the v1 routes, undone with a hard bound on what comes out, whatever the
// stream claims (capture-protocol section 15).
#pragma once

#include "dataplane/format/codec/gzip.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

struct BrotliDecoderStateStruct;
struct ZSTD_DCtx_s;

namespace format::codec {

enum class ContentCoding : std::uint8_t { identity, gzip, deflate, brotli, zstd };

/// The coding a Content-Encoding field names, in any case; empty is none. Nothing for a coding, or
/// a list of codings, that is not served.
[[nodiscard]] std::optional<ContentCoding> find_content_coding(std::string_view name) noexcept;

/// Decompresses one body after another. Owner and thread: one. Bounds: the output by the caller,
/// the windows of Brotli and Zstandard by their formats (16 MiB) and by kZstdWindowLogMax.
class ContentDecoder {
 public:
  enum class Status : std::uint8_t { ok, invalid, too_large };

  /// What the result may take, and the readable bytes that are kept behind it.
  struct Room {
    std::size_t bytes_max;
    std::size_t padding;
  };

  /// Log2 of the largest window a Zstandard frame may ask for: above any body these routes take.
  static constexpr int kZstdWindowLogMax = 26;

  ContentDecoder() = default;
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;
  ContentDecoder(ContentDecoder&&) = delete;
  ContentDecoder& operator=(ContentDecoder&&) = delete;
  ~ContentDecoder();

  /// Decompresses `compressed` into the front of `out`, which only ever grows. `coding` is not
  /// identity. `deflate` is zlib's format or raw, told apart as other servers do: by the first
  /// byte.
  Status decode(ContentCoding coding, std::string_view compressed, Room room,
                std::vector<char>& out, std::string_view& decoded);

  /// What decodes gzip.
  [[nodiscard]] const GzipDecoder& gzip() const noexcept { return gzip_; }

 private:
  Status inflate(std::string_view compressed, Room room, std::vector<char>& out,
                 std::string_view& decoded);
  Status decode_zstd(std::string_view compressed, Room room, std::vector<char>& out,
                     std::string_view& decoded);

  GzipDecoder gzip_;
  libdeflate_decompressor* deflate_ = nullptr;
  ZSTD_DCtx_s* zstd_ = nullptr;
};

}  // namespace format::codec
