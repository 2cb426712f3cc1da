// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/watermark.h"

#include <utility>

namespace cp::ingest {

Watermark::Watermark(std::filesystem::path event_log, WriteLine write_line)
    : event_log_(std::move(event_log)), write_line_(std::move(write_line)) {}

void Watermark::publish(std::uint32_t partition, format::Sequence next) {
  const auto published = try_to_publish(partition, next);
  const std::string failure = published ? "" : base::describe(published.error());
  if (failure == last_failure_) {
    return;
  }
  last_failure_ = failure;
  write_line_(failure.empty() ? "the watermark of the event log can be written again"
                              : "cannot write the worker's watermark into the event log: " +
                                    failure + "; its segments are kept until that works");
}

base::Result<void> Watermark::try_to_publish(std::uint32_t partition, format::Sequence next) {
  if (!file_) {
    auto opened = format::WatermarkFile::open(event_log_, format::kWorkerConsumerName);
    if (!opened) {
      return base::unexpected(opened.error());
    }
    file_.emplace(std::move(opened).value());
  }
  return file_->publish(partition, next);
}

}  // namespace cp::ingest
