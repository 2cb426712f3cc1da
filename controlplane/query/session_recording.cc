// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/query/session_recording.h"

#include <algorithm>
#include <utility>

namespace cp::query {
namespace {

constexpr std::size_t kIdBytesMax = 70;
constexpr const char* kGuard = " WHERE team_id = {team:Int64} AND session_id = {session:String}";
constexpr const char* kIsoTime = "'%Y-%m-%dT%H:%i:%S.%f'";

std::string iso(const std::string& moment) {
  return "concat(formatDateTime(" + moment + ", " + kIsoTime + ", 'UTC'), 'Z')";
}

}  // namespace

SessionRecording::SessionRecording(RunSql run_sql, std::int64_t project_id, std::string session_id)
    : run_sql_(std::move(run_sql)), project_id_(project_id), session_id_(std::move(session_id)) {}

bool SessionRecording::is_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char character) {
           return (character >= '0' && character <= '9') ||
                  (character >= 'a' && character <= 'z') ||
                  (character >= 'A' && character <= 'Z') || character == '-';
         });
}

olap::Parameters SessionRecording::parameters() const {
  return {{"param_team", std::to_string(project_id_)},
          {"param_session", session_id_},
          {"readonly", "2"},
          {"max_execution_time", "60"},
          {"max_result_bytes", "1073741824"}};
}

std::vector<RecordingBlock> SessionRecording::blocks() const {
  const std::string sql = "SELECT " + iso("min(timestamp)") + ", " + iso("max(timestamp)") +
                          " FROM session_replay_items" + kGuard +
                          " GROUP BY toStartOfMinute(timestamp) ORDER BY min(timestamp) FORMAT "
                          "TabSeparatedRaw";
  const std::string answer = run_sql_(sql, parameters());
  std::vector<RecordingBlock> blocks;
  for (std::string_view rest = answer; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    const auto tab = std::min(line.find('\t'), line.size());
    blocks.push_back({std::string(line.substr(0, tab)),
                      std::string(line.substr(std::min(tab + 1, line.size())))});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return blocks;
}

std::string SessionRecording::lines(const RecordingBlock& first, const RecordingBlock& last) const {
  auto bounds = parameters();
  bounds["param_first"] = first.start;
  bounds["param_last"] = last.end;
  // A line end can only be white space between tokens: inside of a string JSON escapes it.
  std::string answer = run_sql_(
      std::string("SELECT concat('[', toJSONString(window_id), ',', "
                  "translate(item, '\\n\\r', '  '), ']') FROM session_replay_items FINAL") +
          kGuard +
          " AND timestamp >= parseDateTime64BestEffort({first:String}, 3, 'UTC') "
          "AND timestamp <= parseDateTime64BestEffort({last:String}, 3, 'UTC') "
          "ORDER BY timestamp, _partition, _offset, _index FORMAT TabSeparatedRaw",
      bounds);
  if (answer.ends_with('\n')) {
    answer.pop_back();
  }
  return answer;
}

}  // namespace cp::query
