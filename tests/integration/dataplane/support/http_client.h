// SPDX-License-Identifier: LicenseRef-Project
// A client that sends exactly the bytes it is given and reads HTTP/1.1 answers strictly.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace integration {

/// One answer; names of fields in lower case.
struct Answer {
  int status = 0;  ///< 0: the server closed without answering.
  std::map<std::string, std::string> fields;
  std::string body;
  bool is_chunked = false;
};

/// One connection to 127.0.0.1 (or `host`, an IPv4 address), from `source` where one is given.
/// Every read fails the test after ten seconds. Thread: one.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, const char* host = "127.0.0.1",
                      const char* source = nullptr);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  HttpClient(HttpClient&&) = delete;
  HttpClient& operator=(HttpClient&&) = delete;
  ~HttpClient();

  /// Sends all of `bytes`; false when the server has gone.
  bool send(std::string_view bytes);

  /// The next answer. `to_head`: the request was HEAD, there is no body whatever the head says.
  Answer read_answer(bool to_head = false);

  /// Sends and reads one answer.
  Answer exchange(std::string_view request);

  /// Bytes as they come, until the first arrive; empty at the end of the stream.
  std::string read_some();

  /// True when the server closes within `within` and sends nothing more.
  bool is_closed(std::chrono::milliseconds within);

  /// Ends the sending direction.
  void finish_sending();

 private:
  bool fill(std::chrono::milliseconds within);
  std::string take_line();
  std::string take(std::size_t bytes);

  int socket_;
  std::string pending_;
};

/// Repeats `request` until it is answered with `status`, for twenty seconds at most; the last
/// answer.
Answer exchange_until(HttpClient& client, std::string_view request, int status);

/// A complete request with Host and, for a body, Content-Length. `fields` are whole lines with
/// CRLF.
std::string request(std::string_view method, std::string_view target, std::string_view body = "",
                    std::string_view fields = "");

/// `data` as one chunk of a chunked body.
std::string chunk(std::string_view data);

/// `text` as one gzip member.
std::string gzip(std::string_view text);

}  // namespace integration
