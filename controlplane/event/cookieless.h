// SPDX-License-Identifier: LicenseRef-Project
// People without cookies: an id is a keyed hash of address, browser and site under a salt that
// lives for a day, and nothing that went into it is stored (capture-protocol.md 14).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cp::event {

/// What a cookieless event tells of its sender; views into the reader's memory.
struct CookielessTraits {
  std::string_view user_agent;
  std::string_view host;
  std::string_view address;    ///< The event's own `$ip`, else what the record holds.
  std::string_view time_zone;  ///< IANA name, or empty.
  std::string_view extra;      ///< `$cookieless_extra`, the first 100 characters.
};

/// Takes the traits out of an event. Reuses its memory; one thread.
class CookielessReader {
 public:
  /// The texts of an event without what must not be stored, and without the ids that are replaced.
  struct Cleaned {
    std::string_view properties_json;
    std::string_view set_json;
    std::string_view set_once_json;
  };

  /// Views live until the next call.
  Cleaned clean(std::string_view properties_json, std::string_view set_json,
                std::string_view set_once_json, std::string_view address);

  /// Of the event that was cleaned last.
  [[nodiscard]] const CookielessTraits& traits() const noexcept { return traits_; }

 private:
  std::string* find_trait(std::string_view key) noexcept;

  std::string properties_;
  std::string set_;
  std::string set_once_;
  std::string user_agent_;
  std::string host_;
  std::string address_;
  std::string time_zone_;
  std::string extra_;
  CookielessTraits traits_;
};

/// 16 random bytes of one calendar day.
using Salt = std::array<std::uint8_t, 16>;

/// Who sent an event, for the rest of the day.
struct CookielessIds {
  std::string distinct_id;
  std::string device_id;
  std::string session_id;
};

/// The ids of `traits` in a project. `day_start_ms` is when the salt's day began where the sender
/// is.
CookielessIds cookieless_ids(const CookielessTraits& traits, std::int64_t project_id,
                             const Salt& salt, std::int64_t day_start_ms);

/// `properties_json` with the ids as `$distinct_id`, `$device_id` and `$session_id`.
void append_ids(std::string& out, std::string_view properties_json, const CookielessIds& ids);

/// The part of a host, or of a link, that its subdomains share, with the port: `app.example.co.uk`
/// and `example.co.uk` are one site. Without a list of public suffixes: the last two labels, or
/// three below a country's `co`, `com`, `ac` and the like.
std::string root_domain(std::string_view host);

}  // namespace cp::event
