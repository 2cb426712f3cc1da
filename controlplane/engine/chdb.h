// SPDX-License-Identifier: LicenseRef-Project
// The one adapter of libchdb, ClickHouse as a library: loaded at run time, since no header or link
// stub ships. A connection is a session of its own on the process's one engine; connections run in
// parallel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cp::engine {

/// Names and values, of settings or of query parameters.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

/// What one query has read and written.
struct QueryStatistics {
  std::uint64_t rows_read = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t rows_written = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t result_rows = 0;
};

/// A result in memory; the buffer belongs to libchdb until the object dies.
class Result {
 public:
  explicit Result(void* handle) noexcept : handle_(handle) {}
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  Result(Result&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Result& operator=(Result&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Result();

  [[nodiscard]] std::string_view data() const noexcept;
  [[nodiscard]] QueryStatistics statistics() const noexcept;
  /// Throws EngineError when the query failed.
  void throw_if_failed() const;
  [[nodiscard]] void* handle() const noexcept { return handle_; }

 private:
  void* handle_;
};

/// Loads libchdb. Must be called once before anything else; the library stays loaded. Its signal
/// handlers are switched off. Throws std::runtime_error when the file is not a libchdb with the
/// functions needed.
void load_library(const std::string& path);

/// The version of libchdb, for example `26.7.3`.
std::string library_version();

/// Stops the engine's threads; every connection must be closed. False when some could not be
/// stopped.
bool shut_down_library();

/// A session: its settings last as long as it does. Thread: one at a time; the first connection of
/// the process starts the engine and must stay open until the last query is done; closing it shuts
/// the engine down.
class Connection {
 public:
  /// Starts the engine on `data_path` with server options (`--name=value` without the dashes).
  static Connection start_engine(const std::string& data_path, const NamedValues& server_options);

  /// Opens a session with settings. Throws EngineError with the reason when a value is refused.
  Connection(const std::string& data_path, const NamedValues& settings);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  /// Runs a statement of any kind; the result is complete and in memory. Throws EngineError.
  Result query(std::string_view sql, std::string_view format, const NamedValues& parameters = {});

 private:
  friend class ResultStream;
  friend class InsertStream;
  explicit Connection(void** connection) noexcept : connection_(connection) {}

  void** connection_;
};

/// The result of a SELECT in pieces, each a complete document of its format. Borrows the
/// connection. libchdb's own cancel call waits for work that it does not interrupt, so a stream is
/// ended by killing its query from another connection and reading on until the error comes.
class ResultStream {
 public:
  /// Throws EngineError when the statement is refused; errors of execution come with the first
  /// piece.
  ResultStream(Connection& connection, std::string_view sql, std::string_view format,
               const NamedValues& parameters);
  ResultStream(const ResultStream&) = delete;
  ResultStream& operator=(const ResultStream&) = delete;
  ResultStream(ResultStream&&) noexcept = default;
  ResultStream& operator=(ResultStream&&) = delete;
  ~ResultStream() = default;

  /// The next piece, nothing at the end. Throws EngineError.
  std::optional<Result> next();

 private:
  Connection* connection_;
  Result handle_;
};

/// An INSERT whose rows come as raw bytes of a format. Borrows the connection. Dropped without
/// `finish`, it is cancelled; blocks that were complete by then may have been stored, as in
/// ClickHouse.
class InsertStream {
 public:
  /// `sql` is the INSERT without FORMAT clause and data. Throws EngineError.
  InsertStream(Connection& connection, std::string_view sql, std::string_view format,
               const NamedValues& parameters);
  InsertStream(const InsertStream&) = delete;
  InsertStream& operator=(const InsertStream&) = delete;
  InsertStream(InsertStream&&) = delete;
  InsertStream& operator=(InsertStream&&) = delete;
  ~InsertStream();

  /// Hands over a piece; waits when the engine is behind. False: the insert has failed, `finish`
  /// says why.
  bool append(std::string_view piece);
  /// Ends the input and waits until everything is stored. Throws EngineError.
  QueryStatistics finish();

 private:
  void* stream_;
};

}  // namespace cp::engine
