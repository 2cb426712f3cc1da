// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/settings/proposal.h"

#include "appliance/settings/fields.h"
#include "appliance/settings/files.h"
#include "appliance/settings/store.h"
#include "dataplane/base/descriptor.h"

#include <boost/json.hpp>
#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>

namespace ap::settings {
namespace {

namespace json = boost::json;

constexpr const char* kPendingFolder = "/run/bristle/pending";
constexpr const char* kBootProgram = "/usr/lib/bristle/bristle-boot";
constexpr int kAbandonedAfterSeconds = 30;  // past the deadline: nobody will revert it any more

/// Monotonic, so that a step of the wall clock neither shortens nor stretches the time to confirm.
std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Holds the lock of all changes as long as it lives.
class ChangeLock {
 public:
  explicit ChangeLock(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    const auto path = folder / "lock";
    file_ = base::Descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file_.is_open() || flock(file_.number(), LOCK_EX) != 0) {
      throw exec::Failure(exec::FailureKind::failed, "cannot lock " + path.string() + ": " +
                                                         std::generic_category().message(errno));
    }
  }

 private:
  base::Descriptor file_;
};

std::optional<Settings> read_candidate(const std::filesystem::path& path) {
  const auto text = read_text(path);
  return text ? std::optional(parse_toml(*text).settings) : std::nullopt;
}

std::vector<std::filesystem::path> candidates_of_all(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> paths;
  std::error_code missing;
  for (const auto& entry :
       std::filesystem::directory_iterator(below(root, kPendingFolder), missing)) {
    if (entry.path().extension() == ".toml") {
      paths.push_back(entry.path());
    }
  }
  return paths;
}

std::optional<int> seconds_until(const std::filesystem::path& deadline_path) {
  const auto text = read_text(deadline_path);
  std::int64_t deadline = 0;
  if (!text ||
      std::from_chars(text->data(), text->data() + text->size(), deadline).ec != std::errc()) {
    return std::nullopt;
  }
  return static_cast<int>(std::clamp<std::int64_t>(deadline - now_seconds(), -3600, 3600));
}

json::array texts(const std::vector<std::string>& items) {
  return json::array(items.begin(), items.end());
}

}  // namespace

std::string to_json(const Plan& plan) {
  json::array changes;
  for (const auto& change : plan.changes) {
    changes.push_back(json::object{{"field", change.field},
                                   {"from", json::parse(change.from)},
                                   {"to", json::parse(change.to)}});
  }
  return json::serialize(json::object{{"changes", std::move(changes)},
                                      {"steps", texts(plan.steps)},
                                      {"warnings", texts(plan.warnings)}});
}

Settings settings_in_effect(const std::filesystem::path& root) {
  for (const auto& path : candidates_of_all(root)) {
    if (auto settings = read_candidate(path)) {
      return *settings;
    }
  }
  return load(root).settings;
}

Proposal::Proposal(std::filesystem::path root, exec::Runner& runner, Activation& activation,
                   std::string noun, std::vector<std::string> tables)
    : root_(std::move(root)),
      runner_(runner),
      activation_(activation),
      noun_(std::move(noun)),
      tables_(std::move(tables)) {}

Plan Proposal::plan(std::string_view patch) const {
  const Settings current = in_effect();
  Parsed next = patched(current, patch, tables_);
  Plan plan{difference(current, next.settings), {}, std::move(next.warnings)};
  if (!plan.changes.empty()) {
    plan.steps = activation_.steps(current, next.settings);
    plan.steps.push_back("Go back by itself after " + std::to_string(kConfirmWithinSeconds) +
                         " seconds unless confirmed");
  }
  return plan;
}

void Proposal::apply(std::string_view patch) {
  const ChangeLock lock(below(root_, kPendingFolder));
  refuse_while_any_waits();
  const Settings current = load(root_).settings;
  const Parsed next = patched(current, patch, tables_);
  if (next.settings == current) {
    throw exec::Failure(exec::FailureKind::refused, "nothing would change");
  }
  write_atomically(deadline_path(), std::to_string(now_seconds() + kConfirmWithinSeconds), 0600);
  write_atomically(candidate_path(), to_toml(next.settings), 0600);
  try {
    arm();
  } catch (const exec::Failure&) {
    std::filesystem::remove(candidate_path());
    throw;
  }
  try {
    activation_.activate(current, next.settings);
  } catch (const exec::Failure&) {
    withdraw(next.settings);
    throw;
  }
}

void Proposal::confirm() {
  const ChangeLock lock(below(root_, kPendingFolder));
  const auto waiting = candidate();
  if (!waiting) {
    throw exec::Failure(exec::FailureKind::refused,
                        "no change of the " + noun_ + " waits to be confirmed");
  }
  save(root_, *waiting);
  std::filesystem::remove(candidate_path());
  disarm();
}

bool Proposal::revert() {
  const ChangeLock lock(below(root_, kPendingFolder));
  const auto waiting = candidate();
  if (!waiting) {
    return false;
  }
  std::string text;
  for (const auto& complaint : withdraw(*waiting)) {
    text += (text.empty() ? "the old settings are back, but: " : "; ") + complaint;
  }
  if (!text.empty()) {
    throw exec::Failure(exec::FailureKind::failed, text);
  }
  return true;
}

std::optional<int> Proposal::seconds_left() const {
  if (!std::filesystem::exists(candidate_path())) {
    return std::nullopt;
  }
  return std::max(0, seconds_until(deadline_path()).value_or(0));
}

Settings Proposal::in_effect() const { return settings_in_effect(root_); }

/// A change whose time is long over was left by a crash between saving and arming: it is withdrawn.
void Proposal::refuse_while_any_waits() {
  for (const auto& path : candidates_of_all(root_)) {
    auto deadline = path;
    deadline.replace_extension(".deadline");
    const bool is_abandoned = seconds_until(deadline).value_or(-3600) < -kAbandonedAfterSeconds;
    if (!is_abandoned) {
      throw exec::Failure(exec::FailureKind::refused,
                          "a change of the " + path.stem().string() +
                              " waits to be confirmed; confirm or revert it first");
    }
    if (const auto abandoned = read_candidate(path)) {
      activation_.restore(*abandoned, load(root_).settings);
    }
    std::filesystem::remove(path);
  }
}

/// The timer belongs to systemd, so that it fires when nothing of ours lives any more.
void Proposal::arm() {
  const std::string unit = "bristle-" + noun_ + "-revert";
  disarm();
  runner_.require({{"systemd-run", "--collect", "--unit=" + unit,
                    "--on-active=" + std::to_string(kConfirmWithinSeconds),
                    "--timer-property=AccuracySec=100ms", kBootProgram, "revert-" + noun_},
                   {},
                   {}});
}

/// That nothing is armed is no failure, so the tool's answer does not matter.
void Proposal::disarm() {
  runner_.run({{"systemctl", "stop", "bristle-" + noun_ + "-revert.timer"}, {}, {}});
}

/// Brings the permanent settings back; the candidate goes last, so that a crash repeats this.
std::vector<std::string> Proposal::withdraw(const Settings& candidate) {
  auto complaints = activation_.restore(candidate, load(root_).settings);
  std::filesystem::remove(candidate_path());
  disarm();
  return complaints;
}

std::filesystem::path Proposal::candidate_path() const {
  return below(root_, kPendingFolder) / (noun_ + ".toml");
}

std::filesystem::path Proposal::deadline_path() const {
  return below(root_, kPendingFolder) / (noun_ + ".deadline");
}

std::optional<Settings> Proposal::candidate() const { return read_candidate(candidate_path()); }

}  // namespace ap::settings
