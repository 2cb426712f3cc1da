// SPDX-License-Identifier: LicenseRef-Project
// The image as a stream of equal blocks, from a raw file or a zstd-compressed one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace ap::flash {

inline constexpr std::size_t kBlockBytes = 1U << 20U;

/// Reads an image from its start to its end. Owner: one flash run; one thread. Bounds: one block
/// and zstd's window (128 MiB at most). Throws exec::Failure for a file that cannot be read or is
/// damaged (zstd frames carry a checksum).
class ImageReader {
 public:
  /// `.zst` by its magic number, anything else is raw.
  static std::unique_ptr<ImageReader> open(const std::filesystem::path& path);

  ImageReader() = default;
  ImageReader(const ImageReader&) = delete;
  ImageReader& operator=(const ImageReader&) = delete;
  ImageReader(ImageReader&&) = delete;
  ImageReader& operator=(ImageReader&&) = delete;
  virtual ~ImageReader() = default;

  /// Size of the raw image.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;

  /// Fills `block` and returns how much is in it; less than its size only at the end.
  virtual std::size_t read(std::span<std::byte> block) = 0;
};

}  // namespace ap::flash
