# SPDX-License-Identifier: LicenseRef-Project
"""Goal: the product works when every program is another user, as on the appliance, whatever the umask; the api and
the worker wait for PostgreSQL instead of ending; the canary tells which stage failed.
Method: the real programs through setpriv, directories as systemd makes them, a socket in the manager's place."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
GROUP, DATAPLANE, CONTROL, ENGINE = 805, 800, 801, 802
USERS = {  # user, group, further groups: as in the units
    "dataplane": (DATAPLANE, GROUP, ""),
    "control": (CONTROL, GROUP, f"{ENGINE}"),
    "engine": (ENGINE, ENGINE, ""),
}


def reason_to_skip():
    if os.geteuid() != 0:
        return "dropping users needs root"
    if not shutil.which("setpriv"):
        return "no setpriv on this machine"
    if not list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")):
        return "no PostgreSQL on this machine"
    if not library():
        return "no libchdb on this machine"
    return None


def library():
    named = os.environ.get("BRISTLE_CHDB_LIBRARY")
    cached = sorted(pathlib.Path.home().glob(".cache/bristle/libchdb-*.so"))
    return pathlib.Path(named) if named else cached[-1] if cached else None


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def postgres_programs():
    return sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]


class Manager:
    """The service manager's socket of one program."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o777)
        self.seen = []

    def wait_for(self, text, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.01))
            with contextlib.suppress(TimeoutError):
                self.seen.append(self.socket.recv(4096).decode())
                if text in self.seen[-1]:
                    return self.seen[-1]
        raise AssertionError(f"no {text!r} in {self.seen}")


