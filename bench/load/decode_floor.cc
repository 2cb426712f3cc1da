// SPDX-License-Identifier: LicenseRef-Project
// bristle-decode-floor EVENTS gzip|plain SECONDS: the least CPU time that reading a batch can cost.
// Inflates with libdeflate and takes four fields of every event and where its properties lie with
// simdjson On-Demand: no checks, no copies, no I/O. Prints one line of JSON.
#include "bench/load/corpus.h"
#include "bench/load/socket.h"

#include <libdeflate.h>
#include <simdjson.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kDecodedBytesMax = std::size_t{16} << 20;

/// Inflates and parses bodies into memory of its own.
class Reader {
 public:
  Reader() : text_(kDecodedBytesMax + simdjson::SIMDJSON_PADDING) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  Reader(Reader&&) = delete;
  Reader& operator=(Reader&&) = delete;
  ~Reader() { libdeflate_free_decompressor(inflater_); }

  /// The events read, 0 when something is wrong with the body.
  std::size_t read(const std::string& body, bool is_gzip) {
    std::size_t bytes = body.size();
    if (is_gzip) {
      if (libdeflate_gzip_decompress(inflater_, body.data(), body.size(), text_.data(),
                                     kDecodedBytesMax, &bytes) != LIBDEFLATE_SUCCESS) {
        return 0;
      }
    } else {
      body.copy(text_.data(), bytes);
    }
    return parse(bytes);
  }

  [[nodiscard]] std::size_t sum() const { return sum_; }

 private:
  std::size_t parse(std::size_t bytes) {
    simdjson::ondemand::document document;
    simdjson::ondemand::array batch;
    if (parser_.iterate(text_.data(), bytes, text_.size()).get(document) != simdjson::SUCCESS ||
        document["batch"].get_array().get(batch) != simdjson::SUCCESS) {
      return 0;
    }
    std::size_t events = 0;
    for (auto element : batch) {
      simdjson::ondemand::object event;
      if (element.get_object().get(event) != simdjson::SUCCESS) {
        return 0;
      }
      for (const auto* name : {"event", "distinct_id", "uuid", "timestamp"}) {
        std::string_view value;
        if (event.find_field(name).get_string().get(value) != simdjson::SUCCESS) {
          return 0;
        }
        sum_ += value.size();
      }
      std::string_view properties;
      simdjson::ondemand::object inner;
      if (event.find_field("properties").get_object().get(inner) != simdjson::SUCCESS ||
          inner.raw_json().get(properties) != simdjson::SUCCESS) {
        return 0;
      }
      sum_ += properties.size();
      ++events;
    }
    return events;
  }

  libdeflate_decompressor* inflater_ = libdeflate_alloc_decompressor();
  simdjson::ondemand::parser parser_;
  std::vector<char> text_;
  std::size_t sum_ = 0;  ///< Keeps the compiler from dropping the work.
};

int measure(std::uint32_t events, bool is_gzip, double seconds) {
  load::Shape shape;
  shape.batch_events = events;
  shape.is_gzip = is_gzip;
  std::vector<std::string> bodies;
  for (std::uint32_t item = 0; item * events < load::kEventsMin; ++item) {
    bodies.push_back(load::render_body(shape, item));
  }
  Reader reader;
  std::size_t read = 0;
  const auto begin = load::own_cpu_seconds();
  auto spent = 0.0;
  for (std::size_t turn = 0; spent < seconds; ++turn) {
    const auto found = reader.read(bodies[turn % bodies.size()], is_gzip);
    if (found != events) {
      std::fputs("bristle-decode-floor: a body could not be read\n", stderr);
      return 70;
    }
    read += found;
    spent = load::own_cpu_seconds() - begin;
  }
  std::printf("{\"ns_per_event\":%.1f,\"events\":%zu,\"checksum\":%zu}\n",
              spent * 1e9 / static_cast<double>(read), read, reader.sum());
  return 0;
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint32_t events = 0;
  double seconds = 0;
  if (argument_count == 4) {
    const std::string_view count = arguments[1];
    const std::string_view time = arguments[3];
    std::from_chars(count.data(), count.data() + count.size(), events);
    std::from_chars(time.data(), time.data() + time.size(), seconds);
  }
  if (events == 0 || seconds <= 0) {
    std::fputs("usage: bristle-decode-floor EVENTS gzip|plain SECONDS\n", stderr);
    return 64;
  }
  return measure(events, std::string_view(arguments[2]) == "gzip", seconds);
}
