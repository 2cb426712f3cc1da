// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/internal/typed_properties.h"

#include "controlplane/event/internal/json_text.h"
#include "dataplane/base/check.h"

#include <algorithm>
#include <array>

namespace cp::event::internal {
namespace {

/// In the order they are appended.
constexpr std::array<std::string_view, 8> kNames = {"$session_id",
                                                    "$window_id",
                                                    "$cookieless_mode",
                                                    "$ignore_sent_at",
                                                    "$product_tour_id",
                                                    "$process_person_profile",
                                                    "$lib",
                                                    "$lib_version"};

/// The bit of a name that is one of ours, else 0.
std::uint32_t bit_of(std::string_view name) noexcept {
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? 0 : 1U << static_cast<unsigned>(found - kNames.begin());
}

}  // namespace

std::string_view TypedProperties::splice(const format::codec::V1Event& event,
                                         const std::optional<format::codec::SdkName>& sdk) {
  typed_.clear();
  names_ = 0;
  add("$session_id", event.session_id);
  add("$window_id", event.window_id);
  add("$cookieless_mode", event.cookieless_mode);
  add("$ignore_sent_at", event.disable_skew_correction);
  add("$product_tour_id", event.product_tour_id);
  // An id that names nobody makes no person, whatever the event asks for.
  add("$process_person_profile", event.verdict == format::codec::Verdict::person_processing_disabled
                                     ? std::optional(false)
                                     : event.process_person_profile);
  if (sdk) {
    add("$lib", std::optional(sdk->library));
    add("$lib_version", std::optional(sdk->version));
  }
  if (names_ == 0) {
    return event.properties_json;
  }
  json_.assign(1, '{');
  append_kept(event.properties_json);
  json_.append(json_.size() == 1 ? "" : ",").append(typed_).append("}");
  return json_;
}

void TypedProperties::add(std::string_view name, std::optional<std::string_view> text) {
  if (text) {
    begin_member(name);
    append_quoted(typed_, *text);
  }
}

void TypedProperties::add(std::string_view name, std::optional<bool> flag) {
  if (flag) {
    begin_member(name);
    typed_.append(*flag ? "true" : "false");
  }
}

void TypedProperties::begin_member(std::string_view name) {
  const auto bit = bit_of(name);
  DCHECK(bit != 0);
  names_ |= bit;
  typed_.append(typed_.empty() ? "\"" : ",\"").append(name).append("\":");
}

void TypedProperties::append_kept(std::string_view properties) {
  MemberScanner scanner(properties);
  Member member;
  while (scanner.next(member)) {
    if ((names_ & bit_of(member.key)) == 0) {
      json_.append(json_.size() == 1 ? "" : ",").append(member.whole);
    }
  }
}

}  // namespace cp::event::internal
