// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/engine/chdb.h"

#include "controlplane/engine/exception.h"
#include "dataplane/base/check.h"

#include <dlfcn.h>

#include <stdexcept>

namespace cp::engine {
namespace {

// The C interface of libchdb 26.7 (chdb-io/chdb, programs/local/chdb.h), reduced to what is used
// here. Handles are opaque; texts and data are pointer and length; lengths of names and values come
// as arrays.
struct Functions {
  void** (*connect)(int argc, char** argv);
  void (*close)(void** connection);
  void* (*query)(void* connection, const char* sql, std::size_t sql_bytes, const char* format,
                 std::size_t format_bytes, const char* const* names, const std::size_t* names_bytes,
                 const char* const* values, const std::size_t* values_bytes, std::size_t count);
  decltype(query) stream_query;
  decltype(query) stream_insert;
  void* (*stream_fetch)(void* connection, void* stream);
  int (*stream_append)(void* stream, const void* data, std::size_t bytes);
  void* (*stream_done)(void* stream);
  const char* (*stream_insert_error)(void* stream);
  void (*destroy_insert_stream)(void* stream);
  void (*destroy_result)(void* result);
  char* (*result_buffer)(void* result);
  std::size_t (*result_length)(void* result);
  const char* (*result_error)(void* result);
  std::uint64_t (*result_rows)(void* result);
  std::uint64_t (*result_rows_read)(void* result);
  std::uint64_t (*result_bytes_read)(void* result);
  std::uint64_t (*result_rows_written)(void* result);
  std::uint64_t (*result_bytes_written)(void* result);
  void (*set_signal_handlers_enabled)(int enabled);
  const char* (*version)();
};

Functions functions;  // filled once by load_library, before any other thread exists

template <typename Function>
void find(void* library, const char* name, Function& function) {
  void* symbol = ::dlsym(library, name);
  if (symbol == nullptr) {
    throw std::runtime_error(std::string("the library has no function ") + name +
                             "; it is not libchdb or too old");
  }
  function = reinterpret_cast<Function>(symbol);  // NOLINT: what dlsym is for
}

/// Names and values in the shape of the C interface; borrows the strings.
struct ParameterArrays {
  explicit ParameterArrays(const NamedValues& parameters) {
    for (const auto& [name, value] : parameters) {
      names.push_back(name.data());
      names_bytes.push_back(name.size());
      values.push_back(value.data());
      values_bytes.push_back(value.size());
    }
  }

  std::vector<const char*> names;
  std::vector<std::size_t> names_bytes;
  std::vector<const char*> values;
  std::vector<std::size_t> values_bytes;
};

void* call(decltype(Functions::query) function, void* connection, std::string_view sql,
           std::string_view format, const NamedValues& parameters) {
  const ParameterArrays arrays(parameters);
  return function(connection, sql.data(), sql.size(), format.data(), format.size(),
                  arrays.names.data(), arrays.names_bytes.data(), arrays.values.data(),
                  arrays.values_bytes.data(), parameters.size());
}

void** connect(const std::string& data_path, const NamedValues& options) {
  std::vector<std::string> arguments{"clickhouse", "--path=" + data_path};
  for (const auto& [name, value] : options) {
    std::string argument = "--";
    arguments.push_back(argument.append(name).append("=").append(value));
  }
  std::vector<char*> pointers;
  pointers.reserve(arguments.size());
  for (auto& argument : arguments) {
    pointers.push_back(argument.data());
  }
  return functions.connect(static_cast<int>(pointers.size()), pointers.data());
}

std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') {
      text.push_back('\\');
    }
    text.push_back(letter);
  }
  text.push_back('\'');
  return text;
}

// libchdb only says that it refused; setting them one by one on a plain session gives ClickHouse's
// words.
[[noreturn]] void throw_refused_setting(const std::string& data_path, const NamedValues& settings) {
  Connection plain(data_path, {});
  for (const auto& [name, value] : settings) {
    plain.query("SET " + name + " = " + quoted(value), "TSV");
  }
  throw EngineError(code::kBadArguments, "BAD_ARGUMENTS", "The session could not be opened");
}

}  // namespace

