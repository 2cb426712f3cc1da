// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/db/database.h"

#include "controlplane/db/internal/rows_state.h"
#include "dataplane/base/check.h"

#include <poll.h>

#include <condition_variable>
#include <mutex>

namespace cp::db {
namespace {

/// Turns what libpqxx throws into this module's exceptions; nothing of libpqxx passes.
template <typename Function>
auto translated(Function&& function) {
  try {
    return function();
  } catch (const pqxx::unique_violation& error) {
    throw UniqueViolation(error.what());
  } catch (const pqxx::in_doubt_error& error) {
    throw ConnectionLost(error.what());
  } catch (const pqxx::broken_connection& error) {
    throw ConnectionLost(error.what());
  } catch (const pqxx::sql_error& error) {
    // 57P01..57P03: the server is shutting down or starting; the connection is of no use any more.
    if (error.sqlstate().starts_with("57P0")) {
      throw ConnectionLost(error.what());
    }
    throw Error(error.sqlstate(), error.what());
  } catch (const pqxx::failure& error) {
    throw Error("", error.what());
  }
}

/// A URL or keyword string with our own defaults in front of what it does not name.
std::string connection_text(const Options& options) {
  const bool is_url =
      options.url.starts_with("postgres://") || options.url.starts_with("postgresql://");
  const std::string timeout = "connect_timeout=" + std::to_string(options.connect_timeout.count());
  if (!is_url) {
    return timeout + " " + options.url;
  }
  if (options.url.find("connect_timeout=") != std::string::npos) {
    return options.url;
  }
  return options.url + (options.url.find('?') == std::string::npos ? '?' : '&') + timeout;
}

}  // namespace

/// One libpqxx connection; closed by destruction.
class Connection {
 public:
  explicit Connection(const Options& options) : connection_(connection_text(options)) {
#if PQXX_VERSION_MAJOR < 7
    // Version 6 would reconnect behind our back and lose session settings and advisory locks.
    // The call is marked deprecated because version 7 never reconnects by itself.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
    pqxx::nontransaction setup(connection_);
    setup.exec("SELECT set_config('statement_timeout', '" +
               std::to_string(options.statement_timeout.count()) +
               "', false), set_config('application_name', " +
               setup.quote(options.application_name) +
               ", false), set_config('TimeZone', 'UTC', false), "
               "set_config('bytea_output', 'hex', false)");
    setup.commit();
  }

  pqxx::connection& native() noexcept { return connection_; }

  /// False when the server closed the idle connection: its socket has something to read (or an end
  /// of file).
  [[nodiscard]] bool is_usable() const {
    pollfd descriptor{connection_.sock(), POLLIN, 0};
    return connection_.is_open() && ::poll(&descriptor, 1, 0) == 0;
  }

 private:
  pqxx::connection connection_;
};

struct Pool::State {
  explicit State(Options given) : options(std::move(given)) {}

  Options options;
  std::mutex mutex;
  std::condition_variable returned;
  std::vector<std::unique_ptr<Connection>> idle;
  std::size_t in_use = 0;

  std::unique_ptr<Connection> check_out();
  void give_back(std::unique_ptr<Connection> connection);
};

std::unique_ptr<Connection> Pool::State::check_out() {
  std::unique_lock lock(mutex);
  if (!returned.wait_for(lock, options.checkout_timeout,
                         [this] { return in_use < options.connections_max; })) {
    throw PoolExhausted("no database connection became free in time");
  }
  ++in_use;
  while (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    if (connection->is_usable()) {
      return connection;
    }
  }
  lock.unlock();
  try {
    return translated([this] { return std::make_unique<Connection>(options); });
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void Pool::State::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex);
    --in_use;
    if (connection != nullptr) {
      idle.push_back(std::move(connection));
    }
  }
  returned.notify_one();
}

struct Transaction::State {
  std::shared_ptr<Pool::State> pool;
  std::unique_ptr<Connection> connection;
  std::optional<pqxx::work> work;
  bool is_broken = false;

  /// Throws the current `error` again, as ConnectionLost when the connection is gone: version 6
  /// reports some broken connections as plain SQL errors.
  [[noreturn]] void rethrow(const Error& error) {
    is_broken =
        dynamic_cast<const ConnectionLost*>(&error) != nullptr || !connection->native().is_open();
    if (is_broken) {
      throw ConnectionLost(error.what());
    }
    throw;
  }
};

