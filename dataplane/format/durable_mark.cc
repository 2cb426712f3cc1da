// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/durable_mark.h"

#include "dataplane/base/descriptor.h"
#include "dataplane/format/format_error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace format {
namespace {

// "BRSTLDUR" read as a little-endian number.
constexpr std::uint64_t kDurableMarkMagic = 0x5255444C54535242;
constexpr std::uint64_t kRefusalFlag = std::uint64_t{1} << 32;

}  // namespace

void publish_durable_mark(DurableMarkPage& page, DurableMark mark) noexcept {
  page.segment_first.store(mark.segment_first, std::memory_order_relaxed);
  page.durable_end.store(mark.durable_end, std::memory_order_release);
  page.magic.store(kDurableMarkMagic, std::memory_order_release);
}

std::optional<DurableMark> read_durable_mark(const DurableMarkPage& page) noexcept {
  if (page.magic.load(std::memory_order_acquire) != kDurableMarkMagic) {
    return std::nullopt;
  }
  DurableMark mark;
  mark.durable_end = page.durable_end.load(std::memory_order_acquire);
  mark.segment_first = page.segment_first.load(std::memory_order_relaxed);
  return mark;
}

void publish_refusal(DurableMarkPage& page, Sequence first, std::uint32_t salt) noexcept {
  page.refused_from.store(first, std::memory_order_relaxed);
  page.refused_in.store(kRefusalFlag | salt, std::memory_order_release);
}

std::optional<Sequence> refused_from(const DurableMarkPage& page, std::uint32_t salt) noexcept {
  if (page.refused_in.load(std::memory_order_acquire) != (kRefusalFlag | salt)) {
    return std::nullopt;
  }
  return page.refused_from.load(std::memory_order_relaxed);
}

base::Result<DurableMarkView> DurableMarkView::open(
    const std::filesystem::path& partition_directory) {
  const std::filesystem::path path = partition_directory / kDurableMarkName;
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  struct stat status{};
  void* mapping = MAP_FAILED;
  if (::fstat(file.number(), &status) == 0 &&
      status.st_size >= static_cast<off_t>(kDurableMarkBytes)) {
    mapping = ::mmap(nullptr, kDurableMarkBytes, PROT_READ, MAP_SHARED, file.number(), 0);
  }
  if (mapping == MAP_FAILED) {
    return base::unexpected(make_error(FormatError::bad_length));
  }
  return DurableMarkView(mapping);
}

DurableMarkView::DurableMarkView(DurableMarkView&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)) {}

DurableMarkView& DurableMarkView::operator=(DurableMarkView&& other) noexcept {
  if (this != &other) {
    unmap();
    mapping_ = std::exchange(other.mapping_, nullptr);
  }
  return *this;
}

DurableMarkView::~DurableMarkView() { unmap(); }

void DurableMarkView::unmap() noexcept {
  if (mapping_ != nullptr) {
    ::munmap(mapping_, kDurableMarkBytes);
    mapping_ = nullptr;
  }
}

std::optional<DurableMark> DurableMarkView::read() const noexcept {
  return read_durable_mark(*static_cast<const DurableMarkPage*>(mapping_));
}

}  // namespace format
