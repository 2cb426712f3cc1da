// SPDX-License-Identifier: LicenseRef-Project
// Goal: bristle-engine answers as ClickHouse's HTTP interface: formats, parameters, settings,
// headers, errors, compression, inserts. Method: requests to one real engine over its unix socket.
#include "controlplane/web/compression.h"
#include "controlplane/web/url.h"
#include "tests/integration/engine/engine_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::engine {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class EngineInterfaceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_library()) {
      GTEST_SKIP() << "no libchdb: run cmake/fetch-engine-library";
    }
  }
  static EngineProcess& engine() { return EngineProcess::shared(); }
  static std::string target(const web::QueryParameters& parameters) {
    return "/?" + web::format_query(parameters);
  }
};

TEST_F(EngineInterfaceTest, AnswersPing) {
  for (const auto* path : {"/ping", "/", "/replicas_status"}) {
    const auto response = engine().send_request("GET", path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.body, "Ok.\n") << path;
  }
  EXPECT_EQ(engine().send_request("HEAD", "/ping").status, 200);
  EXPECT_EQ(engine().send_request("GET", "/nothing").status, 404);
}

TEST_F(EngineInterfaceTest, TakesTheQueryFromUrlAndBody) {
  EXPECT_EQ(engine().send_request("GET", target({{"query", "SELECT 1"}})).body, "1\n");
  EXPECT_EQ(engine().send_request("POST", "/", "SELECT 2").body, "2\n");
  EXPECT_EQ(engine().send_request("POST", target({{"query", "SELECT"}}), "3").body, "3\n");
}

TEST_F(EngineInterfaceTest, SendsTheHeadersOfClickHouse) {
  const auto response = engine().send_request(
      "POST", target({{"query_id", "my-id"}, {"default_format", "JSONEachRow"}}),
      "SELECT number FROM numbers(3)");
  EXPECT_EQ(response.body, "{\"number\":0}\n{\"number\":1}\n{\"number\":2}\n");
  EXPECT_EQ(response.headers.find("X-ClickHouse-Query-Id"), "my-id");
  EXPECT_EQ(response.headers.find("X-ClickHouse-Format"), "JSONEachRow");
  EXPECT_EQ(response.headers.find("X-ClickHouse-Timezone"), "UTC");
  EXPECT_THAT(std::string(response.headers.find("Content-Type").value_or("")),
              StartsWith("application/x-ndjson"));
  EXPECT_THAT(std::string(response.headers.find("X-ClickHouse-Summary").value_or("")),
              HasSubstr(R"("read_rows":"3")"));
}

TEST_F(EngineInterfaceTest, MakesAQueryIdWhenNoneIsGiven) {
  const auto first = engine().send_request("POST", "/", "SELECT 1");
  const auto second = engine().send_request("POST", "/", "SELECT 1");
  EXPECT_EQ(first.headers.find("X-ClickHouse-Query-Id").value_or("").size(), 36U);
  EXPECT_NE(first.headers.find("X-ClickHouse-Query-Id"),
            second.headers.find("X-ClickHouse-Query-Id"));
}

TEST_F(EngineInterfaceTest, WritesEveryKindOfFormat) {
  struct Case {
    const char* format;
    std::string_view body;
  };
  const Case cases[] = {
      {"TabSeparated", "1\ta\n"},
      {"TSVWithNamesAndTypes", "n\ts\nUInt8\tString\n1\ta\n"},
      {"CSV", "1,\"a\"\n"},
      {"CSVWithNames", "\"n\",\"s\"\n1,\"a\"\n"},
      {"JSONCompactEachRow", "[1, \"a\"]\n"},
      {"RowBinary", std::string_view("\x01\x01"
                                     "a")},
      {"Values", "(1,'a')"},
  };
  for (const auto& [format, body] : cases) {
    for (const auto* wait : {"0", "1"}) {
      const auto sql = std::string("SELECT 1 AS n, 'a' AS s FORMAT ") + format;
      EXPECT_EQ(engine().query(sql, {{"wait_end_of_query", wait}}), body) << format;
    }
  }
  EXPECT_THAT(engine().query("SELECT 1 AS n FORMAT JSON"), HasSubstr("\"rows\": 1"));
  EXPECT_THAT(engine().query("SELECT 1 AS n FORMAT Parquet"), StartsWith("PAR1"));
}

TEST_F(EngineInterfaceTest, BindsParameters) {
  EXPECT_EQ(engine().query("SELECT {n:Int8} + 1, {s:String}, {a:Array(String)}",
                           {{"param_n", "41"}, {"param_s", "'; DROP"}, {"param_a", "['x','y']"}}),
            "42\t\\'; DROP\t['x','y']\n");
  EXPECT_EQ(engine().query("SELECT dummy FROM {d:Identifier}.{t:Identifier}",
                           {{"param_d", "system"}, {"param_t", "one"}}),
            "0\n");
  EXPECT_EQ(engine().error_code_of("SELECT {n:Int8}"), 456) << "no parameter is left behind";
}

