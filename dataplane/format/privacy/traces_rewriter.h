// SPDX-License-Identifier: LicenseRef-Project
// Writes the AI spans of an OTLP trace export again, under a policy. Everything else of the export
// (other spans, events, links, names of scopes) brings no event and is not written.
#pragma once

#include "dataplane/format/codec/otlp_traces.h"
#include "dataplane/format/privacy/keyed_hash.h"
#include "dataplane/format/privacy/policy.h"
#include "dataplane/format/privacy/rewriter.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace format::privacy {

/// What a span has that keeps none of its AI attributes: it stays an AI span.
inline constexpr std::string_view kRedactedSpanKey = "gen_ai.redacted";

/// Rewrites one export after another, reusing its memory. Every attribute is a property: its name
/// and value are put under the policy at any depth, and what calls for quarantine is dropped. Owner
/// and thread: one.
class TracesRewriter final : public codec::SpanVisitor {
 public:
  /// `key` outlives the rewriter; nullptr: what would be hashed is redacted or dropped.
  explicit TracesRewriter(const HashKey* key);
  TracesRewriter(const TracesRewriter&) = delete;
  TracesRewriter& operator=(const TracesRewriter&) = delete;
  TracesRewriter(TracesRewriter&&) = delete;
  TracesRewriter& operator=(TracesRewriter&&) = delete;
  ~TracesRewriter();

  /// Begins an export; `policy` outlives its end.
  void start(const Policy& policy);
  void visit(const codec::TraceSpan& span) override;
  /// The export as OTLP JSON; valid until the next `start`.
  std::string_view finish();

  /// Spans and changes since `start`.
  [[nodiscard]] std::uint32_t span_count() const noexcept;
  [[nodiscard]] const RewriteCounts& counts() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format::privacy
