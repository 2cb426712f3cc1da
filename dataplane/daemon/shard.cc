// SPDX-License-Identifier: LicenseRef-Project
#include "dataplane/daemon/shard.h"

#include "dataplane/capture/ai_service.h"
#include "dataplane/capture/analytics_v1_service.h"
#include "dataplane/capture/discard_service.h"
#include "dataplane/capture/intake.h"
#include "dataplane/capture/limiter.h"
#include "dataplane/capture/privacy_guard.h"
#include "dataplane/capture/recordings_service.h"
#include "dataplane/capture/service.h"
#include "dataplane/daemon/gate.h"
#include "dataplane/daemon/private_door.h"
#include "dataplane/daemon/receipt_service.h"
#include "dataplane/daemon/router.h"
#include "dataplane/flags/remote_config_service.h"
#include "dataplane/flags/service.h"
#include "dataplane/format/segment.h"
#include "dataplane/http/session.h"
#include "dataplane/proxy/route.h"
#include "dataplane/reactor/reactor.h"
#include "dataplane/stream/tcp_transport.h"
#include "dataplane/sys/clock.h"
#include "dataplane/sys/uring.h"
#include "dataplane/wal/writer.h"

#include <atomic>
#include <filesystem>
#include <optional>
#include <random>
#include <utility>

namespace dp::daemon {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

/// How long a shard's numbers may be older than what /metrics of another shard shows.
constexpr std::uint64_t kPublishMs = 200;
/// How often the ledger's numbers go into the log while they change.
constexpr std::uint64_t kCountsWriteMs = 5'000;
/// While stopping: how often to look, and how long nothing must be in flight, so that answers have
/// left.
constexpr std::uint64_t kDrainCheckMs = 10;
constexpr std::uint32_t kQuietChecksWanted = 5;
/// The same when connections move, which tells exactly what has left.
constexpr std::uint64_t kMoveCheckMs = 1;
constexpr std::uint32_t kMovedChecksWanted = 2;

std::int64_t wall_clock_ms() noexcept { return sys::SystemClock().realtime_us() / 1000; }

std::int64_t wall_clock_us() noexcept { return sys::SystemClock().realtime_us(); }

std::uint64_t entropy() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

wal::Writer::Options writer_options(const Process& process, std::uint32_t index,
                                    const Machine& machine, const ShardSizes& sizes,
                                    reactor::TimerWheel& timers) {
  const DaemonSettings& settings = process.settings;
  wal::Writer::Options options;
  options.shard = index;
  options.segment_bytes = settings.segment_bytes;
  options.group_bytes_max = sizes.group_bytes_max;
  options.timers = &timers;
  options.salt_seed = static_cast<std::uint32_t>(machine.entropy >> 32);
  options.may_stay_awake = settings.may_stay_awake;
  options.retention.budget = settings.log_budget;
  options.retention.keep_us_max = settings.log_seconds_max * 1'000'000;
  options.retention.needed_from = &process.logs[index].needed_from;
  options.retention.wall_clock_us = machine.wall_clock_us;
  return options;
}

std::string summary_of(const wal::Recovery& recovery) {
  std::string text = "log continues at " + std::to_string(recovery.next_sequence);
  if (recovery.records_recovered > 0) {
    text += ", " + std::to_string(recovery.records_recovered) + " records in the last segment";
  }
  if (recovery.has_torn_tail) {
    text += ", a torn tail was cut";
  }
  if (recovery.records_missing > 0) {
    text += ", " + std::to_string(recovery.records_missing) +
            " RECORDS ARE MISSING: the disk lost synced data";
  }
  return recovery.is_direct ? text : text + ", without O_DIRECT";
}

http::Timeouts timeouts_of(const DaemonSettings& settings) noexcept {
  http::Timeouts timeouts;
  timeouts.head_ms = settings.head_timeout_ms;
  timeouts.body_ms = settings.body_timeout_ms;
  return timeouts;
}

/// The process that follows, at the other end of a handover line.
class NextProcess final : public stream::Successor {
 public:
  explicit NextProcess(int line) noexcept : sender_(line) {}

