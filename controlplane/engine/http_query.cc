// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/engine/http_query.h"

#include "controlplane/engine/exception.h"

#include <algorithm>
#include <array>
#include <optional>

namespace cp::engine {
namespace {

// Parameters of the interface itself; those without an effect here are accepted, as clients send
// them.
constexpr std::array<std::string_view, 21> kOwnParameters{"query",
                                                          "database",
                                                          "default_format",
                                                          "query_id",
                                                          "user",
                                                          "password",
                                                          "quota_key",
                                                          "session_id",
                                                          "session_timeout",
                                                          "session_check",
                                                          "close_session",
                                                          "role",
                                                          "stacktrace",
                                                          "compress",
                                                          "decompress",
                                                          "buffer_size",
                                                          "wait_end_of_query",
                                                          "client_protocol_version",
                                                          "enable_http_compression",
                                                          "http_zlib_compression_level",
                                                          "framing"};

bool is_on(std::string_view value) { return value == "1" || value == "true"; }

std::string first_of(std::optional<std::string_view> preferred,
                     std::optional<std::string_view> otherwise) {
  return std::string(preferred.value_or(otherwise.value_or(std::string_view{})));
}

/// The decoded body; nothing when it came uncoded.
std::optional<std::string> decode_body(const web::Request& request, std::size_t body_bytes_max) {
  const auto name = request.header("Content-Encoding").value_or(std::string_view{});
  const auto encoding = web::parse_encoding(name);
  if (!encoding) {
    throw EngineError(code::kUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
                      "Unknown Content-Encoding: " + std::string(name));
  }
  if (*encoding == web::Encoding::identity) {
    return std::nullopt;
  }
  auto body = web::decompress(*encoding, request.body, body_bytes_max);
  if (!body) {
    throw EngineError(code::kBadArguments, "BAD_ARGUMENTS",
                      "The request body is not valid " + std::string(name) +
                          ", or decodes to more than " + std::to_string(body_bytes_max) + " bytes");
  }
  return body;
}

}  // namespace

HttpQuery read_http_query(const web::Request& request, std::size_t body_bytes_max) {
  HttpQuery query;
  const auto value = [&](std::string_view name) { return request.query_value(name); };
  query.url_text = first_of(value("query"), std::nullopt);
  query.database = first_of(value("database"), request.header("X-ClickHouse-Database"));
  query.default_format = first_of(value("default_format"), request.header("X-ClickHouse-Format"));
  query.query_id = first_of(value("query_id"), std::nullopt);
  query.wait_end_of_query = is_on(value("wait_end_of_query").value_or("0"));
  query.is_read_only = request.method == "GET" || request.method == "HEAD";
  if (is_on(value("compress").value_or("0")) || is_on(value("decompress").value_or("0"))) {
    throw EngineError(code::kNotImplemented, "NOT_IMPLEMENTED",
                      "compress=1 and decompress=1 (ClickHouse's own compression) are not "
                      "supported, use Accept-Encoding and Content-Encoding");
  }
  if (is_on(value("enable_http_compression").value_or("0"))) {
    query.encoding =
        web::choose_encoding(request.header("Accept-Encoding").value_or(std::string_view{}));
  }
  constexpr std::string_view kParameterPrefix = "param_";
  for (const auto& [name, text] : request.query) {
    if (name.starts_with(kParameterPrefix)) {
      query.parameters.emplace_back(name.substr(kParameterPrefix.size()), text);
    } else if (std::find(kOwnParameters.begin(), kOwnParameters.end(), name) ==
               kOwnParameters.end()) {
      query.settings.emplace_back(name, text);
    }
  }
  query.body_text = request.body;
  if (auto body = decode_body(request, body_bytes_max)) {
    query.decoded_body = std::make_unique<const std::string>(*std::move(body));
    query.body_text = *query.decoded_body;
  }
  return query;
}

std::string_view content_type_of(std::string_view format) noexcept {
  struct Type {
    std::string_view prefix;
    std::string_view content_type;
  };
  // The longest prefix that fits comes first.
  constexpr std::array<Type, 12> kTypes{{
      {"JSONEachRow", "application/x-ndjson; charset=UTF-8"},
      {"JSONLines", "application/x-ndjson; charset=UTF-8"},
      {"JSONCompactEachRow", "application/x-ndjson; charset=UTF-8"},
      {"JSONStringsEachRow", "application/x-ndjson; charset=UTF-8"},
      {"JSON", "application/json; charset=UTF-8"},
      {"CSV", "text/csv; charset=UTF-8; header=absent"},
      {"TabSeparated", "text/tab-separated-values; charset=UTF-8"},
      {"TSV", "text/tab-separated-values; charset=UTF-8"},
      {"XML", "application/xml; charset=UTF-8"},
      {"RowBinary", "application/octet-stream"},
      {"Native", "application/octet-stream"},
      {"Parquet", "application/octet-stream"},
  }};
  for (const auto& [prefix, content_type] : kTypes) {
    if (web::equal_ignoring_case(format.substr(0, prefix.size()), prefix)) {
      return content_type;
    }
  }
  return "text/plain; charset=UTF-8";
}

}  // namespace cp::engine
