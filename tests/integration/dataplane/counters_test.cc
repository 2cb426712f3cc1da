// Goal: what the real process told its clients stands in its log as numbers, also when it is told
// to stop right after, and also what it refused.
#include "dataplane/format/capture_counts.h"
#include "dataplane/format/log_reader.h"
#include "tests/integration/dataplane/support/dataplane_process.h"
#include "tests/integration/dataplane/support/http_client.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>
#include <utility>

namespace integration {
namespace {

using testing::ElementsAre;
using testing::Pair;

/// Requests and events by "token outcome", over all sources of shard 0.
std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> counts_in(
    const std::filesystem::path& event_log) {
  using Sums = std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>;
  format::LogReader reader(event_log / "shard-0000");
  EXPECT_TRUE(reader.seek(0).has_value());
  std::map<std::uint64_t, Sums> sources;
  for (auto record = reader.next(); record && *record; record = reader.next()) {
    if ((*record)->endpoint != format::Endpoint::counters) {
      continue;
    }
    const auto counts = format::decode_counts((*record)->body);
    EXPECT_TRUE(counts.has_value());
    auto& sums = sources[counts->source];
    sums.clear();
    for (const auto& row : counts->rows) {
      sums[std::string(row.token) + ' ' + std::string(counts->outcomes[row.outcome].name)] = {
          row.requests, row.events};
    }
  }
  Sums total;
  for (const auto& [source, sums] : sources) {
    for (const auto& [key, sum] : sums) {
      total[key].first += sum.first;
      total[key].second += sum.second;
    }
  }
  return total;
}

TEST(DataplaneCountersTest, StandInTheLogWhenTheProcessEnds) {
  const std::string batch =
      R"({"api_key":"phc_one","batch":[{"event":"a","distinct_id":"u"},{"event":"b","distinct_id":"u"}]})";
  support::TemporaryDirectory home;
  for (int round = 1; round <= 2; ++round) {
    DataplaneProcess dataplane(home.path());
    HttpClient client(dataplane.port());
    EXPECT_EQ(client.exchange(request("POST", "/batch/", batch)).status, 200);
    EXPECT_EQ(client.exchange(request("POST", "/e/", "{")).status, 400);
    EXPECT_EQ(client.exchange(request("GET", "/_health", "")).status, 200);
    EXPECT_EQ(dataplane.end(SIGTERM).exit_code, 0);
    const auto times = static_cast<std::uint32_t>(round);
    EXPECT_THAT(counts_in(dataplane.event_log()),
                ElementsAre(Pair(" invalid_json", Pair(times, 0)),
                            Pair("phc_one accepted", Pair(times, 2 * times))));
  }
}

}  // namespace
}  // namespace integration