  [[nodiscard]] bool take(std::int32_t descriptor, base::Bytes unconsumed) noexcept override {
    return sender_.give(descriptor, unconsumed);
  }

  /// Whether everything taken is in the line.
  bool flush() noexcept { return sender_.flush(); }

 private:
  sys::HandoverSender sender_;
};

}  // namespace

struct Shard::Kernel {
  std::unique_ptr<sys::Uring> uring;
  std::unique_ptr<sys::UringDisk> disk;
  std::unique_ptr<sys::UringNetwork> network;
  sys::SystemClock clock;
};

class Shard::State final : public ShardStatus,
                           public reactor::Poller,
                           public reactor::TimerListener {
 public:
  State(const Process& process, std::uint32_t index, const Machine& machine,
        const ShardSizes& sizes);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  State(State&&) = delete;
  State& operator=(State&&) = delete;
  ~State();

  base::Result<wal::Recovery> open();
  void run() noexcept { reactor_.run(); }
  std::uint32_t turn(std::uint64_t wait_ns_max) noexcept { return reactor_.turn(wait_ns_max); }
  void request_stop(int handover_line) noexcept;
  [[nodiscard]] std::uint64_t turns() const noexcept {
    return reactor_.counters().turns.load(kRelaxed);
  }
  void wake() noexcept { machine_.events.wake(); }
  [[nodiscard]] bool is_accepting() const noexcept { return is_accepting_.load(kRelaxed); }

  [[nodiscard]] bool is_ready() const noexcept override;
  void render_metrics(std::string& out) noexcept override;
  std::uint32_t poll(std::uint64_t now_ns, std::uint32_t budget) noexcept override;
  void timer_fired(reactor::Timer& timer) noexcept override;

 private:
  base::Result<void> listen();
  void observe_flush() noexcept;
  void adopt_handed(std::uint32_t connections_max) noexcept;
  void begin_drain() noexcept;
  void show_oldest() noexcept;
  void check_drain() noexcept;
  [[nodiscard]] bool has_moved_out(NextProcess& next) noexcept;
  void publish() noexcept;
  void collect_http() noexcept;
  void collect_services() noexcept;
  void collect_machinery() noexcept;
  [[nodiscard]] std::uint64_t activity() const noexcept;
  [[nodiscard]] bool is_quiet() const noexcept;

  const Process& process_;
  std::uint32_t index_;
  Machine machine_;
  const sys::Clock& clock_;
  reactor::Reactor reactor_;
  capture::Acknowledger acknowledger_;
  capture::PrivacyGuard guard_;
  capture::Limiter limiter_;
  capture::Intake intake_;
  capture::CaptureService capture_;
  capture::AiService ai_;
  capture::DiscardService discard_;
  capture::RecordingsService recordings_;
  capture::AnalyticsV1Service analytics_v1_;
  capture::Admission admission_;
  http::WorkLine line_{clock_};
  Gate capture_gate_{capture_, {admission_, line_, writer_}};
  Gate ai_gate_{ai_, {admission_, line_, writer_}};
  Gate analytics_v1_gate_{analytics_v1_, {admission_, line_, writer_}};
  Gate recordings_gate_{recordings_, {admission_, line_, writer_}};
  wal::Writer writer_;
  ReceiptService receipts_;
  stream::TcpTransport transport_;
  flags::FlagsService flags_;
  flags::RemoteConfigService remote_config_;
  ProbeService probes_;
  proxy::ProxyRoute proxy_;
  FrontRouter router_;
  http::SessionContext sessions_;
  http::SessionPool pool_;
  std::unique_ptr<PrivateDoor> private_door_;  ///< The first shard's, when there is one.
  std::vector<sys::HandedConnection> handed_;  ///< Not yet adopted.
  std::optional<NextProcess> next_process_;    ///< While stopping, when somebody follows.

  reactor::Timer publish_timer_{*this};
  reactor::Timer drain_timer_{*this};
  reactor::Timer counts_timer_{*this};
  std::uint64_t published_activity_ = 0;
  std::uint64_t seen_flushes_ = 0;
  std::uint64_t seen_flush_ns_ = 0;
  std::uint64_t drain_began_ns_ = 0;
  std::uint32_t quiet_checks_ = 0;
  bool is_draining_ = false;
  Snapshot snapshot_;
  std::atomic<bool> is_stop_requested_{false};
  std::atomic<int> handover_line_{-1};     // written before the stop is requested
  std::atomic<bool> is_accepting_{false};  // what main is told; written when it changes
};

