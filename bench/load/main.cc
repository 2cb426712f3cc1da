// SPDX-License-Identifier: LicenseRef-Project
// bristle-load: an open-loop load generator for loopback. Prints one line of JSON. Exit codes: 0,
// 3 when the run is void (the line then holds only the reasons), 64 usage, 69 no server.
#include "bench/load/driver.h"
#include "bench/load/figures.h"
#include "bench/load/options.h"

#include <cstdio>
#include <fstream>

namespace {

constexpr int kVoid = 3;
constexpr int kNoServer = 69;

void write_acknowledged(const std::string& path, const std::vector<bool>& acknowledged) {
  std::ofstream file(path);
  for (std::size_t item = 0; item < acknowledged.size(); ++item) {
    if (acknowledged[item]) {
      file << item << '\n';
    }
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::span<const char* const> words(arguments, static_cast<std::size_t>(argument_count));
  const auto options = load::parse_options(words.subspan(1));
  const auto corpus = load::render_corpus(options.shape, options.port);
  load::Driver driver(options, corpus);
  if (!driver.run()) {
    std::fprintf(stderr, "bristle-load: nobody accepts every connection on 127.0.0.1:%u\n",
                 static_cast<unsigned>(options.port));
    return kNoServer;
  }
  if (!options.acknowledged_file.empty()) {
    write_acknowledged(options.acknowledged_file, driver.acknowledged());
  }
  const auto reasons = load::objections(driver.figures(), options);
  if (!reasons.empty()) {
    for (const auto& reason : reasons) {
      std::fprintf(stderr, "bristle-load: void: %s\n", reason.c_str());
    }
    std::puts(load::void_to_json(reasons).c_str());
    return kVoid;
  }
  std::puts(load::to_json(driver.figures(), options, corpus).c_str());
  return 0;
}
