// SPDX-License-Identifier: LicenseRef-Project
#include "appliance/console/app.h"

#include "appliance/console/dialogs.h"
#include "appliance/console/frame.h"

#include <algorithm>
#include <utility>

namespace ap::console {
namespace {

constexpr std::int64_t kRetryMs = 1'000;
// An answer that was under way while a change was applied, kept or reverted tells of the time
// before.
constexpr std::int64_t kCommitEchoMs = 3'000;

template <typename Value>
void take(Fresh<Value>& fresh, const Answer& answer,
          std::optional<Value> (*parse)(std::string_view)) {
  if (answer.trouble != Trouble::none) {
    fresh.error = answer.trouble == Trouble::denied
                      ? "This account may not read this: log in as an operator."
                      : answer.text;
    return;
  }
  if (auto value = parse(answer.text)) {
    fresh.value = std::move(value);
    fresh.error.clear();
  } else {
    fresh.error = "The appliance service answered in words unknown here.";
  }
}

}  // namespace

App::App(Options options)
    : screens_{overview_screen(), services_screen(), nullptr,        network_screen(),
               firewall_screen(), users_screen(),    audit_screen(), power_screen()},
      feeds_{{FeedName::health, {"Health", "Describe", {}}, 1'000},
             {FeedName::services, {"Services", "Describe", {}}, 1'000},
             {FeedName::network, {"Network", "Describe", {}}, 2'000},
             {FeedName::firewall, {"Firewall", "Describe", {}}, 2'000},
             {FeedName::audit, {"Audit", "Read", {"500"}}, 3'000}} {
  auto log = log_screen();
  log_ = log.get();
  screens_[static_cast<std::size_t>(ScreenName::logs)] = std::move(log);
  state_.may_leave = options.may_leave;
  state_.may_open_shell = options.may_open_shell;
}

void App::call(Call call, Done done, std::uint64_t owner) {
  const std::uint64_t id = next_request_++;
  awaited_[id] = {std::move(done), owner};
  requests_.push_back({id, std::move(call)});
}

void App::open(std::unique_ptr<Dialog> dialog) {
  dialog->set_id(next_dialog_++);
  dialogs_.push_back(std::move(dialog));
  dialogs_.back()->opened(*this);
}

// The dialog may be in the middle of a call of its own: it is removed when that is over.
void App::close(std::uint64_t dialog) { closed_.push_back(dialog); }

void App::forget_closed() {
  for (const std::uint64_t id : closed_) {
    std::erase_if(dialogs_, [id](const auto& dialog) { return dialog->id() == id; });
    commit_dialog_ = commit_dialog_ == id ? 0 : commit_dialog_;
  }
  closed_.clear();
}

void App::show(ScreenName screen) {
  open_ = screen;
  for (Feed& feed : feeds_) {
    feed.next_ms = wants(feed.name) ? 0 : feed.next_ms;
  }
}

void App::show_log(const std::string& unit) {
  for (const auto& dialog : dialogs_) {
    if (dialog->id() != commit_dialog_) {
      close(dialog->id());
    }
  }
  log_->show_unit(unit);
  show(ScreenName::logs);
}

void App::refresh(FeedName feed) {
  for (Feed& candidate : feeds_) {
    if (candidate.name == feed) {
      candidate.next_ms = 0;
    }
  }
}

void App::expect_commit(const std::string& noun, std::int64_t seconds) {
  commit_expected_ms_ = state_.now_ms;
  note_pending(noun, seconds);
  refresh(noun == "Firewall" ? FeedName::firewall : FeedName::network);
}

void App::note_pending(const std::string& noun, std::optional<std::int64_t> seconds) {
  if (!seconds) {
    if (!state_.commit || state_.commit->noun != noun ||
        state_.now_ms - commit_expected_ms_ < kCommitEchoMs) {
      return;
    }
    // Ended by its clock or by another console.
    const bool is_late = state_.now_ms + 1'500 >= state_.commit->deadline_ms;
    end_commit();
    Lines lines;
    lines.emplace_back(is_late ? "Nobody kept the change, so it was reverted."
                               : "The change was kept or reverted elsewhere.");
    lines.emplace_back("The screen shows what holds now.", Style::dim);
    open(std::make_unique<MessageDialog>(noun + " change", std::move(lines)));
    return;
  }
  if (state_.now_ms - commit_ended_ms_ < kCommitEchoMs) {
    return;
  }
  const std::int64_t deadline_ms = state_.now_ms + *seconds * 1'000;
  if (state_.commit) {
    state_.commit->deadline_ms = deadline_ms;
    return;
  }
  state_.commit = Commit{noun, deadline_ms, false};
  open(std::make_unique<CommitDialog>());
  commit_dialog_ = dialogs_.back()->id();
}

void App::hide_commit() {
  if (state_.commit) {
    state_.commit->is_hidden = true;
    close(commit_dialog_);
  }
}

void App::end_commit() {
  const bool is_firewall = state_.commit && state_.commit->noun == "Firewall";
  state_.commit.reset();
  commit_ended_ms_ = state_.now_ms;
  close(commit_dialog_);
  refresh(is_firewall ? FeedName::firewall : FeedName::network);
}

void App::key(const Key& key) {
  if (key.kind == KeyKind::redraw) {
    wish_ = Wish::redraw;
    return;
  }
  const Key meant =
      key.kind == KeyKind::interrupt && !dialogs_.empty() ? Key{KeyKind::escape} : key;
  if (!dialogs_.empty()) {
    dialogs_.back()->key(meant, *this);
  } else if (!global_key(meant)) {
    screen_key(meant);
  }
  forget_closed();
  poll();
}

bool App::global_key(const Key& key) {
  if (key.kind == KeyKind::tab || key.kind == KeyKind::back_tab) {
    step_screen(key.kind == KeyKind::tab ? 1 : -1);
  } else if (key.kind == KeyKind::left || key.kind == KeyKind::right) {
    step_screen(key.kind == KeyKind::right ? 1 : -1);
  } else if (key.is(U'?')) {
    open(help_dialog(open_, screen().hints(state_), state_));
  } else if (key.kind == KeyKind::interrupt || key.is(U'q')) {
    if (state_.may_leave) {
      leave();
    }
  } else if (key.is(U'9')) {
    if (state_.may_open_shell) {
      open_shell();
    }
  } else if (key.kind == KeyKind::character && key.character >= U'1' && key.character <= U'8') {
    show(static_cast<ScreenName>(key.character - U'1'));
  } else {
    return false;
  }
  return true;
}

void App::screen_key(const Key& key) {
  const bool is_its_screen = open_ == ScreenName::network || open_ == ScreenName::firewall;
  if (state_.commit && is_its_screen && (key.is(U'k') || key.is(U'r'))) {
    answer_commit(*this, key.is(U'k'));
  } else {
    screen().key(key, *this);
  }
}

void App::step_screen(int by) {
  constexpr int kScreens = 8;
  show(static_cast<ScreenName>((static_cast<int>(open_) + by + kScreens) % kScreens));
}

void App::answer(std::uint64_t id, const Answer& answer) {
  const auto found = awaited_.find(id);
  if (found == awaited_.end()) {
    return;
  }
  const Awaited awaited = std::move(found->second);
  awaited_.erase(found);
  note_connection(answer);
  const auto is_owner = [&awaited](const auto& dialog) { return dialog->id() == awaited.owner; };
  if (awaited.owner == 0 || std::ranges::any_of(dialogs_, is_owner)) {
    awaited.done(answer);
  }
  forget_closed();
}

void App::note_connection(const Answer& answer) {
  if (answer.trouble == Trouble::unavailable) {
    lose_connection(answer.text);
    return;
  }
  if (!state_.is_connected) {
    state_.is_connected = true;
    state_.lost_reason.clear();
    for (Feed& feed : feeds_) {
      feed.next_ms = 0;
    }
  }
}

void App::lose_connection(const std::string& reason) {
  if (state_.is_connected || state_.lost_reason.empty()) {
    state_.lost_since_ms = state_.now_ms;
  }
  state_.is_connected = false;
  state_.lost_reason = reason.empty() ? "It does not answer." : reason;
}

bool App::wants(FeedName name) const {
  if (name == FeedName::health) {
    return true;
  }
  if (!state_.is_connected) {
    return false;  // One question a second is enough to notice that it is back.
  }
  if (state_.commit &&
      name == (state_.commit->noun == "Firewall" ? FeedName::firewall : FeedName::network)) {
    return true;
  }
  return std::ranges::count(screen().feeds(), name) > 0;
}

void App::poll() {
  for (Feed& feed : feeds_) {
    if (feed.is_in_flight || !wants(feed.name) || state_.now_ms < feed.next_ms) {
      continue;
    }
    feed.is_in_flight = true;
    feed.next_ms = state_.now_ms + (state_.is_connected ? feed.interval_ms : kRetryMs);
    call(feed.call, [this, &feed](const Answer& answer) { fed(feed, answer); }, 0);
  }
}

void App::fed(Feed& feed, const Answer& answer) {
  feed.is_in_flight = false;
  if (answer.trouble == Trouble::unavailable) {
    return;
  }
  switch (feed.name) {
    case FeedName::health:
      take(state_.health, answer, parse_health);
      return;
    case FeedName::services:
      take(state_.services, answer, parse_services);
      return;
    case FeedName::network:
      take(state_.network, answer, parse_network);
      if (answer.trouble == Trouble::none && state_.network.value) {
        note_pending("Network", state_.network.value->pending_s);
      }
      return;
    case FeedName::firewall:
      take(state_.firewall, answer, parse_firewall);
      if (answer.trouble == Trouble::none && state_.firewall.value) {
        note_pending("Firewall", state_.firewall.value->pending_s);
      }
      return;
    case FeedName::audit:
      take(state_.audit, answer, parse_audit);
      return;
  }
}

void App::tick(std::int64_t now_ms, std::int64_t now_us) {
  state_.now_ms = now_ms;
  state_.now_us = now_us;
  poll();
  screen().tick(*this);
  // A tick may open a dialog above, so by index and only those that were there.
  for (std::size_t i = 0, count = dialogs_.size(); i < count; ++i) {
    dialogs_[i]->tick(*this);
  }
  forget_closed();
}

std::vector<Request> App::take_requests() { return std::exchange(requests_, {}); }

Wish App::take_wish() { return std::exchange(wish_, Wish::none); }

void App::draw(Canvas& canvas) {
  if (canvas.rows() < kRowsMin || canvas.columns() < kColumnsMin) {
    draw_too_small(canvas);
    return;
  }
  const Area area = draw_frame(canvas, state_, open_);
  const bool is_waiting = !state_.is_connected && !state_.health.value;
  if (is_waiting) {
    draw_waiting(canvas, area, state_);
  } else {
    draw_status(canvas, state_, open_);
    screen().draw(canvas, area, state_);
  }
  if (!dialogs_.empty()) {
    canvas.restyle(area, Style::dim);
    dialogs_.back()->draw(canvas, state_);
    draw_hints(canvas, state_, dialogs_.back()->hints(state_), true);
  } else {
    draw_hints(canvas, state_, is_waiting ? Hints{} : screen().hints(state_), false);
  }
}

}  // namespace ap::console
