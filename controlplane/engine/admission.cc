// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/engine/admission.h"

#include "controlplane/engine/exception.h"

#include <utility>

namespace cp::engine {

Admission::Ticket::Ticket(Admission& admission, std::string query_id)
    : admission_(admission), query_id_(std::move(query_id)) {
  std::unique_lock lock(admission_.mutex_);
  const auto [entry, is_new] = admission_.entries_.try_emplace(query_id_);
  if (!is_new) {
    throw EngineError(code::kQueryWithSameIdIsAlreadyRunning,
                      "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
                      "Query with id = " + query_id_ + " is already running.");
  }
  mark_ = "bristle-" + std::to_string(++admission_.next_mark_);
  entry->second.mark = mark_;
  const bool has_place = admission_.changed_.wait_for(lock, admission_.wait_max_, [&] {
    return admission_.running_ < admission_.queries_max_ || entry->second.is_killed;
  });
  const bool is_killed = entry->second.is_killed;
  if (has_place && !is_killed) {
    entry->second.is_running = true;
    ++admission_.running_;
    return;
  }
  admission_.entries_.erase(entry);
  if (is_killed) {
    throw EngineError(code::kQueryWasCancelled, "QUERY_WAS_CANCELLED", "Query was cancelled.");
  }
  throw EngineError(
      code::kTooManySimultaneousQueries, "TOO_MANY_SIMULTANEOUS_QUERIES",
      "Too many simultaneous queries. Maximum: " + std::to_string(admission_.queries_max_));
}

Admission::Ticket::~Ticket() {
  {
    const std::lock_guard lock(admission_.mutex_);
    admission_.entries_.erase(query_id_);
    --admission_.running_;
  }
  admission_.changed_.notify_all();
}

void Admission::kill_entry(Entry& entry, std::vector<std::string>& marks) {
  entry.is_killed = true;
  if (entry.is_running) {
    marks.push_back(entry.mark);
  }
}

std::vector<std::string> Admission::kill(const std::vector<std::string>& query_ids) {
  std::vector<std::string> marks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& query_id : query_ids) {
      if (const auto entry = entries_.find(query_id); entry != entries_.end()) {
        kill_entry(entry->second, marks);
      }
    }
  }
  changed_.notify_all();
  return marks;
}

std::vector<std::string> Admission::kill_all() {
  std::vector<std::string> marks;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [query_id, entry] : entries_) {
      kill_entry(entry, marks);
    }
  }
  changed_.notify_all();
  return marks;
}

}  // namespace cp::engine
