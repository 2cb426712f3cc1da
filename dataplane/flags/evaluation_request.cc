// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/flags/evaluation_request.h"

#include "dataplane/flags/lenient_json.h"
#include "dataplane/format/codec/base64.h"

#include <algorithm>
#include <charconv>

namespace dp::flags {
namespace {

/// Memory kept for the next body; what a larger one needed is given back.
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

bool starts_like_gzip(base::Bytes body) noexcept {
  return base::as_text(body).starts_with("\x1f\x8b");
}

/// Media type without parameters and surrounding space, in lower case; cut to what is compared.
std::string base_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.starts_with(' ')) {
    type.remove_prefix(1);
  }
  while (type.ends_with(' ')) {
    type.remove_suffix(1);
  }
  std::string lower(type.substr(0, 64));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return lower;
}

void percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16).ptr ==
            text.data() + at + 3) {
      out += static_cast<char>(value);
      at += 2;
    } else {
      out += text[at];
    }
  }
}

/// Standard base64 after removing spaces and restoring the padding. False when a character does not
/// belong.
bool decode_loose_base64(std::string& text, std::vector<char>& out, std::string_view& decoded) {
  std::erase(text, ' ');
  while (text.ends_with('=')) {
    text.pop_back();
  }
  text.append((4 - text.size() % 4) % 4, '=');
  return !text.empty() && format::codec::decode_base64(text, 0, out, decoded);
}

bool is_token_name(std::string_view name) noexcept {
  return name == "token" || name == "$token" || name == "api_key";
}

/// Reads the fields that matter. False when the text is not a lenient JSON object or a field has a
/// wrong type.
bool read_fields(std::string_view json, EvaluationRequest& request) {
  request = {};
  JsonFields fields(json);
  while (const auto field = fields.next()) {
    const bool is_null = field->kind == JsonKind::null;
    if (is_token_name(field->name) && !is_null) {
      if (field->kind != JsonKind::string) {
        return false;
      }
      unescape_json(field->value, request.token);
    } else if ((field->name == "distinct_id" || field->name == "$distinct_id") && !is_null) {
      if (field->kind != JsonKind::string && field->kind != JsonKind::number) {
        return false;
      }
      request.has_distinct_id = true;
    } else if (field->name == "disable_flags") {
      request.disables_flags = field->kind == JsonKind::boolean && field->value == "true";
    }
  }
  return fields.is_complete();
}

}  // namespace

BodyStatus BodyReader::read(const BodySource& source, EvaluationRequest& request) {
  if (decompressed_.capacity() > kKeptBytes) {
    decompressed_ = {};
  }
  const auto& compression = source.compression;
  if (!compression.empty() && compression != "gzip" && compression != "gzip-js" &&
      compression != "base64") {
    return BodyStatus::unsupported_compression;
  }
  const auto type = base_type(source.content_type);
  if (type.empty() || type == "application/json" || type == "text/plain") {
    return read_plain(source, request);
  }
  return type == "application/x-www-form-urlencoded" ? read_form(source.body, request)
                                                     : BodyStatus::unsupported_type;
}

BodyStatus BodyReader::read_plain(const BodySource& source, EvaluationRequest& request) {
  auto text = base::as_text(source.body);
  if (source.compression.starts_with("gzip") ||
      source.content_encoding.find("gzip") != std::string_view::npos ||
      starts_like_gzip(source.body)) {
    const auto status = gunzip(source.body, text);
    if (status != BodyStatus::ok) {
      return status;
    }
  }
  if (read_fields(text, request)) {
    return BodyStatus::ok;
  }
  percent_decode(text, percent_decoded_);
  return decode_loose_base64(percent_decoded_, decoded_, text) && read_fields(text, request)
             ? BodyStatus::ok
             : BodyStatus::bad_json;
}

BodyStatus BodyReader::read_form(base::Bytes body, EvaluationRequest& request) {
  if (starts_like_gzip(body)) {
    return BodyStatus::undecodable;
  }
  percent_decode(base::as_text(body), percent_decoded_);
  if (percent_decoded_.starts_with("data=")) {
    percent_decoded_.erase(0, 5);
    percent_decoded_.resize(std::min(percent_decoded_.find('='), percent_decoded_.size()));
  }
  std::string_view text;
  if (!decode_loose_base64(percent_decoded_, decoded_, text)) {
    return BodyStatus::undecodable;
  }
  return read_fields(text, request) ? BodyStatus::ok : BodyStatus::bad_json;
}

BodyStatus BodyReader::gunzip(base::Bytes body, std::string_view& text) {
  using Status = format::codec::GzipDecoder::Status;
  switch (gzip_.decode(base::as_text(body), kBodyBytesMax, 0, decompressed_, text)) {
    case Status::ok:
      return BodyStatus::ok;
    case Status::too_large:
      return BodyStatus::too_large;
    case Status::invalid:
      break;
  }
  return BodyStatus::undecodable;
}

}  // namespace dp::flags
