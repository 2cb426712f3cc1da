// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/privacy_guard.h"

#include "dataplane/base/crc32c.h"
#include "dataplane/format/codec/form.h"
#include "dataplane/format/codec/gzip.h"
#include "dataplane/format/tenant_store.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace dp::capture {
namespace {

using format::privacy::AddressRule;
using format::privacy::Policy;

constexpr std::string_view kJsonType = "application/json";

bool is_v1(format::Endpoint endpoint) noexcept {
  return endpoint == format::Endpoint::analytics_v1 || endpoint == format::Endpoint::ai_v1;
}

/// Every byte of the body as received stands for a byte of the JSON that is checked: nothing else
/// is hidden in a header, behind its end, or in a parameter that nobody reads.
bool is_transparent(const GuardedBody& shown, const format::LogRecord& record) noexcept {
  const auto& payload = *shown.payload;
  const auto reads_query = !is_v1(record.endpoint) && !record.query.empty();
  if (shown.is_converted ||
      (reads_query && !format::codec::scan_query(record.query).data.empty())) {
    return false;
  }
  const auto body = base::as_text(record.body);
  if (body.data() == payload.json.data() && body.size() == payload.json.size()) {
    return true;
  }
  std::uint32_t expanded = 0;
  if (!format::codec::has_gzip_magic(body) || shown.gzip == nullptr ||
      !shown.gzip->is_plain_member()) {
    return false;
  }
  // RFC 1952: the last four bytes are the size of what was compressed.
  std::memcpy(&expanded, body.data() + body.size() - sizeof(expanded), sizeof(expanded));
  return expanded == payload.json.size();
}

/// The shape of a quarantined event is no AI event.
format::Endpoint without_ai(format::Endpoint endpoint) noexcept {
  if (endpoint == format::Endpoint::ai_batch) {
    return format::Endpoint::batch;
  }
  return endpoint == format::Endpoint::ai_v1 ? format::Endpoint::analytics_v1 : endpoint;
}

/// What decides how a body is read or when it was sent; everything else of a query is left out.
void append_query(std::string_view query, bool has_compression, std::string& out) {
  const auto parameters = format::codec::scan_query(query);
  if (has_compression && parameters.compression != format::codec::Compression::none) {
    out += parameters.compression == format::codec::Compression::gzip   ? "compression=gzip-js"
           : parameters.compression == format::codec::Compression::lz64 ? "compression=lz64"
                                                                        : "compression=base64";
  }
  if (parameters.sent_at_ms != 0) {
    out.append(out.empty() ? "_=" : "&_=").append(std::to_string(parameters.sent_at_ms));
  }
  if (parameters.is_beacon) {
    out += out.empty() ? "beacon=1" : "&beacon=1";
  }
}

}  // namespace

/// A policy and what is derived from it.
struct PrivacyGuard::Ready {
  explicit Ready(Policy wanted) : policy(std::move(wanted)), scan(policy) {}
  Ready(const Ready&) = delete;
  Ready& operator=(const Ready&) = delete;
  Ready(Ready&&) = delete;
  Ready& operator=(Ready&&) = delete;
  ~Ready() = default;

  Policy policy;
  format::privacy::BodyScan scan;
};

/// What is remembered of one token.
struct PrivacyGuard::Project {
  static constexpr auto kNeverLookedUp = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool is_known(std::string_view wanted, std::uint64_t now) const noexcept {
    return generation == now && std::string_view(token.data(), token_bytes) == wanted;
  }

  std::uint64_t generation = kNeverLookedUp;
  std::size_t token_bytes = 0;
  std::array<char, format::kTenantTokenBytesMax> token{};
  tenant::Lookup lookup = tenant::Lookup::unavailable;
  ProjectLimits limits;
  const Ready* ready = nullptr;  ///< Nothing: no policy applies.
  std::unique_ptr<Ready> own;
};

