// SPDX-License-Identifier: LicenseRef-Project
// The shapes of the console: screens, dialogs above them, and the desk that serves both.
#pragma once

#include "appliance/console/appliance.h"
#include "appliance/console/canvas.h"
#include "appliance/console/key.h"
#include "appliance/console/lines.h"
#include "appliance/console/state.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ap::console {

class Dialog;

/// The screens in the order of their number keys.
enum class ScreenName { overview, services, logs, network, firewall, users, audit, power };

/// What the app polls for the open screen.
enum class FeedName { health, services, network, firewall, audit };

using Done = std::function<void(const Answer&)>;

/// What a screen or a dialog may ask the app for. UI thread only; nothing here blocks.
class Desk {
 public:
  [[nodiscard]] virtual const State& state() const = 0;

  /// Sends a call to the worker; `done` runs on the UI thread, unless the dialog `owner` (0: none)
  /// has been closed by then.
  virtual void call(Call call, Done done, std::uint64_t owner) = 0;

  /// Puts a dialog on top; `close` removes the dialog with this id, wherever it lies.
  virtual void open(std::unique_ptr<Dialog> dialog) = 0;
  virtual void close(std::uint64_t dialog) = 0;

  virtual void show(ScreenName screen) = 0;
  /// Opens the logs of one unit.
  virtual void show_log(const std::string& unit) = 0;

  /// Asks for a feed now instead of at its next turn.
  virtual void refresh(FeedName feed) = 0;
  /// A change of `noun` was applied and reverts in so many seconds.
  virtual void expect_commit(const std::string& noun, std::int64_t seconds) = 0;
  virtual void hide_commit() = 0;
  /// The change was kept or reverted by this console.
  virtual void end_commit() = 0;

  virtual void leave() = 0;
  virtual void open_shell() = 0;

 protected:
  ~Desk() = default;
};

/// One of the numbered screens. Owner: the app. UI thread only.
class Screen {
 public:
  virtual ~Screen() = default;

  virtual void key(const Key& key, Desk& desk) = 0;
  /// Called a few times a second while the screen is open.
  virtual void tick(Desk& /*desk*/) {}
  virtual void draw(Canvas& canvas, const Area& area, const State& state) = 0;
  [[nodiscard]] virtual Hints hints(const State& state) const = 0;
  [[nodiscard]] virtual std::vector<FeedName> feeds() const { return {}; }
};

/// Something above the screen that takes every key until it closes. Owner: the app.
class Dialog {
 public:
  virtual ~Dialog() = default;

  virtual void opened(Desk& /*desk*/) {}
  virtual void key(const Key& key, Desk& desk) = 0;
  virtual void tick(Desk& /*desk*/) {}
  virtual void draw(Canvas& canvas, const State& state) = 0;
  [[nodiscard]] virtual Hints hints(const State& state) const = 0;

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  void set_id(std::uint64_t id) noexcept { id_ = id; }

 private:
  std::uint64_t id_ = 0;
};

}  // namespace ap::console
