// SPDX-License-Identifier: LicenseRef-Project
// The capture service behind real HTTP sessions, with a log in memory that becomes durable when
// told.
#pragma once

#include "dataplane/capture/ai_service.h"
#include "dataplane/capture/analytics_v1_service.h"
#include "dataplane/capture/recordings_service.h"
#include "dataplane/capture/service.h"
#include "dataplane/format/capture_counts.h"
#include "dataplane/format/log_codec.h"
#include "dataplane/http/session.h"
#include "tests/unit/dataplane/http/fake_connection.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dp::capture {

/// A record copied out of the call that appended it.
struct StoredRecord {
  explicit StoredRecord(const format::LogRecord& record)
      : received_us(record.received_us),
        endpoint(record.endpoint),
        is_overflow(record.is_overflow),
        over_quota(record.over_quota),
        event_count(record.event_count),
        token(record.token),
        query(record.query),
        content_type(record.content_type),
        content_encoding(record.content_encoding),
        user_agent(record.user_agent),
        client_address(record.client_address),
        body(base::as_text(record.body)) {}

  std::int64_t received_us;
  format::Endpoint endpoint;
  bool is_overflow;
  format::ResourceSet over_quota;
  std::uint32_t event_count;
  std::string token;
  std::string query;
  std::string content_type;
  std::string content_encoding;
  std::string user_agent;
  std::string client_address;
  std::string body;
};

class FakeLog final : public wal::Appender {
 public:
  base::Result<format::Sequence> append(const format::LogRecord& record) noexcept override {
    if (error) {
      return base::unexpected(wal::make_error(*error));
    }
    records.emplace_back(record);
    if (has_places) {
      place(record);
    }
    return next_sequence++;
  }
  [[nodiscard]] wal::DurableGroup durable_group() const noexcept override { return group; }

  /// Encodes the record behind those since `group` was last emptied.
  void place(const format::LogRecord& record) {
    const std::size_t begin = bytes.size();
    bytes.resize(begin + format::encoded_bytes(record));
    static_cast<void>(format::encode_record(base::MutableBytes(bytes).subspan(begin), record, 1));
    group.records = bytes;
  }

  std::optional<wal::WalError> error;
  std::vector<StoredRecord> records;
  format::Sequence next_sequence = 7;
  bool has_places = false;  ///< Whether records lie somewhere, so that there are receipts.
  std::vector<std::byte> bytes;
  wal::DurableGroup group{2, 5, 8192, 7, {}};
};

/// An HTTP answer taken apart.
struct SeenAnswer {
  int status = 0;
  std::string head;
  std::string body;
};

class CaptureHarness final : public http::Router {
 public:
  struct Options {
    format::AddressPolicy address_policy = format::AddressPolicy::discard;
    std::uint32_t waiters_max = Acknowledger::kWaitersMax;
    PrivacyGuard* guard = nullptr;
    Limiter* limiter = nullptr;
  };

  explicit CaptureHarness() : CaptureHarness(Options()) {}
  explicit CaptureHarness(const Options& options)
      : acknowledger(options.waiters_max),
        service(acknowledger, intake_of(options)),
        recordings(acknowledger, intake_of(options)),
        analytics_v1(acknowledger, intake_of(options)),
        ai(acknowledger, intake_of(options)) {
    acknowledger.start(log);
    if (options.guard != nullptr) {
      acknowledger.attribute_with(*options.guard);
    }
    connect();
  }

  http::Route route(const http::Request& head) noexcept override {
    if (RecordingsService::serves(head.path)) {
      return {&recordings, nullptr, kRecordingBodyBytesMax};
    }
    if (AnalyticsV1Service::endpoint_of(head.path)) {
      return {&analytics_v1, nullptr, AnalyticsV1Service::kBodyBytesMax};
    }
    if (AiService::endpoint_of(head.path)) {
      return {&ai, nullptr, kBodyBytesMax};
    }
    return {&service, nullptr, kBodyBytesMax};
  }

  static std::int64_t wall_clock_us() noexcept { return 1'672'574'400'000'000; }
  static Intake intake_of(const Options& options) noexcept {
    return {wall_clock_us, options.address_policy, options.guard, options.limiter};
  }

  void connect() {
    connection.close();
    connection = http::FakeConnection();
    connection.bind(pool.accepted(connection));
  }

  /// Makes everything appended so far durable.
  void flush() {
    if (log.next_sequence > 0) {
      acknowledger.durable_up_to(log.next_sequence - 1);
    }
  }

  /// Sends one request, flushes, and returns the answer.
  SeenAnswer exchange(std::string_view request) {
    connection.receive(request);
    flush();
    return take_answer();
  }

  SeenAnswer take_answer() {
    SeenAnswer answer;
    const auto sent = connection.take_sent();
    const auto end = sent.find("\r\n\r\n");
    if (!sent.starts_with("HTTP/1.1 ") || end == std::string::npos) {
      return answer;
    }
    answer.status = std::stoi(sent.substr(9, 3));
    answer.head = sent.substr(0, end + 2);
    answer.body = sent.substr(end + 4);
    return answer;
  }

  /// Requests and events by "token outcome", as the ledger will read them.
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> counted() {
    acknowledger.write_counts();
    std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> sums;
    for (const auto& record : log.records) {
      if (record.endpoint == format::Endpoint::counters) {
        const auto counts = format::decode_counts(base::as_bytes(record.body));
        for (const auto& row : counts->rows) {
          sums[std::string(row.token) + ' ' + std::string(counts->outcomes[row.outcome].name)] = {
              row.requests, row.events};
        }
      }
    }
    return sums;
  }

  Acknowledger acknowledger;
  CaptureService service;
  RecordingsService recordings;
  AnalyticsV1Service analytics_v1;
  AiService ai;
  FakeLog log;
  http::SessionContext context{*this};
  http::SessionPool pool{context, 16};
  http::FakeConnection connection;
};

inline std::string make_request(std::string_view method, std::string_view target,
                                std::string_view fields, std::string_view body) {
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(fields);
  request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return request.append(body);
}

}  // namespace dp::capture