TEST_F(EngineInterfaceTest, KeepsSettingsToTheirQuery) {
  const std::string ask =
      "SELECT getSetting('max_block_size'), getSetting('log_comment') LIKE '%it%'";
  EXPECT_EQ(engine().query(ask, {{"max_block_size", "4711"}, {"log_comment", "it is mine"}}),
            "4711\t1\n");
  EXPECT_EQ(engine().query(ask), "65409\t0\n");
  EXPECT_EQ(engine().query("SET max_block_size = 5"), "");
  EXPECT_EQ(engine().query(ask), "65409\t0\n");
  EXPECT_EQ(engine().query("SELECT 1 SETTINGS max_block_size = 6"), "1\n");
  EXPECT_EQ(engine().query(ask), "65409\t0\n");
  EXPECT_EQ(engine().error_code_of("SELECT 1", {{"no_such_setting", "1"}}), 115);
  EXPECT_EQ(engine().error_code_of("SELECT 1", {{"max_block_size", "many"}}), 27);
}

TEST_F(EngineInterfaceTest, UsesTheDatabaseOfTheRequest) {
  engine().query("CREATE DATABASE IF NOT EXISTS `odd``name`");
  EXPECT_EQ(engine().query("SELECT currentDatabase()"), "default\n");
  web::Headers headers{{"X-ClickHouse-Database", "odd`name"}};
  EXPECT_EQ(engine().send_request("POST", "/", "SELECT currentDatabase()", headers).body,
            "odd`name\n");
  EXPECT_EQ(engine().send_request("POST", target({{"database", "nowhere"}}), "SELECT 1").status,
            404);
}

