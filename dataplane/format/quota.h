// SPDX-License-Identifier: LicenseRef-Project
// What a project's quotas are counted in, and which of them an event uses (capture-protocol
// section 9). Capture, worker and API share these names and rules.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace format {

/// The numbers are bits of the log: never reused.
enum class Resource : std::uint8_t { events, exceptions, surveys, llm_events, recordings };

/// By Resource, as PostHog names them.
inline constexpr std::array<std::string_view, 5> kResourceNames = {
    "events", "exceptions", "surveys", "llm_events", "recordings"};

constexpr std::optional<Resource> resource_named(std::string_view name) noexcept {
  for (std::size_t index = 0; index < kResourceNames.size(); ++index) {
    if (kResourceNames[index] == name) {
      return static_cast<Resource>(index);
    }
  }
  return std::nullopt;
}

/// Some of the resources; a value.
class ResourceSet {
 public:
  constexpr ResourceSet() noexcept = default;
  static constexpr ResourceSet of_bits(std::uint8_t bits) noexcept {
    ResourceSet set;
    set.bits_ = bits;
    return set;
  }

  constexpr void add(Resource resource) noexcept { bits_ |= bit(resource); }
  [[nodiscard]] constexpr bool has(Resource resource) const noexcept {
    return (bits_ & bit(resource)) != 0;
  }
  [[nodiscard]] constexpr ResourceSet without(Resource resource) const noexcept {
    return of_bits(static_cast<std::uint8_t>(bits_ & ~bit(resource)));
  }
  [[nodiscard]] constexpr bool is_empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint8_t bits() const noexcept { return bits_; }
  friend constexpr bool operator==(ResourceSet, ResourceSet) noexcept = default;

 private:
  static constexpr std::uint8_t bit(Resource resource) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(resource));
  }
  std::uint8_t bits_ = 0;
};

/// An event that counts as a survey's, unless it belongs to a product tour.
constexpr bool is_survey_event(std::string_view name) noexcept {
  return name == "survey sent" || name == "survey shown" || name == "survey dismissed";
}

/// The one resource an event uses.
constexpr Resource resource_of(std::string_view name, bool is_of_product_tour) noexcept {
  if (name == "$exception") {
    return Resource::exceptions;
  }
  if (name.starts_with("$ai_")) {
    return Resource::llm_events;
  }
  return is_survey_event(name) && !is_of_product_tour ? Resource::surveys : Resource::events;
}

}  // namespace format
