"""The console in a pseudo terminal: what it draws is read back with pyte, keys go in as bytes."""
import fcntl
import os
import pty
import re
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
# "Repeat the last character", which ncurses uses with TERM=xterm and pyte does not know.
REPEAT = re.compile(rb"([\x20-\x7e])\x1b\[(\d+)b")
UNFINISHED = re.compile(rb"[\x20-\x7e]?\x1b[^a-zA-Z]*$")


class Console:
    def __init__(self, program, environment, rows=24, columns=80):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.lock = threading.Lock()
        self.output = bytearray()
        self.held = b""
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
            ready, _, _ = select.select([self.master], [], [], 0.2)
            if not ready and self.status is not None:
                return
            if ready:
                data = os.read(self.master, 65536)
                with self.lock:
                    self.output += data
                    self._feed(self.held + data)

    def _feed(self, data):
        rest = UNFINISHED.search(data[-64:])
        cut = len(data) - len(rest.group(0)) if rest else len(data)
        self.held = data[cut:]
        self.stream.feed(REPEAT.sub(lambda found: found.group(1) * (int(found.group(2)) + 1), data[:cut]))

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
