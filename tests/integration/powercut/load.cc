// SPDX-License-Identifier: LicenseRef-Project
#include "tests/integration/powercut/load.h"

#include "tests/integration/dataplane/support/http_client.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace powercut {
namespace {

using format::Endpoint;
using integration::request;

constexpr char kToken[] = "phc_powercut";
constexpr char kJson[] = "Content-Type: application/json\r\n";
constexpr std::size_t kHeavyBytes = std::size_t{3} << 20;

Sending sending(std::string_view path, std::string_view body, std::string_view fields,
                Endpoint endpoint, std::string_view encoding = "") {
  format::LogRecord record;
  record.endpoint = endpoint;
  record.token = kToken;
  record.content_type = "application/json";
  record.content_encoding = encoding;
  record.body = base::as_bytes(body);
  return {request("POST", path, body, fields), fingerprint_of(record)};
}

}  // namespace

Fingerprint fingerprint_of(const format::LogRecord& record) {
  std::string all;
  for (const std::string_view part :
       {record.token, record.content_type, record.content_encoding, base::as_text(record.body)}) {
    all += std::to_string(part.size()) + ':';
    all += part;
  }
  all += static_cast<char>(record.endpoint);
  return std::hash<std::string>()(all);
}

RequestMaker::RequestMaker(std::string name, std::uint64_t seed, bool is_heavy)
    : name_(std::move(name)), random_(seed), is_heavy_(is_heavy) {}

Sending RequestMaker::next() {
  ++number_;
  const auto kind = random_() % 8;
  if (is_heavy_ && kind > 2) {
    return recording();
  }
  switch (kind) {
    case 0:
    case 1:
      return batch();
    case 2:
      return recording();
    case 3:
    case 4:
      return analytics_v1();
    default:
      return single();
  }
}

// Hexadecimal digits: gzip halves them, no further.
std::string RequestMaker::noise(std::size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes, '\0');
  std::uint64_t bits = 0;
  for (std::size_t index = 0; index < bytes; ++index) {
    bits = index % 16 == 0 ? random_() : bits >> 4U;
    text[index] = kDigits[bits & 15U];
  }
  return text;
}

std::string RequestMaker::uuid() {
  std::string text = noise(36);
  text[8] = text[13] = text[18] = text[23] = '-';
  text[14] = '4';
  text[19] = 'a';
  return text;
}

Sending RequestMaker::single() {
  const std::string body = R"({"api_key":"phc_powercut","event":"single","distinct_id":")" + name_ +
                           R"(","properties":{"n":)" + std::to_string(number_) + R"(,"noise":")" +
                           noise(random_() % 3000) + "\"}}";
  return sending("/i/v0/e/", body, kJson, Endpoint::i_v0_e);
}

Sending RequestMaker::batch() {
  std::string events;
  for (auto left = 1 + random_() % 40; left > 0; --left) {
    events += R"({"event":"batched","distinct_id":")" + name_ + R"(","uuid":")" + uuid() +
              R"(","properties":{"n":)" + std::to_string(number_) + "}}";
    events += left > 1 ? "," : "";
  }
  const std::string body =
      integration::gzip(R"({"api_key":"phc_powercut","batch":[)" + events + "]}");
  return sending("/batch/", body, std::string(kJson) + "Content-Encoding: gzip\r\n",
                 Endpoint::batch, "gzip");
}

Sending RequestMaker::recording() {
  const std::size_t bytes =
      is_heavy_ ? kHeavyBytes / 2 + random_() % kHeavyBytes : random_() % (std::size_t{100} << 10);
  const std::string body =
      R"([{"event":"$snapshot","token":"phc_powercut","distinct_id":")" + name_ +
      R"(","properties":{"$session_id":"s-1","$snapshot_data":[{"type":3,"timestamp":)" +
      std::to_string(1'672'574'400'000 + number_) + R"(,"data":")" + noise(bytes) + R"("}]}}])";
  return sending("/s/", body, kJson, Endpoint::recordings);
}

Sending RequestMaker::analytics_v1() {
  const std::string body =
      R"({"created_at":"2023-01-01T12:00:00Z","batch":[{"event":"v1","uuid":")" + uuid() +
      R"(","distinct_id":")" + name_ +
      R"(","timestamp":"2023-01-01T11:00:00Z","properties":{"n":)" + std::to_string(number_) +
      "}}]}";
  const std::string fields = std::string(kJson) +
                             "Authorization: Bearer phc_powercut\r\n"
                             "PostHog-Sdk-Info: posthog-node/5.8.0\r\nPostHog-Attempt: 1\r\n"
                             "PostHog-Request-Id: " +
                             uuid() + "\r\nPostHog-Request-Timestamp: 2023-01-01T12:00:00Z\r\n";
  Sending made = sending("/i/v1/analytics/events", body, fields, Endpoint::analytics_v1);
  made.is_v1 = true;
  return made;
}

void Knowledge::sends(Fingerprint fingerprint) {
  const std::lock_guard lock(mutex_);
  sent_.insert(fingerprint);
}

void Knowledge::acknowledge(Fingerprint fingerprint, const std::string& receipt) {
  const std::lock_guard lock(mutex_);
  acknowledged_.insert(fingerprint);
  receipts_.push_back(receipt);
}

std::vector<std::string> Knowledge::some_receipts(std::size_t count_max, std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> some;
  for (std::size_t back = 1; back <= std::min(count_max / 2, receipts_.size()); ++back) {
    some.push_back(receipts_[receipts_.size() - back]);
    some.push_back(receipts_[random() % receipts_.size()]);
  }
  return some;
}

Knowledge::Findings Knowledge::compare(
    const std::unordered_map<Fingerprint, std::uint32_t>& found) {
  const std::lock_guard lock(mutex_);
  Findings findings;
  findings.acknowledged = acknowledged_.size();
  for (const Fingerprint each : acknowledged_) {
    findings.missing += found.contains(each) ? 0U : 1U;
  }
  for (const auto& [each, count] : found) {
    findings.unknown += sent_.contains(each) ? 0U : 1U;
    findings.twice += count > 1 ? 1U : 0U;
    findings.unanswered += sent_.contains(each) && !acknowledged_.contains(each) ? 1U : 0U;
  }
  return findings;
}

}  // namespace powercut
