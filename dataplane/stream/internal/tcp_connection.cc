// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/stream/internal/tcp_connection.h"

#include "dataplane/base/check.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dp::stream::internal {
namespace {

/// Pieces that were under way when receiving was paused may exceed the bound of the unconsumed
/// piece by this much.
constexpr std::size_t kPausedSlackBytes = std::size_t{1} << 20;
/// Room that is made at once for a message that is announced to be large; then it doubles.
constexpr std::size_t kRoomBytes = (std::size_t{128} << 10) - sys::kReceivePaddingBytes;

void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

TcpConnection::TcpConnection(TcpContext& context) noexcept
    : context_(context), queue_(context.buffers), timer_(*this) {}

TcpConnection::~TcpConnection() {
  if (kept_.data != nullptr) {
    context_.buffers.give_back(kept_);
  }
}

void TcpConnection::open(std::int32_t descriptor) noexcept {
  DCHECK(kept_.data == nullptr && queue_.bytes() == 0);
  socket_ = sys::Socket{};
  socket_.listener = this;
  socket_.descriptor = descriptor;
  handler_ = nullptr;
  phase_ = Phase::serving;
  is_paused_ = false;
  is_show_wanted_ = false;
  has_peer_finished_ = false;
  is_finish_told_ = false;
  unconsumed_bytes_max_ = context_.options.unconsumed_bytes_default;
  taking_ = Taking::nothing;
  awaited_bytes_ = 0;
  skip_bytes_ = 0;
  // Nobody knows yet what comes; the first small message changes it.
  socket_.is_one_piece_wanted = true;
  address_bytes_ = kAddressUnknown;
}

void TcpConnection::start(ConnectionHandler* handler) noexcept {
  handler_ = handler;
  if (handler == nullptr) {
    abort();
    return;
  }
  if (is_serving() && !is_paused_) {
    context_.network.start_receiving(socket_);
  }
}

void TcpConnection::show_first(base::Bytes bytes) noexcept {
  if (!is_serving() || bytes.empty()) {
    return;
  }
  unconsumed_bytes_max_ += bytes.size();  // until the handler has seen them and says otherwise
  keep(bytes);
  is_show_wanted_ = true;
  become_due();
}

void TcpConnection::become_due() noexcept {
  if (!is_due_) {
    is_due_ = true;
    next_due_ = std::exchange(context_.due, this);
  }
}

TcpConnection* TcpConnection::take_due(TcpContext& context) noexcept {
  return std::exchange(context.due, nullptr);
}

TcpConnection* TcpConnection::detach_due() noexcept {
  is_due_ = false;
  return std::exchange(next_due_, nullptr);
}

// Receiving.

void TcpConnection::bytes_received(base::Bytes bytes) noexcept {
  add(context_.counters.received_bytes, bytes.size());
  if (!is_serving()) {
    return;
  }
  if (is_paused_) {
    keep(bytes);
    return;
  }
  if (kept_begin_ != kept_end_) {
    keep(bytes);
    if (is_serving()) {
      show_kept();
    }
  } else {
    show(bytes);
  }
  if (awaited_bytes_ > 0 || skip_bytes_ > 0) {
    take_more();
  } else if (socket_.is_one_piece_wanted && is_serving()) {
    context_.network.receive_by_piece(socket_, false);
  }
}

void TcpConnection::show(base::Bytes bytes) noexcept {
  skip_bytes_ = 0;
  const std::size_t consumed = handler_->received(*this, bytes);
  CHECK(consumed <= bytes.size());
  if (is_serving() && consumed < bytes.size()) {
    keep(bytes.subspan(consumed));
  }
}

// Lets the rest of a large message come straight to its place, or go.
void TcpConnection::take_more() noexcept {
  if (!is_serving() || is_paused_) {
    return;
  }
  if (awaited_bytes_ <= kept_bytes()) {
    awaited_bytes_ = 0;
  }
  if (awaited_bytes_ > 0 || skip_bytes_ > 0) {
    context_.network.receive_by_piece(socket_, true);
  }
  if (socket_.is_receive_armed) {
    return;  // What is on its way comes in pieces.
  }
  if (awaited_bytes_ > 0) {
    const auto room = std::max(kRoomBytes, kept_bytes() * 2);
    const auto missing = std::min(awaited_bytes_, room) - kept_bytes();
    make_room(missing);
    if (context_.network.receive_into(socket_, {kept_.data + kept_end_, missing})) {
      taking_ = Taking::kept;
    }
  } else if (skip_bytes_ > 0 && context_.network.skip(socket_, skip_bytes_)) {
    taking_ = Taking::skipped;
  }
}

void TcpConnection::bytes_taken(std::size_t bytes) noexcept {
  add(context_.counters.received_bytes, bytes);
  const auto taking = std::exchange(taking_, Taking::nothing);
  if (taking == Taking::kept) {
    kept_end_ += bytes;
  }
  if (!is_serving()) {
    return;
  }
  if (taking == Taking::skipped) {
    skip_bytes_ = 0;
    if (bytes > 0) {
      handler_->skipped(*this, bytes);
    }
  } else if (!is_paused_ && kept_begin_ != kept_end_) {
    show_kept();
  }
  take_more();
}

// Adds to the unconsumed piece, which stays contiguous and padded.
void TcpConnection::keep(base::Bytes bytes) noexcept {
  const std::size_t bound = unconsumed_bytes_max_ + (is_paused_ ? kPausedSlackBytes : 0);
  if (kept_bytes() + bytes.size() > bound) {
    add(context_.counters.overflowed, 1);
    abort();
    return;
  }
  add(context_.counters.reassembled, 1);
  DCHECK(taking_ != Taking::kept);
  make_room(bytes.size());
  CHECK(kept_.data != nullptr);
  std::memcpy(kept_.data + kept_end_, bytes.data(), bytes.size());
  kept_end_ += bytes.size();
}

// For so many more bytes behind the unconsumed ones, and the padding.
void TcpConnection::make_room(std::size_t bytes) noexcept {
  if (kept_end_ + bytes + sys::kReceivePaddingBytes <= kept_.capacity) {
    return;
  }
  const std::size_t count = kept_bytes();
  const std::size_t needed = count + bytes + sys::kReceivePaddingBytes;
  const PooledBuffer old = kept_;
  if (needed > kept_.capacity) {
    kept_ = context_.buffers.take(needed);
  }
  if (count > 0) {
    std::memmove(kept_.data, old.data + kept_begin_, count);
  }
  if (old.data != nullptr && old.data != kept_.data) {
    context_.buffers.give_back(old);
  }
  kept_begin_ = 0;
  kept_end_ = count;
}

void TcpConnection::drop_kept(std::size_t bytes) noexcept {
  kept_begin_ += bytes;
  if (kept_begin_ == kept_end_ && kept_.data != nullptr) {
    context_.buffers.give_back(std::exchange(kept_, PooledBuffer{}));
    kept_begin_ = 0;
    kept_end_ = 0;
  }
}

void TcpConnection::show_kept() noexcept {
  if (taking_ == Taking::kept) {
    return;  // The kernel writes behind them; they are shown with what it brings.
  }
  const base::Bytes bytes(kept_.data + kept_begin_, kept_end_ - kept_begin_);
  skip_bytes_ = 0;
  const std::size_t awaited = std::exchange(awaited_bytes_, 0);
  const std::size_t consumed = handler_->received(*this, bytes);
  CHECK(consumed <= bytes.size());
  if (consumed == 0 && awaited_bytes_ == 0) {
    awaited_bytes_ = awaited;
  }
  drop_kept(consumed);
}

void TcpConnection::receive_ended(std::int32_t error) noexcept {
  has_peer_finished_ = true;
  if (error != 0 || phase_ == Phase::lingering) {
    abort();
    return;
  }
  if (is_serving() && !is_paused_) {
    tell_peer_finished();
  }
}

void TcpConnection::tell_peer_finished() noexcept {
  if (!std::exchange(is_finish_told_, true)) {
    handler_->peer_finished(*this);
  }
}

void TcpConnection::pause_receiving() noexcept {
  if (is_serving() && !std::exchange(is_paused_, true)) {
    context_.network.stop_receiving(socket_);
  }
}

void TcpConnection::resume_receiving() noexcept {
  if (!is_serving() || !std::exchange(is_paused_, false)) {
    return;
  }
  if (!has_peer_finished_) {
    context_.network.start_receiving(socket_);
  }
  if (kept_begin_ != kept_end_ || has_peer_finished_) {
    is_show_wanted_ = true;
    become_due();
  }
}

void TcpConnection::show_unconsumed() noexcept {
  DCHECK(!is_paused_);
  if (is_serving() && kept_begin_ != kept_end_) {
    show_kept();
  }
}

void TcpConnection::expect_bytes(std::size_t bytes_max) noexcept {
  unconsumed_bytes_max_ = bytes_max;
}

void TcpConnection::await_bytes(std::size_t bytes) noexcept { awaited_bytes_ = bytes; }

void TcpConnection::skip_bytes(std::size_t bytes) noexcept { skip_bytes_ = bytes; }

// Sending.

void TcpConnection::send(base::Bytes bytes) noexcept {
  if (is_serving()) {
    queue_.push_copy(bytes);
    check_backlog();
    become_due();
  }
}

void TcpConnection::send_static(base::Bytes bytes) noexcept {
  if (is_serving()) {
    queue_.push_static(bytes);
    check_backlog();
    become_due();
  }
}

void TcpConnection::check_backlog() noexcept {
  if (queue_.bytes() > context_.options.send_backlog_bytes_max) {
    add(context_.counters.overflowed, 1);
    abort();
  }
}

void TcpConnection::start_send() noexcept {
  const base::Bytes bytes = queue_.front();
  if (!bytes.empty() && !socket_.is_send_in_flight) {
    context_.network.send(socket_, bytes);
  }
}

void TcpConnection::send_done(std::int32_t result) noexcept {
  if (phase_ == Phase::closing) {
    return;
  }
  if (result <= 0) {
    abort();
    return;
  }
  add(context_.counters.sent_bytes, static_cast<std::uint64_t>(result));
  queue_.pop(static_cast<std::size_t>(result));
  if (phase_ == Phase::draining) {
    context_.reactor.timers().arm(timer_, context_.options.send_stall_ms);
    become_due();
    return;
  }
  if (queue_.bytes() > 0) {
    become_due();
    return;
  }
  handler_->writable(*this);
}

// Moving: nothing may be under way in the kernel, and nothing left to send, when it goes.

bool TcpConnection::move_out(Successor& successor) noexcept {
  if (!is_serving() || handler_ == nullptr) {
    return phase_ == Phase::draining;
  }
  const auto movability = handler_->movability();
  if (movability == Movability::receiving || movability == Movability::staying) {
    return stay(movability == Movability::receiving);
  }
  if (socket_.is_receive_wanted) {
    context_.network.stop_receiving(socket_);
  }
  const bool is_quiet = !socket_.is_receive_armed && !socket_.is_send_in_flight &&
                        queue_.bytes() == 0 && !is_paused_ && !is_show_wanted_ &&
                        !has_peer_finished_;
  if (movability != Movability::movable || !is_quiet) {
    return true;
  }
  if (!successor.take(socket_.descriptor, {kept_.data + kept_begin_, kept_end_ - kept_begin_})) {
    return stay(true);
  }
  abort();
  return false;
}

bool TcpConnection::close_if_idle() noexcept {
  const bool is_idle = is_serving() && handler_ != nullptr && kept_begin_ == kept_end_ &&
                       queue_.bytes() == 0 && !socket_.is_send_in_flight &&
                       handler_->movability() == Movability::movable;
  if (is_idle) {
    abort();
  }
  return is_idle;
}

// Goes on receiving as if nothing had been asked.
bool TcpConnection::stay(bool is_waited_for) noexcept {
  if (!is_paused_ && !has_peer_finished_ && !socket_.is_receive_wanted) {
    context_.network.start_receiving(socket_);
  }
  return is_waited_for;
}

// Time and the end.

void TcpConnection::set_timeout(std::uint32_t milliseconds) noexcept {
  if (!is_serving()) {
    return;
  }
  if (milliseconds == 0) {
    reactor::TimerWheel::disarm(timer_);
    return;
  }
  context_.reactor.timers().arm(timer_, milliseconds);
}

void TcpConnection::timer_fired(reactor::Timer& /*timer*/) noexcept {
  if (is_serving()) {
    handler_->timed_out(*this);
    return;
  }
  abort();
}

void TcpConnection::close_after_sending() noexcept {
  if (is_serving()) {
    phase_ = Phase::draining;
    context_.reactor.timers().arm(timer_, context_.options.send_stall_ms);
    become_due();
  }
}

void TcpConnection::linger() noexcept {
  if (has_peer_finished_) {
    abort();
    return;
  }
  phase_ = Phase::lingering;
  context_.network.finish_sending(socket_);
  context_.network.start_receiving(socket_);
  context_.reactor.timers().arm(timer_, context_.options.linger_ms);
}

void TcpConnection::abort() noexcept {
  if (phase_ != Phase::closing) {
    phase_ = Phase::closing;
    reactor::TimerWheel::disarm(timer_);
    context_.network.close(socket_);
  }
}

void TcpConnection::step() noexcept {
  if (is_serving() && std::exchange(is_show_wanted_, false) && !is_paused_) {
    context_.has_shown_kept_bytes = true;
    if (kept_begin_ != kept_end_) {
      show_kept();
    }
    if (is_serving() && !is_paused_ && has_peer_finished_) {
      tell_peer_finished();
    }
  }
  if (is_serving() || phase_ == Phase::draining) {
    start_send();
  }
  if (phase_ == Phase::draining && queue_.bytes() == 0 && !socket_.is_send_in_flight) {
    linger();
  }
}

void TcpConnection::socket_closed() noexcept {
  queue_.clear();
  drop_kept(kept_end_ - kept_begin_);
  --context_.open_count;
  add(context_.counters.closed, 1);
  if (handler_ != nullptr) {
    std::exchange(handler_, nullptr)->closed(*this);
  }
  // It may still be in the list of due ones: `step` looks at the state only, also in its next life.
  next = std::exchange(context_.free_list, this);
}

std::string_view TcpConnection::peer_address() const noexcept {
  if (address_bytes_ == kAddressUnknown) {
    address_bytes_ =
        static_cast<std::uint8_t>(context_.network.peer_address(socket_, address_.data()));
  }
  return {address_.data(), address_bytes_};
}

}  // namespace dp::stream::internal
