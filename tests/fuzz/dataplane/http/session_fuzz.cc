// SPDX-License-Identifier: LicenseRef-Project
// Goal: a session answers the same bytes whether they arrive at once or in pieces, and survives all
// of them. Input: one byte for the size of the pieces, then what the peer sends.
#include "dataplane/base/check.h"
#include "dataplane/http/session.h"
#include "tests/unit/dataplane/http/fake_connection.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace dp::http {
namespace {

constexpr std::uint64_t kBodyBytesMax = 64;

/// Answers with the body it saw; streams under /s echo what they were sent.
class Echo final : public Service, public StreamingRoute, public RequestStream, public Router {
 public:
  Route route(const Request& head) noexcept override {
    if (head.path.starts_with("/s")) {
      return {nullptr, this, kBodyBytesMax};
    }
    return {this, nullptr, kBodyBytesMax};
  }
  void handle(const Request& request, Exchange exchange) noexcept override {
    CHECK(request.body.size() <= kBodyBytesMax);
    exchange.answer(Answer{200, "text/plain", base::as_text(request.body), {}});
  }
  const StaticAnswer& refuse(Refusal /*refusal*/) noexcept override { return refused_; }

  RequestStream* open(const Request& /*head*/, Exchange exchange) noexcept override {
    stream_ = exchange;
    collected_.clear();
    return this;
  }
  std::size_t body(base::Bytes piece) noexcept override {
    collected_.append(base::as_text(piece));
    return piece.size();
  }
  void body_finished() noexcept override {
    const auto answer = "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(collected_.size()) +
                        "\r\n\r\n" + collected_;
    stream_.send(base::as_bytes(answer));
    stream_.finish(true);
  }
  void writable() noexcept override {}
  void client_gone() noexcept override {}

 private:
  StaticAnswer refused_{Answer{413, "text/plain", "too large", {}}};
  Exchange stream_;
  std::string collected_;
};

/// Only who has not sent the body yet is told to go on (RFC 9110 section 10.1.1), which depends on
/// the pieces.
void remove_interim_answers(std::string& sent) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  for (auto at = sent.find(kContinue); at != std::string::npos; at = sent.find(kContinue, at)) {
    sent.erase(at, kContinue.size());
  }
}

std::string answers_to(std::string_view bytes, std::size_t piece) {
  Echo echo;
  SessionContext context(echo);
  SessionPool pool(context, 1);
  FakeConnection connection;
  connection.bind(pool.accepted(connection));
  while (!bytes.empty()) {
    const auto size = std::min(piece, bytes.size());
    connection.receive(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  auto sent = connection.take_sent();
  remove_interim_answers(sent);
  sent += connection.is_closing ? "\nclosing" : "\nopen";
  connection.close();
  return sent;
}

}  // namespace
}  // namespace dp::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = dp::http::answers_to(bytes, bytes.size());
  CHECK(dp::http::answers_to(bytes, 1 + data[0] % 16U) == whole);
  return 0;
}
