// SPDX-License-Identifier: LicenseRef-Project
// Goal: requests are read, exceptions numbered, pieces joined and queries let in as ClickHouse's
// HTTP interface says. Nothing here needs libchdb.
#include "controlplane/engine/http_query.h"

#include "controlplane/engine/admission.h"
#include "controlplane/engine/exception.h"
#include "controlplane/engine/repeated_header.h"
#include "controlplane/web/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>

namespace cp::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::size_t kBytesMax = 1000;

web::Request request_of(const std::string& method, const std::string& query,
                        const std::string& body = "") {
  web::Request request;
  request.method = method;
  request.path = "/";
  request.query = web::parse_query(query);
  request.body = body;
  return request;
}

TEST(HttpQueryTest, ReadsUrlBodyAndHeaders) {
  auto request = request_of("POST",
                            "query=SELECT+1&database=d&max_threads=2&param_a=x&param_b=%27&"
                            "session_id=s&wait_end_of_query=1&query_id=q&default_format=CSV",
                            "body");
  request.headers.add("X-ClickHouse-Database", "ignored: the URL wins");
  request.headers.add("X-ClickHouse-User", "anybody");
  const auto query = read_http_query(request, kBytesMax);
  EXPECT_EQ(query.url_text, "SELECT 1");
  EXPECT_EQ(query.body_text, "body");
  EXPECT_EQ(query.database, "d");
  EXPECT_EQ(query.default_format, "CSV");
  EXPECT_EQ(query.query_id, "q");
  EXPECT_TRUE(query.wait_end_of_query);
  EXPECT_FALSE(query.is_read_only);
  EXPECT_THAT(query.settings, ElementsAre(Pair("max_threads", "2")));
  EXPECT_THAT(query.parameters, ElementsAre(Pair("a", "x"), Pair("b", "'")));
}

TEST(HttpQueryTest, TakesDatabaseAndFormatFromHeaders) {
  auto request = request_of("GET", "query=SELECT+1");
  request.headers.add("X-ClickHouse-Database", "d");
  request.headers.add("X-ClickHouse-Format", "JSON");
  const auto query = read_http_query(request, kBytesMax);
  EXPECT_EQ(query.database, "d");
  EXPECT_EQ(query.default_format, "JSON");
  EXPECT_TRUE(query.is_read_only);
}

TEST(HttpQueryTest, CompressesOnlyWhenTheQueryAsks) {
  auto request = request_of("POST", "");
  request.headers.add("Accept-Encoding", "gzip");
  EXPECT_EQ(read_http_query(request, kBytesMax).encoding, web::Encoding::identity);
  request.query = web::parse_query("enable_http_compression=1");
  EXPECT_EQ(read_http_query(request, kBytesMax).encoding, web::Encoding::gzip);
}

TEST(HttpQueryTest, DecodesBodiesWithinTheirBound) {
  for (const auto encoding : {web::Encoding::gzip, web::Encoding::zstd, web::Encoding::deflate}) {
    auto request = request_of("POST", "", web::compress(encoding, "SELECT 1"));
    request.headers.add("Content-Encoding", std::string(web::encoding_name(encoding)));
    EXPECT_EQ(read_http_query(request, kBytesMax).body_text, "SELECT 1");
    EXPECT_THROW(read_http_query(request, 7), EngineError);
  }
}

TEST(HttpQueryTest, RefusesCodingsItDoesNotSpeak) {
  auto request = request_of("POST", "", "x");
  request.headers.add("Content-Encoding", "br");
  EXPECT_THROW(read_http_query(request, kBytesMax), EngineError);
  EXPECT_THROW(read_http_query(request_of("POST", "decompress=1"), kBytesMax), EngineError);
}

TEST(ExceptionTest, MapsCodesToTheStatusOfTheServer) {
  struct Case {
    const char* text;
    int code;
    int status;
  };
  const Case cases[] = {
      {"Code: 60. DB::Exception: x (UNKNOWN_TABLE)", 60, 404},
      {"Code: 62. DB::Exception: x (SYNTAX_ERROR)", 62, 400},
      {"Code: 194. DB::Exception: x", 194, 401},
      {"Code: 516. DB::Exception: x", 516, 403},
      {"Code: 202. DB::Exception: x", 202, 503},
      {"Code: 159. DB::Exception: x", 159, 408},
      {"Code: 241. DB::Exception: x (MEMORY_LIMIT_EXCEEDED)", 241, 500},
      {"something else", code::kUnknownException, 500},
  };
  for (const auto& [text, code, status] : cases) {
    const EngineError error(text);
    EXPECT_EQ(error.code(), code) << text;
    EXPECT_EQ(error.status(), status) << text;
  }
}

