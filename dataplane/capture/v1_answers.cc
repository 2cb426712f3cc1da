// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/capture/v1_answers.h"

#include "dataplane/format/codec/v1_context.h"

#include <array>
#include <chrono>

namespace dp::capture {
namespace {

using format::codec::EventResult;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kTagPrefix = "v1_";
constexpr std::size_t kDetailBytesMax = 256;
/// An answer that needed more gives its memory back.
constexpr std::size_t kBodyKeptBytes = std::size_t{1} << 20;

void append_two_digits(unsigned value, std::string& out) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

/// At most kDetailBytesMax bytes of printable ASCII: header values may hold anything, and a body is
/// only UTF-8 where it was understood.
void append_detail(std::string_view detail, std::string& out) {
  for (const auto character : detail.substr(0, kDetailBytesMax)) {
    if (character == '"' || character == '\\') {
      out += '\\';
    }
    out += character >= ' ' && character <= '~' ? character : '?';
  }
}

void append_result(const EventResult& result, std::string& out) {
  const auto& row = format::codec::row_of(result.verdict);
  out.append("\"").append(result.uuid.data(), result.uuid.size());
  out.append(R"(":{"result":")").append(row.result);
  if (!row.details.empty()) {
    out.append(R"(","details":")").append(row.details);
  }
  out.append("\"}");
}

}  // namespace

std::string v1_error_json(Outcome outcome, std::string_view detail) {
  const auto& row = row_of(outcome);
  std::string json = R"({"error":")";
  json.append(row.name.substr(kTagPrefix.size())).append(R"(","error_description":")");
  append_detail(row.text, json);
  append_detail(detail, json);
  return json.append(outcome == Outcome::v1_billing_limit_exceeded
                         ? R"(","error_uri":"https://posthog.com/docs/billing/limits"})"
                         : R"(","error_uri":"https://posthog.com/docs/api"})");
}

void append_http_date(std::int64_t unix_us, std::string& out) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds{unix_us}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  out.append(kDays.at(std::chrono::weekday{day}.c_encoding())).append(", ");
  append_two_digits(static_cast<unsigned>(date.day()), out);
  out.append(" ").append(kMonths.at(static_cast<unsigned>(date.month()) - 1)).append(" ");
  out.append(std::to_string(static_cast<int>(date.year()))).append(" ");
  append_two_digits(static_cast<unsigned>(clock.hours().count()), out);
  out += ':';
  append_two_digits(static_cast<unsigned>(clock.minutes().count()), out);
  out += ':';
  append_two_digits(static_cast<unsigned>(clock.seconds().count()), out);
  out.append(" GMT");
}

http::Answer V1Answers::results(std::span<const EventResult> results, const Fields& fields) {
  if (body_.capacity() > kBodyKeptBytes) {
    std::string().swap(body_);
  }
  body_.assign(R"({"results":{)");
  for (const auto& result : results) {
    if (&result != results.data()) {
      body_ += ',';
    }
    append_result(result, body_);
  }
  body_.append("}}");
  render_fields(fields);
  return {200, kJson, body_, fields_};
}

http::Answer V1Answers::refusal(Outcome outcome, std::string_view detail, const Fields& fields) {
  body_ = v1_error_json(outcome, detail);
  render_fields(fields);
  return {row_of(outcome).status, kJson, body_, fields_};
}

void V1Answers::render_fields(const Fields& fields) {
  fields_.assign("date: ");
  append_http_date(fields.now_us, fields_);
  if (format::codec::is_request_id(fields.request_id)) {
    fields_.append("\r\nposthog-request-id: ").append(fields.request_id);
  }
  if (fields.retry_after_s != 0) {
    fields_.append("\r\nretry-after: ").append(std::to_string(fields.retry_after_s));
  }
  fields_.append("\r\n").append(fields.receipt_line);
}

}  // namespace dp::capture
