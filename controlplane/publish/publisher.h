// SPDX-License-Identifier: LicenseRef-Project
// Tells the dataplane about projects: writes the tenant store (dataplane/format/tenant_store.h).
#pragma once

#include "controlplane/db/database.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace cp::publish {

/// The tenant store cannot be opened or written.
class PublishError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The writer's side of the store. Owner: one per process (LMDB's rule). Thread-safe.
/// Failure: PublishError or db::Error; the store then holds what it held before.
class Publisher {
 public:
  /// Opens or creates the store in `directory`, which is created when it is missing.
  explicit Publisher(const std::filesystem::path& directory);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  Publisher(Publisher&&) = delete;
  Publisher& operator=(Publisher&&) = delete;
  ~Publisher();

  /// Replaces the store's projects by PostgreSQL's in one transaction; readers see all of it or
  /// nothing. PostgreSQL is read after the store was locked, so of two at once the later one
  /// publishes the newer state. Returns the number of projects.
  std::size_t publish_projects(db::Pool& pool);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cp::publish
