// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/ingest/recording_store.h"

#include "controlplane/ingest/internal/insert_parameters.h"
#include "controlplane/ingest/recording_batch.h"

#include <chrono>
#include <utility>

namespace cp::ingest {
namespace {

constexpr std::chrono::milliseconds kCallTimeout{60'000};

std::string insert_sql(const char* table, const char* columns) {
  return std::string("INSERT INTO ") + table + " (" + columns + ") FORMAT RowBinary";
}

}  // namespace

ClickhouseRecordings::ClickhouseRecordings(olap::Address address, std::function<void()> on_answer)
    : client_(std::move(address)), on_answer_(std::move(on_answer)) {
  client_.set_timeout(kCallTimeout);
}

void ClickhouseRecordings::insert_items(const std::string& token, std::string_view rows,
                                        RecordingInsert insert) {
  this->insert(insert_sql("session_replay_items", RecordingBatch::kItemColumns), token, rows,
               insert);
}

void ClickhouseRecordings::insert_messages(const std::string& token, std::string_view rows,
                                           RecordingInsert insert) {
  this->insert(insert_sql("session_replay_messages", RecordingBatch::kMessageColumns), token, rows,
               insert);
}

void ClickhouseRecordings::insert(const std::string& sql, const std::string& token,
                                  std::string_view rows, RecordingInsert insert) {
  auto parameters = internal::insert_parameters(token, ++inserts_);
  if (insert == RecordingInsert::again) {
    internal::take_again(parameters);
  }
  client_.insert(sql, rows, parameters);
  if (on_answer_) {
    on_answer_();
  }
}

}  // namespace cp::ingest
