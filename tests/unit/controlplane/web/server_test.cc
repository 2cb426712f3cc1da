// SPDX-License-Identifier: LicenseRef-Project
// Goal: the server and the client agree on everything an exchange has, over unix sockets and TCP,
// and the server answers bad input as documented. Method: both ends run in this process on a socket
// in a temporary folder or on a free loopback port; malformed requests are written raw.
#include "controlplane/web/server.h"

#include "controlplane/web/client.h"
#include "controlplane/web/http_error.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <mutex>

namespace cp::web {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

/// A one-shot signal between a handler and the test.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    wake_.notify_all();
  }
  bool wait(milliseconds limit = milliseconds(10'000)) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, limit, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_open_ = false;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "web-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.unix_socket = (folder_ / "server.sock").string();
    options_.listen = "127.0.0.1:0";
  }
  ~ServerTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start(Handler handler) {
    server_ = std::make_unique<Server>(options_, std::move(handler));
    server_->start();
  }
  std::string unix_url() const { return "unix:" + options_.unix_socket; }
  std::string tcp_url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  /// Sends bytes as they are and returns everything that comes until the server closes.
  std::string exchange_raw(const std::string& bytes) const {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    std::string answer;
    if (::connect(descriptor, static_cast<sockaddr*>(static_cast<void*>(&address)),
                  sizeof(address)) == 0) {
      EXPECT_EQ(::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(bytes.size()));
      char piece[4096];
      for (auto got = ::recv(descriptor, piece, sizeof(piece), 0); got > 0;
           got = ::recv(descriptor, piece, sizeof(piece), 0)) {
        answer.append(piece, static_cast<std::size_t>(got));
      }
    }
    ::close(descriptor);
    return answer;
  }

  std::filesystem::path folder_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, GivesTheHandlerEveryPartOfARequest) {
  Request seen;
  start([&](const Request& request) {
    seen = request;
    return Response::with(201, "text/plain", "made");
  });
  for (const auto& url : {unix_url(), tcp_url()}) {
    Client client(url);
    ClientRequest request;
    request.method = "POST";
    request.target = "/api/a%20b/c%2Fd/?x=1&y=%C3%A9+z&x=2";
    request.headers = {{"Cookie", "sessionid=abc; csrftoken=d=e"}, {"X-Thing", "42"}};
    request.body = "body";
    const auto response = client.send(request);
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "made");
    EXPECT_EQ(response.headers.find("content-type"), "text/plain");
    EXPECT_EQ(seen.method, "POST");
    EXPECT_THAT(seen.segments, testing::ElementsAre("api", "a b", "c/d"));
    EXPECT_EQ(seen.query_value("x"), "2");
    EXPECT_EQ(seen.query_value("y"), "é z");
    EXPECT_EQ(seen.query_value("none"), std::nullopt);
    EXPECT_EQ(seen.header("x-thing"), "42");
    EXPECT_EQ(seen.cookie("sessionid"), "abc");
    EXPECT_EQ(seen.cookie("csrftoken"), "d=e");
    EXPECT_EQ(seen.cookie("session"), std::nullopt);
    EXPECT_EQ(seen.body, "body");
    EXPECT_EQ(seen.peer, url == tcp_url() ? "127.0.0.1" : "");
  }
}

