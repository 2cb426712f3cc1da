// SPDX-License-Identifier: LicenseRef-Project
// The functions a query may call: everything that is not in this table is refused.
#pragma once

#include <cstdint>
#include <string_view>

namespace cp::hog {

/// What a value is, as far as it changes how it must be printed.
enum class ValueType : std::uint8_t {
  unknown,
  text,
  property,  ///< Nullable text out of a JSON column
  number,
  boolean,
  datetime,
  date,
  uuid,
  interval,
};

/// How arguments are adapted before they are printed.
enum class Arguments : std::uint8_t {
  as_written,
  numeric,   ///< properties are read as numbers
  datetime,  ///< strings and properties are read as moments in the project's time zone
};

/// How the call is printed.
enum class Form : std::uint8_t {
  plain,    ///< name(arguments)
  cast,     ///< accurateCastOrNull(x, 'name')
  special,  ///< by name, in the printer
};

/// One permitted function.
struct Function {
  std::string_view name;        ///< as users write it
  std::string_view clickhouse;  ///< what is printed
  std::uint8_t arguments_min;
  std::uint8_t arguments_max;
  ValueType result;
  Arguments arguments = Arguments::as_written;
  Form form = Form::plain;
  bool is_aggregate = false;
  bool takes_parameters = false;  ///< quantile(0.9)(x)
};

/// Finds a function by its exact name, else by its name in any case; aggregates also with the
/// suffix `If` (one more argument). Returns nullptr when it is not permitted. The pointer is to
/// static data.
const Function* find_function(std::string_view name);

/// Whether `name` is an aggregate with the suffix `If`.
bool is_conditional_aggregate(std::string_view name);

}  // namespace cp::hog
