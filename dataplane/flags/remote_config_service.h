// SPDX-License-Identifier: LicenseRef-Project
// `/array/<token>/config` and `config.js`: what SDKs ask before anything else (capture-protocol
// section 17).
#pragma once

#include "dataplane/http/service.h"
#include "dataplane/tenant/store.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace dp::flags {

/// Answers by status. One writer.
struct RemoteConfigCounters {
  std::uint64_t ok = 0;                  ///< 200
  std::uint64_t not_modified = 0;        ///< 304
  std::uint64_t not_found = 0;           ///< 404
  std::uint64_t method_not_allowed = 0;  ///< 405
  std::uint64_t timed_out = 0;           ///< 408
  std::uint64_t too_large = 0;           ///< 413
  std::uint64_t unavailable = 0;         ///< 503
};

/// Answers GET, HEAD and OPTIONS. Every answer carries an entity tag of its content and must be
/// revalidated, so that a changed project reaches clients with their next start. Owner and thread:
/// one shard.
class RemoteConfigService final : public http::Service {
 public:
  explicit RemoteConfigService(tenant::Store& store);

  /// True for the paths this service answers.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  void handle(const http::Request& request, http::Exchange exchange) noexcept override;
  const http::StaticAnswer& refuse(http::Refusal refusal) noexcept override;

  [[nodiscard]] const RemoteConfigCounters& counters() const noexcept { return counters_; }

 private:
  void answer_config(const http::Request& request, const http::Exchange& exchange);

  tenant::Reader tenants_;
  RemoteConfigCounters counters_;
  std::string body_;
  std::string entity_tag_;
  std::string fields_;
  http::StaticAnswer unknown_;
  http::StaticAnswer unavailable_;
  http::StaticAnswer wrong_method_;
  http::StaticAnswer too_large_;
  http::StaticAnswer stalled_;
};

}  // namespace dp::flags
