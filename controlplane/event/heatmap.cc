// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/heatmap.h"

#include "controlplane/event/internal/json_text.h"
#include "dataplane/format/codec/analytics_v1.h"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace cp::event {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::string_view kScrollDepth = "scrolldepth";

std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

/// Rounded as JavaScript's Math.round does; nothing beyond the column's 16 bits.
std::optional<std::int16_t> scaled(double pixels) noexcept {
  const double units = std::floor(pixels / kHeatmapScale + 0.5);
  if (!(units >= std::numeric_limits<std::int16_t>::min() &&
        units <= std::numeric_limits<std::int16_t>::max())) {
    return std::nullopt;
  }
  return static_cast<std::int16_t>(units);
}

std::optional<double> number_of(std::string_view json) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  return error == std::errc{} && end == json.data() + json.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::optional<double> number_of(const boost::json::value* value) noexcept {
  if (value == nullptr || !value->is_number()) {
    return std::nullopt;
  }
  return value->to_number<double>();
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

/// Characters that a path of a link holds only in percent form (WHATWG URL, path percent-encode
/// set).
bool needs_encoding(char character) noexcept {
  const auto code = static_cast<unsigned char>(character);
  return code <= 0x20 || code >= 0x7F ||
         std::string_view("\"#<>?`{}").find(character) != std::string_view::npos;
}

/// `url` with `path` instead of its own; nothing when it is no absolute link.
std::optional<std::string> with_path(std::string_view url, std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) {
    return std::nullopt;
  }
  const auto path_start = std::min(url.find_first_of("/?#", scheme_end + 3), url.size());
  if (path_start == scheme_end + 3) {
    return std::nullopt;
  }
  const auto path_end = std::min(url.find_first_of("?#", path_start), url.size());
  std::string replaced(url.substr(0, path_start));
  replaced += path.starts_with('/') ? "" : "/";
  for (const char character : path) {
    if (needs_encoding(character)) {
      const auto code = static_cast<unsigned char>(character);
      replaced += '%';
      replaced += kDigits[code >> 4U];
      replaced += kDigits[code & 0x0FU];
    } else {
      replaced += character;
    }
  }
  return replaced.append(url.substr(path_end));
}

/// The properties of a heatmap, as text.
struct Fields {
  std::string_view data;
  std::string_view viewport_height;
  std::string_view viewport_width;
  std::string_view session_id;
  std::string_view previous_path;
  std::string_view previous_scroll;
  std::string_view current_url;

  explicit Fields(std::string_view properties) {
    internal::MemberScanner scanner(properties);
    internal::Member member;
    while (scanner.next(member)) {
      if (auto* field = find(member.key)) {
        *field = member.value;
      }
    }
  }

  std::string_view* find(std::string_view key) noexcept {
    if (key == "$heatmap_data") {
      return &data;
    }
    if (key == "$viewport_height") {
      return &viewport_height;
    }
    if (key == "$viewport_width") {
      return &viewport_width;
    }
    if (key == "$session_id") {
      return &session_id;
    }
    if (key == "$prev_pageview_pathname") {
      return &previous_path;
    }
    if (key == "$prev_pageview_max_scroll") {
      return &previous_scroll;
    }
    return key == "$current_url" ? &current_url : nullptr;
  }
};

bool is_credible_time(const ProcessedEvent& event) noexcept {
  return event.timestamp_us > event.created_us - HeatmapReader::kDaysKept * kDayUs &&
         event.timestamp_us < event.created_us + kDayUs;
}

}  // namespace

/// The texts that the points view.
struct HeatmapReader::State {
  boost::json::value data;
  std::string session_id;
  std::string previous_path;
  std::string current_url;
  std::string previous_url;

  bool read_data(std::string_view json, Heatmap& heatmap);
  bool read_scroll(const Fields& fields, Heatmap& heatmap);
  static void read_items(std::string_view url, const boost::json::array& items, Heatmap& heatmap);
  static void add(std::optional<double> x, std::optional<double> y, HeatmapPoint point,
                  Heatmap& heatmap);
};

