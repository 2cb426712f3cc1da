// SPDX-License-Identifier: LicenseRef-Project
// Goal: an answer counts when all of it is there, with its status, and nothing else counts as one.
#include "bench/load/answer_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace load {
namespace {

using State = Answer::State;

constexpr std::string_view kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: "
    "15\r\n\r\n{\"status\":\"Ok\"}";

TEST(AnswerReaderTest, WholeAnswersAreRead) {
  struct Case {
    Protocol protocol;
    std::string_view text;
    std::uint16_t status;
    bool closes;
  };
  const Case cases[] = {
      {Protocol::http, kOk, 200, false},
      {Protocol::http, "HTTP/1.1 204 No Content\r\n\r\n", 204, false},
      {Protocol::http, "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 503,
       true},
      {Protocol::redis, "$15\r\n1700000000000-0\r\n", 200, false},
      {Protocol::redis, "+OK\r\n", 200, false},
      {Protocol::redis, ":5\r\n", 200, false},
      {Protocol::redis, "-ERR no\r\n", 500, false},
  };
  for (const auto& [protocol, text, status, closes] : cases) {
    const auto answer = read_answer(protocol, text);
    EXPECT_EQ(answer.state, State::complete) << text;
    EXPECT_EQ(answer.status, status) << text;
    EXPECT_EQ(answer.bytes, text.size()) << text;
    EXPECT_EQ(answer.closes, closes) << text;
    // Every shorter piece of it is not an answer yet.
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(read_answer(protocol, text.substr(0, size)).state, State::incomplete)
          << text << size;
    }
  }
}

TEST(AnswerReaderTest, WhatFollowsAnAnswerDoesNotBelongToIt) {
  const auto two = std::string(kOk) + std::string(kOk);
  EXPECT_EQ(read_answer(Protocol::http, two).bytes, kOk.size());
}

TEST(AnswerReaderTest, WhatIsNoAnswerIsMalformed) {
  const std::string endless(kAnswerBytesMax + 1, 'x');
  const std::string_view cases[] = {
      "\r\n\r\n",
      "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
      "SMTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
      endless,
  };
  for (const auto text : cases) {
    EXPECT_EQ(read_answer(Protocol::http, text).state, State::malformed) << text.substr(0, 80);
  }
  EXPECT_EQ(read_answer(Protocol::redis, "hello\r\n").state, State::malformed);
  EXPECT_EQ(read_answer(Protocol::redis, "$x\r\n").state, State::malformed);
}

}  // namespace
}  // namespace load
