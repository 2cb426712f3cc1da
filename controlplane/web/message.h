// SPDX-License-Identifier: LicenseRef-Project
// What an HTTP exchange looks like to our own code: plain requests, plain responses, streams as
// producers. The library that speaks the protocol stays inside the module.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cp::web {

/// True when two ASCII words are equal apart from their case, as header names are.
bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// Header fields in the order they came; names are compared without regard to case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  /// Appends a field, keeping earlier ones of the same name (Set-Cookie).
  void add(std::string name, std::string value);
  /// Replaces every field of that name.
  void set(std::string name, std::string value);
  void erase(std::string_view name);

  /// The first value of `name`; the view lives as long as the field is untouched.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    return find(name).has_value();
  }
  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// Parameters of a query string in their order, decoded; a name may come more than once.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// A request, read completely. Handlers get it by const reference for the length of the call
/// (producers too).
struct Request {
  std::string method;                 ///< as sent: GET, POST, …
  std::string target;                 ///< as sent: path and query
  std::string path;                   ///< the path as sent, still percent-encoded
  std::vector<std::string> segments;  ///< path parts, percent-decoded; a trailing slash adds none
  QueryParameters query;
  Headers headers;
  std::string body;
  std::string peer;  ///< address of a TCP client; empty on a unix socket

  /// The last value of a query parameter, as most frameworks take it.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const noexcept;
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return headers.find(name);
  }
  /// The value of a cookie, as sent.
  [[nodiscard]] std::optional<std::string_view> cookie(std::string_view name) const noexcept;
};

/// Where a producer writes its body. Thread: the producer's. Both calls may be mixed freely.
class BodySink {
 public:
  /// Sends a piece and waits until the kernel has taken it. False: the client is gone, stop
  /// producing.
  virtual bool write(std::string_view piece) = 0;
  /// Whether the client is still connected, noticed without writing.
  [[nodiscard]] virtual bool is_open() const noexcept = 0;
  /// Whether the server is stopping: endless streams return soon, finite ones finish.
  [[nodiscard]] virtual bool is_stopping() const noexcept = 0;

 protected:
  ~BodySink() = default;
};

/// Writes a streamed body: called once, on a worker thread, after the header has been sent. An
/// exception breaks the connection off, so that the client cannot take a truncated body for a
/// complete one.
using Producer = std::function<void(BodySink&)>;

/// An answer: a body in memory, or a producer (then `body` is not used and the length is not
/// announced).
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  Producer producer;

  /// A body with its content type.
  static Response with(int status, std::string_view content_type, std::string body);
};

/// Answers one request; may block. Thrown HttpErrors become their documented body, other exceptions
/// a 500.
using Handler = std::function<Response(const Request&)>;

}  // namespace cp::web
