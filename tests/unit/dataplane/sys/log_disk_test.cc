// SPDX-License-Identifier: LicenseRef-Project
// Goal: kernel and simulation keep the same promises of LogDisk; what fails leaves nothing behind.
#include "dataplane/sys/log_disk.h"

#include "dataplane/sys/sim_disk.h"
#include "dataplane/sys/sim_events.h"
#include "dataplane/sys/uring.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dp::sys {
namespace {

class Result final : public Completion {
 public:
  void completed(std::int32_t outcome) noexcept override { result = outcome; }
  std::optional<std::int32_t> result;
};

// One disk with its event queue.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual LogDisk& disk() = 0;
  virtual EventQueue& events() = 0;

  std::int32_t wait_for(Result& operation) {
    for (int turn = 0; turn < 1000 && !operation.result; ++turn) {
      events().wait(100'000'000);
      events().dispatch();
    }
    return operation.result.value_or(-ETIMEDOUT);
  }
};

class KernelMachine final : public Machine {
 public:
  explicit KernelMachine(UringDisk::Options options)
      : uring_(Uring::create({}).value()),
        disk_(UringDisk::open(*uring_, directory_.path() / "shard-0000", options).value()) {
    uring_->attach_thread();
  }
  ~KernelMachine() override { uring_->shut_down(); }
  LogDisk& disk() override { return *disk_; }
  EventQueue& events() override { return *uring_; }

 private:
  support::TemporaryDirectory directory_;
  std::unique_ptr<Uring> uring_;
  std::unique_ptr<UringDisk> disk_;
};

class SimulatedMachine final : public Machine {
 public:
  SimulatedMachine() { disk_.attach(events_); }
  LogDisk& disk() override { return disk_; }
  EventQueue& events() override { return events_; }

 private:
  SimClock clock_;
  SimEvents events_{clock_};
  SimDisk disk_{1};
};

class LogDiskTest : public testing::TestWithParam<const char*> {
 protected:
  LogDiskTest() {
    const std::string kind = GetParam();
    if (kind == "Simulated") {
      machine_ = std::make_unique<SimulatedMachine>();
    } else {
      const SyncMode mode = kind == "Dsync" ? SyncMode::dsync_write : SyncMode::linked_fdatasync;
      machine_ = std::make_unique<KernelMachine>(UringDisk::Options{mode, kind != "Buffered"});
    }
  }

  LogDisk& disk() { return machine_->disk(); }

  LogFile create(const char* name, std::uint64_t bytes) {
    Result created;
    disk().create(name, bytes, created);
    return machine_->wait_for(created);
  }

  std::int32_t write(LogFile file, char letter, std::uint64_t offset) {
    std::fill_n(block_.get(), kDiskBlockBytes, static_cast<std::byte>(letter));
    Result written;
    disk().write_and_sync(file, base::Bytes(block_.get(), kDiskBlockBytes), offset, written);
    return machine_->wait_for(written);
  }

  std::string read(const char* name) {
    std::string content(1 << 20, '?');
    const auto count = disk().read(
        name, 0, base::MutableBytes(reinterpret_cast<std::byte*>(content.data()), content.size()));
    return count ? content.substr(0, *count) : "";
  }

  std::vector<std::string> names() {
    auto listed = disk().list().value();
    std::sort(listed.begin(), listed.end());
    return listed;
  }

  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<std::byte, Free> block_{
      static_cast<std::byte*>(std::aligned_alloc(kDiskBlockBytes, kDiskBlockBytes))};
};

TEST_P(LogDiskTest, CreatesZeroFilledFiles) {
  ASSERT_GE(create("next.preparing", 600 << 10), 0);
  EXPECT_EQ(read("next.preparing"), std::string(600 << 10, '\0'));
}

TEST_P(LogDiskTest, CreatingReplacesAnOldFile) {
  const LogFile old_file = create("next.preparing", 64 << 10);
  ASSERT_EQ(write(old_file, 'x', 0), 0);
  ASSERT_GE(create("next.preparing", 32 << 10), 0);
  EXPECT_EQ(read("next.preparing"), std::string(32 << 10, '\0'));
}

TEST_P(LogDiskTest, WritesWhereTold) {
  const LogFile file = create("segment", 16 << 10);
  ASSERT_EQ(write(file, 'a', 4096), 0);
  ASSERT_EQ(write(file, 'b', 8192), 0);
  const std::string block(4096, '\0');
  EXPECT_EQ(read("segment"), block + std::string(4096, 'a') + std::string(4096, 'b') + block);
}

