// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/properties.h"

#include "controlplane/event/elements.h"
#include "controlplane/event/internal/json_text.h"
#include "controlplane/event/uuid.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace cp::event {
namespace {

using internal::Member;
using internal::MemberScanner;

/// The properties that are treated in some way; everything else is copied.
enum class Special : std::uint8_t {
  none,
  set,
  set_once,
  unset,
  elements,
  elements_chain,
  process_person_profile,
  session_id,
  ip,
  group,
  gateway,
  capture_internal,
  heatmap_data,
  previous_path,
  current_url,
};

constexpr std::array<std::pair<std::string_view, Special>, 16> kSpecial{{
    {"$set", Special::set},
    {"$set_once", Special::set_once},
    {"$unset", Special::unset},
    {"$elements", Special::elements},
    {"$elements_chain", Special::elements_chain},
    {"$process_person_profile", Special::process_person_profile},
    {"$session_id", Special::session_id},
    {"$ip", Special::ip},
    {"$group_0", Special::group},
    {"$group_1", Special::group},
    {"$group_2", Special::group},
    {"$group_3", Special::group},
    {"$group_4", Special::group},
    {"$heatmap_data", Special::heatmap_data},
    {"$prev_pageview_pathname", Special::previous_path},
    {"$current_url", Special::current_url},
}};

/// The names below which the gateway writes what it vouches for.
constexpr std::string_view kGatewayPrefix = "$ai_gateway";
/// Marks events that PostHog's own services send; their address is no client's.
constexpr std::string_view kCaptureInternal = "capture_internal";
constexpr std::string_view kInternalAddress = "127.0.0.1";

Special classify(std::string_view key) noexcept {
  constexpr std::string_view kSecondLetters = "suepigahc";
  if (key == kCaptureInternal) {
    return Special::capture_internal;
  }
  if (key.size() < 3 || key[0] != '$' || kSecondLetters.find(key[1]) == std::string_view::npos) {
    return Special::none;
  }
  if (key.starts_with(kGatewayPrefix)) {
    return Special::gateway;
  }
  const auto found = std::find_if(kSpecial.begin(), kSpecial.end(),
                                  [key](const auto& entry) { return entry.first == key; });
  return found == kSpecial.end() ? Special::none : found->second;
}

/// `"018A…"` with upper-case digits whose text is a UUID.
bool is_upper_case_uuid(std::string_view value) noexcept {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'F'; };
  return value.size() == 38 && std::any_of(value.begin(), value.end(), is_upper) &&
         parse_uuid(value.substr(1, 36)).has_value();
}

bool is_empty_string(std::string_view value) noexcept { return value.empty() || value == "\"\""; }

bool has_key(std::string_view object, std::string_view key) noexcept {
  MemberScanner scanner(object);
  Member member;
  while (scanner.next(member)) {
    if (member.key == key) {
      return true;
    }
  }
  return false;
}

/// Whether a member stays as it is in an event of this mode.
bool is_kept(Special special, const PropertiesInput& input, PersonMode mode) noexcept {
  switch (special) {
    case Special::elements:
    case Special::elements_chain:
    case Special::heatmap_data:
      return false;
    case Special::process_person_profile:
      return mode == PersonMode::propertyless;
    case Special::unset:
    case Special::group:
      return mode != PersonMode::propertyless;
    case Special::set:
      return mode != PersonMode::propertyless && input.set_json.empty();
    case Special::set_once:
      return mode != PersonMode::propertyless && input.set_once_json.empty();
    case Special::ip:
      return input.keeps_address;
    case Special::gateway:
      return !input.is_ai_event;
    case Special::none:
    case Special::session_id:
    case Special::capture_internal:
    case Special::previous_path:
    case Special::current_url:
      return true;
  }
  return true;
}

}  // namespace

/// What one look over the properties found; views into the input.
struct PropertiesEditor::Found {
  std::string_view set;
  std::string_view set_once;
  std::string_view elements;
  std::string_view elements_chain;
  bool is_personless = false;
  bool has_profile_flag = false;
  bool has_person_updates = false;  ///< `$set`, `$set_once`, `$unset` or `$group_N`.
  bool has_ip = false;
  bool has_upper_case_session = false;
  bool has_gateway = false;
  bool is_internal = false;  ///< `capture_internal`.
  bool has_heatmap_data = false;
  bool has_previous_path = false;
  bool has_current_url = false;

  explicit Found(std::string_view properties) {
    MemberScanner scanner(properties);
    Member member;
    while (scanner.next(member)) {
      note(classify(member.key), member.value);
    }
  }

