"""A person at a serial line: reads it all the time, keeps the screen a terminal would show, presses keys."""
import re
import socket
import threading
import time

import pyte

COLUMNS, LINES = 80, 24
KEYS = {"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "enter": "\r", "escape": "\x1b",
        "tab": "\t", "backspace": "\x7f"}


class SerialLine:
    """The guest's serial port as a socket; a thread reads so that the guest never waits for us."""

    def __init__(self, path):
        self.lock = threading.Condition()
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.received = bytearray()
        self.line_times = []  # (monotonic time, text) of each complete line
        self.partial = b""
        self.closed = False
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                data = b""
            with self.lock:
                if not data:
                    self.closed = True
                    self.lock.notify_all()
                    return
                self.received += data
                self.stream.feed(data)
                *lines, self.partial = (self.partial + data).split(b"\n")
                now = time.monotonic()
                self.line_times += [(now, line.decode(errors="replace").rstrip("\r")) for line in lines]
                self.lock.notify_all()

    def send(self, text):
        self.socket.sendall(text.encode())

    def press(self, *keys):
        """Keys by name, or as they are; with a pause, as a person has: an escape sequence stays one key."""
        for key in keys:
            self.send(KEYS.get(key, key))
            time.sleep(0.3)

    def text(self):
        """What the screen shows now."""
        with self.lock:
            return "\n".join(line.rstrip() for line in self.screen.display)

    def mark(self):
        with self.lock:
            return len(self.received)

    def wait_screen(self, pattern, timeout):
        """Waits until the screen shows `pattern`; returns the screen."""
        return self.wait(lambda: self.text_locked(), pattern, timeout, "the screen")

    def wait_output(self, pattern, timeout, since=0):
        """Waits until the line has said `pattern` since the mark; returns what it said since."""
        return self.wait(lambda: self.received[since:].decode(errors="replace"), pattern, timeout, "the serial line")

    def text_locked(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, look, pattern, timeout, where):
        deadline = time.monotonic() + timeout
        with self.lock:
            while True:
                text = look()
                if re.search(pattern, text, re.M):
                    return text
                left = deadline - time.monotonic()
                if left <= 0 or self.closed:
                    end = "ended" if self.closed else f"did not show it in {timeout} s"
                    raise AssertionError(f"{where} {end}: {pattern!r}\n{text[-3000:]}")
                self.lock.wait(min(left, 1))

    def time_of(self, pattern):
        """When the first line with `pattern` came; None if none has."""
        with self.lock:
            return next((when for when, line in self.line_times if re.search(pattern, line)), None)

    def close(self):
        self.socket.close()


class RootShell:
    """systemd's debug shell on the second serial port: the test's way to do what no operator may."""

    MARK = "\x1e"

    def __init__(self, line):
        self.line = line
        self.prepared = False

    def run(self, command, timeout=60, check=True):
        """Runs a line of shell; returns its output, standard error included."""
        if not self.prepared:
            self.line.wait_output(r"[#$] $", timeout)
            since = self.line.mark()
            self.line.send("stty -echo -onlcr; bind 'set enable-bracketed-paste off'; PS1=; PS2=;"
                           " export SYSTEMD_PAGER=cat SYSTEMD_COLORS=0 TERM=dumb; printf '\\036ready\\036'\n")
            self.line.wait_output("\x1eready\x1e", 30, since)
            self.prepared = True
        since = self.line.mark()
        self.line.send(f"{{ {command}\n}} </dev/null 2>&1; printf '\\036%d\\036' $?\n")
        output = self.line.wait_output(f"{self.MARK}\\d+{self.MARK}", timeout, since)
        text, code, _ = output.split(self.MARK)[:3]
        if check and code != "0":
            raise AssertionError(f"in the guest: {command}: exit {code}\n{text[-3000:]}")
        return re.sub(r"\x1b\[\?2004[hl]|\r", "", text)
