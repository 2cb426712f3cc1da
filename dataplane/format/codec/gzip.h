// SPDX-License-Identifier: LicenseRef-Project
// Whole-buffer gunzip with a hard bound on what comes out, whatever the stream claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

struct libdeflate_decompressor;

namespace format::codec {

/// The text starts with the gzip magic and the only method there is (RFC 1952 section 2.3).
[[nodiscard]] bool has_gzip_magic(std::string_view text) noexcept;

/// Decompresses one buffer after another. Owner and thread: one.
class GzipDecoder {
 public:
  enum class Status : std::uint8_t { ok, invalid, too_large };

  GzipDecoder() = default;
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;
  GzipDecoder(GzipDecoder&&) = delete;
  GzipDecoder& operator=(GzipDecoder&&) = delete;
  ~GzipDecoder();

  /// Decompresses every member of `compressed` into the front of `out`, which only ever grows, to
  /// `bytes_max` plus `padding` at most, and keeps `padding` bytes behind the result. Bytes behind
  /// the last member are ignored.
  Status decode(std::string_view compressed, std::size_t bytes_max, std::size_t padding,
                std::vector<char>& out, std::string_view& decoded);

  /// The last text was one member with nothing behind it and nothing in its header but what
  /// decompression needs: no name, comment or extra field.
  [[nodiscard]] bool is_plain_member() const noexcept { return is_plain_member_; }

 private:
  Status decode_member(std::string_view& compressed, std::size_t bytes_max, std::size_t padding,
                       std::vector<char>& out, std::size_t& used);

  libdeflate_decompressor* decompressor_ = nullptr;
  bool is_plain_member_ = false;
};

}  // namespace format::codec
