// SPDX-License-Identifier: LicenseRef-Project
// Layout of the tenant store, the LMDB environment through which the controlplane tells the
// dataplane about projects. controlplane/publish writes it, dataplane/tenant reads it; the
// directory is BRISTLE_TENANT_STORE.
#pragma once

#include <cstddef>

namespace format {

/// The directory of the environment holds `data.mdb` and `lock.mdb` (LMDB without MDB_NOSUBDIR).
inline constexpr const char* kTenantStoreDataFile = "data.mdb";
inline constexpr const char* kTenantStoreLockFile = "lock.mdb";

/// Address space both sides reserve with mdb_env_set_mapsize. The file grows as needed; a fixed
/// size means that a reader never meets MDB_MAP_RESIZED, which it could only cure while no other
/// thread reads.
inline constexpr std::size_t kTenantStoreMapBytes = std::size_t{4} << 30;

/// For mdb_env_set_maxdbs, on both sides.
inline constexpr unsigned kTenantStoreDatabasesMax = 16;

/// For mdb_env_set_maxreaders: one slot per shard of every dataplane that is alive or being
/// replaced.
inline constexpr unsigned kTenantStoreReadersMax = 256;

/// Named database: key = project token (the bytes as sent by SDKs, no terminator),
/// value = UTF-8 JSON object
/// `{"project_id":<integer>,"remote_config":{...},"privacy":{...},"limits":{...}}`.
/// `remote_config` is the object of capture-protocol section 17 exactly as `/array/<token>/config`
/// answers it; the dataplane never adds to it, and `/flags?config=true` merges its fields at the
/// top level. `privacy` is the project's policy (dataplane/format/privacy/policy.h); absent where
/// the project has none. A dataplane that finds one it cannot read quarantines every event.
/// `limits` says what the project may send: `events_per_second` and `bytes_per_second` (0: no
/// limit; absent: what the installation decides), and `quota_limited`, names of the resources
/// (dataplane/format/quota.h) of which it may send nothing more. What is absent or cannot be read
/// limits nothing.
///
/// Rules for the writer: replace content in one transaction (readers see all or nothing, at once);
/// never delete or recreate the files while a reader may live; call mdb_reader_check first, so that
/// a killed reader pins no pages.
inline constexpr const char* kTenantProjectsDatabase = "projects";

/// Key bytes never exceed this (LMDB allows 511; capture refuses tokens beyond 64 characters).
inline constexpr std::size_t kTenantTokenBytesMax = 64;

}  // namespace format
