// SPDX-License-Identifier: LicenseRef-Project
// Which project a token belongs to, from memory.
#pragma once

#include "controlplane/db/database.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cp::ingest {

/// How a project's cookieless events are treated.
struct CookielessSettings {
  bool is_on = false;
  std::string timezone = "UTC";  ///< Where the event names none.
};

/// An interface, so that the worker is tested without a database. Thread: the worker's.
class ProjectDirectory {
 public:
  /// The project of `token`; nothing when no project had it at `received_us` or later. Throws when
  /// it cannot know.
  virtual std::optional<std::int64_t> find(std::string_view token, std::int64_t received_us) = 0;

  /// Of a project that `find` named; as new as its answer.
  virtual CookielessSettings cookieless(std::int64_t project_id) = 0;

 protected:
  ~ProjectDirectory() = default;
};

/// The projects of PostgreSQL. They are read again when a token is unknown and the record is newer
/// than the last reading, so the first event of a new project is never dropped, and a flood of
/// invented tokens costs one reading per `kRefreshInterval`; also after `kLifetime`, so that a
/// deleted project stops receiving.
class DatabaseProjects final : public ProjectDirectory {
 public:
  static constexpr std::chrono::milliseconds kRefreshInterval{20};
  static constexpr std::chrono::seconds kLifetime{10};

  explicit DatabaseProjects(db::Pool& pool);

  std::optional<std::int64_t> find(std::string_view token, std::int64_t received_us) override;
  CookielessSettings cookieless(std::int64_t project_id) override;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Clock = std::chrono::system_clock;  // the dataplane's clock, by which records are stamped

  void refresh();

  db::Pool& pool_;
  Clock::time_point read_at_{};
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> projects_;
  std::unordered_map<std::int64_t, CookielessSettings> cookieless_;
};

}  // namespace cp::ingest
