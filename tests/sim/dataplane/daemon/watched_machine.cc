// SPDX-License-Identifier: LicenseRef-Project
#include "tests/sim/dataplane/daemon/watched_machine.h"

#include "dataplane/format/segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace sim {
namespace {

using dp::sys::Completion;

constexpr std::uint64_t kEnd = 100;  // added to a point: how its operation ended
constexpr std::uint64_t kSent = 200;
constexpr std::uint64_t kWritten = 201;
constexpr std::uint64_t kSlowNsMax = 70'000'000;  // beyond the longest turn that is admitted

}  // namespace

// The end of one operation on its way back.
class WatchedDisk::Watch final : public Completion {
 public:
  Watch(WatchedDisk& owner, Point ended, Completion& completion) noexcept
      : owner_(owner), point(ended), inner(completion) {}
  void completed(std::int32_t result) noexcept override { owner_.ended(*this, result); }

 private:
  WatchedDisk& owner_;

 public:
  Point point;
  Completion& inner;
};

WatchedDisk::WatchedDisk(dp::sys::SimDisk& disk, Doom& doom, Trace& trace,
                         const dp::daemon::LogPlace& place) noexcept
    : disk_(disk), doom_(doom), trace_(trace), place_(place) {}
WatchedDisk::~WatchedDisk() = default;

Completion& WatchedDisk::watch(Point ended, Completion& completion) {
  under_way_.push_back(std::make_unique<Watch>(*this, ended, completion));
  return *under_way_.back();
}

void WatchedDisk::ended(Watch& watch, std::int32_t result) {
  const Point point = watch.point;
  Completion& inner = watch.inner;
  std::erase_if(under_way_, [&](const auto& each) { return each.get() == &watch; });
  const bool was_refused = result < 0 && point != Point::recovery_read;
  if (was_refused && (point == Point::flush_ended || point == Point::header_ended ||
                      point == Point::rotation_ended)) {
    is_refusal_open_ = true;
  } else if (result >= 0 && point == Point::rotation_ended) {
    is_refusal_open_ = false;
  }
  if (point != Point::recovery_read && doom_.passes(point)) {
    return;
  }
  if (!doom_.is_dead()) {
    trace_.note(kEnd + static_cast<std::uint64_t>(point), static_cast<std::uint32_t>(result));
    inner.completed(result);
  }
}

base::Error WatchedDisk::refuse_recovery() noexcept {
  has_refused_recovery_ = true;
  return base::Error::from_errno(EIO);
}

base::Result<std::vector<std::string>> WatchedDisk::list() {
  if (doom_.is_dead()) {
    return base::unexpected(refuse_recovery());
  }
  return disk_.list();
}

base::Result<std::size_t> WatchedDisk::read(const std::string& name, std::uint64_t offset,
                                            base::MutableBytes to) {
  if (doom_.passes(Point::recovery_read)) {
    return base::unexpected(refuse_recovery());
  }
  return disk_.read(name, offset, to);
}

base::Result<void> WatchedDisk::sync_and_cut(const std::string& name, std::uint64_t bytes) {
  if (doom_.passes(Point::recovery_cut)) {
    return base::unexpected(refuse_recovery());
  }
  const auto cut = disk_.sync_and_cut(name, bytes);
  if (doom_.passes(Point::recovery_ended)) {
    return base::unexpected(refuse_recovery());
  }
  return cut;
}

base::Result<base::MutableBytes> WatchedDisk::map(const std::string& name, std::size_t bytes) {
  if (doom_.is_dead()) {
    return base::unexpected(refuse_recovery());
  }
  return disk_.map(name, bytes);
}

base::Result<std::uint64_t> WatchedDisk::bytes_taken(const std::string& name) {
  if (doom_.is_dead()) {
    return base::unexpected(refuse_recovery());
  }
  return disk_.bytes_taken(name);
}

void WatchedDisk::create(const char* name, std::uint64_t bytes, Completion& completion) noexcept {
  if (!doom_.is_dead()) {
    disk_.create(name, bytes, watch(Point::creation_ended, completion));
    static_cast<void>(doom_.passes(Point::creation_began));
  }
}

// From now on the segment may be missing; whoever misses it asks what is the oldest one.
void WatchedDisk::let_removal_leave() {
  if (const auto first = std::exchange(prepared_removal_, std::nullopt)) {
    EXPECT_LT(*first, place_.oldest.load()) << "a segment goes before it is shown to be let go";
  }
}

void WatchedDisk::turn_ended() {
  if (!doom_.is_dead()) {
    let_removal_leave();
  }
  removals_beside_writes_ += has_written_ && has_removed_ ? 1 : 0;
  has_written_ = false;
  has_removed_ = false;
}

