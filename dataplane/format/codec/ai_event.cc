// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/ai_event.h"

#include "dataplane/format/codec/base64.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/gzip.h"
#include "dataplane/format/codec/internal/json_document.h"
#include "dataplane/format/codec/internal/json_text.h"
#include "dataplane/format/codec/multipart.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace format::codec {
namespace {

constexpr std::string_view kEventName = "event";
constexpr std::string_view kPropertiesName = "event.properties";
constexpr std::string_view kBlobPrefix = "event.properties.";
constexpr std::string_view kModel = "$ai_model";
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kTextType = "text/plain";
constexpr std::string_view kBytesType = "application/octet-stream";
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;

std::string_view trim_json(std::string_view text) noexcept {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

bool is_filled_string(simdjson::simdjson_result<simdjson::dom::element> value) noexcept {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS && !text.empty();
}

}  // namespace

struct AiEventReader::State {
  using Failure = std::optional<AiEventError>;

  /// One large value in a part of its own.
  struct Blob {
    std::string_view name;
    MultipartPart part;
  };

  Failure read(const AiEventSource& source);
  Failure take_parts(std::string_view body, std::string_view boundary);
  Failure take_part(const MultipartPart& part, bool is_first);
  Failure take_blob(const MultipartPart& part);
  Failure read_event();
  Failure read_properties();
  Failure append_blob(const Blob& blob, std::string& out);
  Failure parse(std::string_view json, std::string_view part);
  Failure invalid(std::string_view part, std::string_view problem);
  Failure not_multipart(std::string_view encoding);
  Failure too_large(std::string_view what, std::size_t bytes, std::size_t bytes_max);
  Failure too_many(std::string_view what, std::size_t count_max);
  void compose(std::string_view token);
  void forget();

  GzipDecoder gzip;
  std::vector<char> unzipped;
  JsonDocument document{{kAiEventBodyBytesMax, kJsonDepthMax, kJsonTokensMax}};
  std::optional<std::string_view> event_part;
  std::optional<std::string_view> properties_part;
  std::vector<Blob> blobs;
  std::size_t parts_bytes = 0;