class Product:
    """Everything of one installation below one directory."""

    def __init__(self, root):
        self.root = root
        self.processes = {}
        self.managers = []
        os.chmod(root, 0o755)
        for name, mode, user, group in (("event-log", 0o750, DATAPLANE, GROUP), ("tenants", 0o770, CONTROL, GROUP),
                                        ("canary", 0o755, CONTROL, GROUP), ("engine", 0o700, ENGINE, ENGINE),
                                        ("run-engine", 0o750, ENGINE, ENGINE), ("run-api", 0o750, CONTROL, GROUP),
                                        ("notify", 0o755, 0, 0), ("logs", 0o755, 0, 0)):
            (root / name).mkdir()
            os.chmod(root / name, mode)
            os.chown(root / name, user, group)
        self.library = root / "libchdb.so"
        self.take_library()
        self.port = free_port()
        self.environment = {
            "DATABASE_URL": f"postgresql://bristle@/postgres?host={root / 'postgres'}",
            "CLICKHOUSE_URL": f"unix:{root / 'run-engine' / 'engine.sock'}",
            "BRISTLE_EVENT_LOG": f"{root / 'event-log'}", "BRISTLE_TENANT_STORE": f"{root / 'tenants'}",
            "BRISTLE_API_SOCKET": f"{root / 'run-api' / 'api.sock'}", "BRISTLE_LISTEN": f"127.0.0.1:{self.port}",
            "BRISTLE_SEGMENT_BYTES": "33554432", "BRISTLE_SHARDS": "2",
            "BRISTLE_CONNECTION_FILE": f"{root / 'canary' / 'connection.json'}",
            "SITE_URL": f"http://127.0.0.1:{self.port}", "SECRET_KEY": "a secret of more than thirty-two characters",
            "BRISTLE_CANARY_FILE": f"{root / 'canary' / 'last.json'}", "BRISTLE_CANARY_SECONDS_MAX": "30",
            "BRISTLE_ENGINE_SOCKET": f"{root / 'run-engine' / 'engine.sock'}",
            "BRISTLE_ENGINE_DATA": f"{root / 'engine'}", "BRISTLE_CHDB_LIBRARY": f"{self.library}",
        }

    def take_library(self):
        """Where other users may read it; root's cache is closed to them."""
        try:
            os.link(library(), self.library)
        except OSError:
            shutil.copyfile(library(), self.library)
            os.chmod(self.library, 0o755)

    def command(self, user, program, *arguments):
        uid, gid, groups = USERS[user]
        drop = [f"--groups={groups}"] if groups else ["--clear-groups"]
        return ["setpriv", f"--reuid={uid}", f"--regid={gid}", *drop, "--bounding-set=-all", "--", program, *arguments]

    def start(self, name, user, program, *arguments):
        manager = Manager(self.root / "notify" / name)
        self.managers.append(manager)
        environment = {**self.environment, "NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "600000"}
        with open(self.root / "logs" / name, "ab") as log:
            self.processes[name] = subprocess.Popen(
                self.command(user, program, *arguments), env=environment, stdout=log, stderr=log, umask=0o077, cwd="/")
        return manager

    def run(self, user, program, *arguments, **changed):
        return subprocess.run(self.command(user, program, *arguments), env={**self.environment, **changed}, umask=0o077,
                              cwd="/", capture_output=True, text=True, timeout=120, check=False)

    def make_postgres(self):
        binaries = postgres_programs()
        folder = self.root / "postgres"
        folder.mkdir()
        shutil.chown(folder, "postgres", "postgres")
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        subprocess.run([*drop, binaries / "initdb", "-D", folder / "data", "-U", "bristle", "-A", "trust", "--no-sync",
                        "-E", "UTF8", "--locale=C.UTF-8"], cwd="/", check=True, stdout=subprocess.DEVNULL)
        return [*drop, binaries / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c",
                "fsync=off"]

    def start_postgres(self, command):
        with open(self.root / "logs" / "postgres", "ab") as log:
            self.processes["postgres"] = subprocess.Popen(command, cwd="/", stdout=log, stderr=log)
        # It listens before it lets anybody in.
        ready = [postgres_programs() / "pg_isready", "-q", "-h", self.root / "postgres"]
        for _ in range(300):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("PostgreSQL does not get ready")

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def stop_all(self):
        for name in list(self.processes):
            self.stop(name)
        for manager in self.managers:
            manager.socket.close()

    def logs(self):
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')}"
                         for path in sorted((self.root / "logs").iterdir()))


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class UsersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bristle-users-")
        self.addCleanup(folder.cleanup)
        self.product = Product(pathlib.Path(folder.name))
        self.addCleanup(self.product.stop_all)

    def canary(self, **changed):
        result = self.product.run("control", os.environ["CONTROLPLANE"], "canary", **changed)
        return result, json.loads((self.product.root / "canary" / "last.json").read_text())

    def test_every_program_as_its_own_user(self):
        product, control = self.product, os.environ["CONTROLPLANE"]
        # In the wrong order: what needs PostgreSQL is there first.
        api = product.start("api", "control", control, "api")
        worker = product.start("worker", "control", control, "worker")
        dataplane = product.start("dataplane", "dataplane", os.environ["DATAPLANE"])
        engine = product.start("engine", "engine", os.environ["ENGINE"])
        dataplane.wait_for("READY=1")
        worker.wait_for("READY=1")
        api.wait_for("STATUS=waiting for PostgreSQL")
        engine.wait_for("READY=1\nSTATUS=ClickHouse ")
        for _ in range(3):
            worker.wait_for("WATCHDOG=1")
        self.assertFalse(any("READY" in message for message in api.seen), api.seen)

        product.start_postgres(product.make_postgres())
        migrated = product.run("control", control, "migrate")
        self.assertEqual(migrated.returncode, 0, migrated.stderr)
        self.assertIn("serving on", api.wait_for("READY=1"))
        worker.wait_for("STATUS=worker ready")
        for manager in (api, engine, dataplane):
            for _ in range(2):
                manager.wait_for("WATCHDOG=1")

        result, last = self.canary()
        self.assertEqual(result.returncode, 0, result.stderr + product.logs())
        self.assertEqual(last["state"], "ok")
        self.assertIn("canary: stored and found after", result.stderr)
        self.assert_project_is_hidden()
        self.assert_tenants_are_read()
        self.assert_stages_are_named()

    def connection(self):
        return json.loads((self.product.root / "canary" / "connection.json").read_text())

    def get(self, path, **headers):
        connection = socket.create_connection(("127.0.0.1", self.product.port), 30)
        with contextlib.closing(connection), connection.makefile("rb") as stream:
            lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n{lines}\r\n".encode())
            head, _, body = stream.read().partition(b"\r\n\r\n")
            return int(head.split()[1]), body

    def assert_project_is_hidden(self):
        """One project without the canary's events, asked through the dataplane, the api's socket and the engine's."""
        key = f"Bearer {self.connection()['personal_api_key']}"
        status, body = self.get("/api/projects/", Authorization=key)
        self.assertEqual(status, 200, body)
        self.assertEqual([project["name"] for project in json.loads(body)["results"]], ["My app"])
        status, body = self.get("/api/projects/@current/events/", Authorization=key)
        self.assertEqual((status, json.loads(body)["results"]), (200, []))

    def assert_tenants_are_read(self):
        status, _ = self.get(f"/array/{self.connection()['project_token']}/config")
        self.assertEqual(status, 200, "the dataplane reads the tenant store")

    def assert_stages_are_named(self):
        product = self.product
        short = {"BRISTLE_CANARY_SECONDS_MAX": "2"}
        cases = (("worker", "not stored: "), ("engine", "query failed: "), ("dataplane", "capture refused the event: "))
        for stopped, text in cases:
            self.assertEqual(product.stop(stopped), 0, stopped)
            result, last = self.canary(**short)
            self.assertEqual(result.returncode, 1, stopped)
            self.assertEqual(last["state"], "failed")
            self.assertTrue(last["text"].startswith(text), last)
            self.assertIn(text, result.stderr)
        self.assertEqual(os.stat(product.root / "canary" / "last.json").st_mode & 0o777, 0o644)
        self.assertEqual(product.stop("api"), 0)


if __name__ == "__main__":
    unittest.main()
