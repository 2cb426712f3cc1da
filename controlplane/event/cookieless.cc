// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/cookieless.h"

#include "controlplane/event/internal/json_text.h"
#include "controlplane/event/uuid.h"
#include "dataplane/format/privacy/keyed_hash.h"

#include <algorithm>
#include <cstring>
#include <initializer_list>

namespace cp::event {
namespace {

using internal::Member;
using internal::MemberScanner;

constexpr std::size_t kExtraCharactersMax = 100;

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> names) noexcept {
  return std::find(names.begin(), names.end(), key) != names.end();
}

void append_member(std::string& object, std::string_view whole) {
  object.append(object.size() == 1 ? "" : ",").append(whole);
}

/// `object` without what it says of the browser.
void copy_person(std::string& out, std::string_view object) {
  if (object.empty()) {
    out.clear();
    return;
  }
  out.assign(1, '{');
  MemberScanner scanner(object);
  Member member;
  while (scanner.next(member)) {
    if (!is_one_of(member.key, {"$raw_user_agent", "$initial_raw_user_agent"})) {
      append_member(out, member.whole);
    }
  }
  out += '}';
}

std::string_view first_characters(std::string_view text, std::size_t count) noexcept {
  std::size_t characters = 0;
  for (std::size_t position = 0; position < text.size(); ++position) {
    const bool is_start = (static_cast<unsigned char>(text[position]) & 0xC0U) != 0x80U;
    if (is_start && ++characters > count) {
      return text.substr(0, position);
    }
  }
  return text;
}

/// RFC 4648, without padding: what 16 bytes need.
std::string base64(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8U | byte;
    for (count += 8; count >= 6; count -= 6) {
      text += kLetters[bits >> (count - 6) & 0x3FU];
    }
  }
  text += kLetters[bits << (6 - count) & 0x3FU];
  return text;
}

/// A version 7 UUID whose random part is the hash: a person's one session of the day.
std::string session_of(const std::array<std::uint8_t, 16>& hash, std::int64_t day_start_ms) {
  Uuid uuid;
  const auto milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(day_start_ms, 0));
  for (std::size_t index = 0; index < 6; ++index) {
    uuid.bytes[index] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * index));
  }
  std::copy_n(hash.begin(), 10, uuid.bytes.begin() + 6);
  uuid.bytes[6] = static_cast<std::uint8_t>(0x70U | (uuid.bytes[6] & 0x0FU));
  uuid.bytes[8] = static_cast<std::uint8_t>(0x80U | (uuid.bytes[8] & 0x3FU));
  return to_text(uuid);
}