  std::string event;                 ///< Text of the event object.
  std::string properties;            ///< Text of the properties object.
  std::optional<std::size_t> place;  ///< Of the properties' text in the event.
  std::size_t place_bytes = 0;
  std::string sent_at;
  bool has_model = false;
  std::string composed;
  std::string detail;
};

void AiEventReader::State::forget() {
  event_part.reset();
  properties_part.reset();
  blobs.clear();
  parts_bytes = 0;
  event.clear();
  properties.clear();
  place.reset();
  sent_at.clear();
  has_model = false;
  composed.clear();
  detail.clear();
  for (auto* text : {&properties, &composed}) {
    if (text->capacity() > kKeptBytes) {
      std::string().swap(*text);
    }
  }
  if (unzipped.size() > kKeptBytes) {
    std::vector<char>().swap(unzipped);
  }
}

AiEventReader::State::Failure AiEventReader::State::invalid(std::string_view part,
                                                            std::string_view problem) {
  detail.assign("part '").append(part).append("' ").append(problem);
  return AiEventError::invalid_part;
}

AiEventReader::State::Failure AiEventReader::State::too_large(std::string_view what,
                                                              std::size_t bytes,
                                                              std::size_t bytes_max) {
  detail.assign(what).append(" has ").append(std::to_string(bytes));
  detail.append(" bytes of at most ").append(std::to_string(bytes_max));
  return AiEventError::too_large;
}

AiEventReader::State::Failure AiEventReader::State::too_many(std::string_view what,
                                                             std::size_t count_max) {
  detail.assign("more than ").append(std::to_string(count_max)).append(" ").append(what);
  return AiEventError::too_large;
}

/// A body that is wrongly said to be encoded is taken, as upstream does.
AiEventReader::State::Failure AiEventReader::State::not_multipart(std::string_view encoding) {
  const auto is_known =
      encoding.empty() || has_media_type(encoding, "gzip") || has_media_type(encoding, "identity");
  if (is_known) {
    return AiEventError::invalid_multipart;
  }
  detail.assign(encoding);
  return AiEventError::unsupported_encoding;
}

AiEventReader::State::Failure AiEventReader::State::read(const AiEventSource& source) {
  forget();
  auto body = base::as_text(source.body);
  if (body.empty()) {
    return AiEventError::missing;
  }
  if (has_gzip_magic(body) || has_media_type(source.content_encoding, "gzip")) {
    switch (gzip.decode(body, kAiEventBodyBytesMax, 0, unzipped, body)) {
      case GzipDecoder::Status::ok:
        break;
      case GzipDecoder::Status::too_large:
        detail.assign("decompressed body has more than ")
            .append(std::to_string(kAiEventBodyBytesMax))
            .append(" bytes");
        return AiEventError::too_large;
      case GzipDecoder::Status::invalid:
        return AiEventError::invalid_gzip;
    }
  }
  const auto boundary = boundary_of(source.content_type);
  if (!has_media_type(source.content_type, "multipart/form-data") || !boundary) {
    return AiEventError::expected_multipart;
  }
  if (const auto failure = take_parts(body, *boundary)) {
    return *failure == AiEventError::invalid_multipart ? not_multipart(source.content_encoding)
                                                       : failure;
  }
  if (const auto failure = read_event()) {
    return failure;
  }
  if (const auto failure = read_properties()) {
    return failure;
  }
  compose(source.token);
  return std::nullopt;
}

AiEventReader::State::Failure AiEventReader::State::take_parts(std::string_view body,
                                                               std::string_view boundary) {
  MultipartReader reader(body, boundary);
  MultipartPart part;
  std::size_t count = 0;
  auto status = reader.next(part);
  for (; status == MultipartReader::Status::part; status = reader.next(part)) {
    if (++count > kAiPartsMax) {
      return too_many("parts", kAiPartsMax);
    }
    parts_bytes += part.body.size();
    if (const auto failure = take_part(part, count == 1)) {
      return failure;
    }
  }
  if (status == MultipartReader::Status::malformed) {
    return AiEventError::invalid_multipart;
  }
  if (!event_part) {
    return invalid(kEventName, "is missing");
  }
  const auto event_bytes = event_part->size() + properties_part.value_or("").size();
  if (event_bytes > kAiPropertiesBytesMax) {
    return too_large("event with properties", event_bytes, kAiPropertiesBytesMax);
  }
  return parts_bytes > kAiPartsBytesMax
             ? too_large("the sum of all parts", parts_bytes, kAiPartsBytesMax)
             : std::nullopt;
}

AiEventReader::State::Failure AiEventReader::State::take_part(const MultipartPart& part,
                                                              bool is_first) {
  if (is_first && part.name != kEventName) {
    return invalid(part.name, "must not come before 'event'");
  }
  if (!part.content_encoding.empty() && !has_media_type(part.content_encoding, "identity")) {
    return invalid(part.name, "has an unsupported content encoding");
  }
  if (part.name.starts_with(kBlobPrefix)) {
    return take_blob(part);
  }
  auto* place_of_part = part.name == kEventName ? &event_part : &properties_part;
  if (part.name != kEventName && part.name != kPropertiesName) {
    return invalid(part.name,
                   "is unknown: expected 'event', 'event.properties' or 'event.properties.<name>'");
  }
  if (*place_of_part) {
    return invalid(part.name, "comes twice");
  }
  *place_of_part = part.body;
  return part.name == kEventName && part.body.size() > kAiEventPartBytesMax
             ? too_large("part 'event'", part.body.size(), kAiEventPartBytesMax)
             : std::nullopt;
}

AiEventReader::State::Failure AiEventReader::State::take_blob(const MultipartPart& part) {
  const auto name = part.name.substr(kBlobPrefix.size());
  if (name.empty() || name.find_first_of(".\\") != std::string_view::npos ||
      !simdjson::validate_utf8(name.data(), name.size())) {
    return invalid(part.name, "does not name a property");
  }
  if (std::any_of(blobs.begin(), blobs.end(),
                  [name](const Blob& blob) { return blob.name == name; })) {
    return invalid(part.name, "comes twice");
  }
  if (part.body.empty()) {
    return invalid(part.name, "is empty");
  }
  if (!has_media_type(part.content_type, kJsonType) &&
      !has_media_type(part.content_type, kTextType) &&
      !has_media_type(part.content_type, kBytesType)) {
    return invalid(part.name,
                   "needs content type application/json, text/plain or application/octet-stream");
  }
  blobs.push_back({name, part});
  return std::nullopt;
}

/// Parses the JSON text of one part into `document`.
AiEventReader::State::Failure AiEventReader::State::parse(std::string_view json,
                                                          std::string_view part) {
  Payload payload;
  payload.json = json;
  switch (document.load(payload)) {
    case JsonDocument::Status::ok:
      return std::nullopt;
    case JsonDocument::Status::too_large:
      return too_many("values in the JSON of a part", kJsonTokensMax);
    case JsonDocument::Status::too_deep:
    case JsonDocument::Status::invalid:
      break;
  }
  return invalid(part, "must be valid JSON");
}

/// Checks the event's object, and finds its own properties and its `sent_at`.
AiEventReader::State::Failure AiEventReader::State::read_event() {
  simdjson::dom::object object;
  if (const auto failure = parse(event_part.value_or(""), kEventName)) {
    return failure;
  }
  if (document.root().get(object) != simdjson::SUCCESS) {
    return invalid(kEventName, "must be a JSON object");
  }
  const auto whole = document.cursor().take_container().text;
  event.assign(whole);
  auto cursor = document.cursor();
  cursor.step();
  for (const auto member : object) {
    cursor.step_to_value();
    if (member.key == "properties") {
      if (place || properties_part) {
        return invalid(kEventName, "must not have properties beside those of 'event.properties'");
      }
      if (!member.value.is_object()) {
        return invalid(kEventName, "must have an object as properties");
      }
      const auto slice = cursor.take_container().text;
      place = static_cast<std::size_t>(slice.data() - whole.data());
      place_bytes = slice.size();
    } else {
      cursor.skip_value();
    }
    std::string_view text;
    if (member.key == "sent_at" && member.value.get(text) == simdjson::SUCCESS) {
      sent_at = text;
    }
    cursor.step();
  }
  return std::nullopt;
}

/// Makes the text of the properties: the event's own or those of their part, then the large values.
AiEventReader::State::Failure AiEventReader::State::read_properties() {
  properties = place ? event.substr(*place, place_bytes) : "{}";
  const auto source = properties_part ? *properties_part : std::string_view(properties);
  if (const auto failure = parse(source, kPropertiesName)) {
    return failure;
  }
  simdjson::dom::object object;
  if (document.root().get(object) != simdjson::SUCCESS) {
    return invalid(kPropertiesName, "must be a JSON object");
  }
  has_model = is_filled_string(object[kModel]);
  for (const auto& blob : blobs) {
    if (object[blob.name].error() != simdjson::NO_SUCH_FIELD) {
      return invalid(blob.part.name, "repeats a property");
    }
  }
  const auto is_empty = object.begin() == object.end();
  const std::string base(document.cursor().take_container().text);
  properties.assign(base, 0, base.size() - 1);
  for (std::size_t index = 0; index < blobs.size(); ++index) {
    properties.append(is_empty && index == 0 ? "" : ",");
    if (const auto failure = append_blob(blobs[index], properties)) {
      return failure;
    }
  }
  properties += '}';
  return has_model ? std::nullopt
                   : invalid(kPropertiesName, "must have '$ai_model', a string that is not empty");
}

AiEventReader::State::Failure AiEventReader::State::append_blob(const Blob& blob,
                                                                std::string& out) {
  const auto& part = blob.part;
  append_json_string(blob.name, out);
  out += ':';
  if (has_media_type(part.content_type, kBytesType)) {
    out += '"';
    append_base64(part.body, out);
    out += '"';
    return std::nullopt;
  }
  if (has_media_type(part.content_type, kTextType)) {
    if (!simdjson::validate_utf8(part.body.data(), part.body.size())) {
      return invalid(part.name, "must be valid UTF-8");
    }
    append_json_string(part.body, out);
    has_model = has_model || blob.name == kModel;
    return std::nullopt;
  }
  if (const auto failure = parse(part.body, part.name)) {
    return failure;
  }
  const auto value = document.root();
  has_model = has_model || (blob.name == kModel && value.is_string());
  if (value.is_object() || value.is_array()) {
    out.append(document.cursor().take_container().text);
  } else {
    out.append(simdjson::minify(value));
  }
  return std::nullopt;
}

void AiEventReader::State::compose(std::string_view token) {
  composed.append(R"({"api_key":)");
  append_json_string(token, composed);
  if (!sent_at.empty()) {
    composed.append(R"(,"sent_at":)");
    append_json_string(sent_at, composed);
  }
  composed.append(R"(,"batch":[)");
  if (place) {
    composed.append(event, 0, *place).append(properties);
    composed.append(event, *place + place_bytes);
  } else {
    const auto members = trim_json(std::string_view(event).substr(1, event.size() - 2));
    composed.append("{").append(members).append(members.empty() ? "" : ",");
    composed.append(R"("properties":)").append(properties).append("}");
  }
  composed.append("]}");
  composed.append(kPayloadPadding, '\0');
}

AiEventReader::AiEventReader() : state_(std::make_unique<State>()) {}
AiEventReader::~AiEventReader() = default;

base::Result<Payload> AiEventReader::read(const AiEventSource& source) {
  if (const auto failure = state_->read(source)) {
    return base::unexpected({base::ErrorDomain::codec, static_cast<std::uint8_t>(*failure), 0});
  }
  Payload payload;
  payload.json = std::string_view(state_->composed);
  payload.json.remove_suffix(kPayloadPadding);
  payload.is_padded = true;
  return payload;
}

std::string_view AiEventReader::error_detail() const noexcept { return state_->detail; }

}  // namespace format::codec
