// SPDX-License-Identifier: LicenseRef-Project
// Content codings of HTTP bodies: choosing one, compressing whole bodies or streams, bounded
// decompression.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cp::web {

enum class Encoding { identity, gzip, deflate, zstd };

/// The token of HTTP: `gzip`, `deflate`, `zstd`; empty for identity.
std::string_view encoding_name(Encoding encoding) noexcept;

/// The coding a `Content-Encoding` names; nothing for one we do not speak.
std::optional<Encoding> parse_encoding(std::string_view name) noexcept;

/// The best coding an `Accept-Encoding` value allows (zstd, then gzip, then deflate); `q=0` refuses
/// one.
Encoding choose_encoding(std::string_view accept_encoding) noexcept;

/// Compresses a stream piece by piece. Thread: one at a time.
class Compressor {
 public:
  explicit Compressor(Encoding encoding);
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  Compressor(Compressor&&) = delete;
  Compressor& operator=(Compressor&&) = delete;
  ~Compressor();

  /// Takes `piece` and returns the compressed bytes that are ready, possibly none. `flush` leaves
  /// nothing behind, so that the receiver can decode everything written so far.
  std::string write(std::string_view piece, bool flush = false);
  /// Ends the stream and returns its last bytes.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A whole body at once.
std::string compress(Encoding encoding, std::string_view body);

/// The decoded body; nothing when it is damaged, cut off, or longer than `bytes_max`.
std::optional<std::string> decompress(Encoding encoding, std::string_view body,
                                      std::size_t bytes_max);

}  // namespace cp::web
