// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/format/log_reader.h"

#include "dataplane/base/descriptor.h"
#include "dataplane/format/durable_mark.h"
#include "dataplane/format/format_error.h"
#include "dataplane/format/segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace format {
namespace {

using base::Descriptor;

/// Bytes read at once; a longer record makes the buffer grow to its length.
constexpr std::size_t kWindowBytes = std::size_t{1} << 20;
/// Readable bytes behind the window, for parsers that read past the end (simdjson).
constexpr std::size_t kPaddingBytes = 64;
constexpr Sequence kNoSequence = ~Sequence{0};

// Reads up to `bytes` from `offset`; short only at the end of the file.
base::Result<std::size_t> read_fully(int descriptor, std::byte* to, std::size_t bytes,
                                     std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t count =
        ::pread(descriptor, to + done, bytes - done, static_cast<off_t>(offset + done));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return base::unexpected(base::Error::from_errno(errno));
    }
    if (count == 0) {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

std::vector<Sequence> list_segments(const std::filesystem::path& directory) {
  std::vector<Sequence> segments;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (const auto first = parse_segment_file_name(entry->path().filename().native())) {
      segments.push_back(*first);
    }
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

}  // namespace

struct LogReader::State {
  explicit State(std::filesystem::path partition_directory)
      : directory(std::move(partition_directory)) {}

  base::Result<DurableMark> refresh_mark();
  base::Result<void> open_segment(Sequence holding);
  [[nodiscard]] bool segment_ends_here() const noexcept;
  [[nodiscard]] Sequence first_after(Sequence first) const noexcept;
  base::Result<void> fill(std::size_t bytes_wanted);
  base::Result<std::optional<LogRecord>> read_next();

  std::filesystem::path directory;
  std::optional<DurableMarkView> mark_view;
  DurableMark mark;
  Sequence position = 0;
  std::vector<Sequence> segments;  // first sequences, sorted; complete up to `listed_to`
  Sequence listed_to = 0;

  Descriptor file;
  bool is_open = false;
  Sequence open_first = 0;             // first sequence of the open segment
  Sequence segment_end = kNoSequence;  // first sequence of the segment after it
  SegmentIterator iterator{0, 0, 0};
  std::size_t window_bytes = 0;
  std::vector<std::byte> buffer;
};

// Loads the mark first and the directory second: every segment with records below durable_end is
// then listed.
base::Result<DurableMark> LogReader::State::refresh_mark() {
  if (!mark_view) {
    auto opened = DurableMarkView::open(directory);
    if (!opened) {
      if (opened.error().system_errno == ENOENT) {
        return DurableMark{};
      }
      return base::unexpected(opened.error());
    }
    mark_view.emplace(std::move(opened).value());
  }
  mark = mark_view->read().value_or(DurableMark{});
  if (mark.durable_end > 0 && (segments.empty() || mark.segment_first > listed_to)) {
    segments = list_segments(directory);
    listed_to = mark.segment_first;
    segment_end = first_after(open_first);
  }
  return mark;
}

// Opens the segment that holds `holding`: the newest that does not start after it. An older segment
// may still carry a refused group under the same sequences, so only the newest is right.
base::Result<void> LogReader::State::open_segment(Sequence holding) {
  const auto newer = std::upper_bound(segments.begin(), segments.end(), holding);
  if (newer == segments.begin()) {
    return base::unexpected(make_error(FormatError::corrupt_log));
  }
  const Sequence first = *std::prev(newer);
  is_open = false;
  file = Descriptor(
      ::open((directory / segment_file_name(first)).c_str(), O_RDONLY | O_CLOEXEC | O_NOATIME));
  if (file.number() < 0 && errno == EPERM) {  // O_NOATIME is for the file's owner only
    file = Descriptor(::open((directory / segment_file_name(first)).c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (file.number() < 0) {
    return base::unexpected(base::Error::from_errno(errno));
  }
  buffer.resize(std::max(buffer.size(), kWindowBytes + kPaddingBytes));
  const auto count = read_fully(file.number(), buffer.data(), kSegmentBlockBytes, 0);
  if (!count) {
    return base::unexpected(count.error());
  }
  const auto header = decode_segment_header(base::Bytes(buffer.data(), *count));
  if (!header) {
    return base::unexpected(header.error());
  }
  iterator = SegmentIterator(header->record_seed(), kSegmentDataAt, first);
  open_first = first;
  segment_end = first_after(first);
  is_open = true;
  return {};
}

Sequence LogReader::State::first_after(Sequence first) const noexcept {
  const auto newer = std::upper_bound(segments.begin(), segments.end(), first);
  return newer == segments.end() ? kNoSequence : *newer;
}

bool LogReader::State::segment_ends_here() const noexcept {
  return iterator.next_sequence() >= segment_end;
}

// Shows the iterator fresh bytes from its offset on.
base::Result<void> LogReader::State::fill(std::size_t bytes_wanted) {
  const std::size_t bytes = std::max(bytes_wanted, kWindowBytes);
  if (buffer.size() < bytes + kPaddingBytes) {
    buffer.resize(bytes + kPaddingBytes);
  }
  const auto count = read_fully(file.number(), buffer.data(), bytes, iterator.offset());
  if (!count) {
    return base::unexpected(count.error());
  }
  iterator.set_window(base::Bytes(buffer.data(), *count), iterator.offset());
  window_bytes = *count;
  return {};
}

// The record at the iterator, which the mark says is there; nothing at a gap before the next
// segment. The window may have been read before the record was written, so a failed step is tried
// again on fresh bytes before it counts as damage.
base::Result<std::optional<LogRecord>> LogReader::State::read_next() {
  LogRecord record;
  SegmentStep step = iterator.next(record);
  if (step == SegmentStep::record) {
    return std::optional(record);
  }
  for (int attempt = 0; attempt < 3 && step != SegmentStep::record; ++attempt) {
    const bool is_short = step == SegmentStep::incomplete;
    const auto filled = fill(is_short ? iterator.bytes_wanted() : kWindowBytes);
    if (!filled) {
      return base::unexpected(filled.error());
    }
    step = iterator.next(record);
  }
  if (step == SegmentStep::record) {
    return std::optional(record);
  }
  // A segment that ends cleanly before the next one begins: records that the disk lost
  // (event-log.md, "Recovery").
  const bool is_at_end = step == SegmentStep::end || window_bytes == 0;
  if (is_at_end && segment_end != kNoSequence) {
    return std::optional<LogRecord>();
  }
  return base::unexpected(make_error(FormatError::corrupt_log));
}

LogReader::LogReader(std::filesystem::path partition_directory)
    : state_(std::make_unique<State>(std::move(partition_directory))) {}
LogReader::LogReader(LogReader&&) noexcept = default;
LogReader& LogReader::operator=(LogReader&&) noexcept = default;
LogReader::~LogReader() = default;

base::Result<void> LogReader::seek(Sequence from) {
  State& state = *state_;
  state.position = from;
  state.is_open = false;
  state.segments.clear();  // the oldest may have been released meanwhile
  const auto mark = state.refresh_mark();
  if (!mark) {
    return base::unexpected(mark.error());
  }
  if (!state.segments.empty()) {
    state.position = std::max(from, state.segments.front());
  }
  return {};
}

base::Result<std::optional<LogRecord>> LogReader::next() {
  State& state = *state_;
  if (state.position >= state.mark.durable_end) {
    const auto mark = state.refresh_mark();
    if (!mark) {
      return base::unexpected(mark.error());
    }
    if (state.position >= mark->durable_end) {
      return std::optional<LogRecord>();
    }
  }
  for (;;) {
    if (!state.is_open || state.segment_ends_here()) {
      const auto opened = state.open_segment(state.position);
      if (!opened) {
        return base::unexpected(opened.error());
      }
    }
    const auto step = state.read_next();
    if (!step) {
      state.is_open = false;
      return base::unexpected(step.error());
    }
    const std::optional<LogRecord>& record = *step;
    if (!record) {
      state.position = std::max(state.position, state.segment_end);
      state.is_open = false;
      if (state.position >= state.mark.durable_end) {
        return record;
      }
      continue;
    }
    if (record->sequence < state.position) {
      continue;  // on the way to the place that `seek` named
    }
    ++state.position;
    return record;
  }
}

base::Result<Sequence> LogReader::durable_end() {
  const auto mark = state_->refresh_mark();
  if (!mark) {
    return base::unexpected(mark.error());
  }
  return mark->durable_end;
}

}  // namespace format