Shard::State::State(const Process& process, std::uint32_t index, const Machine& machine,
                    const ShardSizes& sizes)
    : process_(process),
      index_(index),
      machine_(machine),
      clock_(machine.clock),
      reactor_(machine.events, machine.clock,
               {process.settings.cpus.empty() ? -1 : process.settings.cpus[index],
                reactor::Reactor::Options{}.budget}),
      acknowledger_(sizes.waiters_max, machine.entropy << 32),
      guard_(process.tenants, process.settings.guard),
      limiter_(guard_, process.settings.limits, machine.clock, machine.entropy),
      intake_{machine.wall_clock_us, process.settings.address_policy, &guard_, &limiter_},
      capture_(acknowledger_, intake_),
      ai_(acknowledger_, intake_),
      discard_(acknowledger_),
      recordings_(acknowledger_, intake_),
      analytics_v1_(acknowledger_, intake_),
      writer_(machine.disk, acknowledger_,
              writer_options(process, index, machine, sizes, reactor_.timers())),
      receipts_(machine.disk, process.logs),
      transport_(machine.network, reactor_, sizes.transport),
      flags_(process.tenants, machine.wall_clock_ms, machine.entropy),
      remote_config_(process.tenants),
      probes_(*this,
              process.listeners.metrics.empty() ? MetricsAccess::shown : MetricsAccess::hidden),
      proxy_(transport_, process.settings.api_socket),
      router_({capture_gate_, ai_gate_, discard_, recordings_gate_, analytics_v1_gate_, flags_,
               remote_config_, probes_, receipts_, proxy_}),
      sessions_(router_, timeouts_of(process.settings)),
      pool_(sessions_, sizes.transport.connections_max),
      handed_(std::move(process.handed[index])) {
  sessions_.line = &line_;
  sessions_.may_move = true;
  sessions_.held_bytes_max = process.settings.body_memory_bytes;
}

Shard::State::~State() {
  reactor::TimerWheel::disarm(publish_timer_);
  reactor::TimerWheel::disarm(drain_timer_);
  reactor::TimerWheel::disarm(counts_timer_);
}

base::Result<wal::Recovery> Shard::State::open() {
  auto recovery = writer_.open();
  if (!recovery) {
    return recovery;
  }
  process_.logs[index_].mark.store(&writer_.mark(), std::memory_order_release);
  show_oldest();
  acknowledger_.start(writer_);
  acknowledger_.attribute_with(guard_);
  acknowledger_.set_now(machine_.wall_clock_us());
  reactor_.add_poller(line_);  // first: what it serves is in this turn's group and answers
  reactor_.add_poller(writer_);
  reactor_.add_poller(*this);
  reactor_.add_poller(transport_);
  if (const auto listening = listen(); !listening) {
    return base::unexpected(listening.error());
  }
  publish();
  return recovery;
}

base::Result<void> Shard::State::listen() {
  for (const int descriptor : process_.listeners.front[index_]) {
    if (const auto listening = transport_.listen(descriptor, pool_); !listening) {
      return listening;
    }
  }
  if (index_ != 0 || process_.listeners.metrics.empty()) {
    return {};
  }
  private_door_ = std::make_unique<PrivateDoor>(*this, timeouts_of(process_.settings));
  for (const int descriptor : process_.listeners.metrics) {
    if (const auto listening = transport_.listen(descriptor, private_door_->acceptor());
        !listening) {
      return listening;
    }
  }
  return {};
}

