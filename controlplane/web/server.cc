// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/web/server.h"

#include "controlplane/web/internal/session.h"
#include "controlplane/web/internal/worker_pool.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_set>

namespace cp::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;
using boost::system::error_code;

tcp::endpoint parse_endpoint(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::uint16_t port = 0;
  const char* end = listen.data() + listen.size();
  if (colon == std::string::npos ||
      std::from_chars(listen.data() + colon + 1, end, port).ptr != end) {
    throw std::runtime_error("'" + listen + "' is not a host:port to listen on");
  }
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') {
    host = host.substr(1, host.size() - 2);
  }
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) {
    throw std::runtime_error("'" + listen + "' does not start with a numeric address");
  }
  return {address, port};
}

// A socket file whose server is dead refuses connections; only such a file is removed.
void remove_stale_socket(asio::io_context& io, const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    return;
  }
  Local::socket probe(io);
  error_code error;
  probe.connect(Local::endpoint(path), error);
  if (!error) {
    throw std::runtime_error("another server is listening on " + path);
  }
  ::unlink(path.c_str());
}

}  // namespace

struct Server::State final : internal::SessionOwner {
  State(ServerOptions server_options, Handler server_handler)
      : settings(std::move(server_options)), serve(std::move(server_handler)) {}

  const ServerOptions& options() const noexcept override { return settings; }
  const Handler& handler() const noexcept override { return serve; }
  internal::WorkerPool& pool() noexcept override { return *workers; }
  bool is_stopping() const noexcept override { return stopping; }
  void log(std::string_view line) const override {
    if (settings.log) {
      settings.log(line);
    }
  }
  void closed(internal::Session& session) noexcept override {
    const std::lock_guard lock(mutex);
    sessions.erase(&session);
    all_closed.notify_all();
  }

  template <typename Acceptor>
  void accept(Acceptor& acceptor);
  void tell_turn();
  void open_unix();
  void open_tcp();
  void close_sessions(bool only_idle);

  ServerOptions settings;
  Handler serve;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  Local::acceptor unix_acceptor{io};
  tcp::acceptor tcp_acceptor{io};
  asio::steady_timer turn_timer{io};
  std::atomic<bool> stopping{false};
  bool started = false;
  std::mutex mutex;
  std::condition_variable all_closed;
  std::unordered_set<internal::Session*> sessions;
  std::unique_ptr<internal::WorkerPool> workers;
  std::thread io_thread;
};

namespace {

/// Prepares an accepted connection and names its other end: pieces of a stream leave at once.
std::string settle(const tcp::acceptor& /*acceptor*/, internal::Socket& socket) {
  error_code error;
  socket.set_option(tcp::no_delay(true), error);
  const auto generic = socket.remote_endpoint(error);
  if (error) {
    return {};
  }
  tcp::endpoint endpoint;
  std::copy_n(static_cast<const char*>(static_cast<const void*>(generic.data())), generic.size(),
              static_cast<char*>(static_cast<void*>(endpoint.data())));
  endpoint.resize(generic.size());
  return endpoint.address().to_string();
}

std::string settle(const Local::acceptor& /*acceptor*/, internal::Socket& /*socket*/) { return {}; }

}  // namespace

template <typename Acceptor>
void Server::State::accept(Acceptor& acceptor) {
  auto socket = std::make_shared<internal::Socket>(io);
  acceptor.async_accept(*socket, [this, &acceptor, socket](error_code error) {
    if (stopping || error == asio::error::operation_aborted) {
      return;
    }
    if (!error) {
      bool is_full = false;
      {
        const std::lock_guard lock(mutex);
        is_full = sessions.size() >= settings.connections_max;
      }
      if (is_full) {
        log("refused a connection: too many are open");
      } else {
        auto peer = settle(acceptor, *socket);
        const auto session =
            std::make_shared<internal::Session>(std::move(*socket), *this, std::move(peer));
        {
          const std::lock_guard lock(mutex);
          sessions.insert(session.get());
        }
        session->start();
      }
    }
    accept(acceptor);
  });
}

