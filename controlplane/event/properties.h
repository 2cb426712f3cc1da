// SPDX-License-Identifier: LicenseRef-Project
// The properties of an event as they are stored: person updates merged in, elements moved out,
// heatmap data left out, address rule applied.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cp::event {

/// Column `person_mode`; the numbers are the table's.
enum class PersonMode : std::uint8_t { full = 0, propertyless = 1, force_upgrade = 2 };

/// The texts that one event brings; all JSON objects, rendered by the codec.
struct PropertiesInput {
  std::string_view properties_json;
  std::string_view set_json{};       ///< Top-level `$set`, or empty.
  std::string_view set_once_json{};  ///< Top-level `$set_once`, or empty.
  bool keeps_address = false;        ///< False: `$ip` is removed whoever sent it.
  std::string_view address{};        ///< Becomes `$ip` unless the event has its own; may be empty.
  bool is_ai_event = false;          ///< Properties `$ai_gateway…` are not the client's to send.
};

/// What is stored; the views live until the next `edit`, or as long as the input.
struct StoredProperties {
  std::string_view json;
  std::string_view elements_chain;
  PersonMode person_mode = PersonMode::full;
  /// What was sent holds `$heatmap_data`, or how far the page before was scrolled: it belongs into
  /// the heatmaps as well (capture-protocol.md 14). `json` is without `$heatmap_data`.
  bool has_heatmap = false;
};

/// Applies analytics.md 1.1 (step 2 and 8), 1.5 and 1.7. Reuses its memory; one thread.
class PropertiesEditor {
 public:
  PropertiesEditor();
  PropertiesEditor(const PropertiesEditor&) = delete;
  PropertiesEditor& operator=(const PropertiesEditor&) = delete;
  PropertiesEditor(PropertiesEditor&&) = delete;
  PropertiesEditor& operator=(PropertiesEditor&&) = delete;
  ~PropertiesEditor();

  StoredProperties edit(const PropertiesInput& input);

 private:
  struct Found;

  void append_merged(std::string_view name, std::string_view base, std::string_view over);
  void rebuild(const PropertiesInput& input, const Found& found, PersonMode mode);
  void move_elements(const Found& found);

  std::string json_;
  std::string chain_;
  std::string unescaped_;
};

}  // namespace cp::event
