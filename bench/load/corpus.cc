// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/corpus.h"

#include "bench/load/random.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace load {
namespace {

constexpr std::string_view kToken = "phc_BenchBenchBenchBenchBenchBenchBenchBench00";
constexpr int kGzipLevel = 6;  // what phones send
/// Milliseconds since 1970 in a version 7 uuid: a day of November 2026.
constexpr std::uint64_t kUuidTime = 1'795'132'800'000;
constexpr std::uint64_t kUuidTimeSpan = 86'400'000;
/// Items stand in uuids multiplied by this: small numbers, padded with zeros, are like no SDK's
/// uuids, and what searches for telephone numbers would look at each of them closely.
constexpr std::uint32_t kItemFactor = 0x9e37'79b1;
constexpr std::uint32_t kItemFactorInverse = 0x0e8b'2f51;
static_assert(kItemFactor * kItemFactorInverse == 1);

constexpr std::array<std::string_view, 8> kEvents = {
    "$screen",       "screen viewed",      "$feature_flag_called", "purchase completed",
    "button tapped", "Application Opened", "search performed",     "article read"};
constexpr std::array<std::string_view, 8> kScreens = {
    "Checkout", "Home", "Search", "Profile", "Settings", "Cart", "Product details", "Onboarding"};
constexpr std::array<std::string_view, 4> kLocales = {"de-DE", "fi-FI", "en-US", "pt-BR"};
constexpr std::array<std::string_view, 4> kVersions = {"18.1", "17.6.1", "18.0", "16.7.2"};
constexpr std::array<std::string_view, 8> kWords = {"blue",  "large", "spring", "member",
                                                    "offer", "new",   "retry",  "night"};

template <std::size_t Count>
std::string_view pick(const std::array<std::string_view, Count>& words, Random& random) {
  return words[random.below(Count)];
}

std::string hex(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (auto place = digits; place > 0; --place) {
    text[place - 1] = "0123456789abcdef"[value & 15];
    value >>= 4;
  }
  return text;
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

/// `,"name":value`, or without the comma at the start of an object.
std::string member(std::string_view name, std::string_view value) {
  return "," + quoted(name) + ':' + std::string(value);
}

/// Properties of a phone's event, most common first.
std::vector<std::string> properties(Random& random) {
  return {
      member("$lib", quoted("posthog-ios")),
      member("$lib_version", quoted("3.30.1")),
      member("$os_name", quoted("iOS")),
      member("$os_version", quoted(pick(kVersions, random))),
      member("$screen_name", quoted(pick(kScreens, random))),
      member("$session_id", quoted("0191d5c0-7b1e-7a3c-9a50-" + hex(random.next(), 12))),
      member("$app_version", quoted("2.14." + std::to_string(random.below(10)))),
      member("$app_build", quoted("1432")),
      member("$device_type", quoted("Mobile")),
      member("$screen_height", "852"),
      member("$screen_width", "393"),
      member("$locale", quoted(pick(kLocales, random))),
      member("$timezone", quoted("Europe/Helsinki")),
      member("step", std::to_string(random.below(100))),
      member("price", std::to_string(random.below(1000)) + ".5"),
      member("$network_wifi", random.below(2) == 0 ? "true" : "false"),
  };
}

std::string timestamp(Random& random) {
  std::array<char, 40> text{};
  const auto length = std::snprintf(
      text.data(), text.size(), "2026-11-20T%02u:%02u:%02u.%03uZ",
      static_cast<unsigned>(random.below(24)), static_cast<unsigned>(random.below(60)),
      static_cast<unsigned>(random.below(60)), static_cast<unsigned>(random.below(1000)));
  return {text.data(), static_cast<std::size_t>(length)};
}

/// One event of `shape.event_bytes`, when that is more than its required fields need. `has_token`:
/// it stands alone and names the project itself.
std::string render_event(const Shape& shape, std::uint32_t item, std::uint32_t event,
                         bool has_token) {
  Random random(shape.seed ^ (std::uint64_t{item} << 32 | event));
  std::string text = "{\"event\":" + quoted(pick(kEvents, random));
  text += member("distinct_id", quoted("user-" + std::to_string(100'000 + random.below(900'000))));
  text += member("uuid", quoted(event_uuid(item, event, shape.seed)));
  text += member("timestamp", quoted(timestamp(random)));
  if (has_token) {
    text += member("api_key", quoted(kToken));
  }
  constexpr std::string_view kOpen = ",\"properties\":{";
  constexpr std::string_view kClose = "}}";
  constexpr std::string_view kNote = ",\"note\":\"\"";
  const std::size_t target = shape.event_bytes;
  std::string inner;
  for (const auto& one : properties(random)) {
    if (text.size() + kOpen.size() + inner.size() + one.size() + kNote.size() + 1 > target) {
      break;
    }
    inner += one;
  }
  const auto size = text.size() + kOpen.size() + inner.size() + kNote.size() + 1;
  if (size <= target) {
    inner += ",\"note\":\"";
    const auto end = inner.size() + (target - size);
    while (inner.size() < end) {
      inner.append(pick(kWords, random)).push_back(' ');
    }
    inner.resize(end);
    inner += '"';
  }
  return text + std::string(kOpen) + (inner.empty() ? "" : inner.substr(1)) + std::string(kClose);
}

std::string gzip(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(kGzipLevel);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::string render_http(const Shape& shape, std::uint16_t port, const std::string& body) {
  std::string request = shape.batch_events == 0 ? "POST /i/v0/e/" : "POST /batch/";
  request += " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port);
  request += "\r\nUser-Agent: posthog-ios/3.30.1\r\nContent-Type: application/json\r\n";
  request += shape.is_gzip ? "Content-Encoding: gzip\r\n" : "";
  request += shape.closes ? "Connection: close\r\n" : "";
  return request + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string render_redis(const std::string& body) {
  return "*5\r\n$4\r\nXADD\r\n$6\r\nevents\r\n$1\r\n*\r\n$4\r\nbody\r\n$" +
         std::to_string(body.size()) + "\r\n" + body + "\r\n";
}

}  // namespace

std::string event_uuid(std::uint32_t item, std::uint32_t event, std::uint64_t seed) {
  Random random(seed + (std::uint64_t{item} << 20) + event);
  const auto time = hex(kUuidTime + random.below(kUuidTimeSpan), 12);
  return time.substr(0, 8) + '-' + time.substr(8) + "-7" + hex(random.next(), 3) + "-8" +
         hex(random.next(), 3) + '-' + hex(std::uint32_t{(item + 1) * kItemFactor}, 8) +
         hex(random.next(), 4);
}

std::optional<std::uint32_t> item_of_uuid(std::string_view uuid) {
  constexpr std::size_t kItemPlace = 24;
  std::uint32_t item = 0;
  if (uuid.size() != 36) {
    return {};
  }
  const auto* const begin = uuid.data() + kItemPlace;
  const auto [end, error] = std::from_chars(begin, begin + 8, item, 16);
  if (error != std::errc{} || end != begin + 8) {
    return {};
  }
  return item * kItemFactorInverse - 1;
}

std::string render_body(const Shape& shape, std::uint32_t item) {
  std::string body;
  if (shape.batch_events == 0) {
    body = render_event(shape, item, 0, true);
  } else {
    body =
        "{\"api_key\":" + quoted(kToken) + ",\"sent_at\":\"2026-11-20T23:59:59.000Z\",\"batch\":[";
    for (std::uint32_t event = 0; event < shape.batch_events; ++event) {
      body += (event == 0 ? "" : ",") + render_event(shape, item, event, false);
    }
    body += "]}";
  }
  return shape.is_gzip ? gzip(body) : body;
}

Corpus render_corpus(const Shape& shape, std::uint16_t port) {
  Corpus corpus;
  corpus.events_per_request = std::max(1U, shape.batch_events);
  const auto needed = (kEventsMin + corpus.events_per_request - 1) / corpus.events_per_request;
  const auto items = std::max(needed, shape.items_min);
  corpus.requests.reserve(items);
  for (std::uint32_t item = 0; item < items; ++item) {
    const auto body = render_body(shape, item);
    corpus.body_bytes += body.size();
    corpus.requests.push_back(shape.protocol == Protocol::http ? render_http(shape, port, body)
                                                               : render_redis(body));
  }
  return corpus;
}

}  // namespace load