PrivacyGuard::PrivacyGuard(tenant::Store& store, const GuardSettings& settings)
    : store_(store),
      reader_(store),
      settings_(settings),
      rewriter_(settings_.hash_key ? &*settings_.hash_key : nullptr),
      traces_(settings_.hash_key ? &*settings_.hash_key : nullptr),
      standard_(std::make_unique<Ready>(format::privacy::standard_policy())),
      closed_(std::make_unique<Ready>(format::privacy::closed_policy())),
      projects_(kRemembered),
      last_(projects_.data()) {}

PrivacyGuard::~PrivacyGuard() = default;

std::optional<Outcome> PrivacyGuard::protect(const GuardedBody& body, std::string_view peer_address,
                                             format::LogRecord& record) {
  const auto& project = selected_ != nullptr ? *selected_ : project_of(record.token);
  selected_ = nullptr;
  if (settings_.refuses_unknown_tokens && project.lookup != tenant::Lookup::found) {
    return project.lookup == tenant::Lookup::unknown ? Outcome::token_unknown
                                                     : Outcome::tokens_unreadable;
  }
  if (project.ready == nullptr) {
    return std::nullopt;
  }
  if (project.ready->policy.is_closed && record.endpoint == format::Endpoint::recordings) {
    return Outcome::tokens_unreadable;  // a recording has no shape that could be kept instead
  }
  if (body.traces != nullptr) {
    protect_head(*project.ready, peer_address, record);
    return protect_traces(*project.ready, *body.traces, record);
  }
  // The header fields of a v1 request, which the worker needs as they are.
  if (is_v1(record.endpoint) &&
      rewriter_.redact_text(project.ready->policy, record.query) != record.query) {
    return Outcome::unsearchable;
  }
  const auto transparent = is_transparent(body, record);
  if (body.is_converted) {
    record.endpoint = format::Endpoint::batch;
  }
  protect_head(*project.ready, peer_address, record);
  return protect_body(*project.ready, body, transparent, record);
}

bool PrivacyGuard::is_stranger(std::string_view token) {
  return settings_.refuses_unknown_tokens && project_of(token).lookup == tenant::Lookup::unknown;
}

void PrivacyGuard::tell_apart(std::string_view peer_address, format::LogRecord& record) {
  if (!record.client_address.empty() || peer_address.empty() || !settings_.hash_key) {
    return;
  }
  const auto hash = settings_.hash_key->hash(peer_address);
  address_.assign(hash.data(), hash.size());
  record.client_address = address_;
}

const ProjectLimits& PrivacyGuard::limits_of(std::string_view token) {
  selected_ = &project_of(token);
  return selected_->limits;
}

PrivacyGuard::Project& PrivacyGuard::project_of(std::string_view token) {
  const auto generation = store_.generation();
  if (last_->is_known(token, generation)) {
    return *last_;
  }
  last_ = &projects_[base::crc32c(base::as_bytes(token)) % kRemembered];
  auto& project = *last_;
  if (!project.is_known(token, generation)) {
    look_up(token, project);
    project.generation = generation;
    project.token_bytes = std::min(token.size(), project.token.size());
    std::copy_n(token.begin(), project.token_bytes, project.token.begin());
  }
  return project;
}

void PrivacyGuard::look_up(std::string_view token, Project& project) {
  std::string_view json;
  harmless_for_ = nullptr;
  project.lookup = reader_.find(token, json);
  project.ready = settings_.guards_by_default ? standard_.get() : nullptr;
  project.own.reset();
  project.limits = ProjectLimits();
  if (project.lookup == tenant::Lookup::found) {
    project.ready = policy_in(json, project);
    project.limits = limits_of_project(json);
  } else if (project.lookup == tenant::Lookup::unavailable && has_read_store_) {
    project.ready = closed_.get();
  }
  has_read_store_ = has_read_store_ || project.lookup != tenant::Lookup::unavailable;
  reader_.finish();
}

