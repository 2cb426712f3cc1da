// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/sql_text.h"

namespace cp::hog {
namespace {

std::string quoted(std::string_view value, char quote) {
  std::string out(1, quote);
  for (const char byte : value) {
    switch (byte) {
      case '\0':
        out += "\\0";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (byte == '\\' || byte == quote) {
          out.push_back('\\');
        }
        out.push_back(byte);
    }
  }
  out.push_back(quote);
  return out;
}

}  // namespace

std::string sql_string(std::string_view value) { return quoted(value, '\''); }

std::string sql_identifier(std::string_view name) { return quoted(name, '`'); }

std::string like_literal(std::string_view value) {
  std::string out;
  for (const char byte : value) {
    if (byte == '%' || byte == '_' || byte == '\\') {
      out.push_back('\\');
    }
    out.push_back(byte);
  }
  return out;
}

std::string property_text(std::string_view column, const std::string* keys,
                          std::size_t keys_count) {
  std::string out = "nullIf(nullIf(JSONExtract(";
  out += column;
  for (std::size_t index = 0; index < keys_count; ++index) {
    out += ", " + sql_string(keys[index]);
  }
  out += ", 'Nullable(String)'), ''), 'null')";
  return out;
}

}  // namespace cp::hog