Transaction::Transaction(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transaction::Transaction(Transaction&&) noexcept = default;

Transaction::~Transaction() {
  if (state_ == nullptr) {
    return;
  }
  state_->work.reset();  // rolls back what was not committed
  const bool is_reusable = !state_->is_broken && state_->connection->is_usable();
  state_->pool->give_back(is_reusable ? std::move(state_->connection) : nullptr);
}

Rows Transaction::run(std::string_view sql, const Parameters& parameters) {
  CHECK(state_->work.has_value());
  try {
    return translated([&] {
      const std::string text(sql);
      auto& work = *state_->work;
      if (parameters.values().empty()) {
        return Rows(std::make_shared<const Rows::State>(Rows::State{work.exec(text)}));
      }
#if PQXX_VERSION_MAJOR >= 7
      pqxx::params values;
      for (const auto& value : parameters.values()) {
        if (value) {
          values.append(*value);
        } else {
          values.append();
        }
      }
      auto result = work.exec_params(text, values);
#else
      std::vector<const char*> values;
      for (const auto& value : parameters.values()) {
        values.push_back(value ? value->c_str() : nullptr);
      }
      auto result = work.exec_params(text, pqxx::prepare::make_dynamic_params(values));
#endif
      return Rows(std::make_shared<const Rows::State>(Rows::State{result}));
    });
  } catch (const Error& error) {
    state_->rethrow(error);
  }
}

void Transaction::commit() {
  CHECK(state_->work.has_value());
  try {
    translated([this] { state_->work->commit(); });
  } catch (const Error& error) {
    state_->rethrow(error);
  }
  state_->work.reset();
}

Pool::Pool(Options options) : state_(std::make_shared<State>(std::move(options))) {}
Pool::~Pool() = default;

Transaction Pool::begin() {
  auto transaction = std::make_unique<Transaction::State>();
  transaction->pool = state_;
  transaction->connection = state_->check_out();
  try {
    translated([&] { transaction->work.emplace(transaction->connection->native()); });
  } catch (...) {
    transaction->work.reset();
    state_->give_back(nullptr);
    throw;
  }
  return Transaction(std::move(transaction));
}

Rows Pool::run(std::string_view sql, const Parameters& parameters) {
  auto transaction = begin();
  auto rows = transaction.run(sql, parameters);
  transaction.commit();
  return rows;
}

AdvisoryLock::AdvisoryLock(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
AdvisoryLock::AdvisoryLock(AdvisoryLock&&) noexcept = default;
AdvisoryLock::~AdvisoryLock() = default;  // closing the connection releases the lock

bool AdvisoryLock::is_held() {
  if (!connection_->is_usable()) {
    return false;  // also spares version 6 a statement on a dead connection, which it leaks
  }
  try {
    return translated([this] {
      pqxx::nontransaction probe(connection_->native());
      probe.exec("SELECT 1");
      return true;
    });
  } catch (const Error&) {
    return false;
  }
}

AdvisoryLock Pool::lock(std::int64_t key, std::chrono::milliseconds wait) {
  auto options = state_->options;
  options.statement_timeout = std::chrono::milliseconds(0);
  return translated([&] {
    auto connection = std::make_unique<Connection>(options);
    {
      pqxx::nontransaction session(connection->native());
      session.exec("SELECT set_config('lock_timeout', '" + std::to_string(wait.count()) +
                   "', false)");
      session.exec("SELECT pg_advisory_lock(" + std::to_string(key) + ")");
    }
    return AdvisoryLock(std::move(connection));
  });
}

std::optional<AdvisoryLock> Pool::try_lock(std::int64_t key) {
  return translated([&]() -> std::optional<AdvisoryLock> {
    auto connection = std::make_unique<Connection>(state_->options);
    bool is_taken = false;
    {
      pqxx::nontransaction session(connection->native());
      const auto result = session.exec("SELECT pg_try_advisory_lock(" + std::to_string(key) + ")");
      is_taken = std::string_view(result[0][0].c_str()) == "t";
    }
    if (!is_taken) {
      return std::nullopt;
    }
    return AdvisoryLock(std::move(connection));
  });
}

}  // namespace cp::db
