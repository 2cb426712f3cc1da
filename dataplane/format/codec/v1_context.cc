// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/v1_context.h"

#include "dataplane/format/codec/internal/identity.h"
#include "dataplane/format/codec/token.h"

#include <array>

namespace format::codec {
namespace {

constexpr std::string_view kSeparator = ": ";

struct Field {
  std::string_view name;
  std::string_view V1Context::* value;
};
constexpr std::array<Field, 4> kFields = {
    {{"posthog-sdk-info", &V1Context::sdk_info},
     {"posthog-request-timestamp", &V1Context::request_timestamp},
     {"posthog-attempt", &V1Context::attempt},
     {"posthog-request-id", &V1Context::request_id}}};

}  // namespace

void write_v1_context(const V1Context& context, std::string& out) {
  out.clear();
  for (const auto& field : kFields) {
    out.append(field.name).append(kSeparator).append(context.*field.value).append("\n");
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
