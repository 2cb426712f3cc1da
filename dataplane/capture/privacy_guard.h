// SPDX-License-Identifier: LicenseRef-Project
// Stands between a decoded request and the log: refuses strangers where the box is closed to them,
// and applies a project's privacy policy before the first byte is written.
#pragma once

#include "dataplane/capture/outcome.h"
#include "dataplane/capture/project_limits.h"
#include "dataplane/format/codec/analytics_v1.h"
#include "dataplane/format/codec/gzip.h"
#include "dataplane/format/codec/otlp_traces.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/log_record.h"
#include "dataplane/format/privacy/keyed_hash.h"
#include "dataplane/format/privacy/policy.h"
#include "dataplane/format/privacy/rewriter.h"
#include "dataplane/format/privacy/scan.h"
#include "dataplane/format/privacy/traces_rewriter.h"
#include "dataplane/tenant/store.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dp::capture {

/// What the installation decides; the rest is the projects'.
struct GuardSettings {
  bool refuses_unknown_tokens = false;
  bool guards_by_default = false;  ///< Projects without a policy get the standard one.
  std::optional<format::privacy::HashKey> hash_key;
};

/// What the guard did. One writer, the shard.
struct GuardCounters {
  std::uint64_t bodies_rewritten = 0;
  std::uint64_t values_redacted = 0;
  std::uint64_t values_dropped = 0;
  std::uint64_t events_quarantined = 0;
  std::uint64_t policies_unreadable = 0;  ///< Looked up, not stored.
};

/// What the guard is shown of a request's body.
struct GuardedBody {
  /// Its JSON; nullptr where it has none, which no policy can be applied to.
  const format::codec::Payload* payload = nullptr;
  /// What gunzipped it, if anything did.
  const format::codec::GzipDecoder* gzip = nullptr;
  /// The JSON was made from a body of another kind; it is a batch, and is logged as one.
  bool is_converted = false;
  /// An event in it is to be told apart by address and browser, not by a cookie.
  bool is_cookieless = false;
  /// Of a v1 batch, what becomes of each event: only those that are taken may be logged.
  std::span<const format::codec::EventResult> results = {};
  /// What has just read the body, which is an OTLP trace export and has no payload.
  format::codec::TracesReader* traces = nullptr;
};

/// Owner and thread: one shard; every capture route shares one. Bounds: `kRemembered` projects are
/// remembered, with their policies made ready. Allocates when a policy is met first or changes, and
/// when a body is rewritten; nothing per event otherwise. Failure: a policy that cannot be read, or
/// a store that could be read before and cannot now, quarantines every event of the project.
class PrivacyGuard {
 public:
  PrivacyGuard(tenant::Store& store, const GuardSettings& settings);
  PrivacyGuard(const PrivacyGuard&) = delete;
  PrivacyGuard& operator=(const PrivacyGuard&) = delete;
  PrivacyGuard(PrivacyGuard&&) = delete;
  PrivacyGuard& operator=(PrivacyGuard&&) = delete;
  ~PrivacyGuard();

  /// What the project of a request may send; `protect` of the same request spares looking it up
  /// again. Valid until the next call.
  const ProjectLimits& limits_of(std::string_view token);

  /// Whether the box is closed to the sender: no project has the token.
  [[nodiscard]] bool is_stranger(std::string_view token);

  /// Makes `record` (filled from the request) fit to be written, or says why it is refused. What
  /// changes points into the guard and lives until its next call. `peer_address` is the client's.
  std::optional<Outcome> protect(const GuardedBody& body, std::string_view peer_address,
                                 format::LogRecord& record);

  /// Where the address is not to be kept, puts its keyed hash into `record`: what the ids of
  /// cookieless events are made of. Nothing without a key.
  void tell_apart(std::string_view peer_address, format::LogRecord& record);

  [[nodiscard]] const GuardCounters& counters() const noexcept { return counters_; }

 private:
  struct Ready;
  struct Project;

  static constexpr std::size_t kRemembered = 256;

  Project& project_of(std::string_view token);
  void look_up(std::string_view token, Project& project);
  const Ready* policy_in(std::string_view project_json, Project& project);
  void protect_head(const Ready& ready, std::string_view peer_address, format::LogRecord& record);
  std::optional<Outcome> protect_body(const Ready& ready, const GuardedBody& body,
                                      bool is_transparent, format::LogRecord& record);
  std::optional<Outcome> protect_traces(const Ready& ready, format::codec::TracesReader& reader,
                                        format::LogRecord& record);
  void write_instead(std::string_view json, format::LogRecord& record);
  void count(const format::privacy::RewriteCounts& counts) noexcept;

  tenant::Store& store_;
  tenant::Reader reader_;
  GuardSettings settings_;
  format::privacy::Rewriter rewriter_;
  format::privacy::TracesRewriter traces_;
  std::unique_ptr<Ready> standard_;
  std::unique_ptr<Ready> closed_;
  std::vector<Project> projects_;
  Project* last_;                ///< Most requests are of the project of the one before.
  Project* selected_ = nullptr;  ///< By `limits_of`, for the `protect` that follows.
  bool has_read_store_ = false;
  GuardCounters counters_;
  std::string harmless_agent_;  ///< The last that held nothing, and under which policy.
  const Ready* harmless_for_ = nullptr;
  std::string user_agent_;
  std::string query_;
  std::string address_;
};

}  // namespace dp::capture
