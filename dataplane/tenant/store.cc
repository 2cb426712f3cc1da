// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/tenant/store.h"

#include "dataplane/base/check.h"
#include "dataplane/format/tenant_store.h"

#include <lmdb.h>
#include <unistd.h>

#include <utility>

namespace dp::tenant {

Store::Store(std::string directory) : directory_(std::move(directory)) {}

Store::~Store() {
  if (environment_ != nullptr) {
    mdb_env_close(environment_);
  }
}

bool Store::open() noexcept {
  if (state_.load(std::memory_order_acquire) == State::open) {
    return true;
  }
  auto expected = State::closed;
  if (directory_.empty() ||
      !state_.compare_exchange_strong(expected, State::opening, std::memory_order_acquire)) {
    return false;
  }
  const bool is_open = open_environment();
  state_.store(is_open ? State::open : State::closed, std::memory_order_release);
  return is_open;
}

std::uint64_t Store::generation() noexcept {
  MDB_envinfo info{};
  return open() && mdb_env_info(environment_, &info) == MDB_SUCCESS ? info.me_last_txnid + 1 : 0;
}

bool Store::open_environment() noexcept {
  // Checked first, because LMDB would leave a lock file behind in a directory without data.
  if (access((directory_ + "/" + format::kTenantStoreDataFile).c_str(), R_OK) != 0) {
    return false;
  }
  MDB_env* environment = nullptr;
  if (mdb_env_create(&environment) != MDB_SUCCESS) {
    return false;
  }
  MDB_txn* transaction = nullptr;
  // MDB_NOTLS ties a reader slot to the transaction object instead of the thread.
  bool ok =
      mdb_env_set_mapsize(environment, format::kTenantStoreMapBytes) == MDB_SUCCESS &&
      mdb_env_set_maxdbs(environment, format::kTenantStoreDatabasesMax) == MDB_SUCCESS &&
      mdb_env_set_maxreaders(environment, format::kTenantStoreReadersMax) == MDB_SUCCESS &&
      mdb_env_open(environment, directory_.c_str(), MDB_RDONLY | MDB_NOTLS, 0640) == MDB_SUCCESS &&
      mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction) == MDB_SUCCESS;
  if (ok) {
    ok = mdb_dbi_open(transaction, format::kTenantProjectsDatabase, 0, &projects_) == MDB_SUCCESS;
    // Only a committed transaction leaves the handle open for the others.
    if (ok) {
      ok = mdb_txn_commit(transaction) == MDB_SUCCESS;
    } else {
      mdb_txn_abort(transaction);
    }
  }
  if (!ok) {
    mdb_env_close(environment);
    return false;
  }
  environment_ = environment;
  return true;
}

Reader::~Reader() {
  if (transaction_ != nullptr) {
    mdb_txn_abort(transaction_);
  }
}

bool Reader::renew() noexcept {
  if (transaction_ == nullptr) {
    return mdb_txn_begin(store_.environment_, nullptr, MDB_RDONLY, &transaction_) == MDB_SUCCESS;
  }
  return mdb_txn_renew(transaction_) == MDB_SUCCESS;
}

Lookup Reader::find(std::string_view token, std::string_view& project_json) noexcept {
  finish();
  if (!store_.open() || !renew()) {
    return Lookup::unavailable;
  }
  is_reading_ = true;
  if (token.empty() || token.size() > format::kTenantTokenBytesMax) {
    return Lookup::unknown;
  }
  MDB_val key{token.size(),
              const_cast<char*>(token.data())};  // LMDB never writes through a key it looks up
  MDB_val value{};
  const int outcome = mdb_get(transaction_, store_.projects_, &key, &value);
  if (outcome == MDB_SUCCESS) {
    project_json = {static_cast<const char*>(value.mv_data), value.mv_size};
    return Lookup::found;
  }
  return outcome == MDB_NOTFOUND ? Lookup::unknown : Lookup::unavailable;
}

void Reader::finish() noexcept {
  if (is_reading_) {
    mdb_txn_reset(transaction_);
    is_reading_ = false;
  }
}

}  // namespace dp::tenant