void Shard::State::request_stop(int handover_line) noexcept {
  handover_line_.store(handover_line, kRelaxed);
  is_stop_requested_.store(true, std::memory_order_release);
  machine_.events.wake();
}

bool Shard::State::is_ready() const noexcept { return writer_.is_writable() && !is_draining_; }

void Shard::State::render_metrics(std::string& out) noexcept {
  publish();
  daemon::render_metrics(process_.pages, out);
  if (process_.ledger != nullptr) {
    append_ledger(*process_.ledger, out);
  }
}

std::uint32_t Shard::State::poll(std::uint64_t /*now_ns*/, std::uint32_t budget) noexcept {
  show_oldest();  // before anything that could fill the ring, which submits it
  observe_flush();
  admission_.turn_ended(reactor_.now_ns(), acknowledger_.waiting_count(), seen_flushes_);
  acknowledger_.set_now(machine_.wall_clock_us());
  if (!counts_timer_.is_armed() && acknowledger_.has_counts_to_write()) {
    reactor_.timers().arm(counts_timer_, kCountsWriteMs);
  }
  adopt_handed(budget);
  if (is_ready() != is_accepting_.load(kRelaxed)) {
    is_accepting_.store(is_ready(), kRelaxed);
  }
  if (!publish_timer_.is_armed() && activity() != published_activity_) {
    reactor_.timers().arm(publish_timer_, kPublishMs);
  }
  if (is_stop_requested_.load(std::memory_order_acquire) && !is_draining_) {
    begin_drain();
  }
  return handed_.empty() ? 0 : budget;
}

/// Connections that waited for this process: their requests are in the kernel or in `unused`.
void Shard::State::adopt_handed(std::uint32_t connections_max) noexcept {
  for (std::uint32_t count = 0; count < connections_max && !handed_.empty(); ++count) {
    transport_.adopt(handed_.back().descriptor, handed_.back().unused, pool_);
    handed_.pop_back();
  }
}

void Shard::State::begin_drain() noexcept {
  is_draining_ = true;
  drain_began_ns_ = reactor_.now_ns();
  transport_.stop_listening();
  if (const int line = handover_line_.load(kRelaxed); line >= 0) {
    next_process_.emplace(line);
  }
  check_drain();
}

void Shard::State::timer_fired(reactor::Timer& timer) noexcept {
  if (&timer == &publish_timer_) {
    publish();
  } else if (&timer == &counts_timer_) {
    acknowledger_.set_now(machine_.wall_clock_us());
    acknowledger_.write_counts();
  } else {
    check_drain();
  }
}

/// At most one group is in flight, so a change of the sums is the duration of one flush.
void Shard::State::observe_flush() noexcept {
  const auto flushes = writer_.counters().flushes.load(kRelaxed);
  if (flushes == seen_flushes_) {
    return;
  }
  const auto flush_ns = writer_.counters().flush_ns.load(kRelaxed);
  snapshot_.add_flush((flush_ns - seen_flush_ns_) / (flushes - seen_flushes_) / 1000);
  seen_flushes_ = flushes;
  seen_flush_ns_ = flush_ns;
}

/// Before a segment is really gone, so that a receipt of it never looks unknown.
void Shard::State::show_oldest() noexcept {
  auto& shown = process_.logs[index_].oldest;
  if (shown.load(kRelaxed) != writer_.oldest_sequence()) {
    shown.store(writer_.oldest_sequence(), std::memory_order_release);
  }
}

bool Shard::State::is_quiet() const noexcept {
  return line_.is_empty() && acknowledger_.waiting_count() == 0 && writer_.is_idle() &&
         proxy_.finite_open() == 0;
}

/// Whether nothing is left that the next process could have.
bool Shard::State::has_moved_out(NextProcess& next) noexcept {
  const auto waiting = transport_.move_out(next);
  return next.flush() && waiting == 0 && handed_.empty() && !machine_.network.is_accepting();
}