TEST_F(ServerTest, TellsItsTurnsAndStopsWhileATurnIsDue) {
  std::atomic<int> turns = 0;
  Gate third;
  options_.turn_interval = std::chrono::microseconds(500);
  options_.on_turn = [&] {
    if (++turns == 3) {
      third.open();
    }
  };
  start([](const Request&) { return Response(); });
  EXPECT_TRUE(third.wait());
  EXPECT_TRUE(server_->stop(milliseconds(1'000)));
}

TEST_F(ServerTest, KeepsAConnectionForTheNextRequest) {
  int served = 0;
  start(
      [&](const Request&) { return Response::with(200, "text/plain", std::to_string(++served)); });
  const auto answer = exchange_raw(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Connection: keep-alive\r\n\r\n1HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, testing::EndsWith("Connection: close\r\n\r\n3"));
}

TEST_F(ServerTest, AnswersBadInputAndCloses) {
  options_.body_bytes_max = 10;
  options_.header_bytes_max = 1024;
  start([](const Request&) { return Response::with(200, "text/plain", "fine"); });
  struct Case {
    const char* name;
    std::string bytes;
    const char* answer;
  };
  const Case cases[] = {
      {"not HTTP", "hello\r\n\r\n", "HTTP/1.1 400 "},
      {"announced body too large", "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n",
       "HTTP/1.1 413 "},
      {"chunked body too large",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
       "HTTP/1.1 413 "},
      {"header too large", "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n",
       "HTTP/1.1 431 "},
      {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
       "HTTP/1.1 400 "},
  };
  for (const auto& [name, bytes, answer] : cases) {
    EXPECT_THAT(exchange_raw(bytes), StartsWith(answer)) << name;
  }
}

TEST_F(ServerTest, ContinuesARequestThatAsks) {
  start([](const Request& request) { return Response::with(200, "text/plain", request.body); });
  const auto answer = exchange_raw(
      "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: "
      "close\r\n\r\nabcd");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
  EXPECT_THAT(answer, testing::EndsWith("abcd"));
}

TEST_F(ServerTest, AnswersHeadWithTheLengthAndNoBody) {
  start([](const Request&) { return Response::with(200, "text/plain", "12345"); });
  const auto answer = exchange_raw("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, TurnsExceptionsIntoErrorBodies) {
  std::string logged;
  options_.log = [&](std::string_view line) { logged = line; };
  start([](const Request& request) -> Response {
    if (request.path == "/known") {
      throw HttpError(400, "validation_error", "invalid_input", "say \"please\"", "field");
    }
    throw std::runtime_error("secret");
  });
  Client client(unix_url());
  auto response = client.send({.target = "/known"});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, R"({"type":"validation_error","code":"invalid_input",)"
                           R"("detail":"say \"please\"","attr":"field"})");
  response = client.send({.target = "/unknown"});
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, HasSubstr(R"("attr":null)"));
  EXPECT_THAT(response.body, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(logged, HasSubstr("secret"));
}

TEST_F(ServerTest, StreamsWhatAProducerWrites) {
  start([](const Request&) {
    Response response;
    response.producer = [](BodySink& sink) {
      for (int piece = 0; piece < 100; ++piece) {
        EXPECT_TRUE(sink.write(std::string(10'000, static_cast<char>('a' + piece % 26))));
      }
    };
    return response;
  });
  for (const auto& url : {unix_url(), tcp_url()}) {
    Client client(url);
    EXPECT_EQ(client.send({}).body.size(), 1'000'000U);
    std::size_t bytes = 0;
    const auto head = client.send({}, [&](const ClientResponse& response, std::string_view piece) {
      EXPECT_EQ(response.status, 200);
      bytes += piece.size();
      return true;
    });
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(bytes, 1'000'000U);
  }
  EXPECT_THAT(exchange_raw("GET / HTTP/1.0\r\n\r\n"), testing::Not(HasSubstr("chunked")));
}

TEST_F(ServerTest, BreaksOffAStreamWhoseProducerFails) {
  start([](const Request&) {
    Response response;
    response.producer = [](BodySink& sink) {
      sink.write("half");
      throw std::runtime_error("no more");
    };
    return response;
  });
  Client client(unix_url());
  EXPECT_THROW(client.send({}), ConnectionError);
  EXPECT_THAT(exchange_raw("GET / HTTP/1.1\r\n\r\n"), testing::Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(ServerTest, TellsAProducerThatItsClientLeft) {
  Gate left;
  start([&](const Request&) {
    Response response;
    response.producer = [&](BodySink& sink) {
      sink.write("hello");
      while (sink.is_open()) {
        std::this_thread::yield();
      }
      left.open();
    };
    return response;
  });
  Client client(tcp_url());
  client.send({}, [](const ClientResponse&, std::string_view) { return false; });
  EXPECT_TRUE(left.wait());
}

TEST_F(ServerTest, ServesOthersWhileHandlersBlock) {
  options_.threads = 1;
  Gate release;
  Gate entered;
  start([&](const Request& request) {
    if (request.path == "/slow") {
      entered.open();
      release.wait();
    }
    return Response::with(200, "text/plain", "done");
  });
  auto slow =
      std::async(std::launch::async, [&] { return Client(unix_url()).send({.target = "/slow"}); });
  ASSERT_TRUE(entered.wait());
  EXPECT_EQ(Client(unix_url()).send({}).body, "done");
  release.open();
  EXPECT_EQ(slow.get().body, "done");
}

TEST_F(ServerTest, FinishesRunningRequestsWhenItStops) {
  Gate release;
  Gate entered;
  start([&](const Request&) {
    entered.open();
    release.wait();
    return Response::with(200, "text/plain", "finished");
  });
  auto running = std::async(std::launch::async, [&] { return Client(unix_url()).send({}); });
  ASSERT_TRUE(entered.wait());
  auto stopped =
      std::async(std::launch::async, [&] { return server_->stop(milliseconds(10'000)); });
  release.open();
  EXPECT_EQ(running.get().body, "finished");
  EXPECT_TRUE(stopped.get());
  EXPECT_FALSE(std::filesystem::exists(options_.unix_socket));
  EXPECT_THROW(Client(unix_url()).send({}), ConnectionError);
}

TEST_F(ServerTest, EndsIdleConnectionsAndStreamsWhenItStops) {
  Gate streaming;
  start([&](const Request& request) {
    if (request.path != "/stream") {
      return Response::with(200, "text/plain", "idle");
    }
    Response response;
    response.producer = [&](BodySink& sink) {
      sink.write("first");
      streaming.open();
      while (!sink.is_stopping() && sink.is_open()) {
        std::this_thread::yield();
      }
    };
    return response;
  });
  Client idle(unix_url());
  EXPECT_EQ(idle.send({}).body, "idle");
  auto stream = std::async(std::launch::async,
                           [&] { return Client(unix_url()).send({.target = "/stream"}); });
  ASSERT_TRUE(streaming.wait());
  EXPECT_TRUE(server_->stop(milliseconds(10'000)));
  EXPECT_EQ(stream.get().body, "first");
}

TEST_F(ServerTest, ReopensAConnectionThatTheServerClosed) {
  options_.idle_timeout = milliseconds(30);
  start([](const Request&) { return Response::with(200, "text/plain", "again"); });
  Client client(unix_url());
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(client.send({}).body, "again");
    // The server closes after its idle timeout, which shows as the end of a raw exchange.
    EXPECT_EQ(exchange_raw(""), "");
  }
}

TEST_F(ServerTest, RefusesASocketThatIsInUseAndReplacesAStaleOne) {
  start([](const Request&) { return Response{}; });
  ServerOptions second;
  second.unix_socket = options_.unix_socket;
  EXPECT_THROW(Server(second, [](const Request&) { return Response{}; }).start(),
               std::runtime_error);
  EXPECT_EQ(Client(unix_url()).send({}).status, 200);
}

TEST_F(ServerTest, ClientGivesUpAfterItsTimeout) {
  Gate release;
  start([&](const Request&) {
    release.wait();
    return Response{};
  });
  Client client(unix_url());
  client.set_timeout(milliseconds(20));
  EXPECT_THROW(client.send({}), ConnectionError);
  release.open();
  server_.reset();  // the handler may still be on its way to the gate
}

}  // namespace
}  // namespace cp::web