// A turn of the loop like any other: it comes late when the thread is held up.
void Server::State::tell_turn() {
  turn_timer.expires_after(settings.turn_interval);
  turn_timer.async_wait([this](error_code error) {
    if (!error && !stopping) {
      settings.on_turn();
      tell_turn();
    }
  });
}

void Server::State::open_unix() {
  remove_stale_socket(io, settings.unix_socket);
  unix_acceptor.open();
  error_code error;
  unix_acceptor.bind(Local::endpoint(settings.unix_socket), error);
  if (error) {
    throw std::runtime_error("cannot listen on " + settings.unix_socket + ": " + error.message());
  }
  unix_acceptor.listen();
  accept(unix_acceptor);
}

void Server::State::open_tcp() {
  const auto endpoint = parse_endpoint(settings.listen);
  tcp_acceptor.open(endpoint.protocol());
  tcp_acceptor.set_option(tcp::acceptor::reuse_address(true));
  error_code error;
  tcp_acceptor.bind(endpoint, error);
  if (error) {
    throw std::runtime_error("cannot listen on " + settings.listen + ": " + error.message());
  }
  tcp_acceptor.listen();
  accept(tcp_acceptor);
}

void Server::State::close_sessions(bool only_idle) {
  asio::post(io, [this, only_idle] {
    std::vector<std::shared_ptr<internal::Session>> open;
    {
      const std::lock_guard lock(mutex);
      for (auto* session : sessions) {
        if (auto shared = session->weak_from_this().lock()) {
          open.push_back(std::move(shared));
        }
      }
    }
    for (const auto& session : open) {
      only_idle ? session->close_if_idle() : session->close();
    }
  });
}

Server::Server(ServerOptions options, Handler handler)
    : state_(std::make_unique<State>(std::move(options), std::move(handler))) {}

Server::~Server() { stop(std::chrono::milliseconds(0)); }

void Server::start() {
  internal::WorkerPool::Options pool;
  pool.threads_kept = state_->settings.threads;
  pool.threads_max = state_->settings.threads_max;
  pool.cores = state_->settings.cores;
  state_->workers = std::make_unique<internal::WorkerPool>(std::move(pool));
  if (!state_->settings.unix_socket.empty()) {
    state_->open_unix();
  }
  if (!state_->settings.listen.empty()) {
    state_->open_tcp();
  }
  if (state_->settings.on_turn) {
    state_->tell_turn();
  }
  state_->started = true;
  state_->io_thread = std::thread([state = state_.get()] {
    internal::pin_thread(state->settings.cores);
    state->io.run();
  });
}

bool Server::stop(std::chrono::milliseconds grace) {
  auto& state = *state_;
  if (!state.started) {
    return true;
  }
  state.started = false;
  state.stopping = true;
  asio::post(state.io, [&state] {
    error_code ignored;
    state.unix_acceptor.close(ignored);
    state.tcp_acceptor.close(ignored);
    state.turn_timer.cancel();
  });
  state.close_sessions(true);
  bool finished = false;
  {
    std::unique_lock lock(state.mutex);
    finished = state.all_closed.wait_for(lock, grace, [&] { return state.sessions.empty(); });
  }
  if (!finished) {
    state.close_sessions(false);
  }
  state.workers.reset();  // waits for handlers that cannot be interrupted
  {
    std::unique_lock lock(state.mutex);
    state.all_closed.wait(lock, [&] { return state.sessions.empty(); });
  }
  state.work.reset();
  state.io.stop();
  state.io_thread.join();
  if (!state.settings.unix_socket.empty()) {
    ::unlink(state.settings.unix_socket.c_str());
  }
  return finished;
}

std::uint16_t Server::port() const noexcept {
  error_code error;
  return state_->tcp_acceptor.local_endpoint(error).port();
}

}  // namespace cp::web
