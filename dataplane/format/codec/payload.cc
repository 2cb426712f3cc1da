// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/payload.h"

#include "dataplane/format/codec/base64.h"
#include "dataplane/format/codec/form.h"
#include "dataplane/format/codec/lz_string.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>

namespace format::codec {
namespace {

static_assert(kPayloadPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::string_view kFormMediaType = "application/x-www-form-urlencoded";
/// LZ-string comes from old browsers with a few events each; its expansion needs five times its
/// result in memory.
constexpr std::size_t kLzBytesMax = std::size_t{16} << 20;

/// The media type without parameters equals the form type, whatever the case.
bool is_form_type(std::string_view content_type) noexcept {
  auto media_type = content_type.substr(0, content_type.find(';'));
  while (media_type.ends_with(' ')) {
    media_type.remove_suffix(1);
  }
  return std::equal(media_type.begin(), media_type.end(), kFormMediaType.begin(),
                    kFormMediaType.end(), [](char left, char right) {
                      return (left >= 'A' && left <= 'Z' ? left + ('a' - 'A') : left) == right;
                    });
}

bool unwraps_base64_again(Endpoint endpoint) noexcept {
  return endpoint == Endpoint::e || endpoint == Endpoint::capture || endpoint == Endpoint::track ||
         endpoint == Endpoint::engage;
}

void release_if_large(std::vector<char>& memory) noexcept {
  if (memory.size() > kScratchKeptBytes) {
    std::vector<char>().swap(memory);
  }
}

/// The text on its way through the steps of capture-protocol section 4. Each step reads `text_` and
/// writes the buffer that does not hold it.
class Decoding {
 public:
  Decoding(const PayloadSource& source, const PayloadLimits& limits,
           PayloadScratch& scratch) noexcept
      : source_(source),
        limits_(limits),
        scratch_(scratch),
        query_(scan_query(source.query)),
        free_(&scratch.first),
        other_(&scratch.second) {}

  /// Runs every step; the error that stopped it, if any.
  std::optional<PayloadError> run() {
    if (!take_raw_text()) {
      return PayloadError::missing;
    }
    if (const auto failure = read_form()) {
      return failure;
    }
    if (const auto failure = decompress()) {
      return failure;
    }
    if (unwraps_base64_again(source_.endpoint)) {
      unwrap_base64();
    }
    return limits_.is_utf8_checked ? check_utf8(payload()) : std::nullopt;
  }

  [[nodiscard]] Payload payload() const noexcept {
    return {text_, is_padded_, query_.sent_at_ms, query_.is_beacon, was_gzip_};
  }

 private:
  /// The `data` parameter wins over the body; one of them must hold something.
  bool take_raw_text() {
    text_ = base::as_text(source_.body);
    is_padded_ = source_.is_body_padded;
    compression_ = query_.compression;
    if (!query_.data.empty()) {
      adopt(decode_form_value(query_.data, kPayloadPadding, *free_));
      is_from_query_ = true;
      restore_plus_signs();
    }
    return !text_.empty();
  }

  /// Unwraps whole-text base64, then form encoding and the base64 inside it. The hint decides
  /// whether base64 belongs to LZ-string instead.
  std::optional<PayloadError> read_form() {
    const auto is_form = looks_like_form(text_);
    if (!is_form && compression_ != Compression::lz64) {
      unwrap_base64();
    }
    if (!is_from_query_ && is_form_type(source_.content_type)) {
      if (!looks_like_form(text_)) {
        return PayloadError::expected_form;
      }
      take_form_data();
      if (text_.empty()) {
        return PayloadError::missing;
      }
    }
    if (compression_ == Compression::none) {
      compression_ = compression_of_header(source_.content_encoding);
    }
    return std::nullopt;
  }

  void take_form_data() {
    std::string_view rest = text_;
    std::string_view data;
    while (!rest.empty()) {
      const auto [name, value] = next_pair(rest);
      if (name == "data") {
        data = value;
      } else if (name == "compression" && compression_ == Compression::none) {
        compression_ = compression_of_parameter(value);
      }
    }
    adopt(decode_form_value(data, kPayloadPadding, *free_));
    restore_plus_signs();
    if (compression_ != Compression::lz64) {
      unwrap_base64();
    }
  }

  std::optional<PayloadError> decompress() {
    if (has_gzip_magic(text_)) {
      return gunzip();
    }
    if (compression_ == Compression::gzip && !was_base64_ && !looks_like_base64(text_)) {
      return PayloadError::invalid_gzip;
    }
    if (compression_ == Compression::lz64) {
      return expand_lz_string();
    }
    return text_.size() > limits_.decoded_bytes_max ? std::optional(PayloadError::too_large)
                                                    : std::nullopt;
  }

  std::optional<PayloadError> gunzip() {
    was_gzip_ = true;
    std::string_view decoded;
    switch (
        scratch_.gzip.decode(text_, limits_.decoded_bytes_max, kPayloadPadding, *free_, decoded)) {
      case GzipDecoder::Status::ok:
        adopt(decoded);
        return std::nullopt;
      case GzipDecoder::Status::too_large:
        return PayloadError::too_large;
      case GzipDecoder::Status::invalid:
        break;
    }
    return PayloadError::invalid_gzip;
  }

  std::optional<PayloadError> expand_lz_string() {
    std::string_view decoded;
    const auto bytes_max = std::min(limits_.decoded_bytes_max, kLzBytesMax);
    switch (decode_lz_string(text_, bytes_max, kPayloadPadding, *free_, decoded)) {
      case LzStatus::ok:
        adopt(decoded);
        return std::nullopt;
      case LzStatus::too_large:
        return PayloadError::too_large;
      case LzStatus::invalid:
        break;
    }
    return PayloadError::invalid_lz64;
  }

  /// Decodes the text when it is base64 from end to end; leaves it alone otherwise.
  void unwrap_base64() {
    std::string_view decoded;
    if (looks_like_base64(text_) && decode_base64(text_, kPayloadPadding, *free_, decoded)) {
      adopt(decoded);
      was_base64_ = true;
    }
  }

  /// Form decoding turned the '+' of base64 into spaces. The text lies in a buffer of ours.
  void restore_plus_signs() noexcept {
    if (looks_like_base64_with_spaces(text_)) {
      auto& buffer = *other_;
      std::replace(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(text_.size()), ' ',
                   '+');
    }
  }

  /// `text` was just written to the front of the free buffer and is the current text now.
  void adopt(std::string_view text) noexcept {
    text_ = text;
    is_padded_ = true;
    std::swap(free_, other_);
  }

  const PayloadSource& source_;
  const PayloadLimits& limits_;
  PayloadScratch& scratch_;
  QueryParameters query_;
  std::string_view text_;
  std::vector<char>* free_;
  std::vector<char>* other_;
  Compression compression_ = Compression::none;
  bool is_padded_ = false;
  bool is_from_query_ = false;
  bool was_base64_ = false;
  bool was_gzip_ = false;
};

base::Unexpected failed(PayloadError error) noexcept {
  return base::unexpected({base::ErrorDomain::codec, static_cast<std::uint8_t>(error), 0});
}

}  // namespace

base::Result<Payload> decode_payload(const PayloadSource& source, const PayloadLimits& limits,
                                     PayloadScratch& scratch) noexcept {
  release_if_large(scratch.first);
  release_if_large(scratch.second);
  if (source.body.size() > limits.wire_bytes_max) {
    return failed(PayloadError::too_large);
  }
  Decoding decoding(source, limits, scratch);
  if (const auto failure = decoding.run()) {
    return failed(*failure);
  }
  return decoding.payload();
}

std::optional<PayloadError> check_utf8(const Payload& payload) noexcept {
  if (simdjson::validate_utf8(payload.json.data(), payload.json.size())) {
    return std::nullopt;
  }
  return payload.was_gzip ? PayloadError::invalid_gzip : PayloadError::invalid_utf8;
}

}  // namespace format::codec
