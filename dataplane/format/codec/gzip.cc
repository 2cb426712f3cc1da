// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/gzip.h"

#include "dataplane/base/check.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>

namespace format::codec {
namespace {

/// Deflate cannot do better than 1032:1 (zlib technical notes), so a larger claimed size is a lie.
constexpr std::size_t kRatioMax = 1032;
constexpr std::size_t kFirstGuessBytes = 4096;
constexpr std::size_t kGrowth = 4;
constexpr std::size_t kTrailerBytes = 8;
/// RFC 1952 section 2.3: header checksum, extra field, name and comment.
constexpr std::size_t kFlagsPlace = 3;
constexpr unsigned kOptionalFields = 0x1eU;

/// The size the last member claims for itself (ISIZE, modulo 2^32), cut to what is possible.
std::size_t guess_bytes(std::string_view compressed, std::size_t bytes_max) noexcept {
  std::uint32_t claimed = 0;
  if (compressed.size() >= kTrailerBytes) {
    std::memcpy(&claimed, compressed.data() + compressed.size() - sizeof(claimed), sizeof(claimed));
  }
  const auto possible = std::min(bytes_max, compressed.size() * kRatioMax);
  return std::clamp<std::size_t>(claimed, std::min(kFirstGuessBytes, bytes_max),
                                 std::max(possible, std::min(kFirstGuessBytes, bytes_max)));
}

}  // namespace

bool has_gzip_magic(std::string_view text) noexcept { return text.starts_with("\x1f\x8b\x08"); }

GzipDecoder::~GzipDecoder() { libdeflate_free_decompressor(decompressor_); }

GzipDecoder::Status GzipDecoder::decode_member(std::string_view& compressed, std::size_t bytes_max,
                                               std::size_t padding, std::vector<char>& out,
                                               std::size_t& used) {
  auto room = std::max(guess_bytes(compressed, bytes_max - used),
                       out.size() > used + padding ? out.size() - used - padding : 0);
  room = std::min(room, bytes_max - used);
  while (true) {
    if (out.size() < used + room + padding) {
      out.resize(used + room + padding);
    }
    std::size_t consumed = 0;
    std::size_t produced = 0;
    const auto result =
        libdeflate_gzip_decompress_ex(decompressor_, compressed.data(), compressed.size(),
                                      out.data() + used, room, &consumed, &produced);
    if (result == LIBDEFLATE_SUCCESS) {
      compressed.remove_prefix(consumed);
      used += produced;
      return Status::ok;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return Status::invalid;
    }
    if (room == bytes_max - used) {
      return Status::too_large;
    }
    room = std::min(std::max(room, kFirstGuessBytes) * kGrowth, bytes_max - used);
  }
}

GzipDecoder::Status GzipDecoder::decode(std::string_view compressed, std::size_t bytes_max,
                                        std::size_t padding, std::vector<char>& out,
                                        std::string_view& decoded) {
  if (decompressor_ == nullptr) {
    decompressor_ = libdeflate_alloc_decompressor();
    CHECK(decompressor_ != nullptr);
  }
  std::size_t used = 0;
  std::size_t members = 0;
  const auto flags = compressed.size() > kFlagsPlace
                         ? static_cast<unsigned char>(compressed[kFlagsPlace])
                         : kOptionalFields;
  do {
    ++members;
    const auto status = decode_member(compressed, bytes_max, padding, out, used);
    if (status != Status::ok) {
      return status;
    }
  } while (has_gzip_magic(compressed));
  is_plain_member_ = members == 1 && compressed.empty() && (flags & kOptionalFields) == 0;
  decoded = {out.data(), used};
  return Status::ok;
}

}  // namespace format::codec
