// SPDX-License-Identifier: LicenseRef-Project
// Typed reading of a query's JSON: every refusal names the field and says what was expected there.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cp::query {

/// One JSON object and its place in the query (`series.0`). A field that is null counts as absent.
/// Views the document it was made from. Every method throws InvalidQuery.
class JsonReader {
 public:
  /// `value` must be an object; `path` is empty for the query itself.
  JsonReader(const boost::json::value& value, std::string path);

  /// The field's value, or nullptr when it is absent or null.
  [[nodiscard]] const boost::json::value* find(std::string_view name) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::string required_text(std::string_view name) const;
  /// One of `allowed`; `fallback` when absent.
  [[nodiscard]] std::string choice(std::string_view name, std::string_view fallback,
                                   std::initializer_list<std::string_view> allowed) const;
  /// Refuses any other value than `allowed` (or none).
  void check_choice(std::string_view name, std::initializer_list<std::string_view> allowed) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback,
                                     std::int64_t least, std::int64_t most) const;
  [[nodiscard]] bool boolean(std::string_view name, bool fallback) const;
  /// An array of at most `count_max` entries; empty when absent.
  [[nodiscard]] const boost::json::array& array(std::string_view name, std::size_t count_max) const;
  /// An array of strings of at most `count_max` entries; empty when absent.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t count_max) const;
  /// The object in a field, or nothing when absent.
  [[nodiscard]] std::optional<JsonReader> object(std::string_view name) const;

  /// Refuses fields that would change the answer and that we do not honour yet: present and neither
  /// null, false, "", [] nor {}.
  void refuse(std::initializer_list<std::string_view> names) const;

  /// The place of a field: `series.0.math`.
  [[nodiscard]] std::string path_of(std::string_view name) const;
  /// Throws InvalidQuery: "<path>: expected <expected>, got <value>".
  [[noreturn]] void fail(std::string_view name, std::string_view expected) const;

 private:
  const boost::json::object* object_;
  std::string path_;
};

/// The start of `value` as JSON text, short enough for an error message.
std::string shown(const boost::json::value& value);

}  // namespace cp::query