/// The numbers of the ledger go last, and hold nobody up when the log takes nothing.
void Shard::State::check_drain() noexcept {
  const bool has_left = !next_process_ || has_moved_out(*next_process_);
  if (has_left && is_quiet() && acknowledger_.has_counts_to_write()) {
    acknowledger_.write_counts();
  }
  const bool is_done = has_left && is_quiet();
  quiet_checks_ = is_done ? quiet_checks_ + 1 : 0;
  const auto wanted = next_process_ ? kMovedChecksWanted : kQuietChecksWanted;
  const auto drained_ms = (reactor_.now_ns() - drain_began_ns_) / 1'000'000;
  if (quiet_checks_ >= wanted || drained_ms >= kDrainMsMax) {
    reactor_.stop();
    return;
  }
  reactor_.timers().arm(drain_timer_, next_process_ ? kMoveCheckMs : kDrainCheckMs);
}

std::uint64_t Shard::State::activity() const noexcept {
  const auto& transport = transport_.counters();
  const auto& receipts = receipts_.counters();
  return sessions_.counters.requests + transport.accepted.load(kRelaxed) +
         transport.closed.load(kRelaxed) + transport.sent_bytes.load(kRelaxed) + receipts.ok +
         receipts.unknown + receipts.unavailable + writer_.counters().flushes.load(kRelaxed) +
         writer_.counters().flush_failures.load(kRelaxed) +
         writer_.counters().preparation_failures.load(kRelaxed) +
         writer_.counters().segments.load(kRelaxed) +
         writer_.counters().segments_released.load(kRelaxed);
}

void Shard::State::publish() noexcept {
  published_activity_ = activity();
  collect_http();
  collect_services();
  collect_machinery();
  process_.pages[index_].publish(snapshot_);
}

void Shard::State::collect_http() noexcept {
  auto& to = snapshot_;
  const auto& session = sessions_.counters;
  to[Metric::session_400] = session.malformed;
  to[Metric::session_408] = session.head_timed_out;
  to[Metric::session_431] = session.head_too_large;
  to[Metric::session_503] = session.body_without_room;
  to[Metric::requests] = session.requests;
  to[Metric::connections_idle_closed] = session.idle_closed;
  const auto& probes = probes_.counters();
  const auto more = private_door_ == nullptr ? ProbeCounters{} : private_door_->counters();
  to[Metric::probe_200] = probes.ok + more.ok;
  to[Metric::probe_404] = probes.not_found + more.not_found;
  to[Metric::probe_405] = probes.method_not_allowed + more.method_not_allowed;
  to[Metric::probe_503] = probes.unavailable + more.unavailable;
  const auto& receipts = receipts_.counters();
  to[Metric::receipt_200] = receipts.ok;
  to[Metric::receipt_400] = receipts.malformed;
  to[Metric::receipt_404] = receipts.unknown;
  to[Metric::receipt_405] = receipts.method_not_allowed;
  to[Metric::receipt_413] = receipts.body_refused;
  to[Metric::receipt_503] = receipts.unavailable;
  const auto& proxy = proxy_.counters();
  to[Metric::proxy_2xx] = proxy.responses_2xx_3xx;
  to[Metric::proxy_4xx] = proxy.responses_4xx;
  to[Metric::proxy_5xx] = proxy.responses_5xx;
  to[Metric::proxy_502] = proxy.unavailable;
  to[Metric::proxy_503] = proxy.overloaded;
  to[Metric::proxy_504] = proxy.timed_out;
  to[Metric::proxy_open] = proxy.open;
  to[Metric::proxy_cut] = proxy.cut;
  to[Metric::proxy_clients_gone] = proxy.clients_gone;
  to[Metric::proxy_bytes_to_client] = proxy.bytes_to_client;
  to[Metric::proxy_bytes_to_api] = proxy.bytes_to_api;
}

