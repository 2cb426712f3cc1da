// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/powercut/disk_mount.h"

#include "dataplane/base/check.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <future>
#include <utility>

namespace powercut {
namespace {

constexpr std::uint32_t kWriteBytesMax = std::uint32_t{1} << 20;
constexpr std::size_t kRequestHeadBytes = 4096;
/// Only this kernel changes the disk, so what it knows stays true.
constexpr std::uint64_t kForeverSeconds = 1 << 20;
constexpr std::uint64_t kStoredBytes = std::uint64_t{64} << 30;

void write_text(const char* path, const std::string& text) { std::ofstream(path) << text; }

/// The bytes of a plain structure.
template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

int mount_fuse(const std::filesystem::path& where) {
  const int device = ::open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (device < 0) {
    return -1;
  }
  const std::string options =
      "fd=" + std::to_string(device) + ",rootmode=40755,user_id=0,group_id=0";
  if (::mount("powercut", where.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    const int error = errno;
    ::close(device);
    errno = error;
    return -1;
  }
  return device;
}

std::string failed(std::string_view what) {
  return std::string(what) + ": " + std::generic_category().message(errno);
}

}  // namespace

// A request of the kernel: its head, and what follows it.
struct DiskMount::Request {
  fuse_in_header head{};
  base::Bytes body;

