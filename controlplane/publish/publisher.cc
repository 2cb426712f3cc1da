// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/publish/publisher.h"

#include "controlplane/model/privacy_policy.h"
#include "controlplane/model/project.h"
#include "controlplane/model/project_limits.h"
#include "controlplane/publish/remote_config.h"
#include "dataplane/format/tenant_store.h"

#include <lmdb.h>

#include <map>
#include <string>

namespace cp::publish {
namespace {

/// The dataplane may be another user: its group reads the data and takes a reader's place in the
/// lock file.
constexpr mdb_mode_t kFileMode = 0660;
constexpr auto kDataMode = static_cast<std::filesystem::perms>(0640);
constexpr auto kLockMode = static_cast<std::filesystem::perms>(0660);
constexpr auto kDirectoryMode = static_cast<std::filesystem::perms>(0750);

void check(int code, const char* what) {
  if (code != MDB_SUCCESS) {
    throw PublishError(std::string("tenant store: ") + what + ": " + mdb_strerror(code));
  }
}

/// A write transaction; aborted unless committed.
class WriteTransaction {
 public:
  explicit WriteTransaction(MDB_env* environment) {
    check(mdb_txn_begin(environment, nullptr, 0, &transaction_), "cannot begin");
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  WriteTransaction(WriteTransaction&&) = delete;
  WriteTransaction& operator=(WriteTransaction&&) = delete;
  ~WriteTransaction() {
    if (transaction_ != nullptr) {
      mdb_txn_abort(transaction_);
    }
  }

  [[nodiscard]] MDB_txn* get() const noexcept { return transaction_; }

  void commit() {
    auto* const transaction = transaction_;
    transaction_ = nullptr;  // freed by the commit whatever its outcome
    check(mdb_txn_commit(transaction), "cannot commit");
  }

 private:
  MDB_txn* transaction_ = nullptr;
};

/// Sets a mode whatever the umask was. What belongs to somebody else got its mode from them.
void set_mode(const std::filesystem::path& path, std::filesystem::perms mode) {
  std::error_code ignored;
  std::filesystem::permissions(path, mode, ignored);
}

/// LMDB's view of bytes; it does not write through the pointer of a put.
MDB_val value_of(std::string& text) { return {text.size(), text.data()}; }

}  // namespace

struct Publisher::State {
  MDB_env* environment = nullptr;
  MDB_dbi projects = 0;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State() {
    if (environment != nullptr) {
      mdb_env_close(environment);
    }
  }
};

Publisher::Publisher(const std::filesystem::path& directory) : state_(std::make_unique<State>()) {
  std::error_code error;
  if (std::filesystem::create_directories(directory, error)) {
    set_mode(directory, kDirectoryMode);
  }
  if (error) {
    throw PublishError("tenant store: cannot create " + directory.string() + ": " +
                       error.message());
  }
  check(mdb_env_create(&state_->environment), "cannot create the environment");
  check(mdb_env_set_mapsize(state_->environment, format::kTenantStoreMapBytes), "map size");
  check(mdb_env_set_maxdbs(state_->environment, format::kTenantStoreDatabasesMax), "databases");
  check(mdb_env_set_maxreaders(state_->environment, format::kTenantStoreReadersMax), "readers");
  check(mdb_env_open(state_->environment, directory.c_str(), 0, kFileMode),
        ("cannot open " + directory.string()).c_str());
  set_mode(directory / format::kTenantStoreDataFile, kDataMode);
  set_mode(directory / format::kTenantStoreLockFile, kLockMode);
  WriteTransaction transaction(state_->environment);
  check(mdb_dbi_open(transaction.get(), format::kTenantProjectsDatabase, MDB_CREATE,
                     &state_->projects),
        "cannot open the projects");
  transaction.commit();
}

Publisher::~Publisher() = default;

std::size_t Publisher::publish_projects(db::Pool& pool) {
  int dead_readers = 0;
  check(mdb_reader_check(state_->environment, &dead_readers), "reader check");
  WriteTransaction transaction(state_->environment);
  std::vector<model::Project> projects;
  std::map<std::int64_t, std::string> policies;
  std::map<std::int64_t, model::PublishedLimits> all_limits;
  {
    auto metadata = pool.begin();
    projects = model::list_projects(metadata);
    policies = model::list_privacy_policies(metadata);
    all_limits = model::list_project_limits(metadata);
  }
  check(mdb_drop(transaction.get(), state_->projects, 0), "cannot empty the projects");
  for (auto& project : projects) {
    const auto limits = all_limits.find(project.id);
    const bool may_record = limits == all_limits.end() || !limits->second.is_recording_used_up;
    std::string text = "{\"project_id\":" + std::to_string(project.id) +
                       ",\"remote_config\":" + remote_config_json(project, may_record);
    if (limits != all_limits.end()) {
      text += ",\"limits\":" + limits->second.json;
    }
    if (const auto policy = policies.find(project.id); policy != policies.end()) {
      text += ",\"privacy\":" + policy->second;
    }
    text += "}";
    auto key = value_of(project.api_token);
    auto value = value_of(text);
    check(mdb_put(transaction.get(), state_->projects, &key, &value, 0), "cannot write a project");
  }
  transaction.commit();
  return projects.size();
}

}  // namespace cp::publish