void Shard::State::collect_services() noexcept {
  auto& to = snapshot_;
  const auto& capture = acknowledger_.counters();
  to.outcomes = capture.outcomes;
  to.verdicts = analytics_v1_.counters().verdicts;
  to[Metric::events_accepted] = capture.events_accepted;
  to[Metric::bodies_accepted_bytes] = capture.body_bytes_accepted;
  constexpr std::pair<std::uint16_t, Metric> kStatuses[] = {
      {200, Metric::capture_200}, {204, Metric::capture_204}, {400, Metric::capture_400},
      {401, Metric::capture_401}, {402, Metric::capture_402}, {405, Metric::capture_405},
      {408, Metric::capture_408}, {413, Metric::capture_413}, {415, Metric::capture_415},
      {429, Metric::capture_429}, {503, Metric::capture_503}};
  for (const auto& [status, metric] : kStatuses) {
    to[metric] = 0;
    for (std::size_t index = 0; index < capture::kOutcomeCount; ++index) {
      to[metric] += capture::kOutcomes[index].status == status ? capture.outcomes[index] : 0;
    }
  }
  const auto& flags = flags_.counters();
  to[Metric::flags_200] = flags.ok;
  to[Metric::flags_204] = flags.no_content;
  to[Metric::flags_400] = flags.bad_request;
  to[Metric::flags_401] = flags.unauthorized;
  to[Metric::flags_405] = flags.method_not_allowed;
  to[Metric::flags_408] = flags.timed_out;
  to[Metric::flags_413] = flags.too_large;
  to[Metric::flags_without_store] = flags.without_store;
  const auto& guard = guard_.counters();
  to[Metric::privacy_bodies] = guard.bodies_rewritten;
  to[Metric::privacy_redacted] = guard.values_redacted;
  to[Metric::privacy_dropped] = guard.values_dropped;
  to[Metric::privacy_quarantined] = guard.events_quarantined;
  to[Metric::privacy_unreadable] = guard.policies_unreadable;
  const auto& limits = limiter_.counters();
  to[Metric::events_over_quota] = limits.events_over_quota;
  to[Metric::events_overflowed] = limits.events_overflowed;
  const auto& config = remote_config_.counters();
  to[Metric::remote_config_200] = config.ok;
  to[Metric::remote_config_304] = config.not_modified;
  to[Metric::remote_config_404] = config.not_found;
  to[Metric::remote_config_405] = config.method_not_allowed;
  to[Metric::remote_config_408] = config.timed_out;
  to[Metric::remote_config_413] = config.too_large;
  to[Metric::remote_config_503] = config.unavailable;
}

void Shard::State::collect_machinery() noexcept {
  auto& to = snapshot_;
  const auto& transport = transport_.counters();
  to[Metric::received_bytes] = transport.received_bytes.load(kRelaxed);
  to[Metric::sent_bytes] = transport.sent_bytes.load(kRelaxed);
  to[Metric::connections_open] = transport_.connection_count();
  to[Metric::connections_accepted] = transport.accepted.load(kRelaxed);
  to[Metric::connections_refused] = transport.refused.load(kRelaxed);
  to[Metric::connections_evicted] = transport.evicted.load(kRelaxed);
  to[Metric::connections_overflowed] = transport.overflowed.load(kRelaxed);
  const auto& log = writer_.counters();
  to[Metric::log_records] = log.records.load(kRelaxed);
  to[Metric::log_record_bytes] = log.record_bytes.load(kRelaxed);
  to[Metric::log_flushes] = log.flushes.load(kRelaxed);
  to[Metric::log_flush_failures] = log.flush_failures.load(kRelaxed);
  to[Metric::log_records_lost] = log.lost_records.load(kRelaxed);
  to[Metric::log_refused_full] = log.refused_full.load(kRelaxed);
  to[Metric::log_refused_not_writable] = log.refused_not_writable.load(kRelaxed);
  to[Metric::log_segments] = log.segments.load(kRelaxed);
  to[Metric::log_preparation_failures] = log.preparation_failures.load(kRelaxed);
  to[Metric::log_not_writable] = writer_.is_writable() ? 0 : 1;
  to[Metric::log_refused_budget] = log.refused_budget.load(kRelaxed);
  constexpr std::pair<Metric, Metric> kClasses[] = {
      {Metric::log_bytes_events, Metric::log_budget_events},
      {Metric::log_bytes_replay, Metric::log_budget_replay},
      {Metric::log_bytes_system, Metric::log_budget_system}};
  for (std::size_t index = 0; index < format::kRecordClassCount; ++index) {
    to[kClasses[index].first] = writer_.bytes_used(static_cast<format::RecordClass>(index));
    to[kClasses[index].second] = process_.settings.log_budget[index];
  }
  to[Metric::log_oldest_sequence] = writer_.oldest_sequence();
  to[Metric::log_segments_released] = log.segments_released.load(kRelaxed);
  to[Metric::log_release_failures] = log.release_failures.load(kRelaxed);
  const auto& reactor = reactor_.counters();
  to[Metric::reactor_turns] = reactor.turns.load(kRelaxed);
  to[Metric::reactor_idle_waits] = reactor.idle_waits.load(kRelaxed);
  to[Metric::reactor_busy_ns] = reactor.busy_ns.load(kRelaxed);
  to[Metric::reactor_longest_turn_ns] = reactor.longest_turn_ns.load(kRelaxed);
  to[Metric::kernel_entries] = machine_.events.kernel_entries();
  to[Metric::shards] = 1;
}

