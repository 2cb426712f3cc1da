// SPDX-License-Identifier: LicenseRef-Project
// The v1 half of RecordDecoder: records of `/i/v1/analytics/events` and `/i/v1/ai/events`.
#pragma once

#include "controlplane/event/cookieless.h"
#include "controlplane/event/internal/lane_splitter.h"
#include "controlplane/event/internal/typed_properties.h"
#include "controlplane/event/properties.h"
#include "controlplane/event/record_decoder.h"
#include "dataplane/base/result.h"
#include "dataplane/format/codec/analytics_v1.h"
#include "dataplane/format/log_record.h"

#include <vector>

namespace cp::event::internal {

/// Decodes v1 records one after another, reusing its memory. Owner: a RecordDecoder.
class V1Decoder final : private format::codec::V1EventVisitor {
 public:
  /// As RecordDecoder::decode; events that capture dropped are not delivered.
  base::Result<void> decode(const format::LogRecord& record, PropertiesEditor& editor,
                            EventSink& sink);

 private:
  void visit(const format::codec::V1Event& event) override { events_.push_back(event); }

  format::codec::V1Reader reader_;
  format::codec::V1Scratch scratch_;
  TypedProperties typed_;
  CookielessReader cookieless_;
  LaneSplitter lanes_;
  /// Views that wait for what the reader says about the whole body.
  std::vector<format::codec::V1Event> events_;
};

}  // namespace cp::event::internal
