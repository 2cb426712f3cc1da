// SPDX-License-Identifier: LicenseRef-Project
// What a project does not want to receive: names of properties, shapes of values, addresses. The
// API checks a policy with the same reader the dataplane uses, so what one accepts the other knows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace format::privacy {

/// Names of one policy, and the bytes of one name.
inline constexpr std::size_t kNamesMax = 500;
inline constexpr std::size_t kNameBytesMax = 200;
/// Bytes of one policy as JSON.
inline constexpr std::size_t kPolicyBytesMax = std::size_t{256} << 10;

/// What happens to what a rule finds; the strictest of several wins.
enum class Action : std::uint8_t {
  keep,
  redact,      ///< A mark takes the place of the value.
  drop,        ///< The member or list entry goes.
  quarantine,  ///< The event goes; its shape stays.
};

/// Shapes of values that can be told from others.
enum class Pattern : std::uint8_t { email, phone, card, iban };
inline constexpr std::array<std::string_view, 4> kPatternNames = {"email", "phone", "card", "iban"};

enum class NameMode : std::uint8_t { off, deny, allow };

/// What becomes of `$ip` and the client's address.
enum class AddressRule : std::uint8_t {
  drop,
  hash,  ///< A keyed hash takes its place; dropped where the installation has no key.
};

/// Names, some ending in `*`.
class NameSet {
 public:
  void add(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  [[nodiscard]] bool is_empty() const noexcept { return exact_.empty() && prefixes_.empty(); }
  [[nodiscard]] const std::vector<std::string>& exact() const noexcept { return exact_; }
  [[nodiscard]] bool has_prefixes() const noexcept { return !prefixes_.empty(); }

 private:
  std::vector<std::string> exact_;  ///< Sorted.
  std::vector<std::string> prefixes_;
};

/// One project's policy. Plain data; made when it changes, never per event.
struct Policy {
  bool is_active = false;
  bool is_closed = false;                               ///< Stands for one that cannot be read.
  std::array<Action, kPatternNames.size()> patterns{};  ///< By Pattern.
  NameMode name_mode = NameMode::off;
  NameSet names;
  Action name_action = Action::drop;
  AddressRule address = AddressRule::drop;

  [[nodiscard]] Action of(Pattern pattern) const noexcept {
    return patterns[static_cast<std::size_t>(pattern)];
  }
};

/// What is wrong with a policy: the field (`patterns.email`) and what belongs there.
struct PolicyComplaint {
  std::string field;
  std::string expected;
};

/// Reads a policy (docs/operations.md, "Privacy guard"). Nothing, and a complaint, when a field is
/// unknown or holds what it must not: a guard that guesses protects nobody.
std::optional<Policy> read_policy(std::string_view json, PolicyComplaint& complaint);

/// The policy in a project's value of the tenant store: nothing when it has none, `closed_policy`
/// when there is one that cannot be read.
std::optional<Policy> policy_of_project(std::string_view project_json);

/// The policy of projects without one on an installation that guards by default: e-mail addresses,
/// phone numbers, cards and IBANs are redacted, passwords and card codes dropped. As it would be
/// stored.
inline constexpr std::string_view kStandardPolicyJson =
    R"({"enabled":true,)"
    R"("patterns":{"email":"redact","phone":"redact","card":"redact","iban":"redact"},)"
    R"("properties":{"mode":"deny","names":["password","passwd","secret","card_number",)"
    R"("credit_card","cvc","cvv","iban"],"action":"drop"},)"
    R"("address":"drop"})";

/// The same, read.
Policy standard_policy();

/// What is applied where a policy is stored and cannot be read: every event is quarantined.
Policy closed_policy();

}  // namespace format::privacy
