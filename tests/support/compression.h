// SPDX-License-Identifier: LicenseRef-Project
// Bodies compressed the ways SDKs compress them, for tests.
#pragma once

#include <libdeflate.h>
#include <zstd.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace support {

enum class DeflateForm { gzip, zlib, raw };

/// `text` compressed by DEFLATE in one of its three wrappings.
inline std::string deflate(std::string_view text, DeflateForm form) {
  constexpr int kLevel = 6;
  auto* compressor = libdeflate_alloc_compressor(kLevel);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  auto* const compress = form == DeflateForm::gzip   ? &libdeflate_gzip_compress
                         : form == DeflateForm::zlib ? &libdeflate_zlib_compress
                                                     : &libdeflate_deflate_compress;
  out.resize((*compress)(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

/// `text` as one Zstandard frame.
inline std::string zstd(std::string_view text, int level = 3) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level));
  return out;
}

/// `text` (shorter than 64 KiB) in Brotli's format as one uncompressed block: what a decoder sees
/// does not depend on which encoder is installed (RFC 7932 section 9.2).
inline std::string brotli_stored(std::string_view text) {
  // Bits from the lowest: window 16 (0), not last (0), four nibbles (00), length - 1, uncompressed.
  const auto length = static_cast<unsigned>(text.size() - 1);
  const unsigned head = length << 4U | 1U << 20U;
  std::string out;
  for (unsigned shift = 0; shift < 24; shift += 8) {
    out += static_cast<char>(head >> shift & 0xffU);
  }
  return out.append(text) + '\x03';  // Last and empty.
}

}  // namespace support
