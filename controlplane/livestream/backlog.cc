// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/livestream/backlog.h"

#include "dataplane/format/capture_counts.h"
#include "dataplane/format/log_reader.h"
#include "dataplane/format/segment.h"

#include <algorithm>
#include <system_error>

namespace cp::livestream {
namespace {

struct Search {
  const std::string& api_token;
  Backlog& found;
  std::uint64_t bytes_left = kBacklogBytesMax;
};

void note_oldest(Backlog& backlog, std::int64_t received_us) {
  backlog.oldest_received_us =
      std::min(backlog.oldest_received_us.value_or(received_us), received_us);
}

/// Adds the records [next, end) of one partition.
void add_partition(Search& search, format::LogReader& reader, std::uint64_t next) {
  const auto end = reader.durable_end();
  if (!end || *end <= next) {
    return;
  }
  search.found.records += *end - next;
  if (!reader.seek(next)) {
    search.found.is_complete = false;
    return;
  }
  bool is_first = true;
  while (next < *end) {
    const auto record = reader.next().value_or(std::nullopt);
    if (!record || search.bytes_left == 0) {
      search.found.is_complete = false;
      return;
    }
    next = record->sequence + 1;
    search.bytes_left -= std::min<std::uint64_t>(search.bytes_left, record->body.size() + 64);
    if (is_first) {
      note_oldest(search.found, record->received_us);
      is_first = false;
    }
    if (record->token == search.api_token && record->endpoint != format::Endpoint::counters) {
      search.found.events[format::minute_of(record->received_us)] +=
          std::max<std::uint64_t>(record->event_count, 1);
    }
  }
}

}  // namespace

Backlog read_backlog(const std::filesystem::path& event_log, const Positions& positions,
                     const std::string& api_token) {
  Backlog backlog;
  Search search{api_token, backlog};
  std::uint32_t partition = 0;
  std::error_code failed;
  // Shards are numbered from 0 without gaps; one that was switched off keeps its directory.
  for (auto path = event_log / format::partition_directory_name(partition);
       std::filesystem::exists(path, failed);
       path = event_log / format::partition_directory_name(++partition)) {
    format::LogReader reader(path);
    const auto position = positions.find(partition);
    add_partition(search, reader, position == positions.end() ? 0 : position->second);
  }
  return backlog;
}

}  // namespace cp::livestream
