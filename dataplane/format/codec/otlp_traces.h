// SPDX-License-Identifier: LicenseRef-Project
// The spans of an OTLP trace export (`/i/v0/ai/otel`, capture-protocol section 16), as protobuf or
// as JSON. Capture counts them to answer, the worker makes events of them.
#pragma once

#include "dataplane/base/bytes.h"
#include "dataplane/base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace format::codec {

/// Bounds of one export: its bytes, compressed or not, spans of any kind, and AI spans.
inline constexpr std::size_t kTracesBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kSpansMax = 1000;
inline constexpr std::size_t kAiSpansMax = 100;
/// Bytes of attributes of all AI spans, those of their resources counted for every span.
inline constexpr std::size_t kSpanTextBytesMax = std::size_t{8} << 20;
/// Nesting of attribute values.
inline constexpr std::size_t kSpanValueDepthMax = 64;

/// Why an export was refused; code of base::ErrorDomain::codec.
enum class TracesError : std::uint8_t {
  missing = 1,           ///< 400 request missing data payload
  unsupported_encoding,  ///< 400 content encoding other than gzip and identity
  unsupported_type,      ///< 400 content type other than protobuf and JSON
  invalid_gzip,          ///< 400
  invalid,               ///< 400 `error_detail` says what
  too_large,             ///< 413 `error_detail` says what
};

/// One attribute; the value as compact JSON (bytes as a string of hexadecimal digits).
struct SpanAttribute {
  std::string_view key;
  std::string_view json;
};

/// Whose conventions the attributes of a span follow; the first that fits.
enum class AiConvention : std::uint8_t { none, vercel, pydantic, traceloop, generic };

/// The convention that an attribute of this name belongs to.
AiConvention ai_convention_of(std::string_view key) noexcept;

/// One span. Views live until the reader's next call.
struct TraceSpan {
  std::string_view trace_id;   ///< Lower-case hexadecimal digits.
  std::string_view span_id;    ///< Likewise.
  std::string_view parent_id;  ///< Likewise; empty at the root.
  std::string_view name;
  std::uint64_t start_ns = 0;  ///< Since 1970 UTC; 0 when not known.
  std::uint64_t end_ns = 0;
  std::span<const SpanAttribute> attributes;
  std::span<const SpanAttribute> resource;  ///< Attributes of what sent it.
  std::string_view scope_version;           ///< Of the instrumentation.
  AiConvention convention = AiConvention::none;
};

/// Receives the AI spans of an export in order.
class SpanVisitor {
 public:
  virtual void visit(const TraceSpan& span) = 0;

 protected:
  ~SpanVisitor() = default;
};

/// What an export holds.
struct TraceCounts {
  std::uint32_t spans = 0;
  std::uint32_t ai_spans = 0;
};

/// The parts of a request that decide how its body is read.
struct TracesSource {
  std::string_view content_type;
  std::string_view content_encoding;
  base::Bytes body;
};

/// Reads exports one after another, reusing its memory. Owner and thread: one.
class TracesReader {
 public:
  TracesReader();
  TracesReader(const TracesReader&) = delete;
  TracesReader& operator=(const TracesReader&) = delete;
  TracesReader(TracesReader&&) = delete;
  TracesReader& operator=(TracesReader&&) = delete;
  ~TracesReader();

  /// Checks the whole export; with a visitor also delivers its AI spans, after all of it was
  /// accepted. Spans of no AI convention are counted only.
  base::Result<TraceCounts> read(const TracesSource& source, SpanVisitor* visitor = nullptr);

  /// Delivers the AI spans of the last successful `read` (again).
  void deliver(SpanVisitor& visitor);

  /// What exactly the last failed `read` disliked.
  [[nodiscard]] std::string_view error_detail() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace format::codec
