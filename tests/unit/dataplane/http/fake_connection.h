// SPDX-License-Identifier: LicenseRef-Project
// A connection in memory: collects what the session sends, keeps what it does not consume, as a
// transport would.
#pragma once

#include "dataplane/stream/connection.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace dp::http {

class FakeConnection final : public stream::Connection {
 public:
  void bind(stream::ConnectionHandler* handler) { handler_ = handler; }

  /// Delivers bytes from the peer, behind those kept from before.
  void receive(std::string_view bytes) {
    kept_.append(bytes);
    show();
  }

  /// Shows kept bytes again, as a transport does after resuming.
  void show() {
    while (!is_paused && !is_closed && !kept_.empty()) {
      // A fresh block each time: views into an earlier one must not survive.
      std::vector<std::byte> block(kept_.size() + 64);
      std::memcpy(block.data(), kept_.data(), kept_.size());
      const auto consumed = handler_->received(*this, base::Bytes(block.data(), kept_.size()));
      kept_.erase(0, consumed);
      if (consumed == 0 || !std::exchange(is_resumed, false)) {
        return;
      }
    }
  }

  /// The peer sends bytes that `skip_bytes` spoke of, and they are dropped on the way.
  void skip(std::size_t bytes) {
    skippable_bytes = 0;
    handler_->skipped(*this, bytes);
  }
  void fire_timeout() { handler_->timed_out(*this); }
  void become_writable() {
    handler_->writable(*this);
    show();
  }
  void finish_peer() { handler_->peer_finished(*this); }
  void close() {
    if (handler_ != nullptr && !std::exchange(is_closed, true)) {
      handler_->closed(*this);
    }
  }

  [[nodiscard]] stream::Movability movability() const { return handler_->movability(); }
  [[nodiscard]] std::string take_sent() { return std::exchange(sent, {}); }
  [[nodiscard]] std::size_t kept_bytes() const { return kept_.size(); }

  void send(base::Bytes bytes) noexcept override { sent.append(base::as_text(bytes)); }
  void send_static(base::Bytes bytes) noexcept override { send(bytes); }
  [[nodiscard]] std::size_t send_backlog_bytes() const noexcept override { return backlog_bytes; }
  void pause_receiving() noexcept override { is_paused = true; }
  void resume_receiving() noexcept override {
    is_resumed = is_paused;
    is_paused = false;
  }
  void show_unconsumed() noexcept override { show(); }
  void expect_bytes(std::size_t bytes_max) noexcept override { expected_bytes = bytes_max; }
  void await_bytes(std::size_t bytes) noexcept override { awaited_bytes = bytes; }
  void skip_bytes(std::size_t bytes) noexcept override { skippable_bytes = bytes; }
  void set_timeout(std::uint32_t milliseconds) noexcept override { timeout_ms = milliseconds; }
  void close_after_sending() noexcept override { is_closing = true; }
  void abort() noexcept override { is_aborted = true; }
  [[nodiscard]] std::string_view peer_address() const noexcept override { return "192.0.2.7"; }

  std::string sent;
  std::size_t backlog_bytes = 0;
  std::size_t expected_bytes = 0;
  std::size_t awaited_bytes = 0;
  std::size_t skippable_bytes = 0;
  std::uint32_t timeout_ms = 0;
  bool is_paused = false;
  bool is_resumed = false;
  bool is_closing = false;
  bool is_aborted = false;
  bool is_closed = false;

 private:
  stream::ConnectionHandler* handler_ = nullptr;
  std::string kept_;
};

}  // namespace dp::http