  void note(Special special, std::string_view value) {
    switch (special) {
      case Special::set:
        set = value;
        has_person_updates = true;
        break;
      case Special::set_once:
        set_once = value;
        has_person_updates = true;
        break;
      case Special::unset:
      case Special::group:
        has_person_updates = true;
        break;
      case Special::elements:
        elements = value;
        break;
      case Special::elements_chain:
        elements_chain = value;
        break;
      case Special::process_person_profile:
        has_profile_flag = true;
        is_personless = value == "false";
        break;
      case Special::session_id:
        has_upper_case_session = is_upper_case_uuid(value);
        break;
      case Special::ip:
        has_ip = true;
        break;
      case Special::gateway:
        has_gateway = true;
        break;
      case Special::capture_internal:
        is_internal = true;
        break;
      case Special::heatmap_data:
        has_heatmap_data = true;
        break;
      case Special::previous_path:
        has_previous_path = !is_empty_string(value) && value != "null";
        break;
      case Special::current_url:
        has_current_url = !is_empty_string(value) && value != "null";
        break;
      case Special::none:
        break;
    }
  }

  [[nodiscard]] bool needs_rebuild(const PropertiesInput& input) const noexcept {
    const bool changes_person =
        is_personless ? has_person_updates
                      : has_profile_flag || !input.set_json.empty() || !input.set_once_json.empty();
    const bool changes_ip = input.keeps_address ? !has_ip && !input.address.empty() : has_ip;
    return changes_person || changes_ip || has_upper_case_session ||
           (has_gateway && input.is_ai_event) || has_heatmap_data || !elements.empty() ||
           !elements_chain.empty();
  }

  [[nodiscard]] bool tells_of_a_page() const noexcept {
    return has_heatmap_data || (has_previous_path && has_current_url);
  }
};

PropertiesEditor::PropertiesEditor() = default;
PropertiesEditor::~PropertiesEditor() = default;

StoredProperties PropertiesEditor::edit(const PropertiesInput& input) {
  const std::string_view properties = input.properties_json.empty() ? "{}" : input.properties_json;
  const Found found(properties);
  const PersonMode mode = found.is_personless ? PersonMode::propertyless : PersonMode::full;
  if (!found.needs_rebuild(input)) {
    return {properties, {}, mode, found.tells_of_a_page()};
  }
  rebuild(input, found, mode);
  move_elements(found);
  return {json_, chain_, mode, found.tells_of_a_page()};
}

/// Writes the members that stay, in their order, then what is added.
void PropertiesEditor::rebuild(const PropertiesInput& input, const Found& found, PersonMode mode) {
  json_.clear();
  json_ += '{';
  const auto separate = [this] {
    if (json_.size() > 1) {
      json_ += ',';
    }
  };
  MemberScanner scanner(input.properties_json);
  Member member;
  while (scanner.next(member)) {
    const Special special = classify(member.key);
    if (!is_kept(special, input, mode)) {
      continue;
    }
    separate();
    if (special == Special::session_id && found.has_upper_case_session) {
      const auto to_lower = [](char c) {
        return c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c;
      };
      json_.append("\"$session_id\":");
      std::transform(member.value.begin(), member.value.end(), std::back_inserter(json_), to_lower);
    } else {
      json_.append(member.whole);
    }
  }
  if (mode != PersonMode::propertyless && !input.set_json.empty()) {
    separate();
    append_merged("\"$set\":", found.set, input.set_json);
  }
  if (mode != PersonMode::propertyless && !input.set_once_json.empty()) {
    separate();
    append_merged("\"$set_once\":", found.set_once, input.set_once_json);
  }
  if (input.keeps_address && !found.has_ip && !input.address.empty()) {
    separate();
    json_ += "\"$ip\":";
    internal::append_quoted(json_, found.is_internal ? kInternalAddress : input.address);
  }
  json_ += '}';
}

/// Writes one object of the members of both; `over` wins.
void PropertiesEditor::append_merged(std::string_view name, std::string_view base,
                                     std::string_view over) {
  json_.append(name);
  const std::size_t start = json_.size();
  json_ += '{';
  MemberScanner scanner(base);
  Member member;
  while (scanner.next(member)) {
    if (!has_key(over, member.key)) {
      json_.append(json_.size() == start + 1 ? "" : ",").append(member.whole);
    }
  }
  if (over.size() > 2) {
    json_.append(json_.size() == start + 1 ? "" : ",").append(over.substr(1, over.size() - 2));
  }
  json_ += '}';
}

void PropertiesEditor::move_elements(const Found& found) {
  chain_.clear();
  if (!is_empty_string(found.elements_chain)) {
    internal::append_unescaped(chain_, found.elements_chain);
  } else if (!found.elements.empty()) {
    chain_ = elements_chain(found.elements);
  }
}

}  // namespace cp::event
