// SPDX-License-Identifier: LicenseRef-Project
// A console without terminal and bus: canned answers per method, a clock of its own, the screen as
// text.
#pragma once

#include "appliance/console/app.h"
#include "appliance/console/canvas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace test_support {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An answer of the service as it stands in tests/console/answers, which the fake service of the
/// terminal tests gives too.
inline std::string answer_file(const std::string& name) {
  return read_text("tests/console/answers/" + name + ".json");
}

/// Drives an App: every call is answered from `answers` (`Services.Plan`) or with `unavailable`.
class ConsoleFixture {
 public:
  explicit ConsoleFixture(ap::console::App::Options options = {}) : app(options) {
    set("Health.Describe", answer_file("health-well"));
    set("Services.Describe", answer_file("services"));
    set("Services.ReadLog", answer_file("log"));
    set("Network.Describe", answer_file("network"));
    set("Firewall.Describe", answer_file("firewall"));
    set("Audit.Read", answer_file("audit"));
    for (const char* noun : {"Services", "Power", "Raid"}) {
      set(std::string(noun) + ".Plan", answer_file("plan"));
      set(std::string(noun) + ".Act", R"({"operation":"7"})");
    }
    set("Operations.Describe", R"({"id":"7","state":"done","progress":1,"step":"","result":""})");
  }

  void set(const std::string& method, std::string json) {
    answers[method] = {ap::console::Trouble::none, std::move(json), {}};
  }
  void fail(const std::string& method, ap::console::Trouble trouble, std::string text) {
    answers[method] = {trouble, std::move(text), {}};
  }

  /// Lets the app ask and answers until it has nothing more to ask.
  void settle() {
    for (int round = 0; round < 10; ++round) {
      app.tick(now_ms, kStartUs + now_ms * 1000);
      const auto requests = app.take_requests();
      for (const auto& request : requests) {
        const std::string method = request.call.noun + "." + request.call.method;
        if (method != "Health.Describe" && method != "Services.Describe") {
          calls.push_back(request.call);
        }
        const auto found = answers.find(method);
        app.answer(request.id, found != answers.end()
                                   ? found->second
                                   : ap::console::Answer{
                                         ap::console::Trouble::unavailable, "nobody answers", {}});
      }
      if (requests.empty()) {
        return;
      }
    }
  }

  void advance(std::int64_t ms) {
    now_ms += ms;
    settle();
  }

  void press(std::u32string_view keys) {
    for (const char32_t key : keys) {
      app.key({ap::console::KeyKind::character, key});
      settle();
    }
  }
  void press(ap::console::KeyKind key) {
    app.key({key});
    settle();
  }

  [[nodiscard]] ap::console::Canvas drawn(int rows = 24, int columns = 80) {
    ap::console::Canvas canvas(rows, columns);
    app.draw(canvas);
    return canvas;
  }
  [[nodiscard]] std::string screen() { return drawn().text(); }

  /// Whether a call was made since the last `calls.clear()`.
  [[nodiscard]] bool called(const ap::console::Call& call) const {
    return std::count(calls.begin(), calls.end(), call) > 0;
  }

  static constexpr std::int64_t kStartUs = 1'795'269'780'000'000;  // 2026-11-21 14:03:00 UTC

  std::int64_t now_ms = 0;
  std::map<std::string, ap::console::Answer> answers;
  std::vector<ap::console::Call> calls;
  ap::console::App app;
};

/// Compares with golden/<name>.txt; BRISTLE_WRITE_GOLDEN in the environment writes it instead.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = "tests/unit/appliance/console/golden/" + name + ".txt";
  if (std::getenv("BRISTLE_WRITE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::ofstream(path) << text;
    return;
  }
  EXPECT_EQ(text, read_text(path)) << "screen differs from " << path;
}

}  // namespace test_support
