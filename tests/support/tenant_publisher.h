// SPDX-License-Identifier: LicenseRef-Project
// Writes the tenant store as controlplane/publish does, for tests that have no control plane.
#pragma once

#include "dataplane/base/check.h"
#include "dataplane/format/tenant_store.h"

#include <lmdb.h>

#include <filesystem>
#include <string>

namespace support {

/// Holds the store open; a reader sees each change with its next lookup.
class TenantPublisher {
 public:
  explicit TenantPublisher(const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory);
    CHECK(mdb_env_create(&environment_) == MDB_SUCCESS);
    CHECK(mdb_env_set_mapsize(environment_, format::kTenantStoreMapBytes) == MDB_SUCCESS);
    CHECK(mdb_env_set_maxdbs(environment_, format::kTenantStoreDatabasesMax) == MDB_SUCCESS);
    // Readers see what is written without it being synced, and no test needs it after a power cut.
    CHECK(mdb_env_open(environment_, directory.c_str(), MDB_NOSYNC, 0640) == MDB_SUCCESS);
  }
  TenantPublisher(const TenantPublisher&) = delete;
  TenantPublisher& operator=(const TenantPublisher&) = delete;
  TenantPublisher(TenantPublisher&&) = delete;
  TenantPublisher& operator=(TenantPublisher&&) = delete;
  ~TenantPublisher() { mdb_env_close(environment_); }

  /// A project with the policy `privacy` and the limits `limits` (JSON), or without one when it is
  /// empty.
  void publish(std::string token, const std::string& privacy = "", const std::string& limits = "") {
    std::string json = R"({"project_id":1,"remote_config":{})";
    json += privacy.empty() ? "" : R"(,"privacy":)" + privacy;
    json += limits.empty() ? "" : R"(,"limits":)" + limits;
    json += "}";
    MDB_txn* transaction = nullptr;
    MDB_dbi projects = 0;
    CHECK(mdb_txn_begin(environment_, nullptr, 0, &transaction) == MDB_SUCCESS);
    CHECK(mdb_dbi_open(transaction, format::kTenantProjectsDatabase, MDB_CREATE, &projects) ==
          MDB_SUCCESS);
    MDB_val key{token.size(), token.data()};
    MDB_val value{json.size(), json.data()};
    CHECK(mdb_put(transaction, projects, &key, &value, 0) == MDB_SUCCESS);
    CHECK(mdb_txn_commit(transaction) == MDB_SUCCESS);
  }

 private:
  MDB_env* environment_ = nullptr;
};

}  // namespace support