void load_library(const std::string& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the C library keeps the text per thread.
    throw std::runtime_error(std::string("cannot load libchdb: ") + ::dlerror());
  }
  find(library, "chdb_connect", functions.connect);
  find(library, "chdb_close_conn", functions.close);
  find(library, "chdb_query_with_params_n", functions.query);
  find(library, "chdb_stream_query_with_params_n", functions.stream_query);
  find(library, "chdb_stream_insert_with_params_n", functions.stream_insert);
  find(library, "chdb_stream_fetch_result", functions.stream_fetch);
  find(library, "chdb_stream_append", functions.stream_append);
  find(library, "chdb_stream_done", functions.stream_done);
  find(library, "chdb_stream_insert_error", functions.stream_insert_error);
  find(library, "chdb_destroy_insert_stream", functions.destroy_insert_stream);
  find(library, "chdb_destroy_query_result", functions.destroy_result);
  find(library, "chdb_result_buffer", functions.result_buffer);
  find(library, "chdb_result_length", functions.result_length);
  find(library, "chdb_result_error", functions.result_error);
  find(library, "chdb_result_rows_read", functions.result_rows);
  find(library, "chdb_result_storage_rows_read", functions.result_rows_read);
  find(library, "chdb_result_storage_bytes_read", functions.result_bytes_read);
  find(library, "chdb_result_rows_written", functions.result_rows_written);
  find(library, "chdb_result_bytes_written", functions.result_bytes_written);
  find(library, "chdb_set_signal_handlers_enabled", functions.set_signal_handlers_enabled);
  find(library, "chdb_version", functions.version);
  functions.set_signal_handlers_enabled(0);
}

std::string library_version() { return functions.version(); }

Result::~Result() {
  if (handle_ != nullptr) {
    functions.destroy_result(handle_);
  }
}

std::string_view Result::data() const noexcept {
  const char* buffer = functions.result_buffer(handle_);
  return buffer == nullptr ? std::string_view{}
                           : std::string_view(buffer, functions.result_length(handle_));
}

QueryStatistics Result::statistics() const noexcept {
  return {.rows_read = functions.result_rows_read(handle_),
          .bytes_read = functions.result_bytes_read(handle_),
          .rows_written = functions.result_rows_written(handle_),
          .bytes_written = functions.result_bytes_written(handle_),
          .result_rows = functions.result_rows(handle_)};
}

void Result::throw_if_failed() const {
  if (const char* error = functions.result_error(handle_); error != nullptr) {
    throw EngineError(error);
  }
}

Connection Connection::start_engine(const std::string& data_path,
                                    const NamedValues& server_options) {
  void** connection = connect(data_path, server_options);
  if (connection == nullptr) {
    throw std::runtime_error("libchdb could not open the data directory " + data_path);
  }
  return Connection(connection);
}

Connection::Connection(const std::string& data_path, const NamedValues& settings)
    : connection_(connect(data_path, settings)) {
  if (connection_ == nullptr) {
    throw_refused_setting(data_path, settings);
  }
}

Connection::Connection(Connection&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Connection::~Connection() {
  if (connection_ != nullptr) {
    functions.close(connection_);
  }
}

Result Connection::query(std::string_view sql, std::string_view format,
                         const NamedValues& parameters) {
  Result result(call(functions.query, *connection_, sql, format, parameters));
  result.throw_if_failed();
  return result;
}

ResultStream::ResultStream(Connection& connection, std::string_view sql, std::string_view format,
                           const NamedValues& parameters)
    : connection_(&connection),
      handle_(call(functions.stream_query, *connection.connection_, sql, format, parameters)) {
  handle_.throw_if_failed();
}

std::optional<Result> ResultStream::next() {
  Result piece(functions.stream_fetch(*connection_->connection_, handle_.handle()));
  piece.throw_if_failed();
  return piece.data().empty() ? std::nullopt : std::optional(std::move(piece));
}

InsertStream::InsertStream(Connection& connection, std::string_view sql, std::string_view format,
                           const NamedValues& parameters)
    : stream_(call(functions.stream_insert, *connection.connection_, sql, format, parameters)) {
  CHECK(stream_ != nullptr);
  if (const char* error = functions.stream_insert_error(stream_); error != nullptr) {
    const std::string text = error;
    functions.destroy_insert_stream(stream_);
    throw EngineError(text);
  }
}

InsertStream::~InsertStream() { functions.destroy_insert_stream(stream_); }

bool InsertStream::append(std::string_view piece) {
  return functions.stream_append(stream_, piece.data(), piece.size()) == 0;
}

QueryStatistics InsertStream::finish() {
  const Result result(functions.stream_done(stream_));
  result.throw_if_failed();
  return result.statistics();
}

}  // namespace cp::engine
