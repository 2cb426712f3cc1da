// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/daemon/canary.h"

#include "controlplane/auth/crypto.h"
#include "dataplane/base/descriptor.h"

#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <exception>
#include <system_error>
#include <thread>

namespace cp::daemon {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPurpose = "canary";
constexpr std::size_t kTokenCharacters = 43;

/// A random uuid, version 4.
std::string new_uuid() {
  auto bytes = auth::random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  auto text = auth::to_hex(bytes);
  for (const std::size_t hyphen : {8U, 13U, 18U, 23U}) {
    text.insert(hyphen, 1, '-');
  }
  return text;
}

/// Repeats `step` until it returns true; the text of its last failure when time is over, empty when
/// there was none.
std::optional<std::string> repeat_until(Clock::time_point deadline, std::chrono::milliseconds pause,
                                        const std::function<bool()>& step) {
  std::string failure;
  while (true) {
    try {
      if (step()) {
        return std::nullopt;
      }
      failure.clear();
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (Clock::now() + pause > deadline) {
      return failure;
    }
    std::this_thread::sleep_for(pause);
  }
}

std::string iso_time() {
  const std::time_t now = std::time(nullptr);
  tm calendar{};
  ::gmtime_r(&now, &calendar);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &calendar);
  return {text.data(), length};
}

[[noreturn]] void throw_file_error(const std::filesystem::path& path) {
  throw std::filesystem::filesystem_error("cannot write", path,
                                          std::error_code(errno, std::generic_category()));
}

void write_whole(const std::filesystem::path& path, const std::string& text) {
  const base::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const bool is_written =
      file.is_open() && ::fchmod(file.number(), 0644) == 0 &&  // the umask hides it from others
      ::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file.number()) == 0;
  if (!is_written) {
    throw_file_error(path);
  }
}

}  // namespace

std::optional<model::Project> find_canary_project(db::Pool& pool) {
  auto transaction = pool.begin();
  return model::find_internal_project(transaction, kPurpose);
}

void ensure_canary_project(db::Pool& pool) {
  if (find_canary_project(pool)) {
    return;
  }
  try {
    auto transaction = pool.begin();
    const auto organization = model::create_organization(transaction, "Bristle");
    model::create_internal_project(transaction, organization.id, kPurpose,
                                   "phc_" + auth::random_base62(kTokenCharacters));
    transaction.commit();
  } catch (const db::UniqueViolation&) {
    return;  // another migrate was faster
  }
}

CanaryResult fly_canary(const CanarySteps& steps, std::chrono::milliseconds patience,
                        std::chrono::milliseconds pause) {
  const auto began = Clock::now();
  const auto uuid = new_uuid();
  const auto refused = repeat_until(began + patience, pause, [&] {
    steps.capture(uuid);
    return true;
  });
  if (refused) {
    return {false, std::nullopt, "capture refused the event: " + *refused};
  }
  const auto missed = repeat_until(began + patience, pause, [&] { return steps.is_stored(uuid); });
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  if (!missed) {
    return {true, took.count(), "stored and found after " + std::to_string(took.count()) + " ms"};
  }
  return {false, std::nullopt,
          missed->empty() ? "not stored: the event was accepted, but no query found it within " +
                                std::to_string(patience.count() / 1000) + " s"
                          : "query failed: " + *missed};
}

void write_canary(const std::filesystem::path& file, const CanaryResult& result) {
  const boost::json::object content{
      {"state", result.is_ok ? "ok" : "failed"},
      {"at", iso_time()},
      {"latency_ms", result.latency_ms ? boost::json::value(*result.latency_ms) : nullptr},
      {"text", result.text}};
  const auto next = std::filesystem::path(file).concat(".next");
  write_whole(next, boost::json::serialize(content) + "\n");
  std::filesystem::rename(next, file);
}

}  // namespace cp::daemon
