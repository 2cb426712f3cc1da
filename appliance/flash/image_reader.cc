// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/flash/image_reader.h"

#include "appliance/exec/failure.h"

#include <zstd.h>

#include <array>
#include <fstream>
#include <string>
#include <vector>

namespace ap::flash {
namespace {

using exec::Failure;
using exec::FailureKind;

constexpr std::array<unsigned char, 4> kZstdMagic{0x28, 0xb5, 0x2f, 0xfd};
constexpr int kWindowLogMax = 27;

class RawReader final : public ImageReader {
 public:
  explicit RawReader(const std::filesystem::path& path)
      : file_(path, std::ios::binary), bytes_(std::filesystem::file_size(path)) {}

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }

  std::size_t read(std::span<std::byte> block) override {
    file_.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
    if (file_.bad()) {
      throw Failure(FailureKind::failed, "the image cannot be read");
    }
    return static_cast<std::size_t>(file_.gcount());
  }

 private:
  std::ifstream file_;
  std::uint64_t bytes_;
};

class ZstdReader final : public ImageReader {
 public:
  explicit ZstdReader(const std::filesystem::path& path)
      : file_(path, std::ios::binary), stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kWindowLogMax);
    refill();
    const auto size = ZSTD_getFrameContentSize(compressed_.data(), input_.size);
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) {
      throw Failure(FailureKind::invalid,
                    "the compressed image does not say how large it is; decompress it first");
    }
    bytes_ = size;
  }

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }

  std::size_t read(std::span<std::byte> block) override {
    ZSTD_outBuffer output{block.data(), block.size(), 0};
    while (output.pos < output.size) {
      if (input_.pos == input_.size && !refill() && is_frame_complete_) {
        break;
      }
      const auto before = output.pos;
      const std::size_t rest = ZSTD_decompressStream(stream_.get(), &output, &input_);
      if (ZSTD_isError(rest) != 0) {
        throw Failure(FailureKind::failed,
                      std::string("the compressed image is damaged: ") + ZSTD_getErrorName(rest));
      }
      is_frame_complete_ = rest == 0;
      if (!is_frame_complete_ && input_.size == 0 && output.pos == before) {
        throw Failure(FailureKind::failed, "the compressed image ends too early");
      }
    }
    return output.pos;
  }

 private:
  /// Reads on; false at the end of the file.
  bool refill() {
    file_.read(compressed_.data(), static_cast<std::streamsize>(compressed_.size()));
    input_ = {compressed_.data(), static_cast<std::size_t>(file_.gcount()), 0};
    return input_.size > 0;
  }

  std::ifstream file_;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
  std::vector<char> compressed_ = std::vector<char>(kBlockBytes);
  ZSTD_inBuffer input_{nullptr, 0, 0};
  std::uint64_t bytes_ = 0;
  bool is_frame_complete_ = false;
};

}  // namespace

std::unique_ptr<ImageReader> ImageReader::open(const std::filesystem::path& path) {
  std::array<unsigned char, 4> magic{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(magic.data()), magic.size())) {
    throw Failure(FailureKind::not_found, "cannot read the image " + path.string(), "image");
  }
  if (magic == kZstdMagic) {
    return std::make_unique<ZstdReader>(path);
  }
  return std::make_unique<RawReader>(path);
}

}  // namespace ap::flash
