// SPDX-License-Identifier: LicenseRef-Project
// Goal: the corpus is what the generator promises: distinct events of the asked size, the same for
// the same seed, and every uuid tells its request.
#include "bench/load/corpus.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <set>

namespace load {
namespace {

TEST(CorpusTest, SingleEventsHaveTheAskedSizeAndAreDistinct) {
  for (const auto bytes : {200U, 586U, 1024U, 8192U}) {
    Shape shape;
    shape.event_bytes = bytes;
    std::set<std::string> seen;
    const auto corpus = render_corpus(shape, 8000);
    for (const auto& request : corpus.requests) {
      seen.insert(request);
    }
    EXPECT_EQ(seen.size(), kEventsMin);
    // The smallest possible event with a token is a little larger than 200 bytes.
    EXPECT_NEAR(static_cast<double>(corpus.body_bytes) / kEventsMin, bytes, bytes < 300 ? 60 : 1);
    EXPECT_TRUE(seen.begin()->starts_with("POST /i/v0/e/ HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"));
  }
}

TEST(CorpusTest, BatchesHoldTenThousandEventsTogether) {
  Shape shape;
  shape.batch_events = 50;
  EXPECT_EQ(render_corpus(shape, 8000).requests.size(), kEventsMin / 50);
  shape.items_min = 321;
  EXPECT_EQ(render_corpus(shape, 8000).requests.size(), 321U);
}

TEST(CorpusTest, GzipHoldsTheSameBody) {
  Shape shape;
  shape.batch_events = 50;
  const auto plain = render_body(shape, 3);
  shape.is_gzip = true;
  const auto packed = render_body(shape, 3);
  std::string unpacked(plain.size(), '\0');
  auto* inflater = libdeflate_alloc_decompressor();
  std::size_t size = 0;
  EXPECT_EQ(libdeflate_gzip_decompress(inflater, packed.data(), packed.size(), unpacked.data(),
                                       unpacked.size(), &size),
            LIBDEFLATE_SUCCESS);
  libdeflate_free_decompressor(inflater);
  EXPECT_EQ(unpacked, plain);
}

TEST(CorpusTest, SeedDecidesTheBody) {
  Shape shape;
  const auto first = render_body(shape, 1);
  EXPECT_EQ(render_body(shape, 1), first);
  shape.seed = 2;
  EXPECT_NE(render_body(shape, 1), first);
}

TEST(CorpusTest, UuidTellsItsRequest) {
  EXPECT_EQ(item_of_uuid(event_uuid(77'123, 9, 4)), 77'123U);
  EXPECT_EQ(event_uuid(1, 2, 3).size(), 36U);
  EXPECT_EQ(item_of_uuid(event_uuid(0xffff'ffff, 2, 3)), 0xffff'ffffU);
  EXPECT_EQ(item_of_uuid("6f9619ff"), std::nullopt);
  EXPECT_EQ(item_of_uuid("6f9619ff-8b86-4011-b42d-z0c04fc964ff"), std::nullopt);
}

}  // namespace
}  // namespace load