TEST_F(EngineInterfaceTest, ReportsErrorsWithCodeStatusAndText) {
  struct Case {
    const char* sql;
    int status;
    const char* code;
    const char* name;
  };
  const Case cases[] = {
      {"SELECT * FROM nowhere", 404, "60", "UNKNOWN_TABLE"},
      {"SELECT * FROM nowhere.t", 404, "81", "UNKNOWN_DATABASE"},
      {"SELECT nothing", 404, "47", "UNKNOWN_IDENTIFIER"},
      {"SELECT no_such()", 404, "46", "UNKNOWN_FUNCTION"},
      {"SELEC 1", 400, "62", "SYNTAX_ERROR"},
      {"", 400, "62", "SYNTAX_ERROR"},
      {"SELECT 1; SELECT 2", 400, "62", "Multi-statements are not allowed"},
      {"SELECT 1 FORMAT Nonsense", 404, "73", "UNKNOWN_FORMAT"},
      {"SELECT throwIf(1)", 500, "395", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"},
      {"SELECT toInt8('x')", 400, "6", "CANNOT_PARSE_TEXT"},
  };
  for (const auto& [sql, status, code, name] : cases) {
    for (const auto* wait : {"0", "1"}) {
      const auto response =
          engine().send_request("POST", target({{"wait_end_of_query", wait}}), sql);
      EXPECT_EQ(response.status, status) << sql;
      EXPECT_EQ(response.headers.find("X-ClickHouse-Exception-Code"), code) << sql;
      EXPECT_THAT(response.body, StartsWith("Code: " + std::string(code) + ". DB::Exception: "));
      EXPECT_THAT(response.body, HasSubstr(name)) << sql;
      EXPECT_THAT(response.body, HasSubstr("(version ")) << sql;
    }
  }
}

TEST_F(EngineInterfaceTest, LetsAGetRequestChangeNothing) {
  const auto response = engine().send_request(
      "GET", target({{"query", "CREATE TABLE readonly_t (a Int8) ENGINE=Memory"}}));
  EXPECT_EQ(response.headers.find("X-ClickHouse-Exception-Code"), "164");
  EXPECT_EQ(engine().query("EXISTS readonly_t"), "0\n");
}

TEST_F(EngineInterfaceTest, AcceptsAnyCredentialsAndASession) {
  const web::Headers headers{
      {"Authorization", "Basic YTpi"}, {"X-ClickHouse-User", "a"}, {"X-ClickHouse-Key", "b"}};
  EXPECT_EQ(engine()
                .send_request("POST", target({{"session_id", "s"}, {"session_timeout", "9"}}),
                              "SELECT 1", headers)
                .body,
            "1\n");
}

TEST_F(EngineInterfaceTest, InsertsRowsOfAnyFormat) {
  engine().query("CREATE TABLE formats (a UInt8, b String) ENGINE = MergeTree ORDER BY a");
  engine().insert("INSERT INTO formats FORMAT CSV", "1,one\n");
  engine().insert("INSERT INTO formats (b, a) FORMAT JSONEachRow", "{\"a\":2,\"b\":\"two\"}");
  engine().insert("INSERT INTO formats FORMAT RowBinary", std::string_view("\x03\x05three"));
  engine().insert("INSERT INTO {t:Identifier} FORMAT TSV", "4\tfour\n", {{"param_t", "formats"}});
  engine().query("INSERT INTO formats VALUES (5, 'five'), (5 + 1, upper('six'))");
  engine().query("INSERT INTO formats FORMAT TSV\n7\tseven\n");
  engine().query("INSERT INTO formats SELECT 8, 'eight'");
  const auto native = engine().query("SELECT toUInt8(9) AS a, 'nine' AS b FORMAT Native");
  engine().insert("INSERT INTO formats FORMAT Native", native);
  engine().send_request(
      "POST", target({{"query", "INSERT INTO formats"}, {"default_format", "TSV"}}), "10\tten\n");
  EXPECT_EQ(engine().query("SELECT groupArray((a, b)) FROM (SELECT * FROM formats ORDER BY a)"),
            "[(1,'one'),(2,'two'),(3,'three'),(4,'four'),(5,'five'),(6,'SIX'),(7,'seven'),"
            "(8,'eight'),(9,'nine'),(10,'ten')]\n");
}

TEST_F(EngineInterfaceTest, CountsWhatAnInsertWrote) {
  engine().query("CREATE TABLE counted (a UInt8) ENGINE = MergeTree ORDER BY a");
  const auto response = engine().send_request(
      "POST", target({{"query", "INSERT INTO counted FORMAT TSV"}}), "1\n2\n3\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(std::string(response.headers.find("X-ClickHouse-Summary").value_or("")),
              HasSubstr(R"("written_rows":"3")"));
}

TEST_F(EngineInterfaceTest, RefusesRowsItCannotReadAndStoresNone) {
  engine().query("CREATE TABLE refused (a UInt8) ENGINE = MergeTree ORDER BY a");
  EXPECT_EQ(engine().error_code_of("INSERT INTO refused FORMAT TSV\n1\nx\n"), 27);
  EXPECT_EQ(engine().error_code_of("INSERT INTO nowhere FORMAT TSV\n1\n"), 60);
  EXPECT_NE(engine().error_code_of("INSERT INTO refused (b) FORMAT TSV\n1\n"), 0);
  EXPECT_EQ(engine().query("SELECT count() FROM refused"), "0\n");
}

TEST_F(EngineInterfaceTest, DeduplicatesByTokenAlsoAfterManyInserts) {
  engine().query(
      "CREATE TABLE tokens (a UInt32) ENGINE = ReplacingMergeTree ORDER BY a "
      "SETTINGS non_replicated_deduplication_window = 100, fsync_after_insert = 1");
  const olap::Parameters token{{"insert_deduplication_token", "batch-1"}};
  engine().insert("INSERT INTO tokens FORMAT TSV", "1\n2\n", token);
  for (int batch = 2; batch < 20; ++batch) {
    engine().insert("INSERT INTO tokens FORMAT TSV", std::to_string(batch * 100) + "\n",
                    {{"insert_deduplication_token", "batch-" + std::to_string(batch)}});
  }
  engine().insert("INSERT INTO tokens FORMAT TSV", "7\n", token);
  EXPECT_EQ(engine().query("SELECT count(), countIf(a = 7) FROM tokens"), "20\t0\n");
}

TEST_F(EngineInterfaceTest, DecodesCompressedRequests) {
  engine().query("CREATE TABLE packed (a UInt8) ENGINE = MergeTree ORDER BY a");
  for (const auto encoding : {web::Encoding::gzip, web::Encoding::zstd}) {
    const web::Headers headers{{"Content-Encoding", std::string(web::encoding_name(encoding))}};
    const auto response =
        engine().send_request("POST", target({{"query", "INSERT INTO packed FORMAT TSV"}}),
                              web::compress(encoding, "1\n2\n"), headers);
    EXPECT_EQ(response.status, 200) << response.body;
  }
  EXPECT_EQ(engine().query("SELECT count() FROM packed"), "4\n");
}

TEST_F(EngineInterfaceTest, CompressesResponsesWhenAsked) {
  for (const auto encoding : {web::Encoding::gzip, web::Encoding::zstd, web::Encoding::deflate}) {
    for (const auto* rows : {"1000", "1000000"}) {  // whole, and streamed
      const std::string sql = std::string("SELECT number FROM numbers(") + rows + ")";
      const web::Headers headers{{"Accept-Encoding", std::string(web::encoding_name(encoding))}};
      const auto packed =
          engine().send_request("POST", target({{"enable_http_compression", "1"}}), sql, headers);
      EXPECT_EQ(packed.headers.find("Content-Encoding"), web::encoding_name(encoding));
      EXPECT_EQ(web::decompress(encoding, packed.body, 100'000'000), engine().query(sql));
    }
  }
}

}  // namespace
}  // namespace cp::engine
