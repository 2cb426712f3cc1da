// SPDX-License-Identifier: LicenseRef-Project
// Goal: a reader never blocks on a missing store, sees each published change with the next lookup,
// and keeps apart "no such project" and "no knowledge". Method: a real LMDB environment in a
// temporary directory, written here.
#include "dataplane/tenant/store.h"

#include "dataplane/base/check.h"
#include "dataplane/format/tenant_store.h"

#include <gtest/gtest.h>
#include <lmdb.h>
#include <stdlib.h>

#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace dp::tenant {
namespace {

/// Writes the store as controlplane/publish does.
class Publisher {
 public:
  explicit Publisher(const std::string& directory) {
    std::filesystem::create_directories(directory);
    CHECK(mdb_env_create(&environment_) == MDB_SUCCESS);
    CHECK(mdb_env_set_mapsize(environment_, format::kTenantStoreMapBytes) == MDB_SUCCESS);
    CHECK(mdb_env_set_maxdbs(environment_, format::kTenantStoreDatabasesMax) == MDB_SUCCESS);
    CHECK(mdb_env_open(environment_, directory.c_str(), 0, 0640) == MDB_SUCCESS);
  }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  ~Publisher() { mdb_env_close(environment_); }

  void publish(std::string token, std::optional<std::string> json) {
    MDB_txn* transaction = nullptr;
    MDB_dbi projects = 0;
    CHECK(mdb_txn_begin(environment_, nullptr, 0, &transaction) == MDB_SUCCESS);
    CHECK(mdb_dbi_open(transaction, format::kTenantProjectsDatabase, MDB_CREATE, &projects) ==
          MDB_SUCCESS);
    MDB_val key{token.size(), token.data()};
    if (json) {
      MDB_val value{json->size(), json->data()};
      CHECK(mdb_put(transaction, projects, &key, &value, 0) == MDB_SUCCESS);
    } else {
      CHECK(mdb_del(transaction, projects, &key, nullptr) == MDB_SUCCESS);
    }
    CHECK(mdb_txn_commit(transaction) == MDB_SUCCESS);
  }

 private:
  MDB_env* environment_ = nullptr;
};

class TenantStoreTest : public testing::Test {
 protected:
  TenantStoreTest() {
    std::string pattern = testing::TempDir() + "bristle-tenant-XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
  }
  ~TenantStoreTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string store_directory() const { return directory_ + "/tenants"; }

  /// The stored value of `token`, copied; or the lookup's outcome in words.
  static std::string look_up(Reader& reader, std::string_view token) {
    std::string_view json;
    const auto outcome = reader.find(token, json);
    std::string text = outcome == Lookup::found     ? std::string(json)
                       : outcome == Lookup::unknown ? "unknown"
                                                    : "unavailable";
    reader.finish();
    return text;
  }

  std::string directory_;
};

TEST_F(TenantStoreTest, IsUnavailableUntilTheStoreAppears) {
  Store store(store_directory());
  Reader reader(store);
  EXPECT_EQ(look_up(reader, "phc_a"), "unavailable");
  EXPECT_FALSE(std::filesystem::exists(store_directory()));

  std::filesystem::create_directories(store_directory());
  EXPECT_EQ(look_up(reader, "phc_a"), "unavailable");
  EXPECT_TRUE(std::filesystem::is_empty(store_directory())) << "a reader must leave nothing behind";

  std::thread([this] {
    Publisher(store_directory()).publish("phc_a", R"({"project_id":1})");
  }).join();
  EXPECT_EQ(look_up(reader, "phc_a"), R"({"project_id":1})");
}

TEST_F(TenantStoreTest, WithoutADirectoryEveryLookupIsUnavailable) {
  Store store("");
  Reader reader(store);
  EXPECT_EQ(look_up(reader, "phc_a"), "unavailable");
}

TEST_F(TenantStoreTest, SeesEveryChangeWithTheNextLookup) {
  Publisher publisher(store_directory());
  publisher.publish("phc_a", "one");
  Store store(store_directory());
  Reader reader(store);
  EXPECT_EQ(look_up(reader, "phc_a"), "one");
  publisher.publish("phc_a", "two");
  EXPECT_EQ(look_up(reader, "phc_a"), "two");
  publisher.publish("phc_a", std::nullopt);
  EXPECT_EQ(look_up(reader, "phc_a"), "unknown");
}

TEST_F(TenantStoreTest, TokensThatCannotBeKeysAreUnknown) {
  Publisher publisher(store_directory());
  publisher.publish("phc_a", "one");
  Store store(store_directory());
  Reader reader(store);
  EXPECT_EQ(look_up(reader, ""), "unknown");
  EXPECT_EQ(look_up(reader, std::string(600, 'x')), "unknown");
  EXPECT_EQ(look_up(reader, std::string_view("phc_a\0", 6)), "unknown");
}

TEST_F(TenantStoreTest, ShardsShareOneEnvironment) {
  Publisher publisher(store_directory());
  publisher.publish("phc_a", "one");
  Store store(store_directory());
  Reader first(store);
  Reader second(store);
  std::string_view json;
  ASSERT_EQ(first.find("phc_a", json), Lookup::found);
  std::thread([&] { EXPECT_EQ(look_up(second, "phc_a"), "one"); }).join();
  publisher.publish("phc_a", "two");
  EXPECT_EQ(json, "one") << "a snapshot stays as it was until finish";
  EXPECT_EQ(look_up(second, "phc_a"), "two");
  EXPECT_EQ(look_up(first, "phc_a"), "two");
}

}  // namespace
}  // namespace dp::tenant
