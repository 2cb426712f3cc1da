// SPDX-License-Identifier: LicenseRef-Project
// bristle-log-check PARTITION [ACKNOWLEDGED]: reads and decodes one partition of an event log from
// its start, as the worker does, and times that; says how many of the requests that bristle-load
// wrote down as acknowledged are not in it. Prints one line of JSON; exits 1 when any is missing.
#include "bench/load/corpus.h"
#include "bench/load/socket.h"
#include "dataplane/format/codec/batch.h"
#include "dataplane/format/codec/payload.h"
#include "dataplane/format/log_reader.h"

#include <cstdio>
#include <fstream>
#include <unordered_set>

namespace {

/// Sees every event; notes the requests they came in when somebody asks for them.
class Items final : public format::codec::EventVisitor {
 public:
  explicit Items(bool is_asked) noexcept : is_asked_(is_asked) {}

  void visit(const format::codec::Event& event) override {
    bytes_ += event.properties_json.size();
    if (!is_asked_) {
      return;
    }
    if (const auto item = load::item_of_uuid(event.uuid)) {
      items_.insert(*item);
    }
  }

  [[nodiscard]] bool contains(std::uint32_t item) const { return items_.count(item) > 0; }

 private:
  bool is_asked_;
  std::unordered_set<std::uint32_t> items_;
  std::size_t bytes_ = 0;
};

struct Replay {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t body_bytes = 0;
  bool is_readable = true;
};

Replay replay(const char* partition, Items& items) {
  format::LogReader reader(partition);
  format::codec::PayloadScratch scratch;
  format::codec::BatchReader batches;
  format::codec::PayloadLimits limits;
  limits.is_utf8_checked = false;  // as the worker has it
  Replay result;
  while (true) {
    const auto record = reader.next();
    if (!record) {
      result.is_readable = false;
      return result;
    }
    if (!*record) {
      return result;
    }
    if ((*record)->endpoint == format::Endpoint::counters) {
      continue;
    }
    const format::codec::PayloadSource source{(*record)->endpoint,     (*record)->query,
                                              (*record)->content_type, (*record)->content_encoding,
                                              (*record)->body,         false};
    const auto payload = format::codec::decode_payload(source, limits, scratch);
    if (!payload) {
      result.is_readable = false;
      return result;
    }
    const auto batch = batches.parse(*payload, (*record)->endpoint, &items);
    if (!batch) {
      result.is_readable = false;
      return result;
    }
    ++result.records;
    result.events += batch->event_count;
    result.body_bytes += (*record)->body.size();
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 2 || argument_count > 3) {
    std::fputs("usage: bristle-log-check PARTITION [ACKNOWLEDGED]\n", stderr);
    return 64;
  }
  Items items(argument_count == 3);
  const auto begin = load::now_ns();
  const auto cpu_begin = load::own_cpu_seconds();
  const auto result = replay(arguments[1], items);
  const auto cpu_seconds = load::own_cpu_seconds() - cpu_begin;
  const auto seconds = static_cast<double>(load::now_ns() - begin) * 1e-9;
  std::uint64_t acknowledged = 0;
  std::uint64_t lost = 0;
  if (argument_count == 3) {
    std::ifstream file(arguments[2]);
    for (std::uint32_t item = 0; file >> item; ++acknowledged) {
      lost += items.contains(item) ? 0U : 1U;
    }
  }
  std::printf(
      "{\"records\":%llu,\"events\":%llu,\"body_bytes\":%llu,\"seconds\":%.4f,"
      "\"cpu_seconds\":%.4f,\"acknowledged\":%llu,\"lost\":%llu,\"is_readable\":%s}\n",
      static_cast<unsigned long long>(result.records),
      static_cast<unsigned long long>(result.events),
      static_cast<unsigned long long>(result.body_bytes), seconds, cpu_seconds,
      static_cast<unsigned long long>(acknowledged), static_cast<unsigned long long>(lost),
      result.is_readable ? "true" : "false");
  return lost == 0 && result.is_readable ? 0 : 1;
}