HeatmapReader::HeatmapReader() : state_(std::make_unique<State>()) {}
HeatmapReader::~HeatmapReader() = default;

HeatmapOutcome HeatmapReader::read(const ProcessedEvent& event, Heatmap& heatmap) {
  heatmap.points.clear();
  heatmap.dropped = 0;
  const Fields fields(event.properties_json);
  if (is_blank(event.distinct_id) || format::codec::is_illegal_distinct_id(event.distinct_id)) {
    return HeatmapOutcome::invalid_distinct_id;
  }
  const auto width = scaled(number_of(fields.viewport_width).value_or(NAN));
  const auto height = scaled(number_of(fields.viewport_height).value_or(NAN));
  if (!width || !height) {
    return HeatmapOutcome::invalid_viewport;
  }
  if (!is_credible_time(event)) {
    return HeatmapOutcome::invalid_time;
  }
  heatmap.viewport_width = *width;
  heatmap.viewport_height = *height;
  state_->session_id.clear();
  internal::append_unescaped(state_->session_id, fields.session_id);
  heatmap.session_id = state_->session_id.size() <= kSessionBytesMax
                           ? std::string_view(state_->session_id)
                           : std::string_view();
  if (!state_->read_scroll(fields, heatmap) || !state_->read_data(fields.data, heatmap)) {
    heatmap.points.clear();
    return HeatmapOutcome::invalid_data;
  }
  return HeatmapOutcome::read;
}

/// How far the page before was scrolled; its link is this page's with another path.
bool HeatmapReader::State::read_scroll(const Fields& fields, Heatmap& heatmap) {
  previous_path.clear();
  current_url.clear();
  internal::append_unescaped(previous_path, fields.previous_path);
  internal::append_unescaped(current_url, fields.current_url);
  if (previous_path.empty() || current_url.empty()) {
    return true;
  }
  auto url = with_path(current_url, previous_path);
  if (!url) {
    return false;
  }
  previous_url = std::move(*url);
  add(0.0, number_of(fields.previous_scroll), {kScrollDepth, previous_url}, heatmap);
  return true;
}

bool HeatmapReader::State::read_data(std::string_view json, Heatmap& heatmap) {
  data = nullptr;
  if (json.empty() || json == "null") {
    return true;
  }
  boost::system::error_code failed;
  data = boost::json::parse(boost::json::string_view(json.data(), json.size()), failed);
  if (failed || !data.is_object()) {
    return false;
  }
  for (const auto& [url, items] : data.get_object()) {
    if (!items.is_array() || is_blank(view(url))) {
      ++heatmap.dropped;
      continue;
    }
    read_items(view(url), items.get_array(), heatmap);
  }
  return true;
}

void HeatmapReader::State::read_items(std::string_view url, const boost::json::array& items,
                                      Heatmap& heatmap) {
  for (const auto& item : items) {
    if (!item.is_object()) {
      ++heatmap.dropped;
      continue;
    }
    const auto& object = item.get_object();
    const auto* type = object.if_contains("type");
    const auto* is_fixed = object.if_contains("target_fixed");
    HeatmapPoint point;
    point.type =
        type != nullptr && type->is_string() ? view(type->get_string()) : std::string_view();
    point.url = url;
    point.is_target_fixed = is_fixed != nullptr && is_fixed->is_bool() && is_fixed->get_bool();
    add(number_of(object.if_contains("x")), number_of(object.if_contains("y")), point, heatmap);
  }
}

void HeatmapReader::State::add(std::optional<double> x, std::optional<double> y, HeatmapPoint point,
                               Heatmap& heatmap) {
  const auto column = scaled(x.value_or(NAN));
  const auto row = scaled(y.value_or(NAN));
  if (!column || !row || is_blank(point.type) || point.type.size() > kTypeBytesMax ||
      point.url.size() > kUrlBytesMax || heatmap.points.size() >= kPointsMax) {
    ++heatmap.dropped;
    return;
  }
  point.x = *column;
  point.y = *row;
  heatmap.points.push_back(point);
}

}  // namespace cp::event
