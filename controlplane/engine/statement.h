// SPDX-License-Identifier: LicenseRef-Project
// Just enough of ClickHouse's grammar to serve its HTTP interface: what kind of statement a text
// is, which format it names, and where the data of an INSERT begins. Everything else is left to
// ClickHouse's parser.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cp::engine {

enum class StatementKind {
  select,       ///< can be streamed
  insert_data,  ///< INSERT with rows behind FORMAT or VALUES
  kill_query,   ///< KILL QUERY WHERE query_id = …, addressed by our own ids
  other,        ///< runs as it is
};

/// A statement taken apart. Owns nothing but `rewritten`; the views point into the text that was
/// parsed.
struct Statement {
  StatementKind kind = StatementKind::other;
  std::string_view sql;  ///< without the data; an INSERT also without its FORMAT or VALUES
  std::string_view
      format;             ///< named by the FORMAT clause (`Values` for VALUES); empty when none is
  std::string_view data;  ///< rows of an INSERT
  std::string_view kill_before;              ///< KILL: text before the condition on query_id
  std::string_view kill_after;               ///< KILL: text behind it
  std::vector<std::string> kill_ids;         ///< KILL: the ids named in literals
  std::vector<std::string> kill_parameters;  ///< KILL: names of parameters that hold ids
};

/// Takes `text` apart. Throws EngineError for an empty text, several statements, and INTO OUTFILE.
Statement parse_statement(std::string_view text);

/// `name` when it may be the name of a format: letters, digits and underscores.
bool is_identifier(std::string_view name) noexcept;

}  // namespace cp::engine
