// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/sys/handover.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace dp::sys {
namespace {

constexpr std::uint32_t kMagic = 0x31485242;  // "BRH1"
constexpr std::size_t kDescriptorsMax = 253;  // SCM_MAX_FD
/// More than the largest body and head; a longer rest is not worth keeping its connection for.
constexpr std::uint32_t kUnusedBytesMax = std::uint32_t{64} << 20;

/// What stands in front of the sizes of a message, one size for each connection.
struct MessageHeader {
  std::uint32_t magic = kMagic;
  std::uint32_t count = 0;
};

void close_all(const int* descriptors, std::size_t count) noexcept {
  for (std::size_t index = 0; index < count; ++index) {
    ::close(descriptors[index]);
  }
}

/// `bytes` in a file without a name, or -1.
int file_of(base::Bytes bytes) noexcept {
  const int file = ::memfd_create("handover", MFD_CLOEXEC);
  while (file >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written <= 0) {
      ::close(file);
      return -1;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return file;
}

/// The first `size` bytes of `file`; nothing when it is shorter.
std::optional<std::vector<std::byte>> content_of(int file, std::size_t size) {
  std::vector<std::byte> content(size);
  std::size_t read = 0;
  while (read < size) {
    const ssize_t count =
        ::pread(file, content.data() + read, size - read, static_cast<off_t>(read));
    if (count <= 0) {
      return std::nullopt;
    }
    read += static_cast<std::size_t>(count);
  }
  return content;
}

/// One message of a line: sizes, and descriptors that belong to whoever received it.
struct Message {
  MessageHeader header;
  std::array<std::uint32_t, kDescriptorsMax> sizes{};
  std::array<int, kDescriptorsMax> descriptors{};
  std::size_t descriptor_count = 0;

  /// Whether the sizes are there and ask for exactly the descriptors that came.
  [[nodiscard]] bool is_whole(std::size_t bytes) const noexcept {
    if (bytes < sizeof(header) || header.magic != kMagic || header.count > kDescriptorsMax ||
        bytes != sizeof(header) + header.count * sizeof(std::uint32_t)) {
      return false;
    }
    std::size_t wanted = 0;
    for (std::size_t index = 0; index < header.count; ++index) {
      wanted += sizes[index] == 0 ? 1U : 2U;
    }
    return wanted == descriptor_count;
  }
};

/// The bytes received, 0 at the end or when there is nothing now.
std::size_t receive(int line, Message& message) noexcept {
  std::array<iovec, 2> pieces{
      {{&message.header, sizeof(message.header)}, {message.sizes.data(), sizeof(message.sizes)}}};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int) * kDescriptorsMax)> control{};
  msghdr form{};
  form.msg_iov = pieces.data();
  form.msg_iovlen = pieces.size();
  form.msg_control = control.data();
  form.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(line, &form, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  const cmsghdr* rights = count > 0 ? CMSG_FIRSTHDR(&form) : nullptr;
  if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    message.descriptor_count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    std::memcpy(message.descriptors.data(), CMSG_DATA(rights),
                message.descriptor_count * sizeof(int));
  }
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void unpack(const Message& message, std::vector<HandedConnection>& to) {
  const int* next = message.descriptors.data();
  for (std::size_t index = 0; index < message.header.count; ++index) {
    const int descriptor = *next++;
    const auto size = message.sizes[index];
    if (size == 0) {
      to.push_back({descriptor, {}});
      continue;
    }
    const int file = *next++;
    auto unused = size <= kUnusedBytesMax ? content_of(file, size) : std::nullopt;
    ::close(file);
    if (unused) {
      to.push_back({descriptor, std::move(*unused)});
    } else {
      ::close(descriptor);
    }
  }
}

}  // namespace

base::Result<HandoverLine> open_handover_line() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  // As many messages as the kernel allows: they wait while nobody reads.
  const int bytes = 1 << 20;
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
  return HandoverLine{ends[0], ends[1]};
}

HandoverSender::~HandoverSender() { clear(); }

void HandoverSender::clear() noexcept {
  close_all(descriptors_.data(), descriptor_count_);
  descriptor_count_ = 0;
  count_ = 0;
}

bool HandoverSender::give(int descriptor, base::Bytes unused) noexcept {
  if (unused.size() > kUnusedBytesMax || (count_ == kBatchMax && !flush())) {
    return false;
  }
  const int file = unused.empty() ? -1 : file_of(unused);
  const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0 || (file < 0 && !unused.empty())) {
    close_all(&own, own < 0 ? 0 : 1);
    close_all(&file, file < 0 ? 0 : 1);
    return false;
  }
  descriptors_[descriptor_count_++] = own;
  if (file >= 0) {
    descriptors_[descriptor_count_++] = file;
  }
  unused_bytes_[count_++] = static_cast<std::uint32_t>(unused.size());
  return true;
}

bool HandoverSender::flush() noexcept {
  if (count_ == 0) {
    return true;
  }
  MessageHeader header{kMagic, static_cast<std::uint32_t>(count_)};
  std::array<iovec, 2> pieces{
      {{&header, sizeof(header)}, {unused_bytes_.data(), count_ * sizeof(std::uint32_t)}}};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int) * kBatchMax * 2)> control{};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count_);
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count_);
  std::memcpy(CMSG_DATA(rights), descriptors_.data(), sizeof(int) * descriptor_count_);
  if (::sendmsg(line_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    return false;
  }
  clear();
  return true;
}

std::vector<HandedConnection> take_handed(int line) {
  std::vector<HandedConnection> taken;
  Message message;
  for (auto bytes = receive(line, message); bytes > 0; bytes = receive(line, message)) {
    if (message.is_whole(bytes)) {
      unpack(message, taken);
    } else {
      close_all(message.descriptors.data(), message.descriptor_count);
    }
    message = Message{};
  }
  return taken;
}

}  // namespace dp::sys
