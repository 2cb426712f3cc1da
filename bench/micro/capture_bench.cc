// SPDX-License-Identifier: LicenseRef-Project
// What accepting events costs in user space: HTTP parse, decode, batch check, record encode,
// answer. No kernel, no disk. Allocations per operation are counted. Instructions per event
// (performance.md 4.6): run one benchmark twice under callgrind with different
// --benchmark_min_time=Nx or the two fixed iteration counts here, and divide the difference:
//   valgrind --tool=callgrind capture_bench --benchmark_filter='single_event/iterations:10000$'
//   valgrind --tool=callgrind capture_bench --benchmark_filter='single_event/iterations:30000$'
#include "dataplane/capture/limiter.h"
#include "dataplane/capture/privacy_guard.h"
#include "dataplane/capture/service.h"
#include "dataplane/format/log_codec.h"
#include "dataplane/http/session.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tenant_publisher.h"

#include <benchmark/benchmark.h>
#include <libdeflate.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {

std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Not inlined: the compiler would warn about malloc and delete meeting in one function.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (auto* memory = std::malloc(size)) {
    return memory;
  }
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace dp {
namespace {

/// Requests whose answers leave together: what one flush covers.
constexpr std::uint32_t kGroupRequests = 32;
constexpr std::size_t kPaddingBytes = 64;
constexpr std::size_t kSingleBytes = 586;

/// Encodes into memory as the log does, and starts over when the memory is full.
class MemoryLog final : public wal::Appender {
 public:
  base::Result<format::Sequence> append(const format::LogRecord& record) noexcept override {
    if (memory_.size() - used_ < format::encoded_bytes(record)) {
      used_ = 0;
    }
    const auto bytes = format::encode_record(base::MutableBytes(memory_).subspan(used_), record, 1);
    used_ += bytes.value_or(0);
    return next_++;
  }

  [[nodiscard]] format::Sequence last() const { return next_ - 1; }

 private:
  std::vector<std::byte> memory_{std::size_t{1} << 20};
  std::size_t used_ = 0;
  format::Sequence next_ = 0;
};

/// Counts what is sent.
class SinkConnection final : public stream::Connection {
 public:
  void send(base::Bytes bytes) noexcept override { sent_bytes += bytes.size(); }
  void send_static(base::Bytes bytes) noexcept override { sent_bytes += bytes.size(); }
  [[nodiscard]] std::size_t send_backlog_bytes() const noexcept override { return 0; }
  void pause_receiving() noexcept override {}
  void resume_receiving() noexcept override {}
  void show_unconsumed() noexcept override {}
  void expect_bytes(std::size_t /*bytes_max*/) noexcept override {}
  void await_bytes(std::size_t /*bytes*/) noexcept override {}
  void skip_bytes(std::size_t /*bytes*/) noexcept override {}
  void set_timeout(std::uint32_t /*milliseconds*/) noexcept override {}
  void close_after_sending() noexcept override {}
  void abort() noexcept override {}
  [[nodiscard]] std::string_view peer_address() const noexcept override { return "192.0.2.7"; }

  std::size_t sent_bytes = 0;
};

class CaptureRouter final : public http::Router {
 public:
  explicit CaptureRouter(capture::CaptureService& service) : service_(service) {}
  http::Route route(const http::Request& head) noexcept override {
    if (capture::CaptureService::endpoint_of(head.path)) {
      return {&service_, nullptr, capture::kBodyBytesMax};
    }
    return {};
  }

 private:
  capture::CaptureService& service_;
};

std::string make_event(std::size_t index) {
  return R"({"uuid":"018a981f-4b35-7c66-825e-8b0eeae65714","event":"$screen","distinct_id":"user-)" +
         std::to_string(100'000 + index) +
         R"(","timestamp":"2026-08-01T12:00:00.123Z","properties":{"$os":"Android","$os_version":"14",)"
         R"("$app_version":"3.2.1","$app_build":"421","$lib":"posthog-android","$lib_version":"3.4.2",)"
         R"("$screen_name":"Checkout","$screen_width":1080,"$screen_height":2400,"$locale":"de-DE",)"
         R"("$timezone":"Europe/Berlin","$network_wifi":true,"price":12.5})";
}

std::string make_single() {
  auto event = make_event(0) + R"(,"api_key":"phc_bench0123456789","x":")";
  return event + std::string(kSingleBytes - event.size() - 2, 'x') + "\"}";
}

std::string make_batch(std::size_t count) {
  std::string batch =
      R"({"api_key":"phc_bench0123456789","sent_at":"2026-08-01T12:00:01.000Z","batch":[)";
  for (std::size_t index = 0; index < count; ++index) {
    batch += (index == 0 ? "" : ",") + make_event(index) + "}";
  }
  return batch + "]}";
}

std::string gzip(std::string_view text) {
  auto* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::string make_request(std::string_view path, std::string_view body) {
  std::string request = "POST ";
  request.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n");
  request.append("User-Agent: posthog-android/3.4.2\r\nContent-Type: application/json\r\n");
  request.append("Accept-Encoding: gzip\r\nConnection: Keep-Alive\r\nContent-Length: ");
  return request.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

void accept(benchmark::State& state, const std::string& request, std::size_t events,
            capture::PrivacyGuard* guard = nullptr, capture::Limiter* limiter = nullptr) {
  capture::Acknowledger acknowledger;
  capture::CaptureService service(acknowledger, {[]() noexcept -> std::int64_t { return 1; },
                                                 format::AddressPolicy::discard, guard, limiter});
  MemoryLog log;
  acknowledger.start(log);
  CaptureRouter router(service);
  http::SessionContext context(router);
  http::SessionPool pool(context, 1);
  SinkConnection connection;
  auto* session = pool.accepted(connection);
  std::vector<std::byte> memory(request.size() + kPaddingBytes);
  std::copy_n(base::as_bytes(request).begin(), request.size(), memory.begin());
  const base::Bytes bytes(memory.data(), request.size());
  const auto run_group = [&] {
    for (std::uint32_t index = 0; index < kGroupRequests; ++index) {
      session->received(connection, bytes);
      // A connection keeps few requests waiting, so every eighth is flushed at once.
      if (index % 8 == 7) {
        acknowledger.durable_up_to(log.last());
      }
    }
  };
  run_group();
  const auto before = allocations.load();
  for ([[maybe_unused]] auto turn : state) {
    run_group();
  }
  const auto requests = static_cast<double>(state.iterations()) * kGroupRequests;
  state.counters["allocations/request"] =
      static_cast<double>(allocations.load() - before) / requests;
  state.counters["time/event"] =
      benchmark::Counter(requests * static_cast<double>(events),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  if (acknowledger.counters().events_accepted == 0) {
    state.SkipWithError("nothing was accepted");
  }
}

void single_event(benchmark::State& state) {
  accept(state, make_request("/i/v0/e/", make_single()), 1);
}
BENCHMARK(single_event);
BENCHMARK(single_event)->Iterations(100);
BENCHMARK(single_event)->Iterations(300);

void gzip_batch_of_50(benchmark::State& state) {
  accept(state, make_request("/batch/", gzip(make_batch(50))), 50);
}
BENCHMARK(gzip_batch_of_50);
BENCHMARK(gzip_batch_of_50)->Iterations(10);
BENCHMARK(gzip_batch_of_50)->Iterations(30);

/// The standard privacy policy, once where nothing offends and once where every event does.
/// Rewriting allocates, so that is counted by another name.
void accept_guarded(benchmark::State& state, const std::string& request, std::size_t events) {
  support::TemporaryDirectory directory;
  support::TenantPublisher(directory.path() / "tenants").publish("phc_bench0123456789");
  tenant::Store store((directory.path() / "tenants").string());
  capture::GuardSettings settings;
  settings.guards_by_default = true;
  capture::PrivacyGuard guard(store, settings);
  accept(state, request, events, &guard);
}

/// A project without a policy: nobody asks for its limits, they are off, or all of them are counted
/// and never reached.
enum class Limits : std::uint8_t { unasked, off, counted };

void accept_limited(benchmark::State& state, const std::string& request, std::size_t events,
                    Limits limits) {
  support::TemporaryDirectory directory;
  support::TenantPublisher(directory.path() / "tenants").publish("phc_bench0123456789");
  tenant::Store store((directory.path() / "tenants").string());
  capture::PrivacyGuard guard(store, {});
  capture::LimitSettings settings;
  if (limits == Limits::counted) {
    settings.events_per_second = 4'000'000'000;
    settings.bytes_per_second = 4'000'000'000;
    settings.overflow_events_per_second = 1'000'000;
    settings.overflow_burst = 1'000'000;
  }
  const sys::SystemClock clock;
  capture::Limiter limiter(guard, settings, clock, 1);
  accept(state, request, events, &guard, limits == Limits::unasked ? nullptr : &limiter);
}

void limits_unasked_single_event(benchmark::State& state) {
  accept_limited(state, make_request("/i/v0/e/", make_single()), 1, Limits::unasked);
}
BENCHMARK(limits_unasked_single_event);
BENCHMARK(limits_unasked_single_event)->Iterations(100);
BENCHMARK(limits_unasked_single_event)->Iterations(300);

void limits_off_single_event(benchmark::State& state) {
  accept_limited(state, make_request("/i/v0/e/", make_single()), 1, Limits::off);
}
BENCHMARK(limits_off_single_event);
BENCHMARK(limits_off_single_event)->Iterations(100);
BENCHMARK(limits_off_single_event)->Iterations(300);

void limits_counted_single_event(benchmark::State& state) {
  accept_limited(state, make_request("/i/v0/e/", make_single()), 1, Limits::counted);
}
BENCHMARK(limits_counted_single_event);
BENCHMARK(limits_counted_single_event)->Iterations(100);
BENCHMARK(limits_counted_single_event)->Iterations(300);

void limits_off_gzip_batch_of_50(benchmark::State& state) {
  accept_limited(state, make_request("/batch/", gzip(make_batch(50))), 50, Limits::off);
}
BENCHMARK(limits_off_gzip_batch_of_50);
BENCHMARK(limits_off_gzip_batch_of_50)->Iterations(10);
BENCHMARK(limits_off_gzip_batch_of_50)->Iterations(30);

void limits_counted_gzip_batch_of_50(benchmark::State& state) {
  accept_limited(state, make_request("/batch/", gzip(make_batch(50))), 50, Limits::counted);
}
BENCHMARK(limits_counted_gzip_batch_of_50);
BENCHMARK(limits_counted_gzip_batch_of_50)->Iterations(10);
BENCHMARK(limits_counted_gzip_batch_of_50)->Iterations(30);

std::string with_address(std::string text) {
  constexpr std::string_view kHarmless = "de-DE";
  for (auto at = text.find(kHarmless); at != std::string::npos; at = text.find(kHarmless, at)) {
    text.replace(at, kHarmless.size(), "a@b.example");
  }
  return text;
}

void count_as_rewritten(benchmark::State& state) {
  state.counters["allocations/rewritten"] = state.counters["allocations/request"];
  state.counters.erase("allocations/request");
}

void guarded_single_event(benchmark::State& state) {
  accept_guarded(state, make_request("/i/v0/e/", make_single()), 1);
}
BENCHMARK(guarded_single_event);
BENCHMARK(guarded_single_event)->Iterations(100);
BENCHMARK(guarded_single_event)->Iterations(300);

void redacted_single_event(benchmark::State& state) {
  accept_guarded(state, make_request("/i/v0/e/", with_address(make_single())), 1);
  count_as_rewritten(state);
}
BENCHMARK(redacted_single_event);
BENCHMARK(redacted_single_event)->Iterations(100);
BENCHMARK(redacted_single_event)->Iterations(300);

void guarded_gzip_batch_of_50(benchmark::State& state) {
  accept_guarded(state, make_request("/batch/", gzip(make_batch(50))), 50);
}
BENCHMARK(guarded_gzip_batch_of_50);
BENCHMARK(guarded_gzip_batch_of_50)->Iterations(10);
BENCHMARK(guarded_gzip_batch_of_50)->Iterations(30);

void redacted_gzip_batch_of_50(benchmark::State& state) {
  accept_guarded(state, make_request("/batch/", gzip(with_address(make_batch(50)))), 50);
  count_as_rewritten(state);
}
BENCHMARK(redacted_gzip_batch_of_50);
BENCHMARK(redacted_gzip_batch_of_50)->Iterations(10);
BENCHMARK(redacted_gzip_batch_of_50)->Iterations(30);

/// What the worker adds: the events are delivered, properties cut out of the text.
void deliver_batch_of_50(benchmark::State& state) {
  class Sum final : public format::codec::EventVisitor {
   public:
    void visit(const format::codec::Event& event) override {
      bytes += event.properties_json.size();
    }
    std::size_t bytes = 0;
  } sum;
  format::codec::BatchReader reader;
  auto text = make_batch(50);
  const auto size = text.size();
  text.append(format::codec::kPayloadPadding, ' ');
  format::codec::Payload payload;
  payload.json = std::string_view(text).substr(0, size);
  payload.is_padded = true;
  for ([[maybe_unused]] auto turn : state) {
    if (!reader.parse(payload, format::Endpoint::batch, &sum)) {
      state.SkipWithError("refused");
    }
  }
  benchmark::DoNotOptimize(sum.bytes);
  state.counters["time/event"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 50,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(deliver_batch_of_50);
BENCHMARK(deliver_batch_of_50)->Iterations(100);
BENCHMARK(deliver_batch_of_50)->Iterations(300);

}  // namespace
}  // namespace dp

BENCHMARK_MAIN();
