"""Goal: the load generator sends what it says, counts what it gets, and refuses to report what would deceive.
Method: short runs against the real dataplane and against small servers that answer wrongly. Nothing about speed or
latency is asserted, because the machine may be busy; a run that was disturbed must say so itself.
"""
import contextlib
import json
import os
import pathlib
import re
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

VOID = 3
NO_SERVER = 69


def load(port, *words):
    """(exit code, the line it printed)."""
    command = [os.environ["BRISTLE_LOAD"], "--port", str(port), "--warmup", "0", "--seconds", "0.3", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(port):
    # A log that cannot be written to yet answers 503: the first requests of a run would be refused.
    with contextlib.suppress(OSError):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_readiness", timeout=5) as answer:
            return answer.status == 200
    return False


@contextlib.contextmanager
def dataplane():
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = {**os.environ, "BRISTLE_LISTEN": f"127.0.0.1:{port}", "BRISTLE_EVENT_LOG": f"{folder}/log"}
        with open(f"{folder}/stderr", "wb") as errors:
            process = subprocess.Popen([os.environ["DATAPLANE"]], env=environment, stderr=errors)
        try:
            deadline = time.monotonic() + 30
            while not is_ready(port):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise AssertionError(pathlib.Path(folder, "stderr").read_text())
                time.sleep(0.05)
            yield port
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def answering(answer):
    """A server that answers every piece it receives with `answer`; b"" closes the connection instead."""
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            with contextlib.suppress(OSError):
                while self.request.recv(65536) and answer:
                    self.request.sendall(answer)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def events_accepted(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        text = b""
        while piece := connection.recv(65536):
            text += piece
    return int(re.search(rb"^bristle_events_accepted_total (\d+)", text, re.M).group(1))


class LoadTest(unittest.TestCase):
    def test_every_shape_is_accepted_and_counted(self):
        shapes = [((), 1), (("--batch", 50), 50), (("--batch", 50, "--gzip"), 50), (("--bytes", 8192), 1),
                  (("--churn",), 1)]
        with dataplane() as port:
            accepted = 0
            for words, events in shapes:
                with self.subTest(words=words):
                    code, line = load(port, "--connections", 4, "--drain", 20, *words)
                    self.assertEqual(code, 0, line)
                    self.assertGreater(line["answered_ok"], 0)
                    self.assertEqual(list(line["statuses"]), ["200"])
                    # Everything that was sent was answered, those after the window included.
                    self.assertEqual(line["statuses"]["200"], line["intended"])
                    now = events_accepted(port)
                    self.assertEqual(now - accepted, line["intended"] * events)
                    accepted = now

    def test_open_loop_skips_no_send(self):
        with dataplane() as port:
            code, line = load(port, "--rate", 200, "--connections", 64, "--drain", 20, "--allow-waiting")
            # A busy machine makes the run void; then no figure may be there.
            self.assertIn(code, (0, VOID))
            self.assertEqual(events_accepted(port), 60, line)  # 200 per second for 0.3 s, however late
            self.assertEqual("latency_us" in line, code == 0)
            self.assertEqual("void" in line, code == VOID)

    def test_who_may_be_late_reports_no_latency(self):
        with dataplane() as port:
            code, line = load(port, "--rate", 20_000, "--connections", 64, "--drain", 20, "--allow-waiting",
                              "--allow-lateness")
            self.assertIn(code, (0, VOID))  # its core may still be too busy
            self.assertNotIn("latency_us", line)
            self.assertNotIn("late", str(line.get("void")))

    def test_acknowledged_requests_are_written_down(self):
        with dataplane() as port, tempfile.NamedTemporaryFile("r") as file:
            code, line = load(port, "--connections", 4, "--drain", 20, "--batch", 1000, "--once", "--seconds", 20,
                              "--acknowledged", file.name)
            self.assertIn(code, (0, VOID), line)
            acknowledged = file.read().split()
            self.assertEqual(len(acknowledged), len(set(acknowledged)))
            self.assertEqual(events_accepted(port), 1000 * len(acknowledged))
            if code == 0:  # a busy server may refuse a heavy body, which voids the run
                self.assertEqual(acknowledged, [str(item) for item in range(10)])

    def test_silent_and_slow_connections_are_held(self):
        with dataplane() as port:
            code, line = load(port, "--connections", 2, "--drain", 20, "--idle", 50, "--slow", 20,
                              "--slow-interval", 0.1)
            self.assertEqual(code, 0, line)
            self.assertEqual(line["crowd_closed"], 0)

    def test_refusals_make_a_run_void_unless_they_are_counted(self):
        with answering(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") as port:
            code, line = load(port, "--connections", 2)
            self.assertEqual(code, VOID)
            self.assertEqual(list(line), ["void"])
            self.assertIn("were not 2xx", line["void"][0])

    def test_lost_connections_and_strange_answers_make_a_run_void(self):
        for answer in (b"", b"hello\r\n\r\n"):
            with self.subTest(answer=answer), answering(answer) as port:
                code, line = load(port, "--connections", 2)
                self.assertEqual(code, VOID)
                self.assertRegex(" ".join(line["void"]), r"[1-9]\d* requests failed")

    def test_taken_connections_make_a_run_void(self):
        with answering(b"HTTP/1.1 100 Continue\r\n") as port:  # never an end
            code, line = load(port, "--connections", 2, "--rate", 100, "--drain", 0)
            self.assertEqual(code, VOID)
            self.assertIn("found no free connection", " ".join(line["void"]))

    def test_redis_answers_are_understood(self):
        with answering(b"$15\r\n1700000000000-0\r\n") as port:
            code, line = load(port, "--connections", 1, "--redis", "--drain", 20)
            self.assertEqual(code, 0, line)
            self.assertGreater(line["answered_ok"], 0)

    def test_no_server_is_told(self):
        self.assertEqual(load(free_port())[0], NO_SERVER)


if __name__ == "__main__":
    unittest.main()
