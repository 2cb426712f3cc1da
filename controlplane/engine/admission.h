// SPDX-License-Identifier: LicenseRef-Project
// Which queries run: at most so many at once, each under an id that is unique while it lasts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace cp::engine {

/// Lets queries in and knows the running ones. Thread: any. Bounds: `queries_max` at once; others
/// wait up to `wait_max`, then fail. Failure: EngineError.
class Admission {
 public:
  Admission(std::size_t queries_max, std::chrono::milliseconds wait_max)
      : queries_max_(queries_max), wait_max_(wait_max) {}

  /// A query that was let in; leaves when it dies.
  class Ticket {
   public:
    Ticket(Admission& admission, std::string query_id);
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    Ticket(Ticket&&) = delete;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();

    [[nodiscard]] const std::string& query_id() const noexcept { return query_id_; }
    /// The mark that the query carries inside the engine, where query ids cannot be chosen.
    [[nodiscard]] const std::string& mark() const noexcept { return mark_; }

   private:
    Admission& admission_;
    std::string query_id_;
    std::string mark_;
  };

  /// Forgets waiting queries of these ids and returns the marks of running ones.
  std::vector<std::string> kill(const std::vector<std::string>& query_ids);
  /// The same for all queries.
  std::vector<std::string> kill_all();

 private:
  struct Entry {
    std::string mark;
    bool is_running = false;
    bool is_killed = false;
  };
  static void kill_entry(Entry& entry, std::vector<std::string>& marks);

  std::size_t queries_max_;
  std::chrono::milliseconds wait_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;
  std::size_t running_ = 0;
  std::uint64_t next_mark_ = 0;
};

}  // namespace cp::engine
