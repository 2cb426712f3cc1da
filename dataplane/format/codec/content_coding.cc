// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/content_coding.h"

#include "dataplane/base/check.h"

#include <brotli/decode.h>
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace format::codec {
namespace {

constexpr std::size_t kFirstRoomBytes = std::size_t{16} << 10;
constexpr std::size_t kGrowth = 4;
/// First byte of a zlib stream with the window every compressor uses (RFC 1950).
constexpr char kZlibFirstByte = '\x78';
/// A Zstandard context that needed more is given back.
constexpr std::size_t kContextKeptBytes = std::size_t{8} << 20;

/// Room for more in `out`, in steps: what is there already first, then four times what was used.
std::size_t next_room(std::size_t used, ContentDecoder::Room room, std::vector<char>& out) {
  const auto wanted =
      std::min(room.bytes_max, std::max(kFirstRoomBytes, used == 0 ? 0 : used * kGrowth));
  if (out.size() < wanted + room.padding) {
    out.resize(wanted + room.padding);
  }
  return std::min(room.bytes_max, out.size() - room.padding);
}

using BrotliState = std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)>;

ContentDecoder::Status decode_brotli(std::string_view compressed, ContentDecoder::Room room,
                                     std::vector<char>& out, std::string_view& decoded) {
  const BrotliState state(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr),
                          &BrotliDecoderDestroyInstance);
  CHECK(state != nullptr);
  auto input_bytes = compressed.size();
  const auto* input = reinterpret_cast<const std::uint8_t*>(compressed.data());
  std::size_t used = 0;
  while (true) {
    const auto end = next_room(used, room, out);
    auto output_bytes = end - used;
    auto* output = reinterpret_cast<std::uint8_t*>(out.data() + used);
    const auto result = BrotliDecoderDecompressStream(state.get(), &input_bytes, &input,
                                                      &output_bytes, &output, nullptr);
    used = end - output_bytes;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) {
      decoded = {out.data(), used};
      return ContentDecoder::Status::ok;
    }
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
      return ContentDecoder::Status::invalid;
    }
    if (used == room.bytes_max) {
      return ContentDecoder::Status::too_large;
    }
  }
}

char to_lower(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A'))
                                              : character;
}

}  // namespace

std::optional<ContentCoding> find_content_coding(std::string_view name) noexcept {
  struct Name {
    std::string_view text;
    ContentCoding coding;
  };
  constexpr std::array<Name, 6> kNames = {{{"gzip", ContentCoding::gzip},
                                           {"deflate", ContentCoding::deflate},
                                           {"br", ContentCoding::brotli},
                                           {"zstd", ContentCoding::zstd},
                                           {"identity", ContentCoding::identity},
                                           {"", ContentCoding::identity}}};
  for (const auto& known : kNames) {
    if (std::equal(known.text.begin(), known.text.end(), name.begin(), name.end(),
                   [](char left, char right) { return left == to_lower(right); })) {
      return known.coding;
    }
  }
  return std::nullopt;
}

ContentDecoder::~ContentDecoder() {
  libdeflate_free_decompressor(deflate_);
  ZSTD_freeDCtx(zstd_);
}

ContentDecoder::Status ContentDecoder::decode(ContentCoding coding, std::string_view compressed,
                                              Room room, std::vector<char>& out,
                                              std::string_view& decoded) {
  switch (coding) {
    case ContentCoding::gzip:
      switch (gzip_.decode(compressed, room.bytes_max, room.padding, out, decoded)) {
        case GzipDecoder::Status::ok:
          return Status::ok;
        case GzipDecoder::Status::too_large:
          return Status::too_large;
        case GzipDecoder::Status::invalid:
          break;
      }
      return Status::invalid;
    case ContentCoding::deflate:
      return inflate(compressed, room, out, decoded);
    case ContentCoding::brotli:
      return decode_brotli(compressed, room, out, decoded);
    case ContentCoding::zstd:
      return decode_zstd(compressed, room, out, decoded);
    case ContentCoding::identity:
      break;
  }
  return Status::invalid;
}

ContentDecoder::Status ContentDecoder::inflate(std::string_view compressed, Room room,
                                               std::vector<char>& out, std::string_view& decoded) {
  if (deflate_ == nullptr) {
    deflate_ = libdeflate_alloc_decompressor();
    CHECK(deflate_ != nullptr);
  }
  const auto is_zlib = compressed.starts_with(kZlibFirstByte);
  std::size_t tried = 0;
  while (true) {
    const auto end = next_room(tried, room, out);
    std::size_t produced = 0;
    const auto result =
        is_zlib ? libdeflate_zlib_decompress(deflate_, compressed.data(), compressed.size(),
                                             out.data(), end, &produced)
                : libdeflate_deflate_decompress(deflate_, compressed.data(), compressed.size(),
                                                out.data(), end, &produced);
    if (result == LIBDEFLATE_SUCCESS) {
      decoded = {out.data(), produced};
      return Status::ok;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return Status::invalid;
    }
    if (end == room.bytes_max) {
      return Status::too_large;
    }
    tried = end;
  }
}

ContentDecoder::Status ContentDecoder::decode_zstd(std::string_view compressed, Room room,
                                                   std::vector<char>& out,
                                                   std::string_view& decoded) {
  if (zstd_ == nullptr) {
    zstd_ = ZSTD_createDCtx();
    CHECK(zstd_ != nullptr);
    CHECK(ZSTD_isError(ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, kZstdWindowLogMax)) == 0);
  }
  ZSTD_inBuffer input{compressed.data(), compressed.size(), 0};
  auto status = Status::invalid;
  std::size_t used = 0;
  while (true) {
    ZSTD_outBuffer output{out.data(), 0, 0};
    output.size = next_room(used, room, out);
    output.dst = out.data();
    output.pos = used;
    const auto rest = ZSTD_decompressStream(zstd_, &output, &input);
    used = output.pos;
    if (ZSTD_isError(rest) != 0) {
      break;
    }
    if (rest == 0 && input.pos == input.size) {
      decoded = {out.data(), used};
      status = Status::ok;
      break;
    }
    if (used == room.bytes_max) {
      status = Status::too_large;
      break;
    }
    if (rest != 0 && used < output.size && input.pos == input.size) {
      break;  // The stream ends within a frame.
    }
  }
  if (ZSTD_sizeof_DCtx(zstd_) > kContextKeptBytes) {
    ZSTD_freeDCtx(zstd_);
    zstd_ = nullptr;
  } else {
    ZSTD_DCtx_reset(zstd_, ZSTD_reset_session_only);
  }
  return status;
}

}  // namespace format::codec
