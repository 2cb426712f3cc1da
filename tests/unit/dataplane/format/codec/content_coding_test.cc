// SPDX-License-Identifier: LicenseRef-Project
// Goal: every Content-Encoding of the v1 routes is undone, never beyond the limit, and what is not
// such a stream is refused.
#include "dataplane/format/codec/content_coding.h"

#include "tests/support/compression.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace format::codec {
namespace {

using support::DeflateForm;
using Status = ContentDecoder::Status;

constexpr std::size_t kPadding = 64;

/// Made by node's zlib.brotliCompressSync: a text with repetitions.
constexpr std::string_view kBrotliText(
    "\x1b\x1e\x00\xf8\x9d\xc9\xe3\xee\x3b\x8a\x89\x85\x9c\x6a\x11\x10\xb6\xbd\x15\x86\x56\x3a"
    "\x7d\x59\xc6\xf6\x56\x92\x08\x15\x07\xf4\x83\xd6\x11",
    35);

struct Stream {
  std::string name;
  ContentCoding coding;
  std::string bytes;
};

std::vector<Stream> streams_of(const std::string& text) {
  return {
      {"gzip", ContentCoding::gzip, support::deflate(text, DeflateForm::gzip)},
      {"zlib", ContentCoding::deflate, support::deflate(text, DeflateForm::zlib)},
      {"raw deflate", ContentCoding::deflate, support::deflate(text, DeflateForm::raw)},
      {"zstd", ContentCoding::zstd, support::zstd(text)},
      {"zstd in two frames", ContentCoding::zstd,
       support::zstd(text.substr(0, text.size() / 2)) +
           support::zstd(text.substr(text.size() / 2))},
  };
}

struct Decoded {
  Status status;
  std::string text;
};

Decoded decode(ContentCoding coding, std::string_view bytes, std::size_t bytes_max) {
  ContentDecoder decoder;
  std::vector<char> out;
  std::string_view decoded;
  const auto status = decoder.decode(coding, bytes, {bytes_max, kPadding}, out, decoded);
  if (status == Status::ok) {
    EXPECT_LE(decoded.size() + kPadding, out.size());
  }
  return {status, std::string(decoded)};
}

TEST(ContentCodingTest, FindsACodingInAnyCase) {
  EXPECT_EQ(find_content_coding("GZip"), ContentCoding::gzip);
  EXPECT_EQ(find_content_coding("deflate"), ContentCoding::deflate);
  EXPECT_EQ(find_content_coding("BR"), ContentCoding::brotli);
  EXPECT_EQ(find_content_coding("zstd"), ContentCoding::zstd);
  EXPECT_EQ(find_content_coding(""), ContentCoding::identity);
  for (const std::string_view name : {"lz4", "gzip, br", "gzip-js", "x-gzip", "g"}) {
    EXPECT_EQ(find_content_coding(name), std::nullopt) << name;
  }
}

TEST(ContentCodingTest, UndoesEveryCoding) {
  for (const std::size_t size : {1U, 100U, 70'000U, 1'000'000U}) {
    std::string text;
    while (text.size() < size) {
      text += "event " + std::to_string(text.size());
    }
    for (const auto& stream : streams_of(text)) {
      const auto decoded = decode(stream.coding, stream.bytes, text.size() + 1);
      EXPECT_EQ(decoded.status, Status::ok) << stream.name << size;
      EXPECT_EQ(decoded.text, text) << stream.name << size;
    }
  }
  const std::string stored = "stored";
  EXPECT_EQ(decode(ContentCoding::brotli, support::brotli_stored(stored), 100).text, stored);
  EXPECT_EQ(decode(ContentCoding::brotli, kBrotliText, 100).text,
            R"({"a":"hello hello hello hello"})");
}

TEST(ContentCodingTest, StopsAtTheLimit) {
  const std::string zeros(5'000'000, '0');
  for (const auto& stream : streams_of(zeros)) {
    ASSERT_LT(stream.bytes.size(), 10'000U) << stream.name;
    EXPECT_EQ(decode(stream.coding, stream.bytes, zeros.size() - 1).status, Status::too_large)
        << stream.name;
    EXPECT_EQ(decode(stream.coding, stream.bytes, 100).status, Status::too_large) << stream.name;
  }
  EXPECT_EQ(decode(ContentCoding::brotli, kBrotliText, 10).status, Status::too_large);
}

TEST(ContentCodingTest, RefusesWhatIsNoStream) {
  const std::string text(1000, 'a');
  for (const auto& stream : streams_of(text)) {
    EXPECT_EQ(decode(stream.coding, "this is no stream at all", 1'000'000).status, Status::invalid)
        << stream.name;
    EXPECT_EQ(
        decode(stream.coding, stream.bytes.substr(0, stream.bytes.size() - 3), 1'000'000).status,
        Status::invalid)
        << stream.name;
    EXPECT_EQ(decode(stream.coding, "", 1'000'000).status, Status::invalid) << stream.name;
  }
  EXPECT_EQ(decode(ContentCoding::brotli, kBrotliText.substr(0, 20), 100).status, Status::invalid);
  EXPECT_EQ(decode(ContentCoding::brotli, "this is no stream at all", 100).status, Status::invalid);
}

// A decoder is used for one body after another, also after one that failed.
TEST(ContentCodingTest, ForgetsTheStreamBefore) {
  ContentDecoder decoder;
  std::vector<char> out;
  std::string_view decoded;
  const std::string text = "once more";
  const auto frame = support::zstd(text);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(decoder.decode(ContentCoding::zstd, frame.substr(0, frame.size() - 2),
                             {100, kPadding}, out, decoded),
              Status::invalid);
    ASSERT_EQ(decoder.decode(ContentCoding::zstd, frame, {100, kPadding}, out, decoded),
              Status::ok);
    EXPECT_EQ(decoded, text);
  }
}

}  // namespace
}  // namespace format::codec
