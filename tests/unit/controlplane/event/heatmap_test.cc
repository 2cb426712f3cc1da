// Goal: a heatmap becomes the points that PostHog would store, on a grid of 16 pixels, and whatever
// is no point is dropped and counted. Method: a table of properties and what they come to.
#include "controlplane/event/heatmap.h"

#include <gtest/gtest.h>

#include <string>

namespace cp::event {
namespace {

constexpr std::int64_t kNow = 1'672'574'400'000'000;  // 2023-01-01T12:00:00Z
constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr const char* kViewport = R"("$viewport_height":800,"$viewport_width":1264)";

ProcessedEvent event_of(std::string_view properties) {
  ProcessedEvent event;
  event.name = "$$heatmap";
  event.distinct_id = "u";
  event.properties_json = properties;
  event.timestamp_us = kNow;
  event.created_us = kNow;
  event.lane = Lane::heatmaps;
  return event;
}

std::string printed(const Heatmap& heatmap) {
  std::string text;
  for (const auto& point : heatmap.points) {
    text += text.empty() ? "" : "; ";
    text += point.type;
    text += ' ' + std::to_string(point.x) + ',' + std::to_string(point.y);
    text += point.is_target_fixed ? " fixed " : " ";
    text += point.url;
  }
  return text;
}

struct Case {
  const char* what;
  std::string members;  ///< Beside the viewport.
  std::string points;
  std::size_t dropped = 0;
};

TEST(HeatmapReaderTest, ReadsPoints) {
  const Case cases[] = {
      {"nothing", "", ""},
      {"two pages",
       R"("$heatmap_data":{"https://a/b":[{"x":32,"y":40,"target_fixed":true,)"
       R"("type":"click"},{"x":1.5,"y":8,"type":"mousemove"}],)"
       R"("https://a/c":[{"x":0,"y":-9,"target_fixed":false,)"
       R"("type":"rageclick"}]})",
       "click 2,3 fixed https://a/b; mousemove 0,1 https://a/b; rageclick 0,-1 https://a/c"},
      {"what is no point",
       R"("$heatmap_data":{"https://a/":[5,null,{},{"x":1,"type":"click"},)"
       R"({"x":"1","y":1,"type":"click"},{"x":1,"y":1},{"x":1,"y":1,"type":" "},)"
       R"({"x":1,"y":1,"type":7},{"x":1e9,"y":1,"type":"click"}],)"
       R"("https://b/":{"x":1}," ":[{"x":1,"y":1,"type":"click"}]})",
       "", 11},
      {"a type beyond the limit",
       R"("$heatmap_data":{"https://a/":[{"x":1,"y":1,"type":")" + std::string(65, 't') + "\"}]}",
       "", 1},
      {"a link beyond the limit",
       "\"$heatmap_data\":{\"" + std::string(4097, 'u') + R"(":[{"x":1,"y":1,"type":"click"}]})",
       "", 1},
      {"null is no data", R"("$heatmap_data":null)", ""},
      {"the page before, by its path",
       R"("$prev_pageview_pathname":"/old","$prev_pageview_max_scroll":1608,)"
       R"("$current_url":"https://a.test:8000/new/page?q=1#h")",
       "scrolldepth 0,101 https://a.test:8000/old?q=1#h"},
      {"a link without a path",
       R"("$prev_pageview_pathname":"/old","$prev_pageview_max_scroll":0,)"
       R"("$current_url":"https://a.test?q")",
       "scrolldepth 0,0 https://a.test/old?q"},
      {"a path that needs encoding",
       R"("$prev_pageview_pathname":"o ?#é","$prev_pageview_max_scroll":16,)"
       R"("$current_url":"https://a.test/")",
       "scrolldepth 0,1 https://a.test/o%20%3F%23%C3%A9"},
      {"no depth", R"("$prev_pageview_pathname":"/old","$current_url":"https://a.test/")", "", 1},
      {"no path of the page before",
       R"("$prev_pageview_pathname":"","$prev_pageview_max_scroll":16,)"
       R"("$current_url":"https://a.test/")",
       ""},
      {"both",
       R"("$heatmap_data":{"https://a.test/":[{"x":16,"y":16,"type":"click"}]},)"
       R"("$prev_pageview_pathname":"/old","$prev_pageview_max_scroll":32,)"
       R"("$current_url":"https://a.test/")",
       "scrolldepth 0,2 https://a.test/old; click 1,1 https://a.test/"},
  };
  HeatmapReader reader;
  Heatmap heatmap;
  for (const auto& item : cases) {
    const std::string properties =
        std::string("{") + kViewport + (item.members.empty() ? "" : ",") + item.members + "}";
    EXPECT_EQ(reader.read(event_of(properties), heatmap), HeatmapOutcome::read) << item.what;
    EXPECT_EQ(printed(heatmap), item.points) << item.what;
    EXPECT_EQ(heatmap.dropped, item.dropped) << item.what;
    EXPECT_EQ(heatmap.viewport_height, 50) << item.what;
    EXPECT_EQ(heatmap.viewport_width, 79) << item.what;
  }
}

TEST(HeatmapReaderTest, NamesTheSession) {
  const auto session_of = [](const std::string& json) {
    const std::string properties = std::string("{") + kViewport + ",\"$session_id\":" + json + "}";
    HeatmapReader reader;
    Heatmap heatmap;
    EXPECT_EQ(reader.read(event_of(properties), heatmap), HeatmapOutcome::read);
    return std::string(heatmap.session_id);
  };
  EXPECT_EQ(session_of(R"("s\u00e9")"), "sé");
  EXPECT_EQ(session_of("5"), "");
  EXPECT_EQ(session_of('"' + std::string(201, 's') + '"'), "") << "beyond the limit";
}

TEST(HeatmapReaderTest, SaysWhatMakesAHeatmapUseless) {
  const std::string point = R"("$heatmap_data":{"https://a/":[{"x":1,"y":1,"type":"click"}]})";
  const std::string whole = std::string("{") + kViewport + "," + point + "}";
  struct Useless {
    const char* what;
    std::string properties;
    std::string distinct_id = "u";
    std::int64_t timestamp_us = kNow;
    HeatmapOutcome outcome = HeatmapOutcome::invalid_viewport;
  };
  const Useless cases[] = {
      {"no viewport", "{" + point + "}"},
      {"half a viewport", R"({"$viewport_height":1,)" + point + "}"},
      {"a viewport of text", R"({"$viewport_height":"1","$viewport_width":1})"},
      {"an endless viewport", R"({"$viewport_height":1e300,"$viewport_width":1})"},
      {"nobody", whole, " ", kNow, HeatmapOutcome::invalid_distinct_id},
      {"an id that names nobody", whole, "Undefined", kNow, HeatmapOutcome::invalid_distinct_id},
      {"older than the table keeps", whole, "u", kNow - 90 * kDayUs, HeatmapOutcome::invalid_time},
      {"ahead of its receipt", whole, "u", kNow + kDayUs, HeatmapOutcome::invalid_time},
      {"data that is no object", std::string("{") + kViewport + R"(,"$heatmap_data":[1]})", "u",
       kNow, HeatmapOutcome::invalid_data},
      {"a page that is no link",
       std::string("{") + kViewport +
           R"(,"$prev_pageview_pathname":"/old","$prev_pageview_max_scroll":1,)"
           R"("$current_url":"/new"})",
       "u", kNow, HeatmapOutcome::invalid_data},
  };
  HeatmapReader reader;
  Heatmap heatmap;
  for (const auto& item : cases) {
    EXPECT_EQ(reader.read(event_of(whole), heatmap), HeatmapOutcome::read);
    auto event = event_of(item.properties);
    event.distinct_id = item.distinct_id;
    event.timestamp_us = item.timestamp_us;
    EXPECT_EQ(reader.read(event, heatmap), item.outcome) << item.what;
    EXPECT_TRUE(heatmap.points.empty()) << item.what;
  }
}

TEST(HeatmapReaderTest, TakesAsManyPointsAsItPromises) {
  std::string items;
  for (std::size_t count = 0; count < HeatmapReader::kPointsMax + 3; ++count) {
    items += items.empty() ? "" : ",";
    items += R"({"x":1,"y":1,"type":"click"})";
  }
  const std::string properties =
      std::string("{") + kViewport + R"(,"$heatmap_data":{"https://a/":[)" + items + "]}}";
  HeatmapReader reader;
  Heatmap heatmap;
  EXPECT_EQ(reader.read(event_of(properties), heatmap), HeatmapOutcome::read);
  EXPECT_EQ(heatmap.points.size(), HeatmapReader::kPointsMax);
  EXPECT_EQ(heatmap.dropped, 3U);
}

}  // namespace
}  // namespace cp::event
