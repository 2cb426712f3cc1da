// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/livestream/hub.h"

#include "dataplane/format/log_reader.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace cp::livestream {
namespace {

constexpr std::chrono::seconds kPartitionScanInterval{1};
constexpr std::size_t kRecordsPerTurn = 256;

}  // namespace

struct Subscription::State {
  std::int64_t project_id = 0;
  std::string api_token;
  Filter filter;
  std::size_t events_max = 0;

  std::mutex mutex;
  std::condition_variable arrived;
  std::deque<std::string> events;
  std::uint64_t dropped = 0;
  bool is_over = false;

  void push(const event::ProcessedEvent& event) {
    if (!matches(filter, event)) {
      return;
    }
    const std::lock_guard lock(mutex);
    if (events.size() >= events_max) {
      ++dropped;
      return;
    }
    events.push_back(event_text(project_id, filter, event));
    arrived.notify_one();
  }
};

Subscription::~Subscription() {
  const std::lock_guard lock(state_->mutex);
  state_->is_over = true;
}

std::vector<std::string> Subscription::take(std::chrono::milliseconds wait) {
  std::unique_lock lock(state_->mutex);
  state_->arrived.wait_for(lock, wait, [this] { return !state_->events.empty(); });
  std::vector<std::string> events(std::make_move_iterator(state_->events.begin()),
                                  std::make_move_iterator(state_->events.end()));
  state_->events.clear();
  return events;
}

std::uint64_t Subscription::take_dropped() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->dropped, 0);
}

/// The tail. Everything but `mutex`, `changed`, `added` and `is_stopping` belongs to the thread.
struct Hub::State {
  using Watchers = std::vector<std::shared_ptr<Subscription::State>>;

  explicit State(HubOptions given) : options(std::move(given)) {}

  HubOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::condition_variable noted;
  Watchers added;  ///< not yet taken by the thread
  std::uint64_t added_total = 0;
  std::uint64_t noted_total = 0;  ///< of these, taken with the ends of the partitions known
  bool is_stopping = false;

  Watchers watchers;
  std::map<std::string, format::LogReader> readers;
  event::RecordDecoder decoder;
  std::chrono::steady_clock::time_point last_scan{};
  std::thread thread;

  void run();
  bool wait_for_watchers();
  void forget_leavers();
  void scan(bool is_start);
  bool tail(const std::string& partition, format::LogReader& reader);
  void deliver(const std::string& partition, const format::LogRecord& record);
  void log(const std::string& line) const {
    if (options.log) {
      options.log(line);
    }
  }
};

/// Opens readers of partitions that appeared; at the start they begin at the durable end, later at
/// 0.
void Hub::State::scan(bool is_start) {
  last_scan = std::chrono::steady_clock::now();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options.event_log, error)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("shard-") || readers.contains(name)) {
      continue;
    }
    auto& reader = readers.emplace(name, format::LogReader(entry.path())).first->second;
    const auto end = reader.durable_end();
    if (!end || !reader.seek(is_start ? *end : 0)) {
      readers.erase(name);
    }
  }
}

/// Takes new watchers; blocks while there are none at all. False: stop.
bool Hub::State::wait_for_watchers() {
  forget_leavers();
  std::unique_lock lock(mutex);
  if (watchers.empty()) {
    readers.clear();  // the next watcher starts at the end of then
    changed.wait(lock, [this] { return is_stopping || !added.empty(); });
  }
  if (is_stopping) {
    return false;
  }
  if (!added.empty()) {
    if (readers.empty()) {
      scan(true);
    }
    std::ranges::move(added, std::back_inserter(watchers));
    added.clear();
    noted_total = added_total;
    noted.notify_all();
  }
  return true;
}

void Hub::State::forget_leavers() {
  std::erase_if(watchers, [](const auto& watcher) {
    const std::lock_guard lock(watcher->mutex);
    return watcher->is_over;
  });
}

void Hub::State::deliver(const std::string& partition, const format::LogRecord& record) {
  class Fan final : public event::EventSink {
   public:
    Fan(const Watchers& watchers, std::string_view token) : watchers_(watchers), token_(token) {}
    void add(const event::ProcessedEvent& event) override {
      if (event.lane != event::Lane::events) {
        return;
      }
      for (const auto& watcher : watchers_) {
        if (watcher->api_token == token_) {
          watcher->push(event);
        }
      }
    }

   private:
    const Watchers& watchers_;
    std::string_view token_;
  };
  const bool is_watched = std::ranges::any_of(
      watchers, [&](const auto& watcher) { return watcher->api_token == record.token; });
  if (!is_watched) {
    return;
  }
  std::uint32_t number = 0;
  std::from_chars(partition.data() + std::string_view("shard-").size(),
                  partition.data() + partition.size(), number);
  Fan fan(watchers, record.token);
  if (!decoder.decode(number, record, fan)) {
    log("live stream: record " + std::to_string(record.sequence) + " of " + partition +
        " does not decode");
  }
}

/// Reads what has come, up to a bound. True when there may be more.
bool Hub::State::tail(const std::string& partition, format::LogReader& reader) {
  for (std::size_t i = 0; i < kRecordsPerTurn; ++i) {
    auto record = reader.next();
    if (!record) {
      log("live stream: cannot read " + partition + ": " + base::describe(record.error()) +
          "; continuing at its end");
      const auto end = reader.durable_end();
      static_cast<void>(end && reader.seek(*end));
      return false;
    }
    const auto& found = record.value();
    if (!found) {
      return false;
    }
    deliver(partition, *found);
  }
  return true;
}

void Hub::State::run() {
  while (wait_for_watchers()) {
    if (std::chrono::steady_clock::now() - last_scan > kPartitionScanInterval) {
      scan(false);
    }
    bool has_more = false;
    for (auto& [partition, reader] : readers) {
      has_more = tail(partition, reader) || has_more;
    }
    if (!has_more) {
      std::unique_lock lock(mutex);
      changed.wait_for(lock, options.poll, [this] { return is_stopping || !added.empty(); });
    }
  }
}

Hub::Hub(HubOptions options) : state_(std::make_unique<State>(std::move(options))) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Hub::~Hub() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_stopping = true;
  }
  state_->changed.notify_all();
  state_->noted.notify_all();
  state_->thread.join();
}

std::shared_ptr<Subscription> Hub::subscribe(std::int64_t project_id, const std::string& api_token,
                                             Filter filter) {
  auto watcher = std::make_shared<Subscription::State>();
  watcher->project_id = project_id;
  watcher->api_token = api_token;
  watcher->filter = std::move(filter);
  watcher->events_max = state_->options.buffered_events_max;
  std::unique_lock lock(state_->mutex);
  state_->added.push_back(watcher);
  const auto place = ++state_->added_total;
  state_->changed.notify_all();
  state_->noted.wait(lock, [&] { return state_->noted_total >= place || state_->is_stopping; });
  return std::shared_ptr<Subscription>(new Subscription(std::move(watcher)));
}

}  // namespace cp::livestream
