// SPDX-License-Identifier: LicenseRef-Project
// Applies a policy to the JSON of a request body: what offends is replaced, taken out, or the whole
// event becomes its shape. Everything else is copied as it stands in the source.
#pragma once

#include "dataplane/base/result.h"
#include "dataplane/format/codec/analytics_v1.h"
#include "dataplane/format/privacy/keyed_hash.h"
#include "dataplane/format/privacy/policy.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace format::privacy {

/// The event that takes the place of a quarantined one, and its distinct_id.
inline constexpr std::string_view kQuarantineEvent = "$privacy_quarantine";

/// What rewriting did.
struct RewriteCounts {
  std::uint64_t values_redacted = 0;
  std::uint64_t values_dropped = 0;
  std::uint64_t events_quarantined = 0;
  std::uint64_t events_left_out = 0;  ///< Not taken, see RewriteScope.

  [[nodiscard]] bool is_zero() const noexcept {
    return values_redacted == 0 && values_dropped == 0 && events_quarantined == 0 &&
           events_left_out == 0;
  }
};

/// What kind of body is rewritten.
enum class BodyKind : std::uint8_t {
  events,
  recording,  ///< Cannot be taken apart: what calls for quarantine is redacted.
};

/// What a rewriter is told about a body.
struct RewriteScope {
  BodyKind kind = BodyKind::events;
  /// Of a v1 batch: what becomes of each event. Those that are not taken are left out, so that no
  /// change makes one of them acceptable; those that are taken stay so.
  std::span<const codec::EventResult> results = {};
};

/// Rewrites one body after another, reusing its memory (8 MiB are kept). Owner and thread: one.
class Rewriter {
 public:
  /// `key` outlives the rewriter; nullptr: what would be hashed is redacted or dropped.
  explicit Rewriter(const HashKey* key);
  Rewriter(const Rewriter&) = delete;
  Rewriter& operator=(const Rewriter&) = delete;
  Rewriter(Rewriter&&) = delete;
  Rewriter& operator=(Rewriter&&) = delete;
  ~Rewriter();

  /// The body under `policy`, as compact JSON; valid until the next call. `json` is an event, a
  /// list of events, or an object with a list named `batch`; it was accepted by BatchReader or a
  /// reader as strict, so failing means that there is no memory. `token` is the project's; it is
  /// never taken for anything else.
  base::Result<std::string_view> rewrite(const Policy& policy, std::string_view json,
                                         std::string_view token, const RewriteScope& scope = {});

  /// `text` outside of any body (a header); valid until the next call.
  std::string_view redact_text(const Policy& policy, std::string_view text);

  /// Of the last `rewrite`.
  [[nodiscard]] const RewriteCounts& counts() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format::privacy
