// SPDX-License-Identifier: LicenseRef-Project
// The only file that knows toml++.
#include "appliance/settings/fields.h"
#include "appliance/settings/settings.h"

namespace {

/// An assertion of toml++, which 3.3 fails for some malformed texts instead of reporting them.
struct AssertionFailed {};

constexpr void assert_for_toml(bool condition) {
  if (!condition) {
    throw AssertionFailed{};
  }
}

}  // namespace

// Its assertions stay on in every build and throw, so that a typing error never ends a boot step.
#undef NDEBUG
#define TOML_ASSERT(condition) assert_for_toml(static_cast<bool>(condition))
#include <toml++/toml.h>

#include <algorithm>

namespace ap::settings {
namespace {

constexpr std::size_t kBytesMax = 64U << 10U;
constexpr std::int64_t kVersion = 1;

bool assign_list(std::vector<std::string>& list, const toml::node& node) {
  const auto* array = node.as_array();
  if (array == nullptr || !std::all_of(array->begin(), array->end(),
                                       [](const auto& item) { return item.is_string(); })) {
    return false;
  }
  list.clear();
  for (const auto& item : *array) {
    list.push_back(item.as_string()->get());
  }
  return true;
}

/// Puts the value of `node` where `reference` points; false when it is of another kind.
bool assign(const Reference& reference, const toml::node& node) {
  if (auto* const* text = std::get_if<std::string*>(&reference)) {
    const auto* value = node.as_string();
    if (value != nullptr) {
      **text = value->get();
    }
    return value != nullptr;
  }
  if (auto* const* number = std::get_if<std::int64_t*>(&reference)) {
    const auto* value = node.as_integer();
    if (value != nullptr) {
      **number = value->get();
    }
    return value != nullptr;
  }
  return assign_list(*std::get<std::vector<std::string>*>(reference), node);
}

std::string place_of(const toml::node& node) {
  return "line " + std::to_string(node.source().begin.line);
}

/// Walks over one table; what it finds lands in `parsed` and `problems`.
void read_table(std::string_view table, const toml::table& keys, Parsed& parsed,
                std::vector<Problem>& problems) {
  for (const auto& [toml_key, node] : keys) {
    const std::string_view key = toml_key.str();
    const auto field = std::find_if(fields().begin(), fields().end(), [&](const Field& candidate) {
      return candidate.table == table && candidate.key == key;
    });
    if (field != fields().end()) {
      const auto reference = field->reference(parsed.settings);
      if (!assign(reference, node)) {
        problems.push_back({field->name(), "wrong kind of value in " + place_of(node) +
                                               "; expected " +
                                               std::string(expected_kind(reference))});
      }
      continue;
    }
    const bool is_table =
        table.empty() && std::any_of(fields().begin(), fields().end(), [&](const Field& candidate) {
          return candidate.table == key;
        });
    if (is_table && node.is_table()) {
      read_table(key, *node.as_table(), parsed, problems);
    } else if (is_table) {
      problems.push_back({std::string(key), "expected a table, [" + std::string(key) + "]"});
    } else if (!table.empty() || key != "version") {
      const std::string name = (table.empty() ? "" : std::string(table) + ".") + std::string(key);
      parsed.warnings.push_back(name + ": unknown, ignored (" + place_of(node) + ")");
    }
  }
}

/// TOML allows none of these anywhere; toml++ 3.3 trips over some of them in keys.
bool is_forbidden(char c) {
  return (c >= '\0' && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\x7f';
}

/// Every value we know is ASCII; elsewhere than in comments a letter beyond it is wrong anyway, and
/// toml++ 3.3 has undefined behaviour for some of them.
std::string as_ascii(std::string_view text) {
  std::string ascii(text);
  std::replace_if(ascii.begin(), ascii.end(), [](char c) { return (c & '\x80') != 0; }, '?');
  return ascii;
}

toml::table parse_document(std::string_view text) {
  if (text.size() > kBytesMax) {
    refuse({{"appliance.toml", "longer than 64 KiB"}});
  }
  if (std::any_of(text.begin(), text.end(), is_forbidden)) {
    refuse({{"appliance.toml", "has control characters, so it is no TOML"}});
  }
  try {
    return toml::parse(as_ascii(text));
  } catch (const toml::parse_error& error) {
    refuse({{"appliance.toml", "line " + std::to_string(error.source().begin.line) + ": " +
                                   std::string(error.description())}});
  } catch (const AssertionFailed&) {
    refuse({{"appliance.toml", "is no TOML; look for brackets that do not match"}});
  }
  return {};
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + '"';
}

std::string printed(const Reference& reference) {
  if (const auto* const* text = std::get_if<std::string*>(&reference)) {
    return quoted(**text);
  }
  if (const auto* const* number = std::get_if<std::int64_t*>(&reference)) {
    return std::to_string(**number);
  }
  std::string list;
  for (const auto& item : *std::get<std::vector<std::string>*>(reference)) {
    list += (list.empty() ? "" : ", ") + quoted(item);
  }
  return "[" + list + "]";
}

}  // namespace

Parsed parse_toml(std::string_view text) {
  const toml::table document = parse_document(text);
  Parsed parsed;
  std::vector<Problem> problems;
  const auto* version = document["version"].as_integer();
  if (version == nullptr || version->get() != kVersion) {
    problems.push_back({"version", "expected 1, the version of this schema"});
  }
  read_table("", document, parsed, problems);
  if (problems.empty()) {
    problems = problems_of(parsed.settings);
  }
  refuse(problems);
  const auto odd = warnings_of(parsed.settings);
  parsed.warnings.insert(parsed.warnings.end(), odd.begin(), odd.end());
  return parsed;
}

std::string to_toml(const Settings& settings) {
  std::string text =
      "# Settings of this appliance; see docs/formats/appliance-toml.md.\nversion = 1\n";
  std::string_view table;
  for (const Field& field : fields()) {
    if (field.table != table) {
      table = field.table;
      text += "\n[" + std::string(table) + "]\n";
    }
    text += std::string(field.key) + " = " + printed(field.read(settings)) + "\n";
  }
  return text;
}

}  // namespace ap::settings
