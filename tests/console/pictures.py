"""Takes the screens of docs/console.md: as text, and as PNG where Chromium is installed."""
import html
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from fake_appliance import FakeAppliance
from fake_bus import FakeService, PrivateBus
from terminal import Console

COLORS = {"default": "#d8dee4", "black": "#0d1117", "red": "#ff7b72", "green": "#7ee787", "brown": "#e3b341",
          "blue": "#1f4f8f", "magenta": "#d2a8ff", "cyan": "#79c0ff", "white": "#f0f6fc"}
BACKGROUND = "#0d1117"
CELL = (9, 19)
# name: answers of Health.Describe, keys, text to wait for
SHOTS = {
    "overview": ("health-well", [], "All is well"),
    "overview-problems": ("health-problems", [], "root-b has 1 of 2"),
    "first-boot": ("health-first-boot", [], "First boot"),
    "recovery": ("health-recovery", [], "Recovery mode"),
    "services": ("health-well", ["2"], "API and page"),
    "services-plan": ("health-well", ["2", "r"], "Restart Capture and flags now?"),
    "services-result": ("health-well", ["2", "r", "y"], ": restarted"),
    "services-status": ("health-well", ["2", "enter"], "The end of its log"),
    "logs": ("health-well", ["3"], "following"),
    "network": ("health-well", ["4"], "vSwitch (the"),
    "network-form": ("health-well", ["4", "e", "up", "up", "up", "backspace", "enter", "enter"], "expected 576"),
    "network-plan": ("health-well", ["4", "e", "up", "up", "up", "backspace", "backspace", "backspace", "3", "0", "0",
                                     "enter", "enter"], "Try this for"),
    "network-countdown": ("health-well", ["4", "e", "up", "up", "up", "backspace", "backspace", "backspace", "3", "0",
                                          "0", "enter", "enter", "y"], "Keep this change?"),
    "firewall": ("health-well", ["5"], "The firewall is on"),
    "users-link": ("health-well", ["6", "enter"], "It works once"),
    "audit": ("health-well", ["7"], "RESULT"),
    "power": ("health-well", ["8"], "Power off"),
    "help": ("health-well", ["2", "?"], "Everywhere"),
    "waiting": (None, [], "Waiting for"),
}


def span(cell):
    """One cell as HTML, its colors and attributes as pyte read them."""
    front = COLORS.get(cell.fg, f"#{cell.fg}" if len(cell.fg) == 6 else COLORS["default"])
    back = BACKGROUND if cell.bg == "default" else COLORS.get(cell.bg, BACKGROUND)
    if cell.reverse:
        front, back = back, front
    style = f"color:{front};background:{back}"
    style += ";font-weight:bold" if cell.bold else ""
    style += ";text-decoration:underline" if cell.underscore else ""
    return f'<i style="{style}">{html.escape(cell.data or " ")}</i>'


def page(screen):
    rows = ["".join(span(screen.buffer[row][column]) for column in range(screen.columns))
            for row in range(screen.lines)]
    return ("<meta charset=utf-8><style>body{margin:12px;background:" + BACKGROUND + "}div{height:" + f"{CELL[1]}px" +
            ";white-space:pre}i{display:inline-block;font:15px/" + f"{CELL[1]}px" +
            " 'DejaVu Sans Mono',monospace;width:" + f"{CELL[0]}px;height:{CELL[1]}px;overflow:hidden" + "}</style>" +
            "".join(f"<div>{row}</div>" for row in rows))


def write_png(screen, path):
    browser = shutil.which("chromium")
    if browser is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "screen.html"
        source.write_text(page(screen))
        size = f"{screen.columns * CELL[0] + 24},{screen.lines * CELL[1] + 24}"
        subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                        f"--user-data-dir={folder}/profile", f"--window-size={size}", f"--screenshot={path}",
                        source.as_uri()], check=True, capture_output=True, timeout=60)


def take_one(program, bus, shot, target):
    answers, keys, text = shot
    appliance = FakeAppliance()
    if answers:
        appliance.answers["health"] = appliance.answers[answers]
    service = FakeService(bus, appliance.handle) if answers else None
    console = Console([program, "console"], {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8",
                                             "DBUS_SYSTEM_BUS_ADDRESS": bus.address})
    try:
        console.wait_for("Canary" if answers else text)
        for key in keys:
            console.press(key)
            time.sleep(0.5)  # A key may change nothing but a color.
        console.wait_for(text)
        console.wait_for(lambda now: "Reading" not in now)
        target.with_suffix(".txt").write_text(console.text() + "\n")
        write_png(console.screen, target.with_suffix(".png"))
    finally:
        console.close()
        if service:
            service.stop()


def take(program, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, shot in SHOTS.items():
        with tempfile.TemporaryDirectory() as place:
            bus = PrivateBus(place)
            try:
                take_one(program, bus, shot, folder / name)
            finally:
                bus.stop()
        print(os.path.relpath(folder / name))
