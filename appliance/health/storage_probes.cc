// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/health/storage_probes.h"

#include "appliance/exec/failure.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <system_error>

namespace ap::health {
namespace {

namespace json = boost::json;

constexpr double kFillingShare = 0.80;
constexpr double kFullShare = 0.95;

std::string percent(double share) {
  return std::to_string(static_cast<int>(std::floor(share * 100))) + " %";
}

std::string faulty_members(const raid::Array& array) {
  std::string text;
  for (const auto& member : array.members) {
    if (member.state == raid::MemberState::faulty) {
      text += ", disk " + member.serial + " is faulty";
    }
  }
  return text;
}

Problem degraded(const raid::Array& array) {
  return problem("raid-degraded",
                 "The mirror " + array.name + " has " + std::to_string(array.present) + " of " +
                     std::to_string(array.wanted) + " disks" + faulty_members(array));
}

Problem rebuilding(const raid::Array& array) {
  std::string text = "The mirror " + array.name + " is being rebuilt";
  if (array.sync.progress) {
    text += ", " + percent(*array.sync.progress);
  }
  return problem("raid-rebuilding", text);
}

}  // namespace

bool has_mirror(const raid::Storage& storage) {
  return std::any_of(storage.arrays.begin(), storage.arrays.end(), [](const raid::Array& array) {
    return array.state != raid::ArrayState::missing;
  });
}

std::vector<Problem> raid_problems(const raid::Storage& storage) {
  std::vector<Problem> problems;
  for (const auto& disk : storage.disks) {
    if (disk.is_twin) {
      problems.push_back(
          problem("raid-identical-disks", "Disk " + disk.serial + " is a copy of another disk"));
    }
  }
  if (!has_mirror(storage)) {
    return problems;
  }
  for (const auto& array : storage.arrays) {
    switch (array.state) {
      case raid::ArrayState::missing:
        problems.push_back(problem("raid-missing", "The mirror " + array.name + " is not there"));
        break;
      case raid::ArrayState::degraded:
        problems.push_back(degraded(array));
        break;
      case raid::ArrayState::resyncing:
        problems.push_back(rebuilding(array));
        break;
      case raid::ArrayState::clean:
        break;
    }
    if (array.mismatches > 0) {
      problems.push_back(problem("raid-mismatch", "The last scrub of " + array.name + " found " +
                                                      std::to_string(array.mismatches) +
                                                      " differing sectors"));
    }
  }
  return problems;
}

std::vector<Problem> budget_problems(const DiskBudget& budget) {
  if (budget.share > kFullShare) {
    return {problem("disk-full", budget.path + " is " + percent(budget.share) + " full")};
  }
  if (budget.share > kFillingShare) {
    return {problem("disk-filling", budget.path + " is " + percent(budget.share) + " full")};
  }
  return {};
}

std::vector<Problem> SmartMeter::read(const std::vector<raid::Disk>& disks,
                                      std::chrono::steady_clock::time_point now) {
  std::vector<Problem> problems;
  for (const auto& disk : disks) {
    auto found = readings_.find(disk.serial);
    if (found == readings_.end() || now - found->second.at > kKept) {
      found =
          readings_.insert_or_assign(disk.serial, Reading{ask(disk.device.string()), now}).first;
    }
    if (found->second.is_failing) {
      problems.push_back(problem(
          "disk-failing", "Disk " + disk.serial + " (" + disk.model + ") expects to fail soon"));
    }
  }
  return problems;
}

bool SmartMeter::ask(const std::string& device) {
  exec::Command command;
  command.arguments = {"smartctl", "--json", "--health", device};
  command.timeout = std::chrono::seconds(5);
  try {
    // Its exit status is a set of bits that is not 0 for harmless reasons too.
    std::error_code wrong;
    const json::value answer = json::parse(runner_.run(command).output, wrong);
    if (wrong || !answer.is_object()) {
      return false;
    }
    const auto* status = answer.as_object().if_contains("smart_status");
    const auto* passed = status != nullptr && status->is_object()
                             ? status->as_object().if_contains("passed")
                             : nullptr;
    return passed != nullptr && passed->is_bool() && !passed->as_bool();
  } catch (const exec::Failure&) {
    // No smartctl on this machine, or a disk that hangs: the array says that louder.
    return false;
  }
}

}  // namespace ap::health
