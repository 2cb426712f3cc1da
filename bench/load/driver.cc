// SPDX-License-Identifier: LicenseRef-Project
#include "bench/load/driver.h"

#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace load {
namespace {

constexpr std::uint64_t kNsPerMicrosecond = 1'000;
constexpr double kNsPerSecond = 1e9;
constexpr std::size_t kReceiveBytes = 16 << 10;

std::uint64_t to_ns(double seconds) { return static_cast<std::uint64_t>(seconds * kNsPerSecond); }

Crowd::Options crowd_options(const Options& options, const Corpus& corpus) {
  return {options.port, options.idle, options.slow, to_ns(options.slow_interval_seconds),
          corpus.requests.front()};
}

}  // namespace

Driver::Driver(const Options& options, const Corpus& corpus)
    : options_(options),
      corpus_(corpus),
      crowd_(crowd_options(options, corpus), poller_),
      schedule_(options.rate > 0 ? options.rate : 1, options.spacing, options.shape.seed),
      connections_(options.connections),
      acknowledged_(corpus.requests.size()) {}

bool Driver::run() {
  // Timeouts of epoll are rounded up by the slack, 50 us unless told otherwise.
  prctl(PR_SET_TIMERSLACK, 1UL);
  raise_descriptor_limit();
  figures_.before_connecting = measure_server(options_.pids);
  if (!crowd_.open() || !open_connections()) {
    return false;
  }
  figures_.connected = measure_server(options_.pids);
  plan_phases();
  loop();
  figures_.crowd_closed = crowd_.closed();
  return true;
}

bool Driver::open_connections() {
  for (std::uint32_t index = 0; index < connections_.size(); ++index) {
    // With `closes` each request brings its own connection.
    if (!options_.shape.closes) {
      auto& connection = connections_[index];
      connection.socket = connect_now(options_.port);
      if (!connection.socket.is_open()) {
        return false;
      }
      poller_.watch(connection.socket, {Tag::Kind::request, index}, false);
    }
    free_.push_back(index);
  }
  return true;
}

void Driver::plan_phases() {
  start_ = now_ns();
  window_begin_ = start_ + to_ns(options_.warmup_seconds);
  window_end_ = window_begin_ + to_ns(options_.seconds);
  drain_end_ = window_end_ + to_ns(options_.drain_seconds);
}

void Driver::loop() {
  auto now = start_;
  for (enter_phases(now); !is_over(now); enter_phases(now)) {
    launch_waiting();
    if (options_.rate > 0) {
      launch_due(now);
    } else {
      launch_closed_loop(now);
    }
    const auto deadline = std::min(next_deadline(), crowd_.drip(now));
    now = now_ns();
    poller_.wait(deadline > now ? deadline - now : 0, [this](Tag tag, bool is_writable) {
      if (tag.kind == Tag::Kind::crowd) {
        crowd_.receive(tag.index);
      } else {
        handle(tag.index, is_writable);
      }
      // Hundreds of answers at once must not make the next request late.
      if (options_.rate > 0) {
        launch_due(now_ns());
      }
    });
    now = now_ns();
  }
  figures_.unanswered += in_flight_;
}

bool Driver::is_over(std::uint64_t now) const {
  return is_gone_ || now >= drain_end_ ||
         (now >= window_end_ && is_measured_ && in_flight_ == 0 && waiting_.empty());
}

/// Samples the server and this program where the window begins and ends.
void Driver::enter_phases(std::uint64_t now) {
  if (!is_measuring_ && now >= window_begin_) {
    is_measuring_ = true;
    window_begin_ = now;
    figures_.begin = measure_server(options_.pids);
    cpu_begin_ = own_cpu_seconds();
  }
  if (is_measuring_ && !is_measured_ && (now >= window_end_ || is_gone_)) {
    if (options_.rate > 0) {
      launch_due(window_end_ - 1);  // what was due in the window goes out, however late it is now
    }
    is_measured_ = true;
    window_end_ = now;
    figures_.end = measure_server(options_.pids);
    figures_.seconds = static_cast<double>(now - window_begin_) / kNsPerSecond;
    figures_.busy_share = (own_cpu_seconds() - cpu_begin_) / figures_.seconds;
    figures_.never_sent = waiting_.size();
    waiting_.clear();
  }
}

std::uint64_t Driver::next_deadline() const {
  auto deadline = is_measured_ ? drain_end_ : (is_measuring_ ? window_end_ : window_begin_);
  if (options_.rate > 0 && !is_measured_) {
    deadline = std::min(deadline, start_ + schedule_.next_ns());
  }
  return deadline;
}

bool Driver::is_in_window(std::uint64_t time) const {
  return is_measuring_ && time >= window_begin_ && time < window_end_;
}

void Driver::launch_waiting() {
  for (auto left = std::min(free_.size(), waiting_.size()); left > 0; --left) {
    const auto intended = waiting_.front();
    waiting_.pop_front();
    launch(intended, true);
  }
}

void Driver::launch_due(std::uint64_t now) {
  while (start_ + schedule_.next_ns() <= now && !is_measured_) {
    const auto intended = start_ + schedule_.next_ns();
    if (options_.is_once && launched_ + waiting_.size() == corpus_.requests.size()) {
      window_end_ = std::min(window_end_, now);
      return;
    }
    schedule_.advance();
    const bool counts = is_in_window(intended);
    figures_.intended += counts ? 1U : 0U;
    if (free_.empty()) {
      figures_.waited += counts ? 1U : 0U;
      waiting_.push_back(intended);
    } else {
      launch(intended, false);
    }
  }
}

