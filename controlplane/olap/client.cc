// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/olap/client.h"

#include "controlplane/web/client.h"
#include "controlplane/web/url.h"

#include <charconv>
#include <utility>

namespace cp::olap {
namespace {

constexpr std::string_view kCodeHeader = "X-ClickHouse-Exception-Code";
constexpr std::string_view kTagHeader = "X-ClickHouse-Exception-Tag";
constexpr std::string_view kExceptionMark = "__exception__\r\n";
constexpr std::size_t kTailBytes =
    std::size_t{32} << 10U;  // ClickHouse cuts the text of a late exception to 16 KiB

std::string_view trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(" \r\n\t");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

/// The number in `Code: 60. DB::Exception: …`; 0 when the text does not start so.
int code_in_text(std::string_view text) {
  constexpr std::string_view kPrefix = "Code: ";
  int code = 0;
  if (text.starts_with(kPrefix)) {
    std::from_chars(text.data() + kPrefix.size(), text.data() + text.size(), code);
  }
  return code;
}

int code_of(const web::ClientResponse& response, std::string_view text) {
  int code = 0;
  if (const auto header = response.headers.find(kCodeHeader)) {
    std::from_chars(header->data(), header->data() + header->size(), code);
  }
  return code != 0 ? code : code_in_text(text);
}

/// The text of an exception that ClickHouse wrote behind the data after it had answered 200; empty
/// when none. Newer servers frame it: `__exception__ CRLF tag CRLF text CRLF length tag CRLF
/// __exception__ CRLF`.
std::string_view late_exception(const web::ClientResponse& response, std::string_view body) {
  const auto start = body.size() > kTailBytes ? body.size() - kTailBytes : 0;
  const auto tail = body.substr(start);
  if (const auto tag = response.headers.find(kTagHeader)) {
    const auto mark = std::string(kExceptionMark) + std::string(*tag) + "\r\n";
    const auto at = tail.find(mark);
    if (at == std::string_view::npos) {
      return {};
    }
    const auto text = tail.substr(at + mark.size());
    const auto closing = text.substr(0, text.rfind(" " + std::string(*tag)));
    return trimmed(closing.substr(0, closing.find_last_not_of("0123456789") + 1));
  }
  auto end = std::string_view::npos;
  for (;;) {
    const auto at = tail.rfind("Code: ", end);
    if (at == std::string_view::npos) {
      return {};
    }
    const auto text = tail.substr(at);
    if (code_in_text(text) != 0 && text.substr(0, 64).find(". DB::Exception: ") < 16) {
      return trimmed(text);
    }
    if (at == 0) {
      return {};
    }
    end = at - 1;
  }
}

}  // namespace

struct Client::State {
  explicit State(Address where) : address(std::move(where)), http(address.url) {}

  std::string target(const Parameters& parameters, std::string_view sql) const;
  std::string call(const std::string& target, std::string_view body, bool waits_for_end);

  Address address;
  web::Client http;
};

std::string Client::State::target(const Parameters& parameters, std::string_view sql) const {
  web::QueryParameters query;
  query.emplace_back("database", address.database);
  if (!parameters.contains("wait_end_of_query")) {
    query.emplace_back("wait_end_of_query", "1");
  }
  if (!sql.empty()) {
    query.emplace_back("query", std::string(sql));
  }
  query.insert(query.end(), parameters.begin(), parameters.end());
  return "/?" + web::format_query(query);
}

std::string Client::State::call(const std::string& target, std::string_view body,
                                bool waits_for_end) {
  web::ClientRequest request;
  request.method = "POST";
  request.target = target;
  request.headers.add("X-ClickHouse-User", address.user);
  if (!address.password.empty()) {
    request.headers.add("X-ClickHouse-Key", address.password);
  }
  request.body = body;
  std::string answer;
  web::ClientResponse response;
  try {
    response = http.send(request, [&](const web::ClientResponse& head, std::string_view piece) {
      response = head;
      answer.append(piece);
      return true;
    });
  } catch (const web::ConnectionError& error) {
    // A server that fails while it streams breaks the connection off behind the exception's text.
    const auto late = late_exception(response, answer);
    throw QueryError(response.status, code_in_text(late),
                     late.empty() ? std::string(error.what()) : std::string(late));
  }
  if (response.status != 200 || response.headers.contains(kCodeHeader)) {
    throw QueryError(response.status, code_of(response, answer), std::string(trimmed(answer)));
  }
  if (!waits_for_end) {
    if (const auto late = late_exception(response, answer); !late.empty()) {
      throw QueryError(response.status, code_in_text(late), std::string(late));
    }
  }
  return answer;
}

Client::Client(Address address) : state_(std::make_unique<State>(std::move(address))) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

std::string Client::query(std::string_view sql, const Parameters& parameters) {
  const auto wait = parameters.find("wait_end_of_query");
  const bool waits = wait == parameters.end() || wait->second == "1";
  return state_->call(state_->target(parameters, {}), sql, waits);
}

void Client::insert(std::string_view sql, std::string_view rows, const Parameters& parameters) {
  state_->call(state_->target(parameters, sql), rows, true);
}

void Client::set_timeout(std::chrono::milliseconds timeout) { state_->http.set_timeout(timeout); }

}  // namespace cp::olap
