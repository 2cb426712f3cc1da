// SPDX-License-Identifier: LicenseRef-Project
// The tables of session recordings as the worker uses them.
#pragma once

#include "controlplane/olap/client.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cp::ingest {

/// Whether rows may be there already. Their keys name their content, so a second copy is none
/// after the next merge; what must not happen is that a remembered token refuses rows that were
/// never stored.
enum class RecordingInsert : std::uint8_t {
  first,  ///< Refused by ClickHouse when the token has been seen.
  again,  ///< Stored whatever the token.
};

/// An interface, so that the worker is tested without ClickHouse. Thread: the worker's. Every call
/// may throw; nothing is known about the rows then.
class RecordingStore {
 public:
  /// Stores rows in RowBinary (columns RecordingBatch::kItemColumns) and waits until they are
  /// durable.
  virtual void insert_items(const std::string& token, std::string_view rows,
                            RecordingInsert insert) = 0;

  /// The same with RecordingBatch::kMessageColumns.
  virtual void insert_messages(const std::string& token, std::string_view rows,
                               RecordingInsert insert) = 0;

 protected:
  ~RecordingStore() = default;
};

/// ClickHouse, embedded or a cluster.
class ClickhouseRecordings final : public RecordingStore {
 public:
  /// `on_answer` is told of every answer: work that takes many calls is no hang.
  explicit ClickhouseRecordings(olap::Address address, std::function<void()> on_answer = {});

  void insert_items(const std::string& token, std::string_view rows,
                    RecordingInsert insert) override;
  void insert_messages(const std::string& token, std::string_view rows,
                       RecordingInsert insert) override;

 private:
  void insert(const std::string& sql, const std::string& token, std::string_view rows,
              RecordingInsert insert);

  olap::Client client_;
  std::function<void()> on_answer_;
  std::uint64_t inserts_ = 0;
};

}  // namespace cp::ingest
