"""The console in a pseudo terminal: what it draws is read back with pyte, keys go in as bytes."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import threading
import time

import pyte

KEYS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "enter": "\r", "escape": "\x1b",
        "tab": "\t", "backspace": "\x7f", "page-up": "\x1b[5~", "home": "\x1b[H", "end": "\x1b[F"}
LIMIT_S = 15


class Screen(pyte.Screen):
    """What ncurses sends to an xterm and pyte does not know: repeated characters, scrolling, faint text."""

    last = " "

    def draw(self, data):
        super().draw(data)
        self.last = data[-1]

    def repeat_last(self, count=1):
        self.draw(self.last * (count or 1))

    def _at_top(self, change, count):
        column, row = self.cursor.x, self.cursor.y
        self.cursor.y = self.margins.top if self.margins else 0
        change(count or 1)
        self.cursor.x, self.cursor.y = column, row

    def scroll_up(self, count=1):
        self._at_top(self.delete_lines, count)

    def scroll_down(self, count=1):
        self._at_top(self.insert_lines, count)

    def select_graphic_rendition(self, *attributes):
        plain = [value for value in attributes if value != 2]
        if plain or not attributes:
            super().select_graphic_rendition(*plain)
        if 2 in attributes:
            super().select_graphic_rendition(38, 5, 245)


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "b": "repeat_last", "S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"repeat_last", "scroll_up", "scroll_down"}


class Console:
    def __init__(self, program, environment, rows=24, columns=80):
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.lock = threading.Lock()
        self.output = bytearray()
        self.status = None
        self.master, self.slave = pty.openpty()
        self.set_size(rows, columns)
        self.modes_before = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(self.slave) if hasattr(os, "login_tty") else self._login()
            os.execvpe(program[0], program, environment)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _login(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        for descriptor in (0, 1, 2):
            os.dup2(self.slave, descriptor)
        os.close(self.slave)
        os.close(self.master)

    def set_size(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        with self.lock:
            self.screen.resize(rows, columns)
        self.set_size(rows, columns)

    def _read(self):
        while True:
            ready, _, _ = select.select([self.master], [], [], 0.1)
            if not ready and self.status is not None:
                return
            if ready:
                data = os.read(self.master, 65536)
                with self.lock:
                    self.output += data
                    self.stream.feed(data)

    def text(self):
        with self.lock:
            return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, *keys):
        for key in keys:
            os.write(self.master, KEYS.get(key, key).encode())

    def wait_for(self, condition, limit_s=LIMIT_S):
        """Waits until a text stands on the screen (or a function of the text is true); returns the screen."""
        met = condition if callable(condition) else lambda text: condition in text
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            text = self.text()
            if met(text):
                return text
            time.sleep(0.02)
        raise AssertionError(f"not on the screen within {limit_s} s: {condition}\n{self.text()}")

    def wait_gone(self, text, limit_s=LIMIT_S):
        return self.wait_for(lambda screen: text not in screen, limit_s)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait_end(self, limit_s=LIMIT_S):
        """The exit status; negative for a signal."""
        deadline = time.monotonic() + limit_s
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > deadline:
                raise AssertionError(f"it did not end within {limit_s} s\n{self.text()}")
            else:
                time.sleep(0.02)
        return self.status

    def modes(self):
        return termios.tcgetattr(self.slave)

    def close(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait_end()
        self.reader.join()
        os.close(self.master)
        os.close(self.slave)