TEST_P(LogDiskTest, RenamesOverAnExistingName) {
  const LogFile first = create("segment", 8192);
  ASSERT_EQ(write(first, 'o', 0), 0);
  const LogFile second = create("next.preparing", 8192);
  ASSERT_EQ(write(second, 'n', 0), 0);
  Result renamed;
  disk().rename_and_sync("next.preparing", "segment", renamed);
  ASSERT_EQ(machine_->wait_for(renamed), 0);
  EXPECT_EQ(names(), std::vector<std::string>{"segment"});
  EXPECT_EQ(read("segment").front(), 'n');
}

TEST_P(LogDiskTest, ReleasedBytesReadAsZeros) {
  const LogFile file = create("segment", 16 << 10);
  ASSERT_EQ(write(file, 'a', 0), 0);
  ASSERT_EQ(write(file, 'b', 4096), 0);
  Result released;
  disk().release_and_close(file, 4096, 16 << 10, released);
  machine_->wait_for(released);
  if (*released.result == 0) {  // the simulation refuses now and then
    EXPECT_EQ(read("segment"), std::string(4096, 'a') + std::string(12 << 10, '\0'));
  }
}

TEST_P(LogDiskTest, CutsToTheByte) {
  const LogFile file = create("segment", 16 << 10);
  ASSERT_EQ(write(file, 'a', 0), 0);
  ASSERT_TRUE(disk().sync_and_cut("segment", 1000).has_value());
  EXPECT_EQ(read("segment"), std::string(1000, 'a'));
  EXPECT_FALSE(disk().sync_and_cut("missing", 0).has_value());
}

TEST_P(LogDiskTest, MapsAPageThatLasts) {
  auto page = disk().map("durable", 4096);
  ASSERT_TRUE(page.has_value());
  (*page)[7] = std::byte{'m'};
  EXPECT_EQ(read("durable")[7], 'm');
  EXPECT_EQ(read("durable").size(), 4096U);
}

TEST_P(LogDiskTest, RemovesAName) {
  ASSERT_GE(create("segment", 8192), 0);
  std::int32_t result = -EIO;
  for (int attempt = 0; attempt < 10 && result == -EIO; ++attempt) {  // the simulation refuses
    Result removed;
    disk().remove("segment", removed);
    result = machine_->wait_for(removed);
  }
  EXPECT_EQ(result, 0);
  EXPECT_TRUE(names().empty());
  Result again;
  disk().remove("segment", again);
  EXPECT_LT(machine_->wait_for(again), 0);
}

TEST_P(LogDiskTest, ReadsLaterWhatIsThere) {
  const LogFile file = create("segment", 16 << 10);
  ASSERT_EQ(write(file, 'a', 4096), 0);
  std::string found(6000, '?');
  const base::MutableBytes to(reinterpret_cast<std::byte*>(found.data()), found.size());
  Result read;
  disk().read_later("segment", 4000, to, read);
  EXPECT_EQ(machine_->wait_for(read), 6000);
  EXPECT_TRUE(found == std::string(96, '\0') + std::string(4096, 'a') + std::string(1808, '\0'));
  Result at_end;
  disk().read_later("segment", (16 << 10) - 10, to, at_end);
  EXPECT_EQ(machine_->wait_for(at_end), 10);
  Result missing;
  disk().read_later("missing", 0, to, missing);
  EXPECT_EQ(machine_->wait_for(missing), -ENOENT);
}

TEST_P(LogDiskTest, TellsWhatAFileTakes) {
  ASSERT_GE(create("segment", 64 << 10), 0);
  EXPECT_GE(disk().bytes_taken("segment").value(), std::uint64_t{64} << 10);
  EXPECT_FALSE(disk().bytes_taken("missing").has_value());
}

INSTANTIATE_TEST_SUITE_P(Kinds, LogDiskTest,
                         testing::Values("Direct", "Dsync", "Buffered", "Simulated"),
                         [](const auto& kind) { return std::string(kind.param); });

// A file-size limit stands for the full disk: the space of the failed file is given back.
TEST(UringDiskTest, AFailedCreationLeavesNothing) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{64 << 10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  KernelMachine machine({});
  Result created;
  machine.disk().create("next.preparing", 1 << 20, created);
  EXPECT_EQ(machine.wait_for(created), -EFBIG);
  EXPECT_TRUE(machine.disk().list()->empty());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
}

}  // namespace
}  // namespace dp::sys
