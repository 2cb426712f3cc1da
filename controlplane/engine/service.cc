// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/engine/service.h"

#include "controlplane/engine/exception.h"
#include "controlplane/engine/repeated_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <random>
#include <utility>

namespace cp::engine {
namespace {

constexpr std::size_t kInsertPieceBytes = 1 << 20;
constexpr std::string_view kDefaultFormat = "TabSeparated";
constexpr std::size_t kEarlyPieces = 2;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string random_hex(std::size_t digits) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  std::string text;
  for (std::size_t at = 0; at < digits; ++at) {
    text.push_back(kHexDigits[random() % kHexDigits.size()]);
  }
  return text;
}

std::string make_query_id() {
  auto id = random_hex(36);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) {
    id[dash] = '-';
  }
  id[14] = '4';  // the version and variant of a random UUID
  id[19] = '8';
  return id;
}

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char letter : text) {
    if (letter == quote || letter == '\\') {
      result.push_back('\\');
    }
    result.push_back(letter);
  }
  result.push_back(quote);
  return result;
}

std::string marks_condition(const std::vector<std::string>& marks) {
  std::string list;
  for (const auto& mark : marks) {
    list.append(list.empty() ? "" : ", ").append(quoted(mark, '\''));
  }
  // An empty list matches no query: every query of ours carries a mark.
  return "splitByChar(' ', Settings['log_comment'])[1] IN (" + (list.empty() ? "'none'" : list) +
         ")";
}

/// The smaller of a limit and the number a client asks for; 0 asks for no limit and gets `limit`.
std::string capped(std::string_view wish, std::uint64_t limit) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(wish.data(), wish.data() + wish.size(), number);
  if (error != std::errc() || end != wish.data() + wish.size()) {
    return std::string(wish);  // not a plain number: ClickHouse judges it
  }
  return std::to_string(number == 0 ? limit : std::min(number, limit));
}

std::string summary_of(const QueryStatistics& statistics, std::chrono::nanoseconds elapsed) {
  const auto field = [](std::string_view name, std::uint64_t number) {
    return "\"" + std::string(name) + "\":\"" + std::to_string(number) + "\",";
  };
  return "{" + field("read_rows", statistics.rows_read) +
         field("read_bytes", statistics.bytes_read) +
         field("written_rows", statistics.rows_written) +
         field("written_bytes", statistics.bytes_written) + field("total_rows_to_read", 0) +
         field("result_rows", statistics.result_rows) + field("result_bytes", 0) +
         "\"elapsed_ns\":\"" + std::to_string(elapsed.count()) + "\"}";
}

