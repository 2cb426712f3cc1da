// SPDX-License-Identifier: LicenseRef-Project
// Gives cookieless events their ids: which day's salt, whether it still lives, and what becomes of
// events that get none. The salts are the only secret; when one is gone, nobody can tell any more
// who its ids belonged to.
#pragma once

#include "controlplane/db/database.h"
#include "controlplane/event/cookieless.h"
#include "controlplane/event/record_decoder.h"
#include "controlplane/ingest/projects.h"
#include "controlplane/zone/time_zone.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cp::ingest {

/// Where the salts are kept: an interface, so that the worker is tested without a database. Days
/// count from 1970. Every call may throw.
class SaltStore {
 public:
  /// The day's salt, made on first use: durable, and the same for whoever asks.
  virtual event::Salt salt_of(std::int64_t day) = 0;

  /// Deletes the salts of all days before `day`.
  virtual void forget_before(std::int64_t day) = 0;

 protected:
  ~SaltStore() = default;
};

/// The table `cookieless_salts`.
class DatabaseSalts final : public SaltStore {
 public:
  explicit DatabaseSalts(db::Pool& pool) : pool_(pool) {}

  event::Salt salt_of(std::int64_t day) override;
  void forget_before(std::int64_t day) override;

 private:
  db::Pool& pool_;
};

/// What became of a cookieless event.
enum class CookielessOutcome : std::uint8_t {
  identified,
  project_disabled,   ///< The project has not asked for it.
  event_unsupported,  ///< `$identify`, `$create_alias`, `$merge_dangerously`: there is nobody.
  no_user_agent,
  no_address,
  no_host,
  future_day,  ///< Nowhere on earth is it that day when the event is received.
  salt_gone,   ///< The day is over for longer than salts live.
};
inline constexpr std::size_t kCookielessOutcomes = 8;

/// The name of an outcome in log lines.
std::string_view name_of(CookielessOutcome outcome) noexcept;

/// Microseconds since 1970 UTC, by the clock that stamps records.
using NowUs = std::function<std::int64_t()>;
std::int64_t system_now_us();

/// Thread: the worker's. Bounds: a handful of salts, kZonesMax time zones. An event gets the same
/// ids however often it is processed, as long as the salt of its day lives.
class CookielessIdentity {
 public:
  /// A day is over at UTC-12; what was received until then has this long to be stored.
  static constexpr std::int64_t kLagHours = 24;
  static constexpr std::size_t kZonesMax = 1'000;

  CookielessIdentity(SaltStore& salts, ProjectDirectory& projects, NowUs now_us = system_now_us);

  /// Fills `ids` when the outcome is `identified`.
  CookielessOutcome identify(const event::ProcessedEvent& event, std::int64_t project_id,
                             event::CookielessIds& ids);

  /// Forgets salts whose days are over, in memory and in the store: to be called often, also when
  /// there are no events. Cheap when nothing is due.
  void forget_expired();

 private:
  struct Day {
    std::int64_t number = 0;  ///< Since 1970, where the sender is.
    std::int64_t start_ms = 0;
  };

  [[nodiscard]] std::int64_t first_living_day() const;
  [[nodiscard]] Day day_of(std::int64_t timestamp_us, std::string_view event_zone,
                           const std::string& project_zone);
  const zone::TimeZone* find_zone(std::string_view name);
  const event::Salt& salt_of(std::int64_t day);

  SaltStore& salts_;
  ProjectDirectory& projects_;
  NowUs now_us_;
  std::map<std::int64_t, event::Salt> living_;
  std::map<std::string, std::optional<zone::TimeZone>, std::less<>> zones_;
  std::int64_t forgotten_before_ = 0;
};

}  // namespace cp::ingest
