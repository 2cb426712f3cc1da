// SPDX-License-Identifier: LicenseRef-Project
// What a policy makes of single names and texts, wherever they stand.
#pragma once

#include "dataplane/format/privacy/keyed_hash.h"
#include "dataplane/format/privacy/policy.h"

#include <string>
#include <string_view>

namespace format::privacy::internal {

/// Where a member stands.
enum class Level : std::uint8_t {
  root,        ///< The root object: an event, or what is around a batch.
  event,       ///< An event of a list.
  properties,  ///< `properties`, `$set` and `$set_once` of an event.
  options,     ///< `options` of an event, each of a type of its own.
  nested,      ///< Anywhere below, and anywhere else.
};

inline constexpr std::string_view kRedacted = "[redacted]";

/// Where the members of an object stand that is the member `name` there.
[[nodiscard]] Level level_below(Level level, std::string_view name) noexcept;

/// Members are fields of an event, or of what is around a batch.
[[nodiscard]] constexpr bool is_field(Level level) noexcept {
  return level == Level::root || level == Level::event;
}

/// The member steers how a body is read; without it the body would mean something else.
[[nodiscard]] bool is_steering(Level level, std::string_view key) noexcept;

/// The member says who somebody is: what is redacted there must stay different.
[[nodiscard]] bool is_identity(std::string_view key) noexcept;

/// What the names of `policy` say about a member.
[[nodiscard]] Action action_for_name(const Policy& policy, Level level,
                                     std::string_view key) noexcept;

/// What was found in a text.
struct TextVerdict {
  Action action = Action::keep;  ///< The strictest.
  Pattern pattern = Pattern::email;
};

/// Looks for patterns in `text`. Unless the verdict is `keep`, `clean` becomes the text with a mark
/// like `[email]` in place of every match; it holds no pattern any more.
TextVerdict judge_text(const Policy& policy, std::string_view text, std::string& clean);

/// `redacted-` and the keyed hash of `text`; just the mark without a key.
std::string pseudonym_of(const HashKey* key, std::string_view text);

}  // namespace format::privacy::internal
