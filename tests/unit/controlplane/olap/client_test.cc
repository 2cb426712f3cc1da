// SPDX-License-Identifier: LicenseRef-Project
// Goal: the client speaks ClickHouse's HTTP interface and finds every way in which ClickHouse
// reports failure. Method: a small server plays ClickHouse on a unix socket in a temporary folder.
#include "controlplane/olap/client.h"

#include "controlplane/web/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace cp::olap {
namespace {

using web::BodySink;
using web::Request;
using web::Response;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "olap-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ClientTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  Client answered_by(web::Handler handler) {
    web::ServerOptions options;
    options.unix_socket = (folder_ / "clickhouse.sock").string();
    server_ = std::make_unique<web::Server>(options, std::move(handler));
    server_->start();
    return Client({.url = "unix:" + options.unix_socket,
                   .database = "store",
                   .user = "someone",
                   .password = "secret"});
  }

  /// The error of a query; fails the test when there is none.
  static QueryError error_of(Client& client, const Parameters& parameters = {}) {
    try {
      client.query("SELECT 1", parameters);
    } catch (const QueryError& error) {
      return error;
    }
    ADD_FAILURE() << "the query did not fail";
    return {0, 0, ""};
  }

  std::filesystem::path folder_;
  std::unique_ptr<web::Server> server_;
};

TEST_F(ClientTest, SendsQueriesInTheBodyWithSettingsInTheUrl) {
  Request seen;
  auto client = answered_by([&](const Request& request) {
    seen = request;
    return Response::with(200, "text/plain", "1\n");
  });
  EXPECT_EQ(client.query("SELECT {a:Int8}", {{"param_a", "1 & 2"}, {"max_threads", "1"}}), "1\n");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, "SELECT {a:Int8}");
  EXPECT_EQ(seen.query_value("database"), "store");
  EXPECT_EQ(seen.query_value("param_a"), "1 & 2");
  EXPECT_EQ(seen.query_value("max_threads"), "1");
  EXPECT_EQ(seen.query_value("wait_end_of_query"), "1");
  EXPECT_EQ(seen.header("X-ClickHouse-User"), "someone");
  EXPECT_EQ(seen.header("X-ClickHouse-Key"), "secret");
}

TEST_F(ClientTest, SendsRowsInTheBodyAndTheInsertInTheUrl) {
  Request seen;
  auto client = answered_by([&](const Request& request) {
    seen = request;
    return Response{};
  });
  const std::string rows("\0\x01\xff", 3);
  client.insert("INSERT INTO t FORMAT RowBinary", rows, {{"insert_deduplication_token", "x"}});
  EXPECT_EQ(seen.query_value("query"), "INSERT INTO t FORMAT RowBinary");
  EXPECT_EQ(seen.query_value("insert_deduplication_token"), "x");
  EXPECT_EQ(seen.body, rows);
}

TEST_F(ClientTest, ReportsStatusCodeAndTextOfAnException) {
  const std::string text = "Code: 60. DB::Exception: Unknown table 'x'. (UNKNOWN_TABLE)";
  bool has_header = true;
  auto client = answered_by([&](const Request&) {
    auto response = Response::with(404, "text/plain", text + "\n");
    if (has_header) {
      response.headers.add("X-ClickHouse-Exception-Code", "60");
    }
    return response;
  });
  for (const bool header : {true, false}) {
    has_header = header;
    const auto error = error_of(client);
    EXPECT_EQ(error.status(), 404);
    EXPECT_EQ(error.code(), 60);
    EXPECT_EQ(error.what(), text);
  }
}

TEST_F(ClientTest, FindsAnExceptionBehindTheDataOfAStream) {
  const std::string text =
      "Code: 395. DB::Exception: Value passed to 'throwIf'. (FUNCTION_THROW_IF)";
  struct Case {
    const char* name;
    std::string tail;
    bool has_tag;
    bool breaks_off;
  };
  const Case cases[] = {
      {"plain", text + "\n", false, false},
      {"plain and broken off", text + "\n", false, true},
      {"framed",
       "\r\n__exception__\r\nsomesixteenchars\r\n" + text +
           "\n\r\n73 somesixteenchars\r\n__exception__\r\n",
       true, false},
  };
  for (const auto& test : cases) {
    auto client = answered_by([&](const Request&) {
      Response response;
      if (test.has_tag) {
        response.headers.add("X-ClickHouse-Exception-Tag", "somesixteenchars");
      }
      response.producer = [&](BodySink& sink) {
        sink.write("1\n2\nCode: is only data\n" + test.tail);
        if (test.breaks_off) {
          throw std::runtime_error("as the server does");
        }
      };
      return response;
    });
    const auto error = error_of(client, {{"wait_end_of_query", "0"}});
    EXPECT_EQ(error.code(), 395) << test.name;
    EXPECT_EQ(error.what(), text) << test.name;
  }
}

TEST_F(ClientTest, TakesDataForData) {
  auto client = answered_by([](const Request&) {
    return Response::with(200, "text/plain", "Code: 1. DB::Exception: somebody's property value\n");
  });
  EXPECT_NO_THROW(client.query("SELECT message"));
}

TEST_F(ClientTest, ReportsAServerThatIsAway) {
  Client client({.url = "unix:" + (folder_ / "nobody.sock").string(),
                 .database = "",
                 .user = "",
                 .password = ""});
  const auto error = error_of(client);
  EXPECT_EQ(error.status(), 0);
  EXPECT_EQ(error.code(), 0);
}

}  // namespace
}  // namespace cp::olap
