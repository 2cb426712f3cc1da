// SPDX-License-Identifier: LicenseRef-Project
// The worker's durable watermark in the event log: lets the dataplane release what is stored.
#pragma once

#include "controlplane/ingest/worker.h"
#include "dataplane/format/watermark.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cp::ingest {

/// Publishes after each committed checkpoint. Thread: the worker's. Failure: said once until it
/// changes; segments stay longer, nothing else happens.
class Watermark {
 public:
  Watermark(std::filesystem::path event_log, WriteLine write_line);

  void publish(std::uint32_t partition, format::Sequence next);

 private:
  base::Result<void> try_to_publish(std::uint32_t partition, format::Sequence next);

  std::filesystem::path event_log_;
  WriteLine write_line_;
  std::optional<format::WatermarkFile> file_;
  std::string last_failure_;
};

}  // namespace cp::ingest
