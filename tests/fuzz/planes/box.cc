// SPDX-License-Identifier: LicenseRef-Project
#include "tests/fuzz/planes/box.h"

#include "dataplane/base/check.h"
#include "dataplane/format/capture_counts.h"
#include "dataplane/format/codec/token.h"
#include "dataplane/format/log_codec.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"

#include <charconv>
#include <filesystem>
#include <memory>

namespace capture_path {
namespace {

using dp::capture::GuardSettings;
using dp::capture::Intake;
using dp::capture::LimitSettings;
using dp::wal::WalError;

constexpr std::uint16_t kRefusalStatusMin = 400;

/// What decides about the project `phc_abc`, where a box has a store.
struct InstallationRow {
  bool is_guarded = true;
  GuardSettings guard;
  LimitSettings limits;
  const char* privacy = "";
  const char* quotas = "";
};

GuardSettings guards_by_default() {
  GuardSettings settings;
  settings.guards_by_default = true;
  return settings;
}

GuardSettings closed_to_strangers() {
  GuardSettings settings;
  settings.refuses_unknown_tokens = true;
  return settings;
}

LimitSettings rates(std::uint32_t events, std::uint32_t overflow_events) {
  LimitSettings settings;
  settings.events_per_second = events;
  settings.burst_seconds = 1;
  settings.overflow_events_per_second = overflow_events;
  settings.overflow_burst = 2;
  return settings;
}

/// The numbers stand in the corpus: rows are only added.
std::vector<InstallationRow> rows() {
  constexpr const char* kDeny =
      R"({"patterns":{"email":"drop"},"properties":{"mode":"deny","names":["$lib","token","a*"]}})";
  constexpr const char* kAllow = R"({"properties":{"mode":"allow","names":["plan","$set*"]}})";
  constexpr const char* kQuarantine =
      R"({"patterns":{"email":"quarantine","card":"quarantine"},"address":"hash"})";
  constexpr const char* kRedact = R"({"patterns":{"email":"redact","phone":"redact"}})";
  constexpr const char* kEvents = R"({"quota_limited":["events"]})";
  constexpr const char* kSome = R"({"quota_limited":["exceptions","surveys"]})";
  constexpr const char* kAi = R"({"quota_limited":["llm_events"]})";
  constexpr const char* kRecordings = R"({"quota_limited":["recordings"]})";
  return {{false, {}, {}},
          {true, {}, {}},
          {true, guards_by_default(), {}, "", R"({"quota_limited":[]})"},
          {true, {}, {}, kRedact},
          {true, {}, {}, kQuarantine},
          {true, {}, {}, kDeny},
          {true, {}, {}, kAllow},
          {true, {}, {}, R"({"a field of a later release":1})"},
          {true, closed_to_strangers(), {}},
          {true, {}, {}, "", kEvents},
          {true, {}, {}, "", kSome},
          {true, {}, {}, "", kAi},
          {true, {}, {}, "", kRecordings},
          {true, {}, {}, kRedact, kSome},
          {true, {}, {}, kQuarantine, kAi},
          {true, {}, {}, kDeny, kEvents},
          {true, {}, rates(3, 0)},
          {true, {}, rates(0, 1), kRedact}};
}

/// What a box stands on. The store's files have no name any more: however the fuzzer ends, it
/// leaves none behind.
struct Foundation {
  Installation installation;
  std::unique_ptr<dp::tenant::Store> tenants;
};

/// Where a disk that stands still holds no input up.
std::filesystem::path in_memory() {
  const std::filesystem::path shared = "/dev/shm";
  return std::filesystem::is_directory(shared) ? shared : std::filesystem::temp_directory_path();
}

Foundation found(const InstallationRow& row) {
  Foundation made;
  made.installation = {row.is_guarded, row.guard, row.limits};
  if (!row.is_guarded) {
    return made;
  }
  made.installation.guard.hash_key = format::privacy::HashKey::from_words(1, 2);
  const support::TemporaryDirectory directory(in_memory());
  const auto place = directory.path() / "tenants";
  support::TenantPublisher(place).publish("phc_abc", row.privacy, row.quotas);
  made.tenants = std::make_unique<dp::tenant::Store>(place.string());
  CHECK(made.tenants->open());
  made.installation.tenants = made.tenants.get();
  return made;
}

std::int64_t now_us() noexcept { return kNow; }

std::optional<WalError> refusal_of(LogMood mood) noexcept {
  switch (mood) {
    case LogMood::full:
      return WalError::full;
    case LogMood::budget_used:
      return WalError::budget_used;
    case LogMood::not_writable:
      return WalError::not_writable;
    case LogMood::too_large:
      return WalError::record_too_large;
    case LogMood::stores:
    case LogMood::loses:
      break;
  }
  return std::nullopt;
}

format::Endpoint endpoint_of(std::string_view path) noexcept {
  if (dp::capture::RecordingsService::serves(path)) {
    return format::Endpoint::recordings;
  }
  for (const auto endpoint : {dp::capture::CaptureService::endpoint_of(path),
                              dp::capture::AnalyticsV1Service::endpoint_of(path),
                              dp::capture::AiService::endpoint_of(path)}) {
    if (endpoint) {
      return *endpoint;
    }
  }
  CHECK(false);
}

/// As capture reads it for the routes that have their token in the head.
std::string_view token_of(const dp::http::Request& request) noexcept {
  constexpr std::string_view kScheme = "Bearer ";
  const auto field = request.header("authorization").value_or(std::string_view{});
  return field.starts_with(kScheme) ? format::codec::trim(field.substr(kScheme.size()))
                                    : std::string_view{};
}

Answer parse_answer(std::string_view sent) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  Answer answer;
  if (sent.empty()) {
    return answer;
  }
  const auto end = sent.find("\r\n\r\n");
  CHECK(sent.starts_with(kVersion) && end != std::string_view::npos);
  const char* status = sent.data() + kVersion.size();
  CHECK(std::from_chars(status, status + 3, answer.status).ec == std::errc());
  answer.body = sent.substr(end + 4);
  return answer;
}

}  // namespace

