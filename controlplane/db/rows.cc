// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/db/internal/rows_state.h"
#include "dataplane/base/check.h"

#include <charconv>
#include <type_traits>

namespace cp::db {
namespace {

/// Counts are `unsigned long` in libpqxx 6 and `int` in libpqxx 7.
template <typename To, typename From>
To converted(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else {
    return static_cast<To>(value);
  }
}

std::string_view view(const pqxx::field& field) { return {field.c_str(), field.size()}; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

Parameters& Parameters::text(std::string_view value) {
  values_.emplace_back(std::string(value));
  return *this;
}

Parameters& Parameters::optional_text(const std::optional<std::string>& value) {
  values_.push_back(value);
  return *this;
}

Parameters& Parameters::number(std::int64_t value) { return text(std::to_string(value)); }

Parameters& Parameters::optional_number(std::optional<std::int64_t> value) {
  return value ? number(*value) : null();
}

Parameters& Parameters::flag(bool value) { return text(value ? "true" : "false"); }

Parameters& Parameters::bytes(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex = "\\x";
  hex.reserve(2 + value.size() * 2);
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  values_.emplace_back(std::move(hex));
  return *this;
}

Parameters& Parameters::null() {
  values_.emplace_back(std::nullopt);
  return *this;
}

std::size_t Rows::size() const { return converted<std::size_t>(state_->result.size()); }

std::size_t Rows::affected() const {
  return converted<std::size_t>(state_->result.affected_rows());
}

Row Rows::operator[](std::size_t index) const {
  CHECK(index < size());
  return {*this, index};
}

namespace {

pqxx::field field_of(const pqxx::result& result, std::size_t row, std::size_t column) {
  const auto fields = result[converted<pqxx::result::size_type>(row)];
  CHECK(column < converted<std::size_t>(fields.size()));
  return fields[converted<pqxx::row::size_type>(column)];
}

}  // namespace

bool Row::is_null(std::size_t column) const {
  return field_of(rows_->state_->result, index_, column).is_null();
}

std::string_view Row::text(std::size_t column) const {
  const auto field = field_of(rows_->state_->result, index_, column);
  if (field.is_null()) {
    throw Error("22004", std::string("column ") + field.name() + " is null");
  }
  return view(field);
}

std::optional<std::string> Row::optional_text(std::size_t column) const {
  if (is_null(column)) {
    return std::nullopt;
  }
  return std::string(text(column));
}

std::int64_t Row::number(std::size_t column) const {
  const auto digits = text(column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    throw Error("22018", "not a whole number: " + std::string(digits));
  }
  return value;
}

std::optional<std::int64_t> Row::optional_number(std::size_t column) const {
  if (is_null(column)) {
    return std::nullopt;
  }
  return number(column);
}

bool Row::flag(std::size_t column) const {
  const auto value = text(column);
  if (value != "t" && value != "f") {
    throw Error("22018", "not a boolean: " + std::string(value));
  }
  return value == "t";
}

std::string Row::bytes(std::size_t column) const {
  const auto hex = text(column);
  if (!hex.starts_with("\\x") || hex.size() % 2 != 0) {
    throw Error("22018", "not a bytea in hex form");
  }
  std::string result;
  result.reserve(hex.size() / 2 - 1);
  for (std::size_t i = 2; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]);
    const int low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) {
      throw Error("22018", "not a bytea in hex form");
    }
    result += static_cast<char>(high * 16 + low);
  }
  return result;
}

}  // namespace cp::db