Shard::Shard(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Shard::~Shard() = default;

void Shard::run() noexcept { state_->run(); }
std::uint32_t Shard::turn(std::uint64_t wait_ns_max) noexcept { return state_->turn(wait_ns_max); }
void Shard::request_stop(int handover_line) noexcept { state_->request_stop(handover_line); }
std::uint64_t Shard::turns() const noexcept { return state_->turns(); }
void Shard::wake() noexcept { state_->wake(); }
bool Shard::is_accepting() const noexcept { return state_->is_accepting(); }

std::unique_ptr<Shard> Shard::open(const Process& process, std::uint32_t index,
                                   std::string& failure, std::string& summary) {
  const auto partition =
      std::filesystem::path(process.settings.event_log) / format::partition_directory_name(index);
  auto kernel = std::make_unique<Kernel>();
  auto uring = sys::Uring::create({});
  if (!uring) {
    failure = "cannot use io_uring: " + base::describe(uring.error());
    return nullptr;
  }
  kernel->uring = std::move(*uring);
  auto disk = sys::UringDisk::open(*kernel->uring, partition, {});
  if (!disk) {
    failure =
        "cannot open the event log " + partition.string() + ": " + base::describe(disk.error());
    return nullptr;
  }
  kernel->disk = std::move(*disk);
  auto network = sys::UringNetwork::create(*kernel->uring, {});
  if (!network) {
    failure = "cannot prepare receive buffers: " + base::describe(network.error());
    return nullptr;
  }
  kernel->network = std::move(*network);
  base::Result<wal::Recovery> recovery = wal::Recovery{};
  auto shard = assemble(process, index,
                        {*kernel->uring, *kernel->disk, *kernel->network, kernel->clock,
                         wall_clock_us, wall_clock_ms, entropy()},
                        {}, recovery);
  if (shard == nullptr) {
    failure = "cannot recover the event log " + partition.string() + ": " +
              base::describe(recovery.error());
    return nullptr;
  }
  summary = summary_of(*recovery);
  shard->kernel_ = std::move(kernel);
  return shard;
}

std::unique_ptr<Shard> Shard::assemble(const Process& process, std::uint32_t index,
                                       const Machine& machine, const ShardSizes& sizes,
                                       base::Result<wal::Recovery>& recovery) {
  auto state = std::make_unique<State>(process, index, machine, sizes);
  recovery = state->open();
  if (!recovery) {
    return nullptr;
  }
  return std::unique_ptr<Shard>(new Shard(std::move(state)));
}

}  // namespace dp::daemon
