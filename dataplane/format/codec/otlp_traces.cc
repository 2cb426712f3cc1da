// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/otlp_traces.h"

#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/gzip.h"
#include "dataplane/format/codec/internal/span_list.h"
#include "dataplane/format/codec/multipart.h"

#include <optional>
#include <string>
#include <vector>

namespace format::codec {

struct TracesReader::State {
  std::optional<TracesError> read(const TracesSource& source);
  TracesError too_large(std::string_view what);

  GzipDecoder gzip;
  std::vector<char> unzipped;
  JsonDocument document{{kTracesBytesMax, kJsonDepthMax, kJsonTokensMax}};
  SpanList list;
  std::string detail;
};

TracesError TracesReader::State::too_large(std::string_view what) {
  detail.assign(what).append(" has more than ").append(std::to_string(kTracesBytesMax));
  detail.append(" bytes");
  return TracesError::too_large;
}

std::optional<TracesError> TracesReader::State::read(const TracesSource& source) {
  list.clear();
  detail.clear();
  auto body = base::as_text(source.body);
  if (body.empty()) {
    return TracesError::missing;
  }
  if (body.size() > kTracesBytesMax) {
    return too_large("request body");
  }
  if (has_media_type(source.content_encoding, "gzip")) {
    switch (gzip.decode(body, kTracesBytesMax, 0, unzipped, body)) {
      case GzipDecoder::Status::ok:
        break;
      case GzipDecoder::Status::too_large:
        return too_large("decompressed body");
      case GzipDecoder::Status::invalid:
        return TracesError::invalid_gzip;
    }
  } else if (!source.content_encoding.empty() &&
             !has_media_type(source.content_encoding, "identity")) {
    detail = source.content_encoding;
    return TracesError::unsupported_encoding;
  }
  const auto is_json = has_media_type(source.content_type, "application/json");
  if (!is_json && !has_media_type(source.content_type, "application/x-protobuf")) {
    return TracesError::unsupported_type;
  }
  const auto is_read = is_json ? read_json_traces(body, document, list, detail)
                               : read_protobuf_traces(body, list, detail);
  if (is_read) {
    return std::nullopt;
  }
  return list.is_too_large() ? TracesError::too_large : TracesError::invalid;
}

TracesReader::TracesReader() : state_(std::make_unique<State>()) {}
TracesReader::~TracesReader() = default;

base::Result<TraceCounts> TracesReader::read(const TracesSource& source, SpanVisitor* visitor) {
  if (const auto failure = state_->read(source)) {
    return base::unexpected({base::ErrorDomain::codec, static_cast<std::uint8_t>(*failure), 0});
  }
  if (visitor != nullptr) {
    state_->list.deliver(*visitor);
  }
  return state_->list.counts();
}

void TracesReader::deliver(SpanVisitor& visitor) { state_->list.deliver(visitor); }

std::string_view TracesReader::error_detail() const noexcept { return state_->detail; }

}  // namespace format::codec
