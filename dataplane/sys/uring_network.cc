// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/base/check.h"
#include "dataplane/sys/internal/ring.h"
#include "dataplane/sys/uring.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace dp::sys {
namespace {

using internal::Ring;
using internal::RingOperation;
using internal::RingTag;

constexpr std::uint16_t kBufferGroup = 0;
constexpr std::size_t kPageBytes = 4096;
/// What one `skip` takes at most.
constexpr std::size_t kSkipBytesMax = std::size_t{1} << 20;

// Multishot accept on one listening descriptor.
class AcceptOperation final : public RingOperation {
 public:
  AcceptOperation(Ring& ring, int descriptor, AcceptListener& listener) noexcept
      : ring_(ring), descriptor_(descriptor), listener_(listener) {}

  void arm() noexcept {
    is_armed_ = true;
    io_uring_sqe& entry = ring_.start({IORING_OP_ACCEPT, descriptor_},
                                      static_cast<RingOperation*>(this), RingTag::operation);
    entry.accept_flags = SOCK_CLOEXEC;
    entry.ioprio |= IORING_ACCEPT_MULTISHOT;
  }

  void stop() noexcept {
    is_stopped_ = true;
    if (is_armed_) {
      ring_.cancel(Ring::user_data(static_cast<RingOperation*>(this), RingTag::operation));
    }
  }

  void ended(std::int32_t result, std::uint32_t flags) noexcept override {
    is_armed_ = (flags & IORING_CQE_F_MORE) != 0;
    if (result >= 0) {
      listener_.descriptor_accepted(result);
    }
    if (is_armed_ || is_stopped_) {
      return;
    }
    // A connection that died in the queue is no reason to stop.
    if (result >= 0 || result == -ECONNABORTED || result == -EINTR) {
      arm();
      return;
    }
    listener_.accept_failed(result);
  }

  [[nodiscard]] bool serves(int descriptor) const noexcept { return descriptor == descriptor_; }
  [[nodiscard]] bool is_armed() const noexcept { return is_armed_; }

 private:
  Ring& ring_;
  int descriptor_;
  AcceptListener& listener_;
  bool is_armed_ = false;
  bool is_stopped_ = false;
};

// One attempt to connect; frees itself after telling.
class ConnectOperation final : public RingOperation {
 public:
  explicit ConnectOperation(ConnectCompletion& completion) noexcept : completion_(completion) {}

  void start(Ring& ring, std::string_view path) noexcept {
    address_.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address_.sun_path)) {
      fail_later(ring, -ENAMETOOLONG);
      return;
    }
    std::memcpy(address_.sun_path, path.data(), path.size());
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor_ < 0) {
      fail_later(ring, -errno);
      return;
    }
    ring.start({IORING_OP_CONNECT, descriptor_, &address_, 0, sizeof(address_)},
               static_cast<RingOperation*>(this), RingTag::operation);
  }

  void ended(std::int32_t result, std::uint32_t /*flags*/) noexcept override {
    const std::int32_t outcome = failure_ != 0 ? failure_ : result;
    if (outcome < 0 && descriptor_ >= 0) {
      ::close(descriptor_);
    }
    ConnectCompletion& completion = completion_;
    const int descriptor = descriptor_;
    delete this;
    completion.connect_done(outcome < 0 ? outcome : descriptor);
  }

 private:
  void fail_later(Ring& ring, std::int32_t error) noexcept {
    failure_ = error;
    ring.start({IORING_OP_NOP}, static_cast<RingOperation*>(this), RingTag::operation);
  }

  ConnectCompletion& completion_;
  int descriptor_ = -1;
  std::int32_t failure_ = 0;
  sockaddr_un address_{};
};

}  // namespace

class UringNetwork::State final : public internal::SocketSink {
 public:
  State(Ring& ring_to_use, Options chosen) noexcept : ring(ring_to_use), options(chosen) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;

