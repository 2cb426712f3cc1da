// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/client_warning.h"

#include "controlplane/event/internal/json_text.h"

#include <cstddef>

namespace cp::event {
namespace {

constexpr std::string_view kMessage = "$$client_ingestion_warning_message";
constexpr std::size_t kMessageBytesMax = 4096;

/// At most kMessageBytesMax bytes, whole characters.
std::string_view cut(std::string_view text) noexcept {
  if (text.size() <= kMessageBytesMax) {
    return text;
  }
  std::size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace

std::string client_warning_details(const ProcessedEvent& event) {
  std::string message;
  internal::MemberScanner scanner(event.properties_json);
  internal::Member member;
  while (scanner.next(member)) {
    if (member.key == kMessage) {
      message.clear();
      internal::append_unescaped(message, member.value);
    }
  }
  std::string details = R"({"eventUuid":")";
  details += to_text(event.uuid);
  details += R"(","event":)";
  internal::append_quoted(details, event.name);
  details += R"(,"distinctId":)";
  internal::append_quoted(details, event.distinct_id);
  details += R"(,"message":)";
  internal::append_quoted(details, cut(message));
  details += '}';
  return details;
}

}  // namespace cp::event
