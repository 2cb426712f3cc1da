// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/event/recording_decoder.h"

#include "dataplane/format/codec/payload.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

namespace cp::event {
namespace {

using format::codec::SnapshotItem;

// rrweb's numbers (pipeline reference 10.5).
constexpr std::int64_t kIncremental = 3;
constexpr std::int64_t kPlugin = 6;
constexpr std::int64_t kMouseMove = 1;
constexpr std::int64_t kMouseInteraction = 2;
constexpr std::int64_t kScroll = 3;
constexpr std::int64_t kViewportResize = 4;
constexpr std::int64_t kInput = 5;
constexpr std::int64_t kTouchMove = 6;
constexpr std::int64_t kMediaInteraction = 7;
constexpr std::int64_t kDrag = 12;
constexpr std::int64_t kClick = 2;
constexpr std::int64_t kContextMenu = 3;
constexpr std::int64_t kDoubleClick = 4;
constexpr std::int64_t kTouchEnd = 9;

constexpr std::int64_t kActivityMs = 5'000;
constexpr std::int64_t kSevenDaysMs = 7LL * 86'400'000;
constexpr std::size_t kUrlBytesMax = 4096;
constexpr std::size_t kUrlsMax = 25;
constexpr std::size_t kNameBytesMax = 1000;
constexpr std::string_view kConsole = "rrweb/console@1";
constexpr std::size_t kLineFrameBytes = std::string_view("[\"\",]\n").size();

/// At most `bytes_max` bytes of UTF-8, whole characters.
std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) {
    return text;
  }
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U) {
    --bytes_max;
  }
  return text.substr(0, bytes_max);
}

bool is_active(const SnapshotItem& item) noexcept {
  if (item.type != kIncremental) {
    return false;
  }
  switch (item.source) {
    case kMouseMove:
    case kMouseInteraction:
    case kScroll:
    case kViewportResize:
    case kInput:
    case kTouchMove:
    case kMediaInteraction:
    case kDrag:
      return true;
    default:
      return false;
  }
}

bool is_click(std::int64_t interaction) noexcept {
  return interaction == kClick || interaction == kContextMenu || interaction == kDoubleClick ||
         interaction == kTouchEnd;
}

void count_incremental(const SnapshotItem& item, RecordingMessage& message) noexcept {
  const bool is_interaction = item.source == kMouseInteraction;
  if (is_interaction && is_click(item.interaction)) {
    ++message.click_count;
  }
  if (item.source == kInput) {
    ++message.keypress_count;
  }
  if (is_interaction || item.source == kMouseMove || item.source == kTouchMove) {
    ++message.mouse_activity_count;
  }
}

void count_console(std::string_view level, RecordingMessage& message) noexcept {
  if (level == "warn" || level == "countReset") {
    ++message.console_warn_count;
  } else if (level == "error" || level == "assert") {
    ++message.console_error_count;
  } else {
    ++message.console_log_count;
  }
}

void note_url(std::string_view url, std::vector<std::string_view>& urls) {
  const auto kept = cut(url, kUrlBytesMax);
  if (!kept.empty() && urls.size() < kUrlsMax &&
      std::find(urls.begin(), urls.end(), kept) == urls.end()) {
    urls.push_back(kept);
  }
}

void summarize(RecordingMessage& message) {
  message.first_ms = message.items.front().timestamp_ms;
  message.last_ms = message.first_ms;
  for (const auto& item : message.items) {
    message.first_ms = std::min(message.first_ms, item.timestamp_ms);
    message.last_ms = std::max(message.last_ms, item.timestamp_ms);
    message.size +=
        static_cast<std::int64_t>(item.json.size() + message.window_id.size() + kLineFrameBytes);
    note_url(item.href, message.urls);
    if (item.type == kIncremental) {
      count_incremental(item, message);
    } else if (item.type == kPlugin && item.plugin == kConsole) {
      count_console(item.level, message);
    }
  }
  message.active_ms = active_milliseconds(message.items);
}

bool is_near(std::int64_t milliseconds, std::int64_t received_us) noexcept {
  return std::abs(milliseconds - received_us / 1000) < kSevenDaysMs;
}

}  // namespace

struct RecordingDecoder::State {
  format::codec::RecordingReader reader;
  format::codec::PayloadScratch scratch;
  std::vector<SnapshotItem> items;
};

RecordingDecoder::RecordingDecoder() : state_(std::make_unique<State>()) {}
RecordingDecoder::~RecordingDecoder() = default;

RecordingDecoder::Outcome RecordingDecoder::decode(std::uint32_t partition,
                                                   const format::LogRecord& record,
                                                   RecordingMessage& message) {
  const format::codec::PayloadSource source{record.endpoint, record.query, record.content_type,
                                            record.content_encoding, record.body};
  const auto payload =
      format::codec::decode_payload(source, format::codec::kRecordingLimits, state_->scratch);
  if (!payload) {
    return Outcome::undecodable;
  }
  auto& items = state_->items;
  const auto recording = state_->reader.parse(*payload, record.user_agent, &items);
  if (!recording) {
    return Outcome::undecodable;
  }
  if (recording->session_id.empty()) {
    return Outcome::no_session;
  }
  std::erase_if(items, [](const SnapshotItem& item) { return item.timestamp_ms <= 0; });
  if (items.empty()) {
    return Outcome::no_items;
  }
  message = {};
  const auto given = parse_uuid(recording->uuid);
  message.uuid = given ? *given : uuid_v7(record.received_us, {partition, record.sequence, 0});
  message.distinct_id = recording->distinct_id;
  message.session_id = recording->session_id;
  message.window_id = recording->window_id;
  message.snapshot_source = cut(recording->snapshot_source, kNameBytesMax);
  message.library = cut(recording->library, kNameBytesMax);
  message.items = items;
  summarize(message);
  return is_near(message.first_ms, record.received_us) &&
                 is_near(message.last_ms, record.received_us)
             ? Outcome::kept
             : Outcome::out_of_time;
}

std::int64_t active_milliseconds(std::span<const SnapshotItem> items) {
  std::vector<std::pair<std::int64_t, bool>> moments;
  moments.reserve(items.size());
  for (const auto& item : items) {
    moments.emplace_back(item.timestamp_ms, is_active(item));
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const auto& left, const auto& right) { return left.first < right.first; });
  std::int64_t total = 0;
  std::int64_t last_active = 0;
  std::optional<std::pair<std::int64_t, std::int64_t>> stretch;
  const auto close = [&] {
    if (stretch) {
      total += std::max<std::int64_t>(stretch->second - stretch->first, 1);
      stretch.reset();
    }
  };
  for (const auto& [moment, moment_is_active] : moments) {
    if (stretch && moment - last_active > kActivityMs) {
      close();
    }
    if (stretch) {
      stretch->second = moment;
    } else if (moment_is_active) {
      stretch.emplace(moment, moment);
    }
    if (moment_is_active) {
      last_active = moment;
    }
  }
  close();
  return total;
}

}  // namespace cp::event