  ~State() {
    ring.set_socket_sink(nullptr);
    if (buffers != nullptr) {
      ::munmap(buffers, buffers_bytes());
    }
    if (skipped != nullptr) {
      ::munmap(skipped, kSkipBytesMax);
    }
    if (buffer_ring != nullptr) {
      io_uring_unregister_buf_ring(&ring.raw(), kBufferGroup);
      ::munmap(buffer_ring, buffer_ring_bytes());
    }
  }

  int initialize() noexcept {
    CHECK((options.buffer_count & (options.buffer_count - 1)) == 0);
    CHECK(options.buffer_bytes > kReceivePaddingBytes);
    void* entries = ::mmap(nullptr, buffer_ring_bytes(), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void* memory = ::mmap(nullptr, buffers_bytes(), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void* nowhere = ::mmap(nullptr, kSkipBytesMax, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (entries == MAP_FAILED || memory == MAP_FAILED || nowhere == MAP_FAILED) {
      return ENOMEM;
    }
    skipped = static_cast<std::byte*>(nowhere);
    buffers = static_cast<std::byte*>(memory);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(entries);
    registration.ring_entries = options.buffer_count;
    registration.bgid = kBufferGroup;
    const int result = io_uring_register_buf_ring(&ring.raw(), &registration, 0);
    if (result != 0) {
      ::munmap(entries, buffer_ring_bytes());
      return -result;
    }
    buffer_ring = static_cast<io_uring_buf_ring*>(entries);
    io_uring_buf_ring_init(buffer_ring);
    for (std::uint32_t index = 0; index < options.buffer_count; ++index) {
      give_back(static_cast<std::uint16_t>(index));
    }
    harvest_done();
    ring.set_socket_sink(this);
    return 0;
  }

  [[nodiscard]] std::size_t buffers_bytes() const noexcept {
    return std::size_t{options.buffer_count} * options.buffer_bytes + kPageBytes;
  }
  [[nodiscard]] std::size_t buffer_ring_bytes() const noexcept {
    return options.buffer_count * sizeof(io_uring_buf);
  }
  [[nodiscard]] std::byte* buffer(std::uint16_t index) const noexcept {
    return buffers + std::size_t{index} * options.buffer_bytes;
  }

  void give_back(std::uint16_t index) noexcept {
    io_uring_buf_ring_add(buffer_ring, buffer(index),
                          options.buffer_bytes - static_cast<std::uint32_t>(kReceivePaddingBytes),
                          index, static_cast<int>(options.buffer_count - 1), given_back++);
  }

  void arm(Socket& socket) noexcept {
    socket.is_receive_armed = true;
    io_uring_sqe& entry =
        ring.start({IORING_OP_RECV, socket.descriptor}, &socket, RingTag::receive);
    entry.flags |= IOSQE_BUFFER_SELECT;
    entry.ioprio |= socket.is_one_piece_wanted ? 0 : IORING_RECV_MULTISHOT;
    entry.buf_group = kBufferGroup;
  }

  // A plain receive, when none is under way.
  bool take(Socket& socket, base::MutableBytes to, std::uint32_t flags) noexcept {
    if (socket.is_receive_armed || socket.is_waiting_to_arm || socket.is_receive_over ||
        socket.is_closing || !socket.is_receive_wanted) {
      return false;
    }
    socket.is_receive_armed = true;
    socket.is_taking = true;
    io_uring_sqe& entry = ring.start(
        {IORING_OP_RECV, socket.descriptor, to.data(), static_cast<std::uint32_t>(to.size())},
        &socket, RingTag::receive);
    entry.msg_flags = flags;
    return true;
  }

  // After this harvest, when the buffers it used are back.
  void arm_later(Socket& socket) noexcept {
    if (!socket.is_waiting_to_arm) {
      socket.is_waiting_to_arm = true;
      socket.next_to_arm = std::exchange(to_arm, &socket);
    }
  }

  void harvest_done() noexcept override {
    if (given_back > 0) {
      io_uring_buf_ring_advance(buffer_ring, std::exchange(given_back, 0));
    }
    while (to_arm != nullptr) {
      Socket& socket = *std::exchange(to_arm, to_arm->next_to_arm);
      socket.is_waiting_to_arm = false;
      if (socket.is_receive_wanted && !socket.is_receive_armed && !socket.is_closing) {
        arm(socket);
      }
    }
  }

  void socket_operation_ended(RingTag tag, void* pointer, std::int32_t result,
                              std::uint32_t flags) noexcept override {
    Socket& socket = *static_cast<Socket*>(pointer);
    switch (tag) {
      case RingTag::receive:
        receive_ended(socket, result, flags);
        break;
      case RingTag::send:
        socket.is_send_in_flight = false;
        if (!socket.is_closing) {
          socket.listener->send_done(result);
          return;
        }
        break;
      default:
        socket.descriptor = -1;
        socket.listener->socket_closed();
        return;
    }
    if (socket.is_closing) {
      close_when_quiet(socket);
    }
  }

  void receive_ended(Socket& socket, std::int32_t result, std::uint32_t flags) noexcept {
    const bool was_closing = socket.is_closing;
    const bool was_taking = std::exchange(socket.is_taking, false);
    socket.is_receive_armed = (flags & IORING_CQE_F_MORE) != 0;
    if (was_taking && !was_closing) {
      // Said to be over before it is told that nothing came.
      socket.is_receive_over = result == 0 || (result < 0 && result != -ECANCELED);
      socket.listener->bytes_taken(result > 0 ? static_cast<std::size_t>(result) : 0);
    } else if (result > 0 && !was_closing) {
      const auto index = static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
      socket.listener->bytes_received(base::Bytes(buffer(index), static_cast<std::size_t>(result)));
    }
    if ((flags & IORING_CQE_F_BUFFER) != 0) {
      give_back(static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT));
    }
    if (was_closing || socket.is_closing) {
      return;
    }
    if (result == 0 || (result < 0 && result != -ENOBUFS && result != -ECANCELED)) {
      socket.is_receive_over = true;
      socket.listener->receive_ended(result);
      return;
    }
    if (!socket.is_receive_armed && socket.is_receive_wanted) {
      arm_later(socket);
    }
  }

  void close_when_quiet(Socket& socket) noexcept {
    if (!socket.is_receive_armed && !socket.is_send_in_flight && !socket.is_close_started) {
      socket.is_close_started = true;
      ring.start({IORING_OP_CLOSE, socket.descriptor}, &socket, RingTag::close);
    }
  }

  Ring& ring;
  Options options;
  io_uring_buf_ring* buffer_ring = nullptr;
  std::byte* buffers = nullptr;
  std::byte* skipped = nullptr;  ///< Where skipped bytes would go.
  int given_back = 0;
  Socket* to_arm = nullptr;
  std::vector<std::unique_ptr<AcceptOperation>> accepts;
};

base::Result<std::unique_ptr<UringNetwork>> UringNetwork::create(Uring& uring, Options options) {
  auto state = std::make_unique<State>(uring.ring(), options);
  const int failed = state->initialize();
  if (failed != 0) {
    return base::unexpected(base::Error::from_errno(failed));
  }
  return std::unique_ptr<UringNetwork>(new UringNetwork(std::move(state)));
}

UringNetwork::UringNetwork(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
UringNetwork::~UringNetwork() = default;

void UringNetwork::accept(std::int32_t descriptor, AcceptListener& listener) noexcept {
  const auto known =
      std::find_if(state_->accepts.begin(), state_->accepts.end(),
                   [descriptor](const auto& operation) { return operation->serves(descriptor); });
  if (known != state_->accepts.end()) {
    if (!(*known)->is_armed()) {
      (*known)->arm();
    }
    return;
  }
  state_->accepts.push_back(std::make_unique<AcceptOperation>(state_->ring, descriptor, listener));
  state_->accepts.back()->arm();
}

void UringNetwork::stop_accepting() noexcept {
  for (const auto& operation : state_->accepts) {
    operation->stop();
  }
}

bool UringNetwork::is_accepting() const noexcept {
  return std::any_of(state_->accepts.begin(), state_->accepts.end(),
                     [](const auto& operation) { return operation->is_armed(); });
}

void UringNetwork::connect_unix(std::string_view path, ConnectCompletion& completion) noexcept {
  auto* operation = new (std::nothrow) ConnectOperation(completion);
  CHECK(operation != nullptr);
  operation->start(state_->ring, path);
}

void UringNetwork::start_receiving(Socket& socket) noexcept {
  socket.is_receive_wanted = true;
  if (!socket.is_receive_armed && !socket.is_receive_over && !socket.is_closing &&
      !socket.is_waiting_to_arm) {
    state_->arm(socket);
  }
}

void UringNetwork::receive_by_piece(Socket& socket, bool is_wanted) noexcept {
  if (socket.is_one_piece_wanted == is_wanted) {
    return;
  }
  socket.is_one_piece_wanted = is_wanted;
  if (is_wanted && socket.is_receive_armed && socket.is_receive_wanted) {
    // Ends the multishot receive; armed again, it is one for a single piece.
    state_->ring.cancel(Ring::user_data(&socket, RingTag::receive));
  }
}

bool UringNetwork::receive_into(Socket& socket, base::MutableBytes to) noexcept {
  return state_->take(socket, to, 0);
}

bool UringNetwork::skip(Socket& socket, std::size_t bytes) noexcept {
  // TCP drops them where they are; other kinds of sockets copy them to where nobody looks.
  const base::MutableBytes nowhere(state_->skipped, std::min(bytes, kSkipBytesMax));
  return state_->take(socket, nowhere, MSG_TRUNC);
}

void UringNetwork::stop_receiving(Socket& socket) noexcept {
  if (socket.is_receive_wanted && socket.is_receive_armed) {
    state_->ring.cancel(Ring::user_data(&socket, RingTag::receive));
  }
  socket.is_receive_wanted = false;
}

void UringNetwork::send(Socket& socket, base::Bytes bytes) noexcept {
  DCHECK(!socket.is_send_in_flight && !socket.is_closing);
  socket.is_send_in_flight = true;
  io_uring_sqe& entry = state_->ring.start(
      {IORING_OP_SEND, socket.descriptor, bytes.data(), static_cast<std::uint32_t>(bytes.size())},
      &socket, RingTag::send);
  entry.msg_flags = MSG_NOSIGNAL | MSG_WAITALL;
}

void UringNetwork::finish_sending(Socket& socket) noexcept {
  // Not through the ring: the kernel runs IORING_OP_SHUTDOWN on a worker thread, which looks the
  // descriptor up when it gets to it. By then the peer may have closed, the number may belong to
  // the next connection, and that one would lose its answer. The call itself never blocks.
  ::shutdown(socket.descriptor, SHUT_WR);
}

void UringNetwork::close(Socket& socket) noexcept {
  if (socket.is_closing) {
    return;
  }
  socket.is_closing = true;
  if (socket.is_receive_armed) {
    state_->ring.cancel(Ring::user_data(&socket, RingTag::receive));
  }
  if (socket.is_send_in_flight) {
    state_->ring.cancel(Ring::user_data(&socket, RingTag::send));
  }
  state_->close_when_quiet(socket);
}

void UringNetwork::discard(std::int32_t descriptor) noexcept { ::close(descriptor); }

std::size_t UringNetwork::peer_address(const Socket& socket, char* to) const noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getpeername(socket.descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return 0;
  }
  const void* number = nullptr;
  in_addr mapped{};
  int family = address.ss_family;
  if (family == AF_INET) {
    number = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  } else if (family == AF_INET6) {
    const in6_addr& wide = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    number = &wide;
    if (IN6_IS_ADDR_V4MAPPED(&wide)) {  // an IPv4 peer of a dual-stack listener
      std::memcpy(&mapped, wide.s6_addr + 12, sizeof(mapped));
      family = AF_INET;
      number = &mapped;
    }
  }
  if (number == nullptr || ::inet_ntop(family, number, to, INET6_ADDRSTRLEN) == nullptr) {
    return 0;
  }
  return std::strlen(to);
}

}  // namespace dp::sys
