// SPDX-License-Identifier: LicenseRef-Project
// The parts every screen shares: header, the list of screens, the status line and the keys.
#pragma once

#include "appliance/console/desk.h"

namespace ap::console {

constexpr int kRowsMin = 20;
constexpr int kColumnsMin = 72;

/// Header, screen names, rule; returns the area between them and the status line.
Area draw_frame(Canvas& canvas, const State& state, ScreenName screen);

/// The line above the keys: what is lost, what waits for an answer, or how the machine is.
void draw_status(Canvas& canvas, const State& state, ScreenName screen);

/// The last line: `key text` of every hint that fits, `? help` at the right edge.
void draw_hints(Canvas& canvas, const State& state, const Hints& hints, bool is_dialog);

/// Instead of a screen while nothing is known yet.
void draw_waiting(Canvas& canvas, const Area& area, const State& state);

/// Instead of everything on a terminal that is too small.
void draw_too_small(Canvas& canvas);

}  // namespace ap::console
