// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/compression.h"

#include "controlplane/web/message.h"
#include "dataplane/base/check.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace cp::web {
namespace {

constexpr std::size_t kStepBytes = std::size_t{64} << 10U;
constexpr int kDeflateLevel = 3;      // ClickHouse's own default for HTTP responses
constexpr int kZstdLevel = 3;         // zstd's default
constexpr int kGzipWindow = 15 + 16;  // zlib: 15 bits, +16 writes a gzip wrapper
constexpr int kZlibWindow = 15;

Bytef* as_zlib(const char* data) noexcept {
  // zlib's next_in is not const for historical reasons; it never writes through it.
  return reinterpret_cast<Bytef*>(const_cast<char*>(data));  // NOLINT
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Reads `gzip;q=0.5`; the weight matters only as zero or not.
bool is_refused(std::string_view parameters) noexcept {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) {
    return false;
  }
  const auto weight = trimmed(parameters.substr(at + 2));
  return weight.find_first_not_of("0.") == std::string_view::npos;
}

std::optional<std::string> inflate_all(std::string_view body, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, kZlibWindow + 32) != Z_OK) {  // +32 accepts zlib and gzip wrappers
    return std::nullopt;
  }
  std::string decoded;
  std::array<char, kStepBytes> step{};
  stream.next_in = as_zlib(body.data());
  std::size_t left = body.size();
  int status = Z_OK;
  while (status == Z_OK) {
    if (stream.avail_in == 0) {
      const auto slice = std::min<std::size_t>(left, std::numeric_limits<uInt>::max());
      stream.avail_in = static_cast<uInt>(slice);
      left -= slice;
    }
    stream.next_out = as_zlib(step.data());
    stream.avail_out = static_cast<uInt>(step.size());
    status = inflate(&stream, Z_NO_FLUSH);
    decoded.append(step.data(), step.size() - stream.avail_out);
    if (decoded.size() > bytes_max) {
      status = Z_DATA_ERROR;
    }
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    return std::nullopt;
  }
  return decoded;
}

std::optional<std::string> unpack_zstd(std::string_view body, std::size_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     &ZSTD_freeDCtx);
  std::string decoded;
  std::array<char, kStepBytes> step{};
  ZSTD_inBuffer input{body.data(), body.size(), 0};
  std::size_t state = 1;
  bool filled = false;
  while (input.pos < input.size || filled) {
    ZSTD_outBuffer output{step.data(), step.size(), 0};
    state = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(state) != 0) {
      return std::nullopt;
    }
    decoded.append(step.data(), output.pos);
    if (decoded.size() > bytes_max) {
      return std::nullopt;
    }
    filled = output.pos == output.size;
  }
  if (state != 0) {
    return std::nullopt;
  }
  return decoded;
}

}  // namespace

std::string_view encoding_name(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::gzip:
      return "gzip";
    case Encoding::deflate:
      return "deflate";
    case Encoding::zstd:
      return "zstd";
    case Encoding::identity:
      break;
  }
  return {};
}

std::optional<Encoding> parse_encoding(std::string_view name) noexcept {
  name = trimmed(name);
  if (name.empty() || equal_ignoring_case(name, "identity")) {
    return Encoding::identity;
  }
  for (const auto encoding : {Encoding::gzip, Encoding::deflate, Encoding::zstd}) {
    if (equal_ignoring_case(name, encoding_name(encoding))) {
      return encoding;
    }
  }
  return equal_ignoring_case(name, "x-gzip") ? std::optional(Encoding::gzip) : std::nullopt;
}

Encoding choose_encoding(std::string_view accept_encoding) noexcept {
  std::array<bool, 4> accepted{};
  while (!accept_encoding.empty()) {
    const auto end = std::min(accept_encoding.find(','), accept_encoding.size());
    const auto item = accept_encoding.substr(0, end);
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto encoding = parse_encoding(item.substr(0, semicolon));
    if (encoding && !is_refused(item.substr(semicolon))) {
      accepted.at(static_cast<std::size_t>(*encoding)) = true;
    }
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
  }
  for (const auto encoding : {Encoding::zstd, Encoding::gzip, Encoding::deflate}) {
    if (accepted.at(static_cast<std::size_t>(encoding))) {
      return encoding;
    }
  }
  return Encoding::identity;
}