std::unordered_set<std::string> split_lines(std::string_view text) {
  std::unordered_set<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

/// Everything one query needs while it lasts; a streamed answer keeps it alive.
struct Service::Running {
  Running(Service& service, HttpQuery the_query, const std::string& query_id)
      : query(std::move(the_query)),
        ticket(service.admission_, query_id),
        connection(service.options_.data_path, service.session_settings(query, ticket.mark())) {}

  HttpQuery query;
  Admission::Ticket ticket;
  Connection connection;
  std::string joined_text;  // of the statement, when it is partly in the URL and partly in the body
  Statement statement;      // points into the texts of the query, or into joined_text
  std::string format;
  Clock::time_point start = Clock::now();
  std::optional<ResultStream> stream;
  std::vector<Result> early;  // pieces of the stream, read before the answer's head is sent
};

Service::Service(ServiceOptions options)
    : options_(std::move(options)),
      admission_(options_.queries_max, options_.queue_wait),
      keeper_(Connection::start_engine(
          options_.data_path,
          {{"max_server_memory_usage", std::to_string(options_.memory_bytes_max)}})) {
  version_ = first_line(keeper_.query("SELECT version()", "TSV").data());
  timezone_ = first_line(keeper_.query("SELECT timezone()", "TSV").data());
  setting_names_ = split_lines(keeper_.query("SELECT name FROM system.settings", "TSV").data());
}

web::Response Service::handle(const web::Request& request) {
  if (request.path == "/ping" || request.path == "/replicas_status" ||
      (request.path == "/" && request.query.empty() && request.body.empty())) {
    return web::Response::with(200, "text/html; charset=UTF-8", "Ok.\n");
  }
  if (request.path != "/") {
    return web::Response::with(404, "text/plain; charset=UTF-8",
                               "There is no handle " + request.path + "\n");
  }
  auto query_id = std::string(request.query_value("query_id").value_or(std::string_view{}));
  if (query_id.empty()) {
    query_id = make_query_id();
  }
  try {
    return run_query(request, query_id);
  } catch (const EngineError& error) {
    return failure(query_id, error.what(), error.code(), error.status());
  }
}

web::Response Service::run_query(const web::Request& request, const std::string& query_id) {
  auto query = read_http_query(request, options_.body_bytes_max);
  const std::string_view head = query.url_text.empty() ? query.body_text : query.url_text;
  auto statement = parse_statement(head);
  if (statement.kind == StatementKind::kill_query) {
    return run_kill(query, statement, query_id);  // needs no place: it makes one
  }
  const auto running = std::make_shared<Running>(*this, std::move(query), query_id);
  const HttpQuery& own = running->query;
  if (own.url_text.empty() || own.body_text.empty()) {
    running->statement = parse_statement(own.url_text.empty() ? own.body_text : own.url_text);
  } else if (statement.kind == StatementKind::insert_data && statement.data.empty() &&
             !(statement.format.empty() && own.default_format.empty())) {
    running->statement = parse_statement(own.url_text);  // the body is the data, however large
    running->statement.data = own.body_text;
  } else {
    running->joined_text = own.url_text + "\n";
    running->joined_text.append(own.body_text);
    running->statement = parse_statement(running->joined_text);
  }
  running->format = std::string(running->statement.format);
  if (running->format.empty()) {
    running->format = own.default_format.empty() ? kDefaultFormat : own.default_format;
  }
  if (!own.database.empty() && own.database != "default") {
    running->connection.query("USE " + quoted(own.database, '`'), "TSV");
  }
  return run_statement(running);
}

web::Response Service::run_statement(const std::shared_ptr<Running>& running) {
  switch (running->statement.kind) {
    case StatementKind::insert_data:
      return run_insert(running);
    case StatementKind::select:
      if (!running->query.wait_end_of_query && PieceJoiner::for_format(running->format)) {
        return run_select(running);
      }
      break;
    case StatementKind::kill_query:
    case StatementKind::other:
      break;
  }
  return run_whole(running, std::string(running->statement.sql));
}

web::Response Service::run_whole(const std::shared_ptr<Running>& running, const std::string& sql) {
  const auto result = running->connection.query(sql, running->format, running->query.parameters);
  auto response = answer(running->query, running->ticket.query_id(), running->format,
                         result.statistics(), running->start);
  response.body = running->query.encoding == web::Encoding::identity
                      ? std::string(result.data())
                      : web::compress(running->query.encoding, result.data());
  return response;
}

// The first two pieces come before the head is sent, so that small results have a length and early
// errors their status; what is larger is streamed from the thread that asked.
web::Response Service::run_select(const std::shared_ptr<Running>& running) {
  ResultStream& stream = running->stream.emplace(running->connection, running->statement.sql,
                                                 running->format, running->query.parameters);
  auto& early = running->early;
  for (auto piece = stream.next(); piece; piece = stream.next()) {
    early.push_back(std::move(*piece));
    if (early.size() == kEarlyPieces) {
      break;
    }
  }
  const auto statistics = early.empty() ? QueryStatistics{} : early.front().statistics();
  auto response = answer(running->query, running->ticket.query_id(), running->format, statistics,
                         running->start);
  if (early.size() == kEarlyPieces) {
    return streamed(running, stream, std::move(response));
  }
  if (!early.empty()) {
    response.body = running->query.encoding == web::Encoding::identity
                        ? std::string(early.front().data())
                        : web::compress(running->query.encoding, early.front().data());
  }
  return response;
}

web::Response Service::streamed(const std::shared_ptr<Running>& running, ResultStream& stream,
                                web::Response head) {
  const auto tag = random_hex(16);
  head.headers.add("X-ClickHouse-Exception-Tag", tag);
  head.producer = [this, running, &stream, tag](web::BodySink& sink) {
    auto joiner = PieceJoiner::for_format(running->format);
    web::Compressor compressor(running->query.encoding);
    bool is_wanted = true;
    const auto send = [&](const Result& piece) {
      if (is_wanted && !sink.write(compressor.write(joiner->join(piece.data()), true))) {
        is_wanted =
            false;  // the client left: the query ends with an error, which ends the loop below
        kill_marks({running->ticket.mark()});
      }
    };
    try {
      for (const Result& piece : std::exchange(running->early, {})) {
        send(piece);
      }
      while (const auto piece = stream.next()) {
        send(*piece);
      }
    } catch (const EngineError& error) {
      sink.write(compressor.write(late_exception_frame(with_version(error.what()), tag)));
    }
    sink.write(compressor.finish());
  };
  return head;
}

web::Response Service::run_insert(const std::shared_ptr<Running>& running) {
  const auto& statement = running->statement;
  InsertStream stream(running->connection, statement.sql, running->format,
                      running->query.parameters);
  auto rest = statement.data;
  while (!rest.empty() && stream.append(rest.substr(0, kInsertPieceBytes))) {
    rest.remove_prefix(std::min(kInsertPieceBytes, rest.size()));
  }
  const auto statistics = stream.finish();
  return answer(running->query, running->ticket.query_id(), kDefaultFormat, statistics,
                running->start);
}

web::Response Service::run_kill(const HttpQuery& query, const Statement& statement,
                                const std::string& query_id) {
  auto ids = statement.kill_ids;
  for (const auto& wanted : statement.kill_parameters) {
    for (const auto& [name, value] : query.parameters) {
      if (name == wanted) {
        ids.push_back(value);
      }
    }
  }
  const auto sql = std::string(statement.kill_before) + marks_condition(admission_.kill(ids)) +
                   " " + std::string(statement.kill_after);
  const auto start = Clock::now();
  const std::string format(statement.format.empty() ? kDefaultFormat : statement.format);
  Connection connection(options_.data_path, {});
  const auto result = connection.query(sql, format);
  auto response = answer(query, query_id, format, result.statistics(), start);
  response.body = web::compress(query.encoding, result.data());
  return response;
}

void Service::kill_marks(const std::vector<std::string>& marks) {
  if (!marks.empty()) {
    Connection connection(options_.data_path, {});
    connection.query("KILL QUERY WHERE " + marks_condition(marks) + " ASYNC", "TSV");
  }
}

void Service::kill_all() { kill_marks(admission_.kill_all()); }

NamedValues Service::session_settings(const HttpQuery& query, const std::string& mark) const {
  // A server's defaults where libchdb's differ: an insert is stored when it is acknowledged and
  // honours its deduplication token, and a bare expression is not a query.
  NamedValues settings{{"async_insert", "0"}, {"implicit_select", "0"}};
  std::string seconds;
  std::string memory;
  std::string comment;
  std::string read_only;
  for (const auto& [name, value] : query.settings) {
    if (!setting_names_.contains(name)) {
      throw EngineError(code::kUnknownSetting, "UNKNOWN_SETTING", "Unknown setting '" + name + "'");
    }
    if (name == "max_execution_time") {
      seconds = value;
    } else if (name == "max_memory_usage") {
      memory = value;
    } else if (name == "log_comment") {
      comment = value;
    } else if (name == "readonly") {
      read_only = value;
    } else {
      settings.emplace_back(name, value);
    }
  }
  settings.emplace_back("max_execution_time",
                        capped(seconds.empty() ? "0" : seconds, options_.query_seconds_max));
  settings.emplace_back("max_memory_usage",
                        capped(memory.empty() ? "0" : memory, options_.memory_bytes_max / 2));
  settings.emplace_back("log_comment", comment.empty() ? mark : mark + " " + comment);
  if (query.is_read_only && (read_only.empty() || read_only == "0")) {
    read_only = "2";
  }
  if (!read_only.empty()) {
    settings.emplace_back("readonly", read_only);
  }
  return settings;
}

std::string Service::with_version(const std::string& text) const {
  return text.find("(version ") == std::string::npos ? text + " (version " + version_ + ")" : text;
}

web::Response Service::answer(const HttpQuery& query, const std::string& query_id,
                              std::string_view format, const QueryStatistics& statistics,
                              Clock::time_point start) const {
  web::Response response;
  response.headers.add("Content-Type", std::string(content_type_of(format)));
  response.headers.add("X-ClickHouse-Query-Id", query_id);
  response.headers.add("X-ClickHouse-Format", std::string(format));
  response.headers.add("X-ClickHouse-Timezone", timezone_);
  response.headers.add("X-ClickHouse-Server-Display-Name", "bristle-engine");
  response.headers.add("X-ClickHouse-Summary", summary_of(statistics, Clock::now() - start));
  if (query.encoding != web::Encoding::identity) {
    response.headers.add("Content-Encoding", std::string(web::encoding_name(query.encoding)));
  }
  return response;
}

web::Response Service::failure(const std::string& query_id, const std::string& text, int code,
                               int status) const {
  auto response =
      web::Response::with(status, "text/plain; charset=UTF-8", with_version(text) + "\n");
  response.headers.add("X-ClickHouse-Exception-Code", std::to_string(code));
  response.headers.add("X-ClickHouse-Query-Id", query_id);
  response.headers.add("X-ClickHouse-Timezone", timezone_);
  response.headers.add("X-ClickHouse-Server-Display-Name", "bristle-engine");
  return response;
}

}  // namespace cp::engine