TEST(ExceptionTest, FramesALateExceptionWithItsLength) {
  EXPECT_EQ(late_exception_frame("boom", "FOOBAR"),
            "\r\n__exception__\r\nFOOBAR\r\nboom\n5 FOOBAR\r\n__exception__\r\n");
}

TEST(PieceJoinerTest, RemovesRepeatedHeaders) {
  struct Case {
    const char* format;
    std::string_view first;
    std::string_view second;
    std::string_view rest;
  };
  const std::string binary_header(
      "\x02\x01"
      "a\x02"
      "bc\x05Int8 \x06UInt16");
  const std::string binary = binary_header + "\x07\x08";
  const Case cases[] = {
      {"TabSeparated", "1\n", "2\n", "2\n"},
      {"JSONEachRow", "{}\n", "{}\n", "{}\n"},
      {"TSVWithNames", "a\n1\n", "a\n2\n", "2\n"},
      {"tabseparatedwithnamesandtypes", "a\nInt8\n1\n", "a\nInt8\n2\n", "2\n"},
      {"CSVWithNames", "\"a\nb\"\n1\n", "\"a\nb\"\n2\n", "2\n"},
      {"JSONCompactEachRowWithNames", "[\"a\"]\n[1]\n", "[\"a\"]\n[2]\n", "[2]\n"},
      {"RowBinaryWithNamesAndTypes", binary, binary, "\x07\x08"},
      {"CSVWithNames", "\"a\"\n1\n", "\"a\"\n", ""},
  };
  for (const auto& [format, first, second, rest] : cases) {
    auto joiner = PieceJoiner::for_format(format);
    ASSERT_TRUE(joiner) << format;
    EXPECT_EQ(joiner->join(first), first) << format;
    EXPECT_EQ(joiner->join(second), rest) << format;
    EXPECT_EQ(joiner->join(second), rest) << format;
  }
}

TEST(PieceJoinerTest, KnowsFormatsThatCannotBeJoined) {
  for (const auto* format : {"JSON", "Pretty", "Parquet", "Arrow", "Values", "XML", "Vertical",
                             "CustomSeparatedWithNames", "Nonsense", "", "WithNames"}) {
    EXPECT_FALSE(PieceJoiner::for_format(format)) << format;
  }
}

TEST(AdmissionTest, RefusesARunningIdAndTakesItAgainLater) {
  Admission admission(2, std::chrono::milliseconds(0));
  auto first = std::make_optional<Admission::Ticket>(admission, "a");
  EXPECT_THROW(Admission::Ticket(admission, "a"), EngineError);
  first.reset();
  EXPECT_NO_THROW(Admission::Ticket(admission, "a"));
}

TEST(AdmissionTest, RefusesWhatDoesNotGetAPlaceInTime) {
  Admission admission(1, std::chrono::milliseconds(1));
  const Admission::Ticket first(admission, "a");
  try {
    const Admission::Ticket second(admission, "b");
    ADD_FAILURE();
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), code::kTooManySimultaneousQueries);
  }
  EXPECT_THAT(admission.kill({"b"}), IsEmpty()) << "the refused query is forgotten";
}

TEST(AdmissionTest, LetsAWaitingQueryInWhenAnotherLeaves) {
  Admission admission(1, std::chrono::milliseconds(10'000));
  auto first = std::make_optional<Admission::Ticket>(admission, "a");
  auto second =
      std::async(std::launch::async, [&] { return Admission::Ticket(admission, "b").query_id(); });
  first.reset();
  EXPECT_EQ(second.get(), "b");
}

TEST(AdmissionTest, KillsRunningQueriesByMarkAndWaitingOnesAtOnce) {
  Admission admission(1, std::chrono::milliseconds(10'000));
  const Admission::Ticket running(admission, "a");
  EXPECT_THAT(admission.kill({"a", "unknown"}), ElementsAre(running.mark()));
  auto waiting = std::async(std::launch::async, [&] {
    try {
      const Admission::Ticket ticket(admission, "b");
      return 0;
    } catch (const EngineError& error) {
      return error.code();
    }
  });
  while (waiting.wait_for(std::chrono::milliseconds(0)) != std::future_status::ready) {
    EXPECT_THAT(admission.kill({"b"}), IsEmpty());
  }
  EXPECT_EQ(waiting.get(), code::kQueryWasCancelled);
}

}  // namespace
}  // namespace cp::engine
