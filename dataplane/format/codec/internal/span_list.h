// SPDX-License-Identifier: LicenseRef-Project
// The AI spans of one export while it is read, whatever its encoding: both readers put what they
// find in here, and only here are the limits kept.
#pragma once

#include "dataplane/format/codec/internal/json_document.h"
#include "dataplane/format/codec/internal/text_arena.h"
#include "dataplane/format/codec/otlp_traces.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace format::codec {

/// Owner: one TracesReader. The reader calls `begin_resource` and `add_attribute` for what sent the
/// spans, then for every span `begin_span`, `add_attribute`, `end_span`.
class SpanList {
 public:
  void clear() noexcept;

  void begin_resource() noexcept;
  void begin_span() noexcept;
  /// The value is `value()`, which is cleared.
  void add_attribute(std::string_view key);
  /// Keeps the span begun last when it is of an AI convention. `span` brings what is no attribute;
  /// its texts must outlive this list. False when a limit is passed: `problem()` says which.
  [[nodiscard]] bool end_span(TraceSpan span);

  /// Where a reader renders the next attribute's value.
  [[nodiscard]] std::string& value() noexcept { return value_; }
  /// A copy of `text` that lives until `clear`.
  [[nodiscard]] std::string_view keep(std::string_view text) { return arena_.keep(text); }
  /// Bytes as lower-case hexadecimal digits, alive until `clear`.
  [[nodiscard]] std::string_view keep_hexadecimal(std::string_view bytes);

  [[nodiscard]] TraceCounts counts() const noexcept;
  [[nodiscard]] std::string_view problem() const noexcept { return problem_; }
  [[nodiscard]] bool is_too_large() const noexcept { return text_bytes_ > kSpanTextBytesMax; }
  void deliver(SpanVisitor& visitor);

 private:
  /// Where a span's attributes lie, since vectors move while they grow.
  struct Range {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  struct Kept {
    TraceSpan span;
    Range attributes;
    Range resource;
  };

  [[nodiscard]] AiConvention convention_of(Range range) const noexcept;

  TextArena arena_;
  std::vector<SpanAttribute> attributes_;
  std::vector<Kept> spans_;
  Range resource_;
  std::size_t resource_bytes_ = 0;
  std::size_t span_first_ = 0;
  std::size_t bytes_since_begin_ = 0;
  std::size_t text_bytes_ = 0;
  std::uint32_t span_count_ = 0;
  bool is_in_resource_ = false;
  std::string value_;
  std::string problem_;
};

/// Appends `bytes` as lower-case hexadecimal digits.
void append_hexadecimal(std::string_view bytes, std::string& out);

/// Fills `list`; false when the body is no export or a limit is passed, `problem` then says so.
[[nodiscard]] bool read_protobuf_traces(std::string_view body, SpanList& list,
                                        std::string& problem);

/// The same for JSON. The list has views into the document.
[[nodiscard]] bool read_json_traces(std::string_view body, JsonDocument& document, SpanList& list,
                                    std::string& problem);

}  // namespace format::codec
