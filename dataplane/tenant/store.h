// SPDX-License-Identifier: LicenseRef-Project
// Read-only view of the tenant store (dataplane/format/tenant_store.h): which projects exist, and
// their remote config.
#pragma once

#include "dataplane/base/result.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

struct MDB_env;
struct MDB_txn;

namespace dp::tenant {

/// The one LMDB environment of the process (LMDB forbids opening a file twice), shared by the
/// shards' readers. Opens when it is first needed and the files exist: start-up never waits for the
/// controlplane. Thread: any; lock-free. Owner: the daemon; outlives every Reader.
class Store {
 public:
  /// `directory` may not exist yet. Empty: there is no store, every lookup answers `unavailable`.
  explicit Store(std::string directory);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  ~Store();

  /// Opens the environment unless it is open already. False while it is missing, unreadable, or
  /// being opened by another shard; cheap to repeat.
  bool open() noexcept;

  /// Grows with every published change; 0 while the store is not open. A few instructions, so that
  /// what was derived from the store can be kept until it changes.
  [[nodiscard]] std::uint64_t generation() noexcept;

 private:
  friend class Reader;
  enum class State : std::uint8_t { closed, opening, open };

  [[nodiscard]] bool open_environment() noexcept;

  std::string directory_;
  std::atomic<State> state_ = State::closed;
  MDB_env* environment_ = nullptr;
  unsigned projects_ = 0;
};

/// What a lookup found.
enum class Lookup : std::uint8_t {
  found,
  unknown,      ///< The store is there and names no such project.
  unavailable,  ///< There is no readable store (yet): answer without knowledge.
};

/// One shard's reader: one read transaction, renewed for each lookup, so that a change is seen by
/// the next request. Owner and thread: one shard. No lock, no allocation after the first lookup.
class Reader {
 public:
  explicit Reader(Store& store) noexcept : store_(store) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  Reader(Reader&&) = delete;
  Reader& operator=(Reader&&) = delete;
  ~Reader();

  /// Looks `token` up in the newest published state. When found, `project_json` is the stored
  /// value; it stays valid until `finish`, which must follow before the reader waits for anything
  /// (an open snapshot pins pages).
  Lookup find(std::string_view token, std::string_view& project_json) noexcept;

  /// Lets go of the snapshot of the last `find`. Harmless when there is none.
  void finish() noexcept;

 private:
  bool renew() noexcept;

  Store& store_;
  MDB_txn* transaction_ = nullptr;
  bool is_reading_ = false;
};

}  // namespace dp::tenant
