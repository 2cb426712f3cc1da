// SPDX-License-Identifier: LicenseRef-Project
// The one way to PostgreSQL: a pool of connections, transactions, parameters, advisory locks.
// Adapts libpqxx (6.4 on Debian 12, 7.8 on Ubuntu 24.04); no type of it leaves this module.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cp::db {

/// PostgreSQL refused a statement, or a value was not of the type asked for.
class Error : public std::runtime_error {
 public:
  Error(std::string sqlstate, const std::string& message)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}

  /// Five characters of SQLSTATE, or empty when the statement never got an answer.
  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// The server cannot be reached or went away. Nothing is known about a commit that was under way;
/// the pool opens a new connection for the next transaction.
class ConnectionLost : public Error {
 public:
  explicit ConnectionLost(const std::string& message) : Error("", message) {}
};

/// No connection became free within `Options::checkout_timeout`.
class PoolExhausted : public Error {
 public:
  explicit PoolExhausted(const std::string& message) : Error("", message) {}
};

/// A unique key exists already (SQLSTATE 23505).
class UniqueViolation : public Error {
 public:
  explicit UniqueViolation(const std::string& message) : Error("23505", message) {}
};

/// Values of $1, $2, ... in order. Text must be UTF-8 without NUL; bytes go to `bytea`.
class Parameters {
 public:
  Parameters& text(std::string_view value);
  Parameters& optional_text(const std::optional<std::string>& value);
  Parameters& number(std::int64_t value);
  Parameters& optional_number(std::optional<std::int64_t> value);
  Parameters& flag(bool value);
  Parameters& bytes(std::string_view value);
  Parameters& null();

  [[nodiscard]] const std::vector<std::optional<std::string>>& values() const noexcept {
    return values_;
  }

 private:
  std::vector<std::optional<std::string>> values_;
};

class Rows;

/// One row of a result; valid as long as its Rows. Columns are counted from 0.
class Row {
 public:
  [[nodiscard]] bool is_null(std::size_t column) const;
  /// The value's text form; throws Error when it is null.
  [[nodiscard]] std::string_view text(std::size_t column) const;
  [[nodiscard]] std::optional<std::string> optional_text(std::size_t column) const;
  [[nodiscard]] std::int64_t number(std::size_t column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_number(std::size_t column) const;
  [[nodiscard]] bool flag(std::size_t column) const;
  /// The raw bytes of a `bytea`.
  [[nodiscard]] std::string bytes(std::size_t column) const;

 private:
  friend class Rows;
  Row(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
  const Rows* rows_;
  std::size_t index_;
};

/// The complete answer to one statement, held in memory.
class Rows {
 public:
  class Iterator {
   public:
    Iterator(const Rows& rows, std::size_t index) : rows_(&rows), index_(index) {}
    Row operator*() const { return (*rows_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) noexcept = default;

   private:
    const Rows* rows_;
    std::size_t index_;
  };

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Row operator[](std::size_t index) const;
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }
  /// Rows that an INSERT, UPDATE or DELETE touched.
  [[nodiscard]] std::size_t affected() const;

 private:
  friend class Row;
  friend class Transaction;
  struct State;
  explicit Rows(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

class Pool;
class Connection;  // internal: one libpqxx connection

/// One transaction on one pooled connection; rolled back unless `commit` was called. Thread: one.
class Transaction {
 public:
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Runs one statement. Without parameters `sql` may hold several, separated by `;`.
  /// Throws UniqueViolation, ConnectionLost or Error; after a throw only destruction is useful.
  Rows run(std::string_view sql, const Parameters& parameters = {});

  /// Makes the work durable. Throws ConnectionLost when the answer was lost (the outcome is
  /// unknown).
  void commit();

 private:
  friend class Pool;
  struct State;
  explicit Transaction(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A session-level advisory lock; it owns a connection of its own for as long as it is held.
/// Released by destruction, and by the server when the process or the connection dies.
class AdvisoryLock {
 public:
  AdvisoryLock(const AdvisoryLock&) = delete;
  AdvisoryLock& operator=(const AdvisoryLock&) = delete;
  AdvisoryLock(AdvisoryLock&&) noexcept;
  AdvisoryLock& operator=(AdvisoryLock&&) = delete;
  ~AdvisoryLock();

  /// False once the connection that holds the lock is gone. Asks the server; a round trip.
  [[nodiscard]] bool is_held();

 private:
  friend class Pool;
  explicit AdvisoryLock(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

/// How to reach PostgreSQL and how long to wait for it.
struct Options {
  std::string url;                                      ///< libpq URL or keyword string.
  std::size_t connections_max = 4;                      ///< Transactions open at the same time.
  std::chrono::milliseconds statement_timeout{30'000};  ///< 0 = none.
  std::chrono::milliseconds checkout_timeout{10'000};   ///< Wait for a free connection.
  std::chrono::seconds connect_timeout{5};
  std::string application_name = "bristle";
};

/// Connections opened on demand and kept for reuse. Thread-safe; outlives its transactions.
/// A connection that the server closed while idle is replaced silently at the next `begin`.
class Pool {
 public:
  explicit Pool(Options options);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  Pool(Pool&&) = delete;
  Pool& operator=(Pool&&) = delete;
  ~Pool();

  /// Starts a transaction. Throws ConnectionLost or PoolExhausted.
  Transaction begin();

  /// Runs one statement in a transaction of its own.
  Rows run(std::string_view sql, const Parameters& parameters = {});

  /// Waits up to `wait` for the lock; throws Error (SQLSTATE 55P03) when somebody else keeps it.
  AdvisoryLock lock(std::int64_t key, std::chrono::milliseconds wait);

  /// Takes the lock when it is free, nothing otherwise.
  std::optional<AdvisoryLock> try_lock(std::int64_t key);

 private:
  friend class Transaction;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cp::db
