// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/powercut/plan.h"

#include <algorithm>
#include <array>

namespace powercut {
namespace {

using During = Plan::During;

constexpr std::string_view kSpare = "next.preparing";
constexpr std::string_view kSegment = ".segment";
constexpr std::string_view kMark = "durable";

// How each moment is found among the changes: docs/formats/event-log.md says which files there are.
const std::array kPlans = {
    Plan{"start: any change", During::start, {{}, ""}, 170},
    Plan{"start: a segment filled with zeros", During::start, {Change::write, kSpare}, 40},
    Plan{"start: the old segment synced", During::start, {Change::sync, kSegment}, 2},
    Plan{"start: the torn tail cut off", During::start, {Change::resize, kSegment}, 1},
    Plan{"start: a header written and synced", During::start, {Change::sync, kSpare}, 2},
    Plan{"start: before a segment's rename", During::start, {Change::rename, kSpare, false}, 1},
    Plan{"start: after a segment's rename", During::start, {Change::rename, kSpare}, 1},
    Plan{"start: a directory synced", During::start, {Change::sync_directory, ""}, 5},
    Plan{"load: any change", During::load, {{}, ""}, 150},
    Plan{"load: before a group is written", During::load, {Change::write, kSegment, false}, 40},
    Plan{"load: a group written, not synced", During::load, {Change::write, kSegment}, 40},
    Plan{"load: a group synced, nobody told", During::load, {Change::sync, kSegment}, 40},
    Plan{"load: the durable mark written", During::load, {Change::write, kMark}, 3},
    Plan{"load: just after the first answer", During::answers, {}, 1},
    Plan{"load: just after an early answer", During::answers, {}, 30},
    Plan{"load: just after an answer", During::answers, {}, 300},
    Plan{"load: before a segment is removed", During::load, {Change::remove, kSegment, false}, 1},
    Plan{"load: a segment removed", During::load, {Change::remove, kSegment}, 2},
    Plan{
        "recovery: a group found, not yet synced", During::recovery, {Change::write, kSegment}, 20},
    Plan{"rotation: zeros written", During::rotation, {Change::write, kSpare}, 250},
    Plan{"rotation: a header written and synced", During::rotation, {Change::sync, kSpare}, 3},
    Plan{"rotation: before the rename", During::rotation, {Change::rename, kSpare, false}, 2},
    Plan{"rotation: after the rename", During::rotation, {Change::rename, kSpare}, 2},
    Plan{"rotation: the directory synced", During::rotation, {Change::sync_directory, ""}, 2},
    Plan{"rotation: the old segment sealed", During::rotation, {Change::erase, kSegment}, 2},
};

}  // namespace

Plan Deck::next(std::mt19937_64& random) {
  if (left_.empty()) {
    left_.assign(kPlans.begin(), kPlans.end());
    std::shuffle(left_.begin(), left_.end(), random);
  }
  Plan plan = left_.back();
  left_.pop_back();
  plan.count = static_cast<std::uint32_t>(1 + random() % plan.count);
  return plan;
}

}  // namespace powercut
