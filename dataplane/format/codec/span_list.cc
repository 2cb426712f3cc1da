// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/codec/internal/span_list.h"

#include <algorithm>
#include <array>

namespace format::codec {
namespace {

struct ConventionPrefix {
  std::string_view prefix;
  AiConvention convention;
};
/// In order of precedence: spans of a framework carry `gen_ai.…` beside their own attributes.
constexpr std::array<ConventionPrefix, 5> kPrefixes = {
    {{"ai.", AiConvention::vercel},
     {"pydantic_ai.", AiConvention::pydantic},
     {"traceloop.", AiConvention::traceloop},
     {"llm.request.type", AiConvention::traceloop},
     {"gen_ai.", AiConvention::generic}}};

}  // namespace

AiConvention ai_convention_of(std::string_view key) noexcept {
  for (const auto& [prefix, convention] : kPrefixes) {
    if (key.starts_with(prefix)) {
      return convention;
    }
  }
  return AiConvention::none;
}

void append_hexadecimal(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const auto character : bytes) {
    const auto byte = static_cast<unsigned char>(character);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0xfU];
  }
}

void SpanList::clear() noexcept {
  arena_.reset();
  attributes_.clear();
  spans_.clear();
  resource_ = {};
  resource_bytes_ = 0;
  text_bytes_ = 0;
  span_count_ = 0;
  is_in_resource_ = false;
  value_.clear();
  problem_.clear();
}

void SpanList::begin_resource() noexcept {
  resource_ = {attributes_.size(), attributes_.size()};
  resource_bytes_ = 0;
  is_in_resource_ = true;
}

void SpanList::begin_span() noexcept {
  is_in_resource_ = false;
  span_first_ = attributes_.size();
  bytes_since_begin_ = 0;
}

void SpanList::add_attribute(std::string_view key) {
  const auto bytes = key.size() + value_.size();
  attributes_.push_back({arena_.keep(key), arena_.keep(value_)});
  value_.clear();
  if (is_in_resource_) {
    resource_.end = attributes_.size();
    resource_bytes_ += bytes;
  } else {
    bytes_since_begin_ += bytes;
  }
}

bool SpanList::end_span(TraceSpan span) {
  if (++span_count_ > kSpansMax) {
    problem_ = "too many spans: at most " + std::to_string(kSpansMax) + " per export";
    return false;
  }
  const Range own{span_first_, attributes_.size()};
  span.convention = convention_of(own);
  if (span.convention == AiConvention::none) {
    attributes_.resize(span_first_);
    return true;
  }
  if (spans_.size() == kAiSpansMax) {
    problem_ = "too many AI spans: at most " + std::to_string(kAiSpansMax) + " per export";
    return false;
  }
  text_bytes_ += bytes_since_begin_ + resource_bytes_;
  if (is_too_large()) {
    problem_ = "attributes of the AI spans have more than " + std::to_string(kSpanTextBytesMax) +
               " bytes, those of a resource counted for each of its spans";
    return false;
  }
  spans_.push_back({span, own, resource_});
  return true;
}

std::string_view SpanList::keep_hexadecimal(std::string_view bytes) {
  value_.clear();
  append_hexadecimal(bytes, value_);
  const auto kept = arena_.keep(value_);
  value_.clear();
  return kept;
}

AiConvention SpanList::convention_of(Range range) const noexcept {
  auto best = AiConvention::none;
  for (auto index = range.first; index < range.end; ++index) {
    const auto found = ai_convention_of(attributes_[index].key);
    if (found != AiConvention::none && (best == AiConvention::none || found < best)) {
      best = found;
    }
  }
  return best;
}

TraceCounts SpanList::counts() const noexcept {
  return {span_count_, static_cast<std::uint32_t>(spans_.size())};
}

void SpanList::deliver(SpanVisitor& visitor) {
  const std::span<const SpanAttribute> all(attributes_);
  for (auto& kept : spans_) {
    kept.span.attributes =
        all.subspan(kept.attributes.first, kept.attributes.end - kept.attributes.first);
    kept.span.resource = all.subspan(kept.resource.first, kept.resource.end - kept.resource.first);
    visitor.visit(kept.span);
  }
}

}  // namespace format::codec