/// Each connection at most once: with a server that is gone it would be free again at once.
void Driver::launch_closed_loop(std::uint64_t now) {
  for (auto left = free_.size(); left > 0 && !is_measured_; --left) {
    if (options_.is_once && launched_ == corpus_.requests.size()) {
      window_end_ = std::min(window_end_, now);
      return;
    }
    figures_.intended += is_in_window(now) ? 1U : 0U;
    launch(now, true);
  }
}

void Driver::launch(std::uint64_t intended, bool has_waited) {
  const auto index = free_.front();
  free_.pop_front();
  if (!has_waited && is_in_window(intended)) {
    figures_.lag.record((now_ns() - intended) / kNsPerMicrosecond);
  }
  begin_request(index, intended);
}

void Driver::begin_request(std::uint32_t index, std::uint64_t intended) {
  auto& connection = connections_[index];
  connection.is_busy = true;
  connection.intended = intended;
  connection.item = static_cast<std::uint32_t>(launched_++ % corpus_.requests.size());
  connection.sent = 0;
  connection.received.clear();
  ++in_flight_;
  if (connection.socket.is_open()) {
    write(index);
    return;
  }
  connection.socket = start_connecting(options_.port);
  if (!connection.socket.is_open()) {
    lose(index);
    return;
  }
  connection.is_connecting = true;
  connection.wants_to_write = true;
  poller_.watch(connection.socket, {Tag::Kind::request, index}, true);
}

void Driver::write(std::uint32_t index) {
  auto& connection = connections_[index];
  const auto& request = corpus_.requests[connection.item];
  const auto sent = send(connection.socket.number(), request.data() + connection.sent,
                         request.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    lose(index);
    return;
  }
  connection.sent += sent > 0 ? static_cast<std::size_t>(sent) : 0;
  const bool wants_to_write = connection.sent < request.size();
  if (wants_to_write != connection.wants_to_write) {
    connection.wants_to_write = wants_to_write;
    poller_.change(connection.socket, {Tag::Kind::request, index}, wants_to_write);
  }
}

void Driver::handle(std::uint32_t index, bool is_writable) {
  auto& connection = connections_[index];
  if (connection.is_connecting) {
    if (!is_connected(connection.socket)) {
      lose(index);
      return;
    }
    connection.is_connecting = false;
  }
  if (is_writable && connection.is_busy && connection.wants_to_write) {
    write(index);
    return;  // what can be read is told again
  }
  read(index);
}

void Driver::read(std::uint32_t index) {
  auto& connection = connections_[index];
  std::array<char, kReceiveBytes> bytes;  // NOLINT(*-member-init): recv fills it.
  const auto count = recv(connection.socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (count <= 0) {
    lose(index);
    return;
  }
  std::string_view text(bytes.data(), static_cast<std::size_t>(count));
  if (!connection.received.empty()) {
    connection.received.append(text);
    text = connection.received;
  }
  const auto answer = read_answer(options_.shape.protocol, text);
  const bool is_answer =
      answer.state == Answer::State::complete && connection.is_busy && answer.bytes == text.size();
  if (is_answer) {
    finish(index, answer);
  } else if (answer.state == Answer::State::incomplete) {
    if (connection.received.empty()) {
      connection.received.assign(text);
    }
  } else {
    lose(index);
  }
}

void Driver::finish(std::uint32_t index, const Answer& answer) {
  auto& connection = connections_[index];
  const auto now = now_ns();
  const bool is_ok = answer.status / 100 == 2;
  if (is_ok) {
    acknowledged_[connection.item] = true;
  }
  if (is_in_window(connection.intended)) {
    ++figures_.statuses[std::min<std::size_t>(answer.status, figures_.statuses.size() - 1)];
    auto& histogram = is_ok ? figures_.latency : figures_.refusal;
    histogram.record((now - connection.intended) / kNsPerMicrosecond);
  }
  if (is_in_window(now) && !is_measured_) {
    ++(is_ok ? figures_.answered_ok : figures_.answered_otherwise);
  }
  const bool is_sent = connection.sent == corpus_.requests[connection.item].size();
  if (answer.closes || options_.shape.closes || !is_sent) {
    connection.socket = Descriptor();
    figures_.reconnects += options_.shape.closes ? 0 : 1;
  }
  release(index);
}

/// The connection is of no use any more; its request, if any, has failed.
void Driver::lose(std::uint32_t index) {
  auto& connection = connections_[index];
  const bool was_refused = connection.is_connecting || !connection.socket.is_open();
  connection.socket = Descriptor();
  connection.is_connecting = false;
  connection.wants_to_write = false;
  ++figures_.reconnects;
  if (!connection.is_busy) {
    return;  // it is in the line of free ones and connects with its next request
  }
  figures_.failed += is_in_window(connection.intended) ? 1U : 0U;
  is_gone_ = is_gone_ || (options_.until_gone && was_refused);
  release(index);
}

void Driver::release(std::uint32_t index) {
  auto& connection = connections_[index];
  connection.is_busy = false;
  connection.wants_to_write = false;
  connection.received.clear();
  --in_flight_;
  free_.push_back(index);
}

}  // namespace load