bool is_number(std::string_view label) noexcept {
  return !label.empty() &&
         std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// `co` of `co.uk`: a name below a country that belongs to nobody.
bool is_shared_label(std::string_view label) noexcept {
  return is_one_of(label, {"ac", "co", "com", "edu", "gob", "gov", "gouv", "gv", "info", "ltd",
                           "ne", "net", "nom", "or", "org", "plc", "sch"});
}

/// The labels that a site and its subdomains share.
std::string_view shared_labels(std::string_view name) noexcept {
  const auto last_dot = name.rfind('.');
  if (last_dot == std::string_view::npos || last_dot == 0 || is_number(name.substr(last_dot + 1))) {
    return name;  // one label, or an IPv4 address
  }
  auto dot = name.rfind('.', last_dot - 1);
  if (dot == std::string_view::npos) {
    return name;
  }
  const bool is_country = name.size() - last_dot - 1 == 2;
  if (is_country && is_shared_label(name.substr(dot + 1, last_dot - dot - 1)) && dot > 0) {
    dot = name.rfind('.', dot - 1);
  }
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

std::string* CookielessReader::find_trait(std::string_view key) noexcept {
  if (key == "$raw_user_agent") {
    return &user_agent_;
  }
  if (key == "$host") {
    return &host_;
  }
  if (key == "$ip") {
    return &address_;
  }
  if (key == "$timezone") {
    return &time_zone_;
  }
  return key == "$cookieless_extra" ? &extra_ : nullptr;
}

CookielessReader::Cleaned CookielessReader::clean(std::string_view properties_json,
                                                  std::string_view set_json,
                                                  std::string_view set_once_json,
                                                  std::string_view address) {
  for (auto* text : {&user_agent_, &host_, &address_, &time_zone_, &extra_}) {
    text->clear();
  }
  properties_.assign(1, '{');
  MemberScanner scanner(properties_json);
  Member member;
  while (scanner.next(member)) {
    if (auto* trait = find_trait(member.key)) {
      trait->clear();
      internal::append_unescaped(*trait, member.value);
    }
    if (is_one_of(member.key, {"$set", "$set_once"}) && member.value.starts_with('{')) {
      copy_person(set_, member.value);
      append_member(properties_, {});
      properties_.append(1, '"').append(member.key).append("\":").append(set_);
    } else if (!is_one_of(member.key, {"$raw_user_agent", "$ip", "$cookieless_extra",
                                       "$distinct_id", "$device_id", "$session_id"})) {
      append_member(properties_, member.whole);
    }
  }
  properties_ += '}';
  copy_person(set_, set_json);
  copy_person(set_once_, set_once_json);
  traits_ = {user_agent_, host_, address_.empty() ? address : std::string_view(address_),
             time_zone_, first_characters(extra_, kExtraCharactersMax)};
  return {properties_, set_, set_once_};
}

CookielessIds cookieless_ids(const CookielessTraits& traits, std::int64_t project_id,
                             const Salt& salt, std::int64_t day_start_ms) {
  std::array<std::uint64_t, 2> words{};
  static_assert(sizeof(words) == sizeof(Salt));
  std::memcpy(words.data(), salt.data(), sizeof(words));
  // PostHog's order; the 0 counts the identified people of one hash, which only its mode with a
  // state does.
  std::string text = std::to_string(project_id);
  text.append("-").append(traits.address).append("-").append(root_domain(traits.host));
  text.append("-").append(traits.user_agent).append("-0-").append(traits.extra);
  const auto hash = format::privacy::HashKey::from_words(words[0], words[1]).digest(text);
  const std::string letters = base64(hash);
  CookielessIds ids;
  ids.distinct_id.append("cookieless_").append(letters);
  ids.device_id.append("cookielessd_").append(letters);
  ids.session_id = session_of(hash, day_start_ms);
  return ids;
}

void append_ids(std::string& out, std::string_view properties_json, const CookielessIds& ids) {
  out = properties_json;
  if (out.ends_with('}')) {
    out.pop_back();
  }
  out.append(out.size() <= 1 ? "" : ",").append(R"("$distinct_id":")").append(ids.distinct_id);
  out.append(R"(","$device_id":")").append(ids.device_id);
  out.append(R"(","$session_id":")").append(ids.session_id).append("\"}");
}

std::string root_domain(std::string_view host) {
  if (const auto scheme = host.find("://"); scheme != std::string_view::npos) {
    host.remove_prefix(scheme + 3);
  }
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto user = host.rfind('@'); user != std::string_view::npos) {
    host.remove_prefix(user + 1);
  }
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const std::string_view whole = lower;
  if (whole.starts_with('[')) {
    return lower;
  }
  const auto colon = whole.find(':');
  if (colon != std::string_view::npos && whole.find(':', colon + 1) != std::string_view::npos) {
    std::string address(1, '[');  // a bare IPv6 address
    return address.append(whole).append("]");
  }
  const auto name = whole.substr(0, colon);
  std::string domain(name == "localhost" ? std::string_view("127.0.0.1") : shared_labels(name));
  return colon == std::string_view::npos ? domain : domain.append(whole.substr(colon));
}

}  // namespace cp::event
