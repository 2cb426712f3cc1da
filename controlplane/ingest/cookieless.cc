// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/cookieless.h"

#include <string.h>
#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

namespace cp::ingest {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kHourUs = 3600 * kSecondUs;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kDayUs = kDaySeconds * kSecondUs;
/// A day begins first at UTC+14 and ends last at UTC-12.
constexpr std::int64_t kEarliestBeginUs = 14 * kHourUs;
constexpr std::int64_t kLatestEndUs = 12 * kHourUs;
constexpr const char* kDayColumn = "(DATE '1970-01-01' + $1::integer)";

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) noexcept {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

event::Salt random_salt() {
  event::Salt salt{};
  if (::getentropy(salt.data(), salt.size()) != 0) {
    throw std::system_error(errno, std::generic_category(), "getentropy");
  }
  return salt;
}

bool is_unsupported(std::string_view name) noexcept {
  return name == "$identify" || name == "$create_alias" || name == "$merge_dangerously";
}

}  // namespace

std::string_view name_of(CookielessOutcome outcome) noexcept {
  constexpr std::array<std::string_view, kCookielessOutcomes> kNames = {
      "identified", "project_disabled", "event_unsupported", "no_user_agent",
      "no_address", "no_host",          "future_day",        "salt_gone"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::int64_t system_now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

event::Salt DatabaseSalts::salt_of(std::int64_t day) {
  const auto fresh = random_salt();
  auto transaction = pool_.begin();
  transaction.run(std::string("INSERT INTO cookieless_salts (day, salt) VALUES (") + kDayColumn +
                      ", $2) ON CONFLICT (day) DO NOTHING",
                  db::Parameters().number(day).bytes(
                      {reinterpret_cast<const char*>(fresh.data()), fresh.size()}));
  const auto rows =
      transaction.run(std::string("SELECT salt FROM cookieless_salts WHERE day = ") + kDayColumn,
                      db::Parameters().number(day));
  transaction.commit();
  event::Salt salt{};
  const std::string bytes = rows.empty() ? std::string() : rows[0].bytes(0);
  if (bytes.size() != salt.size()) {
    throw db::Error("", "the salt of a day was deleted while it was read");
  }
  std::copy(bytes.begin(), bytes.end(), salt.begin());
  return salt;
}

void DatabaseSalts::forget_before(std::int64_t day) {
  pool_.run(std::string("DELETE FROM cookieless_salts WHERE day < ") + kDayColumn,
            db::Parameters().number(day));
}

CookielessIdentity::CookielessIdentity(SaltStore& salts, ProjectDirectory& projects, NowUs now_us)
    : salts_(salts), projects_(projects), now_us_(std::move(now_us)) {}

CookielessOutcome CookielessIdentity::identify(const event::ProcessedEvent& event,
                                               std::int64_t project_id, event::CookielessIds& ids) {
  const auto settings = projects_.cookieless(project_id);
  const auto& traits = *event.cookieless;
  if (!settings.is_on) {
    return CookielessOutcome::project_disabled;
  }
  if (is_unsupported(event.name)) {
    return CookielessOutcome::event_unsupported;
  }
  if (traits.user_agent.empty()) {
    return CookielessOutcome::no_user_agent;
  }
  if (traits.address.empty()) {
    return CookielessOutcome::no_address;
  }
  if (traits.host.empty()) {
    return CookielessOutcome::no_host;
  }
  const Day day = day_of(event.timestamp_us, traits.time_zone, settings.timezone);
  if (event.created_us < day.number * kDayUs - kEarliestBeginUs) {
    return CookielessOutcome::future_day;
  }
  if (day.number < first_living_day()) {
    return CookielessOutcome::salt_gone;
  }
  ids = event::cookieless_ids(traits, project_id, salt_of(day.number), day.start_ms);
  return CookielessOutcome::identified;
}

void CookielessIdentity::forget_expired() {
  const auto living = first_living_day();
  if (living <= forgotten_before_) {
    return;
  }
  while (!living_.empty() && living_.begin()->first < living) {
    ::explicit_bzero(living_.begin()->second.data(), living_.begin()->second.size());
    living_.erase(living_.begin());
  }
  salts_.forget_before(living);
  forgotten_before_ = living;
}

/// The salt of a day lives until `kLagHours` after the day's end at UTC-12.
std::int64_t CookielessIdentity::first_living_day() const {
  const auto life_us = kDayUs + kLatestEndUs + kLagHours * kHourUs;
  return floor_divide(now_us_() - life_us, kDayUs) + 1;
}

CookielessIdentity::Day CookielessIdentity::day_of(std::int64_t timestamp_us,
                                                   std::string_view event_zone,
                                                   const std::string& project_zone) {
  static const zone::TimeZone utc;
  const zone::TimeZone* found = event_zone.empty() ? nullptr : find_zone(event_zone);
  if (found == nullptr) {
    found = find_zone(project_zone);
  }
  const zone::TimeZone& here = found == nullptr ? utc : *found;
  const auto local_seconds = here.to_local(floor_divide(timestamp_us, kSecondUs));
  const auto number = floor_divide(local_seconds, kDaySeconds);
  return {number, here.to_utc(number * kDaySeconds) * 1000};
}

/// Nothing for a name that no zone has.
const zone::TimeZone* CookielessIdentity::find_zone(std::string_view name) {
  auto found = zones_.find(name);
  if (found == zones_.end()) {
    if (zones_.size() >= kZonesMax) {
      zones_.clear();  // names are the clients' to invent
    }
    std::optional<zone::TimeZone> loaded;
    try {
      loaded = zone::TimeZone::load(std::string(name));
    } catch (const std::exception&) {
      loaded.reset();
    }
    found = zones_.emplace(std::string(name), std::move(loaded)).first;
  }
  std::optional<zone::TimeZone>& zone = found->second;
  return zone ? &*zone : nullptr;
}

const event::Salt& CookielessIdentity::salt_of(std::int64_t day) {
  const auto found = living_.find(day);
  return found != living_.end() ? found->second
                                : living_.emplace(day, salts_.salt_of(day)).first->second;
}

}  // namespace cp::ingest