void WatchedDisk::write_and_sync(dp::sys::LogFile file, base::Bytes bytes, std::uint64_t offset,
                                 Completion& completion) noexcept {
  if (doom_.is_dead()) {
    return;
  }
  let_removal_leave();
  has_written_ = true;
  const bool is_header = offset < format::kSegmentDataAt;
  trace_.note(kWritten + offset, base::as_text(bytes));
  disk_.write_and_sync(file, bytes, offset,
                       watch(is_header ? Point::header_ended : Point::flush_ended, completion));
  static_cast<void>(doom_.passes(is_header ? Point::header_began : Point::flush_began));
}

void WatchedDisk::rename_and_sync(const char* from, const char* to,
                                  Completion& completion) noexcept {
  if (!doom_.is_dead()) {
    disk_.rename_and_sync(from, to, watch(Point::rotation_ended, completion));
    static_cast<void>(doom_.passes(Point::rotation_began));
  }
}

void WatchedDisk::release_and_close(dp::sys::LogFile file, std::uint64_t begin, std::uint64_t end,
                                    Completion& completion) noexcept {
  if (!doom_.is_dead()) {
    disk_.release_and_close(file, begin, end, watch(Point::sealing_ended, completion));
    static_cast<void>(doom_.passes(Point::sealing_began));
  }
}

void WatchedDisk::remove(const char* name, Completion& completion) noexcept {
  if (!doom_.is_dead()) {
    prepared_removal_ = format::parse_segment_file_name(name);
    has_removed_ = true;
    disk_.remove(name, watch(Point::removal_ended, completion));
    static_cast<void>(doom_.passes(Point::removal_began));
  }
}

// The machine has one partition: `../shard-0000/x` is `x`.
void WatchedDisk::read_later(const char* name, std::uint64_t offset, base::MutableBytes to,
                             Completion& completion) noexcept {
  if (!doom_.is_dead()) {
    const std::size_t slash = std::string_view(name).rfind('/');
    disk_.read_later(slash == std::string_view::npos ? name : name + slash + 1, offset, to,
                     watch(Point::recovery_read, completion));
  }
}

void WatchedNetwork::accept(std::int32_t descriptor, dp::sys::AcceptListener& listener) noexcept {
  network_.accept(descriptor, listener);
}

void WatchedNetwork::stop_accepting() noexcept {
  if (!doom_.is_dead()) {
    network_.stop_accepting();
  }
}

void WatchedNetwork::connect_unix(std::string_view path,
                                  dp::sys::ConnectCompletion& completion) noexcept {
  if (!doom_.is_dead()) {
    network_.connect_unix(path, completion);
  }
}

void WatchedNetwork::start_receiving(dp::sys::Socket& socket) noexcept {
  if (!doom_.passes(Point::receiving)) {
    network_.start_receiving(socket);
  }
}

void WatchedNetwork::receive_by_piece(dp::sys::Socket& socket, bool is_wanted) noexcept {
  if (!doom_.is_dead()) {
    network_.receive_by_piece(socket, is_wanted);
  }
}

bool WatchedNetwork::receive_into(dp::sys::Socket& socket, base::MutableBytes to) noexcept {
  return !doom_.passes(Point::receiving) && network_.receive_into(socket, to);
}

bool WatchedNetwork::skip(dp::sys::Socket& socket, std::size_t bytes) noexcept {
  return !doom_.passes(Point::receiving) && network_.skip(socket, bytes);
}

void WatchedNetwork::stop_receiving(dp::sys::Socket& socket) noexcept {
  if (!doom_.is_dead()) {
    network_.stop_receiving(socket);
  }
}

void WatchedNetwork::send(dp::sys::Socket& socket, base::Bytes bytes) noexcept {
  if (!doom_.passes(Point::answer_queued)) {
    trace_.note(kSent, base::as_text(bytes));
    network_.send(socket, bytes);
    static_cast<void>(doom_.passes(Point::answer_left));
  }
}

void WatchedNetwork::finish_sending(dp::sys::Socket& socket) noexcept {
  if (!doom_.is_dead()) {
    network_.finish_sending(socket);
  }
}

void WatchedNetwork::close(dp::sys::Socket& socket) noexcept {
  if (!doom_.passes(Point::closing)) {
    network_.close(socket);
  }
}

void WatchedNetwork::discard(std::int32_t descriptor) noexcept { network_.discard(descriptor); }

std::size_t WatchedNetwork::peer_address(const dp::sys::Socket& socket, char* to) const noexcept {
  return network_.peer_address(socket, to);
}

std::uint64_t WatchedClock::monotonic_ns() const noexcept {
  if (slow_percent_ > 0 && random_() % 100 < slow_percent_) {
    clock_.advance_ns(1 + random_() % kSlowNsMax);
  }
  return clock_.monotonic_ns();
}

}  // namespace sim
