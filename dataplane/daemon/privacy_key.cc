// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/privacy_key.h"

#include "dataplane/format/privacy/keyed_hash.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

namespace dp::daemon {
namespace {

constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kFileBytesMax = 256;

base::Unexpected failed() noexcept { return base::unexpected(base::Error::from_errno(errno)); }

/// A descriptor that closes itself.
class File {
 public:
  File(const std::string& path, int flags) noexcept
      : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0400)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  File(File&&) = delete;
  File& operator=(File&&) = delete;
  ~File() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

base::Result<std::string> make_secret() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, kRandomBytes> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return failed();
  }
  std::string secret;
  for (const auto byte : random) {
    secret += {kDigits[byte >> 4U], kDigits[byte & 0xfU]};
  }
  return secret;
}

/// Whole under its final name, or not there: a power cut leaves nothing between.
base::Result<std::string> make_file(const std::string& directory, const std::string& path) {
  auto secret = make_secret();
  if (!secret) {
    return secret;
  }
  const auto unfinished = path + ".new";
  unlink(unfinished.c_str());
  const File file(unfinished, O_WRONLY | O_CREAT | O_EXCL);
  const auto bytes = static_cast<ssize_t>(secret->size());
  if (!file.is_open() || write(file.get(), secret->data(), secret->size()) != bytes ||
      fsync(file.get()) != 0 || rename(unfinished.c_str(), path.c_str()) != 0) {
    return failed();
  }
  const File parent(directory, O_RDONLY | O_DIRECTORY);
  return parent.is_open() && fsync(parent.get()) == 0 ? secret
                                                      : base::Result<std::string>(failed());
}

}  // namespace

base::Result<std::string> load_or_make_privacy_key(const std::string& directory) {
  const auto path = directory + "/privacy-key";
  const File file(path, O_RDONLY);
  if (!file.is_open()) {
    return errno == ENOENT ? make_file(directory, path) : base::Result<std::string>(failed());
  }
  std::string secret(kFileBytesMax, '\0');
  const auto bytes = read(file.get(), secret.data(), secret.size());
  if (bytes < 0) {
    return failed();
  }
  secret.resize(static_cast<std::size_t>(bytes));
  if (!format::privacy::HashKey::from_secret(secret)) {
    errno = EINVAL;
    return failed();
  }
  return secret;
}

}  // namespace dp::daemon