const Installation* find_installation(std::size_t number) {
  static const auto all_rows = rows();
  static std::vector<Foundation> foundations(all_rows.size());
  static std::vector<bool> is_founded(all_rows.size());
  if (number >= all_rows.size()) {
    return nullptr;
  }
  if (!is_founded[number]) {
    foundations[number] = found(all_rows[number]);
    is_founded[number] = true;
  }
  return &foundations[number].installation;
}

base::Result<format::Sequence> MemoryLog::append(const format::LogRecord& record) noexcept {
  const bool is_request = record.endpoint != format::Endpoint::counters;
  was_asked_ = was_asked_ || is_request;
  if (const auto refusal = refusal_of(mood_); refusal && is_request) {
    return base::unexpected(dp::wal::make_error(*refusal));
  }
  const auto begin = bytes_.size();
  const auto size = format::encoded_bytes(record);
  if (size > format::kRecordBytesMax) {
    return base::unexpected(dp::wal::make_error(WalError::record_too_large));
  }
  auto numbered = record;
  numbered.sequence = next_;
  bytes_.resize(begin + size);
  if (!format::encode_record(base::MutableBytes(bytes_).subspan(begin), numbered, kSeed)) {
    bytes_.resize(begin);
    return base::unexpected(dp::wal::make_error(WalError::record_too_large));
  }
  return next_++;
}

dp::wal::DurableGroup MemoryLog::durable_group() const noexcept {
  constexpr std::uint64_t kOffset = 4096;
  return {0, 0, kOffset, first_, bytes_};
}

void MemoryLog::start() noexcept {
  bytes_.clear();
  first_ = next_;
  was_asked_ = false;
}

