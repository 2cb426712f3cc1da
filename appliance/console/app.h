// SPDX-License-Identifier: LicenseRef-Project
// The console without terminal and bus: keys, answers and time in; calls and a drawn grid out.
#pragma once

#include "appliance/console/desk.h"
#include "appliance/console/screens.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace ap::console {

/// A call for the worker and the number its answer comes back under.
struct Request {
  std::uint64_t id = 0;
  Call call;
};

/// What the app wants from the loop around it.
enum class Wish { none, leave, shell, redraw };

/// The state machine of the console.
/// Owner: the loop. Thread: one; nothing blocks. Bounds: one call in flight per feed, dialog and
/// log.
class App final : public Desk {
 public:
  struct Options {
    bool may_leave = false;       ///< `q` ends the console (not on tty1 and the serial line).
    bool may_open_shell = false;  ///< Only for the SSH login.
  };

  explicit App(Options options);

  void key(const Key& key);
  void answer(std::uint64_t id, const Answer& answer);
  /// Time passes: `now_ms` monotonic, `now_us` since 1970. Call it some times a second.
  void tick(std::int64_t now_ms, std::int64_t now_us);

  [[nodiscard]] std::vector<Request> take_requests();
  [[nodiscard]] Wish take_wish();
  void draw(Canvas& canvas);
  /// Why there is no service at the moment, until an answer comes.
  void lose_connection(const std::string& reason);

  [[nodiscard]] const State& state() const override { return state_; }
  void call(Call call, Done done, std::uint64_t owner) override;
  void open(std::unique_ptr<Dialog> dialog) override;
  void close(std::uint64_t dialog) override;
  void show(ScreenName screen) override;
  void show_log(const std::string& unit) override;
  void refresh(FeedName feed) override;
  void expect_commit(const std::string& noun, std::int64_t seconds) override;
  void hide_commit() override;
  void end_commit() override;
  void leave() override { wish_ = Wish::leave; }
  void open_shell() override { wish_ = Wish::shell; }

 private:
  struct Feed {
    FeedName name = FeedName::health;
    Call call;
    std::int64_t interval_ms = 0;
    std::int64_t next_ms = 0;
    bool is_in_flight = false;
  };
  struct Awaited {
    Done done;
    std::uint64_t owner = 0;
  };

  void screen_key(const Key& key);
  bool global_key(const Key& key);
  void step_screen(int by);
  void poll();
  [[nodiscard]] bool wants(FeedName name) const;
  void fed(Feed& feed, const Answer& answer);
  void note_connection(const Answer& answer);
  void note_pending(const std::string& noun, std::optional<std::int64_t> seconds);
  void forget_closed();
  [[nodiscard]] Screen& screen() { return *screens_[static_cast<std::size_t>(open_)]; }
  [[nodiscard]] const Screen& screen() const { return *screens_[static_cast<std::size_t>(open_)]; }

  State state_;
  std::array<std::unique_ptr<Screen>, 8> screens_;
  LogScreen* log_ = nullptr;
  ScreenName open_ = ScreenName::overview;
  std::vector<std::unique_ptr<Dialog>> dialogs_;
  std::vector<std::uint64_t> closed_;
  std::uint64_t next_dialog_ = 1;
  std::uint64_t commit_dialog_ = 0;
  std::int64_t commit_ended_ms_ = -1'000'000;
  std::int64_t commit_expected_ms_ = -1'000'000;
  std::vector<Feed> feeds_;
  std::map<std::uint64_t, Awaited> awaited_;
  std::vector<Request> requests_;
  std::uint64_t next_request_ = 1;
  Wish wish_ = Wish::none;
};

}  // namespace ap::console