  template <typename T>
  [[nodiscard]] T as() const {
    T value{};
    std::memcpy(&value, body.data(), std::min(sizeof(T), body.size()));
    return value;
  }
  /// The text behind a structure of `offset` bytes, up to its zero.
  [[nodiscard]] std::string text(std::size_t offset) const {
    return reinterpret_cast<const char*>(body.data() + offset);
  }
};

struct DiskMount::Reply {
  int error = 0;
  std::string body;
};

std::string enter_own_mounts() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  if (::unshare(CLONE_NEWNS | (user == 0 ? 0 : CLONE_NEWUSER)) != 0) {
    return failed("no mount namespace of its own");
  }
  if (user != 0) {
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    write_text("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return failed("no private mounts");
  }
  const int device = mount_fuse("/mnt");
  if (device < 0) {
    return failed("no FUSE");
  }
  ::umount2("/mnt", MNT_DETACH);
  ::close(device);
  return {};
}

DiskMount::DiskMount(VolatileDisk& disk, std::filesystem::path where, bool is_direct)
    : disk_(disk),
      where_(std::move(where)),
      is_direct_(is_direct),
      device_(mount_fuse(where_)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      buffer_(kWriteBytesMax + kRequestHeadBytes) {
  CHECK(device_ >= 0 && stop_ >= 0);
  std::promise<void> has_own;
  thread_ = std::thread([this, &has_own] {
    CHECK(::unshare(CLONE_FILES) == 0);
    has_own.set_value();
    serve();
    ::close(device_);  // the last descriptor: every waiting request fails
  });
  has_own.get_future().wait();
  ::close(device_);
}

DiskMount::~DiskMount() { pull(); }

void DiskMount::pull() {
  if (!thread_.joinable()) {
    return;
  }
  CHECK(::eventfd_write(stop_, 1) == 0);
  thread_.join();
  ::close(stop_);
  ::umount2(where_.c_str(), MNT_DETACH);
}

void DiskMount::arm(const CutPoint& point, std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  point_ = point;
  changes_left_ = count;
}

bool DiskMount::disarm() {
  const std::lock_guard lock(mutex_);
  point_.reset();
  return !is_cut_;
}

void DiskMount::cut() {
  const std::lock_guard lock(mutex_);
  cut_locked();
}

bool DiskMount::is_cut() {
  const std::lock_guard lock(mutex_);
  return is_cut_;
}

void DiskMount::cut_locked() {
  is_cut_ = true;
  power_went_.notify_all();
}

bool DiskMount::wait_for_cut(std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  return power_went_.wait_for(lock, within, [this] { return is_cut_; });
}

void DiskMount::serve() {
  std::array<pollfd, 2> ready = {pollfd{device_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
  while (::poll(ready.data(), ready.size(), -1) >= 0 || errno == EINTR) {
    if (ready[1].revents != 0) {
      return;
    }
    const ssize_t count = ::read(device_, buffer_.data(), buffer_.size());
    if (count < 0) {
      CHECK(errno == EAGAIN || errno == EINTR || errno == ENOENT);
      continue;
    }
    Request request;
    CHECK(static_cast<std::size_t>(count) >= sizeof(request.head));
    std::memcpy(&request.head, buffer_.data(), sizeof(request.head));
    request.body = base::as_bytes(std::string_view(buffer_.data(), static_cast<std::size_t>(count)))
                       .subspan(sizeof(request.head));
    serve_one(request);
  }
}

// Change and answer are one step to everybody else: a sync is either confirmed or not done.
void DiskMount::serve_one(const Request& request) {
  const std::lock_guard lock(mutex_);
  if (is_cut_) {
    return;
  }
  bool is_last = false;
  if (const auto what = change_of(request); what && point_) {
    const bool fits = (!point_->change || *point_->change == *what) &&
                      changed_name(request).ends_with(point_->name);
    is_last = fits && --changes_left_ == 0;
  }
  if (is_last && !point_->is_done) {
    cut_locked();
    return;
  }
  const Reply reply = answer(request);
  if (is_last) {
    cut_locked();
    return;
  }
  const auto code = request.head.opcode;
  if (code != FUSE_FORGET && code != FUSE_BATCH_FORGET && code != FUSE_INTERRUPT) {
    send(request.head.unique, reply);
  }
}

void DiskMount::send(std::uint64_t unique, const Reply& reply) const {
  fuse_out_header head{};
  head.unique = unique;
  head.error = -reply.error;
  head.len = static_cast<std::uint32_t>(sizeof(head) + reply.body.size());
  std::array<iovec, 2> parts = {iovec{&head, sizeof(head)},
                                iovec{const_cast<char*>(reply.body.data()), reply.body.size()}};
  // ENOENT: the caller was killed meanwhile.
  CHECK(::writev(device_, parts.data(), parts.size()) >= 0 || errno == ENOENT);
}

std::optional<Change> DiskMount::change_of(const Request& request) const {
  switch (request.head.opcode) {
    case FUSE_CREATE:
    case FUSE_MKDIR:
      return Change::make;
    case FUSE_WRITE:
      return Change::write;
    case FUSE_FALLOCATE:
      return (request.as<fuse_fallocate_in>().mode & FALLOC_FL_PUNCH_HOLE) != 0 ? Change::erase
                                                                                : Change::resize;
    case FUSE_SETATTR:
      return (request.as<fuse_setattr_in>().valid & FATTR_SIZE) != 0 ? std::optional(Change::resize)
                                                                     : std::nullopt;
    case FUSE_RENAME:
    case FUSE_RENAME2:
      return Change::rename;
    case FUSE_UNLINK:
      return Change::remove;
    case FUSE_FSYNC:
      return Change::sync;
    case FUSE_FSYNCDIR:
      return Change::sync_directory;
    default:
      return std::nullopt;
  }
}

// Names of directories matter to nobody: only files are told apart.
std::string DiskMount::changed_name(const Request& request) const {
  switch (request.head.opcode) {
    case FUSE_CREATE:
      return request.text(sizeof(fuse_create_in));
    case FUSE_MKDIR:
      return request.text(sizeof(fuse_mkdir_in));
    case FUSE_RENAME:
      return request.text(sizeof(fuse_rename_in));
    case FUSE_RENAME2:
      return request.text(sizeof(fuse_rename2_in));
    case FUSE_UNLINK:
      return request.text(0);
    default:
      return disk_.name(request.head.nodeid);
  }
}

DiskMount::Reply DiskMount::answer(const Request& request) {
  switch (request.head.opcode) {
    case FUSE_INIT: {
      const auto asked = request.as<fuse_init_in>();
      fuse_init_out out{};
      out.major = FUSE_KERNEL_VERSION;
      out.minor = FUSE_KERNEL_MINOR_VERSION;
      out.max_readahead = asked.max_readahead;
      out.flags =
          asked.flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_ASYNC_DIO | FUSE_MAX_PAGES);
      out.max_background = 64;
      out.congestion_threshold = 48;
      out.max_write = kWriteBytesMax;
      out.max_pages = kWriteBytesMax / 4096;
      out.time_gran = 1;
      return {0, bytes_of(out)};
    }
    case FUSE_STATFS: {
      fuse_statfs_out out{};
      out.st.bsize = out.st.frsize = 4096;
      out.st.blocks = out.st.bfree = out.st.bavail = kStoredBytes / 4096;
      out.st.files = out.st.ffree = 1 << 20;
      out.st.namelen = 255;
      return {0, bytes_of(out)};
    }
    case FUSE_FLUSH:
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
      return {};
    case FUSE_FSYNC:
    case FUSE_FSYNCDIR:
      disk_.sync(request.head.nodeid);
      return {};
    case FUSE_OPENDIR:
    case FUSE_LOOKUP:
    case FUSE_CREATE:
    case FUSE_MKDIR:
    case FUSE_UNLINK:
    case FUSE_RENAME:
    case FUSE_RENAME2:
    case FUSE_READDIR:
      return answer_on_names(request);
    default:
      return answer_on_content(request);
  }
}

DiskMount::Reply DiskMount::answer_on_names(const Request& request) {
  const Node directory = request.head.nodeid;
  switch (request.head.opcode) {
    case FUSE_OPENDIR:
      return {0, bytes_of(fuse_open_out{})};
    case FUSE_READDIR:
      return listing(request);
    case FUSE_LOOKUP: {
      const auto node = disk_.find(directory, request.text(0));
      return node ? entry(*node) : Reply{ENOENT, {}};
    }
    case FUSE_MKDIR:
      return entry(disk_.make_directory(directory, changed_name(request)));
    case FUSE_CREATE: {
      if (!is_direct_ && (request.as<fuse_create_in>().flags & O_DIRECT) != 0) {
        return {EINVAL, {}};
      }
      Reply reply = entry(disk_.make_file(directory, changed_name(request)));
      fuse_open_out open{};
      open.open_flags = FOPEN_KEEP_CACHE;
      reply.body += bytes_of(open);
      return reply;
    }
    case FUSE_UNLINK:
      disk_.remove(directory, changed_name(request));
      return {};
    default: {  // both renames begin with the new directory
      const std::string from = changed_name(request);
      const bool is_second = request.head.opcode == FUSE_RENAME2;
      if (request.as<fuse_rename_in>().newdir != directory ||
          (is_second && request.as<fuse_rename2_in>().flags != 0)) {
        return {EXDEV, {}};
      }
      const std::size_t names_at = is_second ? sizeof(fuse_rename2_in) : sizeof(fuse_rename_in);
      disk_.rename(directory, from, request.text(names_at + from.size() + 1));
      return {};
    }
  }
}

DiskMount::Reply DiskMount::answer_on_content(const Request& request) {
  const Node node = request.head.nodeid;
  switch (request.head.opcode) {
    case FUSE_GETATTR:
      return attributes(node);
    case FUSE_SETATTR: {
      const auto in = request.as<fuse_setattr_in>();
      if ((in.valid & FATTR_SIZE) != 0) {
        disk_.resize(node, in.size);
      }
      return attributes(node);
    }
    case FUSE_OPEN: {
      if (!is_direct_ && (request.as<fuse_open_in>().flags & O_DIRECT) != 0) {
        return {EINVAL, {}};
      }
      fuse_open_out out{};
      out.open_flags = FOPEN_KEEP_CACHE;
      return {0, bytes_of(out)};
    }
    case FUSE_READ:
      return content(request);
    case FUSE_WRITE: {
      const auto in = request.as<fuse_write_in>();
      disk_.write(node, in.offset, request.body.subspan(sizeof(in), in.size));
      fuse_write_out out{};
      out.size = in.size;
      return {0, bytes_of(out)};
    }
    case FUSE_FALLOCATE: {
      const auto in = request.as<fuse_fallocate_in>();
      const std::uint64_t end = in.offset + in.length;
      if (in.mode == 0) {
        disk_.resize(node, std::max(disk_.bytes(node), end));
        return {};
      }
      if (in.mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) {
        return {EOPNOTSUPP, {}};
      }
      disk_.erase(node, in.offset, end);
      return {};
    }
    default:
      return {ENOSYS, {}};
  }
}

DiskMount::Reply DiskMount::content(const Request& request) const {
  const auto in = request.as<fuse_read_in>();
  const std::uint64_t bytes = disk_.bytes(request.head.nodeid);
  const std::uint64_t left = bytes > in.offset ? bytes - in.offset : 0;
  Reply reply;
  reply.body.resize(std::min<std::uint64_t>(in.size, left));
  disk_.read(request.head.nodeid, in.offset,
             {reinterpret_cast<std::byte*>(reply.body.data()), reply.body.size()});
  return reply;
}

DiskMount::Reply DiskMount::listing(const Request& request) const {
  const auto in = request.as<fuse_read_in>();
  Reply reply;
  std::uint64_t index = 0;
  for (const auto& [name, node] : disk_.list(request.head.nodeid)) {
    if (index++ < in.offset) {
      continue;
    }
    fuse_dirent each{};
    each.ino = node;
    each.off = index;
    each.namelen = static_cast<std::uint32_t>(name.size());
    each.type = (disk_.is_directory(node) ? S_IFDIR : S_IFREG) >> 12U;
    std::string bytes(reinterpret_cast<const char*>(&each), FUSE_NAME_OFFSET);
    bytes += name;
    bytes.resize(FUSE_DIRENT_ALIGN(bytes.size()));
    if (reply.body.size() + bytes.size() > in.size) {
      break;
    }
    reply.body += bytes;
  }
  return reply;
}

DiskMount::Reply DiskMount::attributes(Node node) const {
  fuse_attr_out out{};
  out.attr_valid = kForeverSeconds;
  out.attr.ino = node;
  out.attr.nlink = 1;
  out.attr.blksize = 4096;
  out.attr.uid = ::geteuid();
  out.attr.gid = ::getegid();
  out.attr.mode = S_IFDIR | 0755;
  if (!disk_.is_directory(node)) {
    out.attr.mode = S_IFREG | 0644;
    out.attr.size = disk_.bytes(node);
    out.attr.blocks = out.attr.size / 512;
  }
  return {0, bytes_of(out)};
}

DiskMount::Reply DiskMount::entry(Node node) const {
  fuse_attr_out attributes_out{};
  std::memcpy(&attributes_out, attributes(node).body.data(), sizeof(attributes_out));
  fuse_entry_out out{};
  out.nodeid = node;
  out.entry_valid = out.attr_valid = kForeverSeconds;
  out.attr = attributes_out.attr;
  return {0, bytes_of(out)};
}

}  // namespace powercut