std::vector<format::LogRecord> MemoryLog::read() const {
  std::vector<format::LogRecord> records;
  auto rest = base::Bytes(bytes_);
  while (!rest.empty()) {
    const auto found = format::decode_record(rest, kSeed);
    CHECK(found && found->record.sequence == first_ + records.size());
    records.push_back(found->record);
    rest = rest.subspan(found->bytes);
  }
  CHECK(first_ + records.size() == next_);
  return records;
}

void MemoryLog::lose() noexcept {
  bytes_.clear();
  next_ = first_;
}

Box::Box(const Installation& installation, const ChosenRequest& chosen)
    : log_(chosen.log_mood),
      guard_(installation.is_guarded ? std::optional<dp::capture::PrivacyGuard>(
                                           std::in_place, *installation.tenants, installation.guard)
                                     : std::nullopt),
      limiter_(guard_ ? std::optional<dp::capture::Limiter>(std::in_place, *guard_,
                                                            installation.limits, clock_, 1)
                      : std::nullopt),
      intake_{now_us,
              chosen.keeps_address ? format::AddressPolicy::keep : format::AddressPolicy::discard,
              guard_ ? &*guard_ : nullptr, limiter_ ? &*limiter_ : nullptr},
      capture_(acknowledger_, intake_),
      ai_(acknowledger_, intake_),
      discard_(acknowledger_),
      recordings_(acknowledger_, intake_),
      analytics_v1_(acknowledger_, intake_),
      router_({capture_, ai_, discard_, recordings_, analytics_v1_, discard_, discard_, discard_,
               discard_, *this}),
      sessions_(*this),
      pool_(sessions_, 1) {
  acknowledger_.start(log_);
  acknowledger_.set_now(kNow);
  if (guard_) {
    acknowledger_.attribute_with(*guard_);
  }
  connection_.bind(pool_.accepted(connection_));
}

Box::~Box() { connection_.close(); }

dp::http::Route Box::route(const dp::http::Request& head) noexcept {
  auto route = router_.route(head);
  CHECK(route.service != nullptr && route.service != &discard_);
  routed_ = route.service;
  route.service = this;
  return route;
}

void Box::handle(const dp::http::Request& request, dp::http::Exchange exchange) noexcept {
  seen_ = SeenRequest{request.method,
                      endpoint_of(request.path),
                      std::string(request.query),
                      std::string(request.content_type),
                      std::string(request.content_encoding),
                      std::string(dp::capture::kept_user_agent(request)),
                      std::string(token_of(request)),
                      std::string(base::as_text(request.body))};
  routed_->handle(request, exchange);
}

const dp::http::StaticAnswer& Box::refuse(dp::http::Refusal refusal) noexcept {
  return routed_->refuse(refusal);
}

dp::http::RequestStream* Box::open(const dp::http::Request& /*head*/,
                                   dp::http::Exchange exchange) noexcept {
  exchange.abort();
  return nullptr;
}

Answer Box::exchange(std::string_view request) {
  seen_.reset();
  log_.start();
  connection_.receive(request);
  if (acknowledger_.waiting_count() != 0) {
    CHECK(connection_.sent.empty());
    if (log_.mood() == LogMood::loses) {
      const auto first = log_.first();
      log_.lose();
      acknowledger_.lost_from(first);
    } else {
      acknowledger_.durable_up_to(log_.end() - 1);
    }
  }
  CHECK(acknowledger_.waiting_count() == 0);
  return parse_answer(connection_.take_sent());
}

const Counted& Box::count() {
  log_.start();
  acknowledger_.write_counts();
  for (const auto& record : log_.read()) {
    CHECK(record.endpoint == format::Endpoint::counters);
    const auto counts = format::decode_counts(record.body);
    CHECK(counts);
    counted_ = {};  // the numbers are absolute, and all requests are of one minute
    for (const auto& row : counts->rows) {
      if (counts->outcomes[row.outcome].status < kRefusalStatusMin) {
        counted_.requests_acknowledged += row.requests;
        counted_.events_acknowledged += row.events;
      } else {
        counted_.events_refused += row.events;
      }
    }
  }
  return counted_;
}

}  // namespace capture_path
