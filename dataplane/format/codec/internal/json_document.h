// SPDX-License-Identifier: LicenseRef-Project
// One parsed body: bounded memory that is reused, the repairs real clients need, and the text that
// values may be cut from.
#pragma once

#include "dataplane/format/codec/internal/json_slice.h"
#include "dataplane/format/codec/internal/json_tokens.h"
#include "dataplane/format/codec/json_repair.h"
#include "dataplane/format/codec/payload.h"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace format::codec {

/// What a parsed body is looked at as.
enum class JsonForm : std::uint8_t {
  tree,    ///< `root()`
  tokens,  ///< `tokens()`: half the work, a third of the memory.
};

/// What a body may ask for at most. Tokens are commas, colons and opening brackets: the parser's
/// memory grows with the values, not with the bytes.
struct JsonLimits {
  std::size_t bytes_max;
  std::size_t depth_max;
  std::size_t tokens_max;
  JsonRepair repair = JsonRepair::replace;
  JsonForm form = JsonForm::tree;
};

/// Parses bodies one after another. Owner and thread: one. Bounds: `JsonLimits`; memory of an
/// unusually large body is given back at the next one.
class JsonDocument {
 public:
  enum class Status : std::uint8_t { ok, invalid, too_deep, too_large };

  explicit JsonDocument(const JsonLimits& limits) : limits_(limits), parser_(limits.bytes_max) {}

  /// Parses `payload`, whose text must live as long as the document is used.
  Status load(const Payload& payload);

  [[nodiscard]] simdjson::dom::element root() const noexcept { return root_; }

  [[nodiscard]] const JsonTokens& tokens() const noexcept { return tokens_; }

  /// Stands on the root; what it cuts out is the text that was parsed, or under
  /// `JsonRepair::keep_length` the payload's own bytes.
  [[nodiscard]] JsonCursor cursor() const noexcept {
    const auto& found = *parser_.implementation;
    return {source_, {found.structural_indexes.get(), found.n_structural_indexes}};
  }

 private:
  bool reserve(std::size_t size);
  simdjson::error_code parse();

  JsonLimits limits_;
  simdjson::dom::parser parser_;
  std::vector<char> copy_;
  std::string_view text_;    ///< What the parser reads, padded.
  std::string_view source_;  ///< What slices are cut from.
  simdjson::dom::element root_;
  JsonTokens tokens_;
};

}  // namespace format::codec
