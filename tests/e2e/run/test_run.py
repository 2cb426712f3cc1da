"""Goal: `make run` behaves as the README says: secrets and data survive a restart, a second start is quick, problems
are said plainly, and everything stops in order. Method: the script behind `make run`, in a home of its own."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEYS = {"url", "project_token", "personal_api_key", "email", "password", "project_id"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RunTest(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="bristle-run-")
        os.chmod(self.home, 0o755)
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.port = free_port()
        self.running = []
        self.addCleanup(lambda: [self.end(process, signal.SIGKILL) for process in self.running])

    def start(self, **more):
        """Starts the product and waits for its ready line; returns (process, lines)."""
        environment = {**os.environ, "BRISTLE_HOME": self.home, "BRISTLE_PORT": str(self.port), **more}
        process = subprocess.Popen([ROOT / "appliance/local/run"], env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                                   start_new_session=True)
        self.running.append(process)
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if "Running until Ctrl-C" in line:
                break
        return process, lines

    def end(self, process, number=signal.SIGINT):
        if process.poll() is None:
            process.send_signal(number)
        output = process.communicate(timeout=90)[0]
        return process.returncode, output.splitlines()

    def connection(self):
        return json.loads(pathlib.Path(self.home, "connection.json").read_text())

    def count(self, event):
        connection = self.connection()
        query = {"query": {"kind": "HogQLQuery", "query": f"SELECT count() FROM events WHERE event = '{event}'"}}
        request = urllib.request.Request(
            f"{connection['url']}/api/projects/{connection['project_id']}/query/", json.dumps(query).encode(),
            {"Authorization": f"Bearer {connection['personal_api_key']}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["results"][0][0]

    def test_a_restart_keeps_secrets_and_data_and_is_quick(self):
        process, lines = self.start()
        connection = self.connection()
        self.assertEqual(KEYS, set(connection))
        self.assertEqual(0o600, os.stat(os.path.join(self.home, "connection.json")).st_mode & 0o777)
        for key in ("url", "email", "password", "project_token"):
            self.assertTrue(any(connection[key] in line for line in lines), f"{key} is not printed: {lines}")

        name = f"kept {uuid.uuid4()}"
        body = json.dumps({"token": connection["project_token"], "event": name, "distinct_id": "u"}).encode()
        request = urllib.request.Request(connection["url"] + "/e/", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10)
        # Stopped at once: the event is in the log, perhaps not yet in ClickHouse; it must appear after the restart.
        code, ending = self.end(process)
        self.assertEqual(0, code, ending)
        stopped = [line.split()[-1] for line in ending if line.startswith("==> Stopping")]
        self.assertEqual(["dataplane", "worker", "api", "engine", "postgres"], stopped)

        started = time.monotonic()
        process, _ = self.start()
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual(connection, self.connection())
        deadline = time.monotonic() + 20
        while self.count(name) == 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(1, self.count(name))
        self.assertEqual(0, self.end(process)[0])

    def test_a_detached_run_is_stopped_by_stop(self):
        environment = {**os.environ, "BRISTLE_HOME": self.home, "BRISTLE_PORT": str(self.port)}
        subprocess.run([ROOT / "appliance/local/run"], env={**environment, "DETACH": "1"}, check=True, timeout=120,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        second = subprocess.run([ROOT / "appliance/local/run"], env=environment, capture_output=True, text=True,
                                timeout=30, stdin=subprocess.DEVNULL)
        self.assertEqual(1, second.returncode)
        self.assertIn("already running", second.stderr)
        stop = subprocess.run([ROOT / "appliance/local/stop"], env=environment, capture_output=True, text=True,
                              timeout=100)
        self.assertEqual("Stopped\n", stop.stdout)
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_health", timeout=2)

    def test_a_port_in_use_is_said_and_nothing_keeps_running(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            process, _ = self.start()
            code, ending = self.end(process)
        self.assertNotEqual(0, code)
        self.assertEqual([], list(pathlib.Path(self.home, "run").glob("*.pid")), ending)

    def test_a_bad_port_is_named(self):
        process, lines = self.start(BRISTLE_PORT="80a")
        self.end(process)
        self.assertEqual(1, process.returncode)
        self.assertIn("BRISTLE_PORT: expected a port, got '80a'", "\n".join(lines))


if __name__ == "__main__":
    unittest.main()
