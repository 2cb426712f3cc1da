"""What the fake appliance service answers: a small machine whose services, network and log behave."""
import copy
import json
import pathlib
import threading
import time

from fake_bus import BusError

ANSWERS = pathlib.Path(__file__).with_name("answers")
CONFIRM_S = 5


class FakeAppliance:
    """Thread: called by the bus service's; the test changes it under `lock` or before it starts."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers = {path.stem: json.loads(path.read_text()) for path in ANSWERS.glob("*.json")}
        self.answers["health"] = self.answers["health-well"]
        self.calls = []
        self.delay_s = 0
        self.pending_until = None
        self.before = None
        self.operations = {}
        now_us = int(time.time() * 1e6)
        shift = now_us - 12_000_000 - self.answers["log"]["entries"][-1]["time_us"]
        for entry in self.answers["log"]["entries"]:
            entry["time_us"] += shift
        for service in self.answers["services"]["services"]:
            service["since_us"] += shift

    def handle(self, noun, method, arguments):
        if self.delay_s:
            time.sleep(self.delay_s)
        with self.lock:
            self.calls.append((noun, method, *arguments))
            answer = getattr(self, f"{noun}_{method}".lower(), None)
            if answer is None:
                raise BusError("org.freedesktop.DBus.Error.UnknownMethod", f"no method {noun}.{method}")
            return json.dumps(answer(*arguments))

    def called(self, *call):
        with self.lock:
            return call in self.calls

    def write_log(self, unit, message, priority=6):
        with self.lock:
            self.add_log(unit, message, priority)

    def add_log(self, unit, message, priority=6):
        entries = self.answers["log"]["entries"]
        entries.append({"cursor": f"c{len(entries)}", "time_us": int(time.time() * 1e6), "priority": priority,
                        "unit": unit, "message": message})

    def health_describe(self):
        return self.answers["health"]

    def services_describe(self):
        return self.answers["services"]

    def services_plan(self, unit, verb):
        plan = copy.deepcopy(self.answers["plan"])
        if verb != "restart":
            plan = {"steps": [f"{verb.capitalize()} {unit}."], "warnings": []}
        return plan

    def start(self, seconds=0.8, result=""):
        key = str(len(self.operations) + 1)
        self.operations[key] = (time.monotonic(), seconds, result)
        return {"operation": key}

    def services_act(self, unit, verb):
        for service in self.answers["services"]["services"]:
            if service["unit"] == unit:
                service.update(since_us=int(time.time() * 1e6), pid=service["pid"] + 1000)
                service.update(state="active", sub="running")
        self.add_log(unit, f"{verb} was asked for by an operator")
        self.add_log(unit, "ready: accepting on 10.1.1.30:80")
        return self.start()

    def services_readlog(self, unit, text, cursor, lines):
        entries = self.answers["log"]["entries"]
        first = int(cursor[1:]) + 1 if cursor else 0
        chosen = [entry for entry in entries[first:]
                  if unit in ("", entry["unit"]) and text.lower() in entry["message"].lower()]
        return {"entries": chosen[-int(lines):], "next": f"c{len(entries) - 1}"}

    def operations_describe(self, key):
        if key not in self.operations:
            raise BusError("NotFound", f"there is no operation {key}")
        begun, seconds, result = self.operations[key]
        share = min((time.monotonic() - begun) / seconds, 1)
        return {"id": key, "state": "done" if share == 1 else "running", "progress": share,
                "step": "Waiting until it is ready", "result": result if share == 1 else ""}

    def pending(self):
        if self.pending_until is None:
            return None
        left = self.pending_until - time.monotonic()
        if left <= 0:
            self.network_revert()
            return None
        return {"seconds_left": round(left)}

    def network_describe(self):
        return {**self.answers["network"], "pending": self.pending()}

    def network_plan(self, settings):
        changes = []
        for section, values in json.loads(settings).items():
            for key, value in values.items():
                if key == "mtu" and not (isinstance(value, int) and 576 <= value <= 9000):
                    raise BusError("Invalid", f"{section}.{key}: expected 576 to 9000, got {value}")
                changes.append({"field": f"{section}.{key}",
                                "from": str(self.answers["network"]["settings"][section][key]), "to": str(value)})
        return {"changes": changes, "steps": ["Write the settings on trial.", "Let the network read them again."],
                "warnings": ["Connections to the changed address end."]}

    def network_apply(self, settings):
        self.before = copy.deepcopy(self.answers["network"]["settings"])
        for section, values in json.loads(settings).items():
            self.answers["network"]["settings"][section].update(values)
        self.pending_until = time.monotonic() + CONFIRM_S
        return {**self.start(0.3), "confirm_within_s": CONFIRM_S}

    def network_confirm(self):
        self.pending_until = None
        return self.start(0.2)

    def network_revert(self):
        self.pending_until = None
        self.answers["network"]["settings"] = self.before
        return self.start(0.2)

    def firewall_describe(self):
        return self.answers["firewall"]

    def users_createloginlink(self, email):
        return {"url": "http://10.1.1.30/login?token=Zk3vQ8mYx1TqfLr7Nw2Hc9bVg4Sd6Ju0", "expires_s": 900}

    def power_plan(self, verb):
        return {"steps": ["Stop the product in order: everything acknowledged is on the disks.",
                          "Restart the machine." if verb == "reboot" else "Switch the machine off."],
                "warnings": ["Events are refused until it is back; SDKs send them again."]}

    def power_act(self, verb):
        return self.start(0.5)

    def audit_read(self, lines):
        return self.answers["audit"]
