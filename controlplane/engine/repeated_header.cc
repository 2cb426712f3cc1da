// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/engine/repeated_header.h"

#include "controlplane/web/message.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cp::engine {
namespace {

// Rows follow each other with nothing between, before or after.
constexpr std::array<std::string_view, 17> kHeaderless{"TabSeparated",
                                                       "TSV",
                                                       "TabSeparatedRaw",
                                                       "TSVRaw",
                                                       "CSV",
                                                       "TSKV",
                                                       "JSONEachRow",
                                                       "JSONLines",
                                                       "NDJSON",
                                                       "JSONCompactEachRow",
                                                       "JSONStringsEachRow",
                                                       "JSONCompactStringsEachRow",
                                                       "RowBinary",
                                                       "Native",
                                                       "LineAsString",
                                                       "RawBLOB",
                                                       "Null"};

struct NamedFormat {
  std::string_view base;
  bool has_quoted_lines;
};
// The same with one line of names, or two with the types.
constexpr std::array<NamedFormat, 7> kNamedLines{{{"TabSeparated", false},
                                                  {"TSV", false},
                                                  {"TabSeparatedRaw", false},
                                                  {"TSVRaw", false},
                                                  {"CSV", true},
                                                  {"JSONCompactEachRow", false},
                                                  {"JSONCompactStringsEachRow", false}}};

constexpr std::string_view kNames = "WithNames";
constexpr std::string_view kNamesAndTypes = "WithNamesAndTypes";

bool ends_with_word(std::string_view text, std::string_view end) noexcept {
  return text.size() > end.size() &&
         web::equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// LEB128, as ClickHouse writes lengths. Advances `at`; the end of the text when it is cut off.
std::uint64_t read_varint(std::string_view text, std::size_t& at) noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; at < text.size() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(text[at++]);
    value |= static_cast<std::uint64_t>(byte & 127U) << shift;
    if ((byte & 128U) == 0) {
      break;
    }
  }
  return value;
}

}  // namespace

std::optional<PieceJoiner> PieceJoiner::for_format(std::string_view format) noexcept {
  const auto is_format = [&format](std::string_view name) {
    return web::equal_ignoring_case(format, name);
  };
  if (std::any_of(kHeaderless.begin(), kHeaderless.end(), is_format)) {
    return PieceJoiner(Header::none, 0);
  }
  std::size_t parts = 0;
  if (ends_with_word(format, kNamesAndTypes)) {
    parts = 2;
    format.remove_suffix(kNamesAndTypes.size());
  } else if (ends_with_word(format, kNames)) {
    parts = 1;
    format.remove_suffix(kNames.size());
  }
  if (parts == 0) {
    return std::nullopt;
  }
  if (is_format("RowBinary")) {
    return PieceJoiner(Header::binary, parts);
  }
  for (const auto& [base, has_quoted_lines] : kNamedLines) {
    if (is_format(base)) {
      return PieceJoiner(has_quoted_lines ? Header::quoted_lines : Header::lines, parts);
    }
  }
  return std::nullopt;
}

std::size_t PieceJoiner::header_bytes(std::string_view piece) const noexcept {
  std::size_t at = 0;
  if (header_ == Header::binary) {
    const auto columns = read_varint(piece, at);
    for (std::uint64_t text = 0; text < columns * parts_ && at < piece.size(); ++text) {
      const auto bytes = read_varint(piece, at);
      at += std::min<std::size_t>(bytes, piece.size() - at);
    }
    return at;
  }
  bool is_quoted = false;
  for (std::size_t lines = 0; at < piece.size() && lines < parts_; ++at) {
    if (piece[at] == '"') {
      is_quoted = !is_quoted && header_ == Header::quoted_lines;
    } else if (piece[at] == '\n' && !is_quoted) {
      ++lines;
    }
  }
  return at;
}

std::string_view PieceJoiner::join(std::string_view piece) noexcept {
  if (is_first_) {
    is_first_ = false;
    return piece;
  }
  return header_ == Header::none ? piece : piece.substr(header_bytes(piece));
}

}  // namespace cp::engine
