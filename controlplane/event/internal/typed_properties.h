// SPDX-License-Identifier: LicenseRef-Project
// Puts what a v1 event says in fields of its own into the properties, where every reader of events
// looks for it.
#pragma once

#include "dataplane/format/codec/analytics_v1.h"
#include "dataplane/format/codec/v1_context.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cp::event::internal {

/// Edits properties as text, one event after another, reusing its memory. One thread.
class TypedProperties {
 public:
  /// The event's properties with its typed fields and the SDK's name behind them; properties of
  /// the same names give way. Lives until the next call, or as long as the event.
  std::string_view splice(const format::codec::V1Event& event,
                          const std::optional<format::codec::SdkName>& sdk);

 private:
  void add(std::string_view name, std::optional<std::string_view> text);
  void add(std::string_view name, std::optional<bool> flag);
  void begin_member(std::string_view name);
  void append_kept(std::string_view properties);

  std::string json_;
  std::string typed_;
  std::uint32_t names_ = 0;  ///< A bit for each name in `typed_`.
};

}  // namespace cp::event::internal