struct Compressor::State {
  Encoding encoding = Encoding::identity;
  z_stream deflate{};
  ZSTD_CCtx* zstd = nullptr;

  std::string run_deflate(std::string_view piece, int mode) {
    std::string packed;
    std::array<char, kStepBytes> step{};
    do {
      const auto slice = std::min<std::size_t>(piece.size(), std::numeric_limits<uInt>::max());
      deflate.next_in = as_zlib(piece.data());
      deflate.avail_in = static_cast<uInt>(slice);
      piece.remove_prefix(slice);
      do {
        deflate.next_out = as_zlib(step.data());
        deflate.avail_out = static_cast<uInt>(step.size());
        ::deflate(&deflate, piece.empty() ? mode : Z_NO_FLUSH);
        packed.append(step.data(), step.size() - deflate.avail_out);
      } while (deflate.avail_out == 0);
    } while (!piece.empty());
    return packed;
  }

  std::string run_zstd(std::string_view piece, ZSTD_EndDirective mode) const {
    std::string packed;
    std::array<char, kStepBytes> step{};
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer output{step.data(), step.size(), 0};
      left = ZSTD_compressStream2(zstd, &output, &input, mode);
      CHECK(ZSTD_isError(left) == 0);
      packed.append(step.data(), output.pos);
    } while (input.pos < input.size || (mode != ZSTD_e_continue && left > 0));
    return packed;
  }
};

Compressor::Compressor(Encoding encoding) : state_(std::make_unique<State>()) {
  state_->encoding = encoding;
  if (encoding == Encoding::zstd) {
    state_->zstd = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(state_->zstd, ZSTD_c_compressionLevel, kZstdLevel);
  } else if (encoding != Encoding::identity) {
    const int window = encoding == Encoding::gzip ? kGzipWindow : kZlibWindow;
    CHECK(deflateInit2(&state_->deflate, kDeflateLevel, Z_DEFLATED, window, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
  }
}

Compressor::~Compressor() {
  if (state_->encoding == Encoding::zstd) {
    ZSTD_freeCCtx(state_->zstd);
  } else if (state_->encoding != Encoding::identity) {
    deflateEnd(&state_->deflate);
  }
}

std::string Compressor::write(std::string_view piece, bool flush) {
  switch (state_->encoding) {
    case Encoding::identity:
      return std::string(piece);
    case Encoding::zstd:
      return state_->run_zstd(piece, flush ? ZSTD_e_flush : ZSTD_e_continue);
    case Encoding::gzip:
    case Encoding::deflate:
      break;
  }
  return state_->run_deflate(piece, flush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
}

std::string Compressor::finish() {
  switch (state_->encoding) {
    case Encoding::identity:
      return {};
    case Encoding::zstd:
      return state_->run_zstd({}, ZSTD_e_end);
    case Encoding::gzip:
    case Encoding::deflate:
      break;
  }
  return state_->run_deflate({}, Z_FINISH);
}

std::string compress(Encoding encoding, std::string_view body) {
  Compressor compressor(encoding);
  std::string packed = compressor.write(body);
  packed += compressor.finish();
  return packed;
}

std::optional<std::string> decompress(Encoding encoding, std::string_view body,
                                      std::size_t bytes_max) {
  switch (encoding) {
    case Encoding::identity:
      return body.size() <= bytes_max ? std::optional(std::string(body)) : std::nullopt;
    case Encoding::zstd:
      return unpack_zstd(body, bytes_max);
    case Encoding::gzip:
    case Encoding::deflate:
      break;
  }
  return inflate_all(body, bytes_max);
}

}  // namespace cp::web
