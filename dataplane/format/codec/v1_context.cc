// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/v1_context.h"

#include "dataplane/format/codec/internal/identity.h"
#include "dataplane/format/codec/token.h"

#include <array>
#include <charconv>
#include <limits>

namespace format::codec {
namespace {

constexpr std::string_view kSeparator = ": ";

struct Field {
  std::string_view name;
  std::string_view V1Context::* value;
  bool is_sent = true;  ///< By the client.
};
constexpr std::array<Field, 5> kFields = {
    {{"posthog-sdk-info", &V1Context::sdk_info},
     {"posthog-request-timestamp", &V1Context::request_timestamp},
     {"posthog-attempt", &V1Context::attempt},
     {"posthog-request-id", &V1Context::request_id},
     {"bristle-event-bytes-max", &V1Context::event_bytes_max, false}}};

}  // namespace

void write_v1_context(const V1Context& context, std::string& out) {
  out.clear();
  for (const auto& field : kFields) {
    if (field.is_sent || !(context.*field.value).empty()) {
      out.append(field.name).append(kSeparator).append(context.*field.value).append("\n");
    }
  }
}

V1Context read_v1_context(std::string_view text) noexcept {
  V1Context context;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const auto separator = line.find(kSeparator);
    for (const auto& field : kFields) {
      if (separator != std::string_view::npos && line.substr(0, separator) == field.name) {
        context.*field.value = line.substr(separator + kSeparator.size());
      }
    }
  }
  return context;
}

std::size_t read_event_bytes_max(std::string_view text) noexcept {
  std::size_t bytes_max = 0;
  const auto* end = text.data() + text.size();
  const auto found = std::from_chars(text.data(), end, bytes_max);
  return found.ec == std::errc() && found.ptr == end ? bytes_max
                                                     : std::numeric_limits<std::size_t>::max();
}

bool is_request_id(std::string_view text) noexcept { return read_uuid(text).has_value(); }

std::optional<SdkName> read_sdk_info(std::string_view sdk_info) noexcept {
  const auto slash = sdk_info.rfind('/');
  if (sdk_info.size() > kSdkInfoBytesMax || slash == std::string_view::npos) {
    return std::nullopt;
  }
  const SdkName name{trim(sdk_info.substr(0, slash)), trim(sdk_info.substr(slash + 1))};
  return name.library.empty() || name.version.empty() ? std::nullopt : std::optional(name);
}

}  // namespace format::codec
