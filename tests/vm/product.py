"""What a test asks of the product in the guest, from a vSwitch peer: capture, queries, states."""
import http.client
import json
import threading
import time
import uuid


class Connection(http.client.HTTPConnection):
    """HTTP from inside a peer's namespace."""

    def __init__(self, peer, address, port=80, timeout=30):
        super().__init__(address, port, timeout=timeout)
        self.peer = peer

    def connect(self):
        self.sock = self.peer.connect(self.host, self.port, self.timeout)


class Product:
    CONNECTION_FILE = "/var/lib/bristle/canary/connection.json"

    def __init__(self, guest):
        self.guest, self.peer, self.address = guest, guest.switch.vsw, guest.switch.VSWITCH_GUEST
        self.account = None

    def request(self, method, path, body=None, headers=None, timeout=30):
        """(status, body) of one request on a connection of its own."""
        connection = Connection(self.peer, self.address, timeout=timeout)
        try:
            data = json.dumps(body).encode() if body is not None else None
            connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def wait_capture(self, timeout):
        """Waits until capture is ready; returns the seconds since power-on."""
        deadline = time.monotonic() + timeout
        last = None
        while time.monotonic() < deadline:
            if not self.guest.is_running():
                raise AssertionError(f"the guest ended by itself\n{self.guest.serial.text()}")
            try:
                last = self.request("GET", "/_readiness", timeout=5)
                if last[0] == 200:
                    return self.guest.uptime()
            except (OSError, http.client.HTTPException) as error:
                last = repr(error)
            time.sleep(0.25)
        raise AssertionError(f"capture was not ready {timeout} s after the wait began: {last}\n"
                             f"{self.guest.serial.text()}")

    def wait_unit(self, unit, timeout, states=("active",)):
        """Waits for a unit's state; a failed unit ends the wait."""
        deadline = time.monotonic() + timeout
        while True:
            state = self.guest.root.run(f"systemctl show -P ActiveState {unit}").strip()
            if state in states:
                return self.guest.uptime()
            if state == "failed" or time.monotonic() > deadline:
                raise AssertionError(f"{unit} is {state} after {self.guest.uptime():.0f} s\n" + self.guest.root.run(
                    f"systemctl status --no-pager -l {unit}; journalctl --no-pager -b -n 60 -u {unit}", check=False))
            time.sleep(1)

    def load_account(self):
        """The first account's keys, as migrate left them for the operator."""
        if self.account is None:
            self.account = json.loads(self.guest.root.run(f"cat {self.CONNECTION_FILE}"))
        return self.account

    def query(self, hogql, timeout=60):
        account = self.load_account()
        status, body = self.request(
            "POST", f"/api/projects/{account['project_id']}/query/",
            {"query": {"kind": "HogQLQuery", "query": hogql}},
            {"Authorization": f"Bearer {account['personal_api_key']}"}, timeout)
        if status != 200:
            raise AssertionError(f"the query answered {status}: {body[:500]!r}")
        return json.loads(body)["results"]

    def capture(self, name, uuids):
        """Sends one batch; True if it was acknowledged."""
        batch = [{"event": name, "uuid": one, "distinct_id": f"vm-{index % 10}", "properties": {"index": index}}
                 for index, one in enumerate(uuids)]
        status, body = self.request("POST", "/batch/", {"api_key": self.load_account()["project_token"],
                                                        "batch": batch}, timeout=20)
        if status != 200:
            raise AssertionError(f"capture answered {status}: {body[:300]!r}")

    def stored(self, name):
        """{uuid: times} of the stored events of one name."""
        rows = self.query(f"SELECT uuid, count() FROM events WHERE event = '{name}' GROUP BY uuid LIMIT 100000")
        return {str(one): int(times) for one, times in rows}

    def wait_stored(self, name, uuids, timeout):
        """Waits until every uuid is stored, then checks that each is there once and nothing else came."""
        wanted, deadline = set(uuids), time.monotonic() + timeout
        error = None
        while True:
            try:
                stored = self.stored(name)
                missing = wanted - set(stored)
                if not missing:
                    break
                error = f"{len(missing)} of {len(wanted)} acknowledged events are not stored, as {sorted(missing)[:3]}"
            except (OSError, http.client.HTTPException, AssertionError) as problem:
                error = repr(problem)
            if time.monotonic() > deadline:
                raise AssertionError(f"{timeout} s: {error}")
            time.sleep(1)
        twice = {one: times for one, times in stored.items() if times != 1}
        assert not twice, f"{len(twice)} events are stored more than once, as {list(twice.items())[:3]}"
        return stored


class Load(threading.Thread):
    """Events at a steady rate, each request repeated with the same uuids until it is answered with 200, as SDKs do.

    `acknowledged` are the uuids of answered requests, `refusals` what was not a 200: (seconds, text).
    """

    def __init__(self, product, name, per_second=20, batch=5):
        super().__init__(daemon=True)
        self.product, self.name_of_event, self.batch = product, name, batch
        self.pause = batch / per_second
        self.token = product.load_account()["project_token"]
        self.acknowledged, self.refusals, self.slowest = [], [], 0.0
        self.stopping = threading.Event()
        self.began = time.monotonic()

    def run(self):
        connection = None
        while not self.stopping.is_set():
            uuids = [str(uuid.uuid4()) for _ in range(self.batch)]
            body = json.dumps({"api_key": self.token, "batch": [
                {"event": self.name_of_event, "uuid": one, "distinct_id": "load", "properties": {}} for one in uuids]})
            while not self.stopping.is_set():
                before = time.monotonic()
                try:
                    connection = connection or Connection(self.product.peer, self.product.address, timeout=20)
                    connection.request("POST", "/batch/", body.encode(), {"Content-Type": "application/json"})
                    answer = connection.getresponse()
                    text = answer.read()
                    if answer.status == 200:
                        self.acknowledged += uuids
                        self.slowest = max(self.slowest, time.monotonic() - before)
                        break
                    self.refusals.append((time.monotonic() - self.began, f"{answer.status} {text[:200]!r}"))
                except (OSError, http.client.HTTPException) as error:
                    self.refusals.append((time.monotonic() - self.began, repr(error)))
                    connection.close()
                    connection = None
                self.stopping.wait(0.2)
            self.stopping.wait(self.pause)
        if connection:
            connection.close()

    def stop(self):
        self.stopping.set()
        self.join(30)