const PrivacyGuard::Ready* PrivacyGuard::policy_in(std::string_view project_json,
                                                   Project& project) {
  auto policy = format::privacy::policy_of_project(project_json);
  if (!policy) {
    return project.ready;
  }
  counters_.policies_unreadable += policy->is_closed ? 1U : 0U;
  if (!policy->is_active) {
    return nullptr;
  }
  project.own = std::make_unique<Ready>(std::move(*policy));
  return project.own.get();
}

/// The parts of a record around its body.
void PrivacyGuard::protect_head(const Ready& ready, std::string_view peer_address,
                                format::LogRecord& record) {
  record.client_address = {};
  record.address_policy = format::AddressPolicy::discard;
  if (ready.policy.address == AddressRule::hash && settings_.hash_key) {
    const auto hash = settings_.hash_key->hash(peer_address);
    address_.assign(hash.data(), peer_address.empty() ? 0 : hash.size());
    record.client_address = address_;
    record.address_policy = format::AddressPolicy::keep;
  }
  if (record.user_agent != harmless_agent_ || &ready != harmless_for_) {
    if (ready.scan.may_offend(record.user_agent)) {
      user_agent_.assign(rewriter_.redact_text(ready.policy, record.user_agent));
      record.user_agent = user_agent_;
    } else {
      harmless_agent_.assign(record.user_agent);
      harmless_for_ = &ready;
    }
  }
  record.content_type = kJsonType;  // a body of another type is replaced
  if (format::codec::compression_of_header(record.content_encoding) ==
      format::codec::Compression::none) {
    record.content_encoding = {};
  }
}

std::optional<Outcome> PrivacyGuard::protect_body(const Ready& ready, const GuardedBody& body,
                                                  bool is_transparent, format::LogRecord& record) {
  auto json = body.payload->json;
  auto is_replaced = !is_transparent;
  if (ready.scan.may_offend(json)) {
    format::privacy::RewriteScope scope;
    scope.results = body.results;
    if (record.endpoint == format::Endpoint::recordings) {
      scope.kind = format::privacy::BodyKind::recording;
    }
    const auto clean = rewriter_.rewrite(ready.policy, json, record.token, scope);
    if (!clean) {
      return Outcome::guarded_too_large;
    }
    count(rewriter_.counts());
    is_replaced = is_replaced || !rewriter_.counts().is_zero();
    json = *clean;
    if (rewriter_.counts().events_quarantined > 0) {
      record.endpoint = without_ai(record.endpoint);
    }
  }
  if (!is_v1(record.endpoint) && !record.query.empty()) {
    query_.clear();
    append_query(record.query, !is_replaced, query_);
    record.query = query_;
  }
  if (is_replaced) {
    write_instead(json, record);
  }
  return std::nullopt;
}

/// The AI spans of an export, as another one. What is logged is read as the worker will read it:
/// limits that only the JSON exceeds are found here.
std::optional<Outcome> PrivacyGuard::protect_traces(const Ready& ready,
                                                    format::codec::TracesReader& reader,
                                                    format::LogRecord& record) {
  traces_.start(ready.policy);
  reader.deliver(traces_);
  const auto json = traces_.finish();
  const auto again = reader.read({kJsonType, {}, base::as_bytes(json)});
  if (!again || again->ai_spans != traces_.span_count()) {
    return Outcome::guarded_too_large;
  }
  count(traces_.counts());
  query_.clear();
  append_query(record.query, false, query_);
  record.query = query_;
  write_instead(json, record);
  return std::nullopt;
}

void PrivacyGuard::write_instead(std::string_view json, format::LogRecord& record) {
  ++counters_.bodies_rewritten;
  record.body = base::as_bytes(json);
  record.content_encoding = {};
}

void PrivacyGuard::count(const format::privacy::RewriteCounts& counts) noexcept {
  counters_.values_redacted += counts.values_redacted;
  counters_.values_dropped += counts.values_dropped;
  counters_.events_quarantined += counts.events_quarantined;
}

}  // namespace dp::capture
