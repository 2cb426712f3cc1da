#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-Project
"""Drives the real bristle-applianced and bristle over a real dbus-daemon with our bus policy.

The real polkitd answers with our rules, in a mount namespace where only our files are its actions and rules; the
service manager is played by fake_systemd. Callers are real users: root, an operator, bristle-control and nobody.
Environment: APPLIANCED, BRISTLE and FAKE_SYSTEMD are the programs. Needs root.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

DAEMON = pathlib.Path("appliance/daemon").absolute()
SERVICE = "org.bristle.Appliance1"
PATH = "/org/bristle/Appliance1"
POLKITD = next((p for p in ("/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd") if os.path.exists(p)), None)
# Numbers of users that exist in the namespace's own passwd and group files only.
USERS = {"root": 0, "operator": 60001, "bristle-control": 60002, "nobody": 65534}
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"

BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={directory}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <policy user="root">
    <allow own="org.freedesktop.systemd1"/>
    <allow send_destination="org.freedesktop.systemd1"/>
  </policy>
  <include>{polkit}</include>
  <include>{ours}</include>
</busconfig>
"""

# polkitd reads fixed paths and every program looks users up: in this test's own mount namespace both are ours.
IN_NAMESPACE = "BRISTLE_TEST_NAMESPACE"


def enter_namespace():
    """Starts this program anew in a mount namespace of its own."""
    os.environ[IN_NAMESPACE] = "1"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def wait_until(condition, what, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not in time: {what}")


class Rig:
    """Bus, polkit, service manager and the service, for all tests."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="bristle-bus-")
        self.path = pathlib.Path(self.directory.name)
        self.path.chmod(0o755)
        self.root = self.path / "root"
        self.processes = []
        self.environment = {"PATH": os.environ["PATH"], "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.path}/bus"}
        self.jobs = self.path / "jobs"
        self.write_files()
        self.replace_system_files()
        self.start(["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={self.path}/bus.conf"])
        wait_until((self.path / "bus").exists, "the bus")
        self.start([POLKITD, "--no-debug"])
        wait_until(lambda: self.has_owner("org.freedesktop.PolicyKit1"), "polkitd")
        self.start([os.environ["FAKE_SYSTEMD"]], output=self.jobs)
        wait_until(lambda: self.has_owner("org.freedesktop.systemd1"), "the service manager")
        self.start([os.environ["APPLIANCED"], "--root", str(self.root)])
        wait_until(lambda: self.has_owner(SERVICE), "bristle-applianced")

    def write_files(self):
        for folder in ("proc/sys/kernel", "var/lib/bristle", "sys/block", "run/bristle", "usr/lib/bristle"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "proc/cmdline").write_text("bristle.slot=a ro\n")
        (self.root / "proc/uptime").write_text("1000.50 2000.00\n")
        (self.root / "proc/meminfo").write_text("MemTotal: 1000 kB\nMemAvailable: 600 kB\n")
        (self.root / "proc/sys/kernel/hostname").write_text("box\n")
        polkit = "/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf"
        (self.path / "bus.conf").write_text(BUS_CONFIGURATION.format(
            directory=self.path, polkit=polkit, ours=DAEMON / "org.bristle.Appliance1.conf"))
        passwd = pathlib.Path("/etc/passwd").read_text()
        passwd = "".join(line for line in passwd.splitlines(True) if not line.startswith("bristle-"))
        passwd += "operator:x:60001:60001::/:/bin/false\nbristle-control:x:60002:60002::/:/bin/false\n"
        group = pathlib.Path("/etc/group").read_text()
        group = "".join(line for line in group.splitlines(True) if not line.startswith("bristle"))
        group += "bristle-operator:x:60006:operator\n"
        (self.path / "passwd").write_text(passwd)
        (self.path / "group").write_text(group)

    def replace_system_files(self):
        mount("--make-rprivate", "/")
        for directory, files in (("/usr/share/polkit-1/actions", "*.policy"),
                                 ("/usr/share/polkit-1/rules.d", "*.rules"), ("/etc/polkit-1", "none")):
            mount("-t", "tmpfs", "tmpfs", directory)
            for file in DAEMON.glob(files):
                shutil.copy(file, directory)
        pathlib.Path("/etc/polkit-1/rules.d").mkdir()
        mount("--bind", str(self.path / "passwd"), "/etc/passwd")
        mount("--bind", str(self.path / "group"), "/etc/group")

    def start(self, command, output=None):
        log = self.path / "log"
        with log.open("a") as errors, (output or log).open("a") as output:
            self.processes.append(subprocess.Popen(command, env=self.environment, stdout=output, stderr=errors))

    def has_owner(self, name):
        answer = self.send("root", "org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", name)
        return "true" in answer.stdout

    def as_user(self, user, command):
        if user != "root":
            number = USERS[user]
            command = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", *command]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def send(self, user, destination, path, method, *arguments):
        return self.as_user(user, ["dbus-send", "--system", "--print-reply", f"--dest={destination}", path, method,
                                   *[f"string:{argument}" for argument in arguments]])

    def call(self, user, method, *arguments):
        """The answer's text, or `ErrorName sentence`."""
        answer = self.send(user, SERVICE, PATH, f"{SERVICE}.{method}", *arguments)
        if answer.returncode != 0:
            return re.sub(r"^Error (\S+): ", r"\1 ", answer.stderr.strip())
        return re.search(r'string "(.*)"', answer.stdout, re.S).group(1)

    def bristle(self, user, *words):
        return self.as_user(user, [os.environ["BRISTLE"], *words])

    def audit_lines(self):
        path = self.root / "var/log/bristle/audit.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.directory.cleanup()


@unittest.skipUnless(os.geteuid() == 0, "needs root: callers of several users")
class BusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for tool in ("dbus-daemon", "dbus-send", "setpriv", "unshare"):
            assert shutil.which(tool), f"{tool} is not installed"
        assert POLKITD, "polkitd is not installed"
        cls.rig = Rig()

    @classmethod
    def tearDownClass(cls):
        cls.rig.stop()

    def wait_for_operation(self, answer):
        identity = json.loads(answer)["operation"]
        state = {}

        def has_ended():
            state.update(json.loads(self.rig.call("root", "Operations.Describe", identity)))
            return state["state"] != "running"
        wait_until(has_ended, f"operation {identity}")
        return state

    def test_exports_what_the_introspection_file_says(self):
        """What the service exposes equals the XML in the tree: interfaces, members and names of arguments."""
        def members(text):
            found = {}
            for interface in xml.etree.ElementTree.fromstring(re.sub(r"<!DOCTYPE.*?>", "", text, flags=re.S)):
                name = interface.get("name", "")
                if name.startswith(SERVICE):
                    found[name] = sorted(
                        (member.tag, member.get("name"),
                         tuple((a.get("type"), a.get("name"), a.get("direction")) for a in member.findall("arg")))
                        for member in interface if member.tag in ("method", "signal", "property"))
            return found
        answer = self.rig.send("nobody", SERVICE, PATH, "org.freedesktop.DBus.Introspectable.Introspect")
        live = re.search(r'string "(.*)"', answer.stdout, re.S).group(1)
        self.assertEqual(members((DAEMON / "org.bristle.Appliance1.xml").read_text()), members(live))

    def test_polkit_matrix(self):
        """Every action by every kind of user; the arguments are wrong on purpose, so that nothing happens."""
        methods = {
            "read": ("Services.Plan", "none", "start"), "manage-services": ("Services.Act", "none", "start"),
            "manage-storage": ("Raid.Act", "none", ""), "manage-network": ("Network.Apply", "none"),
            "manage-firewall": ("Firewall.Apply", "none"), "manage-users": ("Users.CreateLoginLink", "none"),
            "power": ("Power.Act", "none"),
        }
        page = {"read", "manage-services", "manage-storage", "power"}
        expected = {(user, action): user in ("root", "operator") or (user == "bristle-control" and action in page)
                    for user in USERS for action in methods}
        actual = {(user, action): not self.rig.call(user, *methods[action]).startswith(ACCESS_DENIED)
                  for user in USERS for action in methods}
        self.assertEqual(expected, actual)
        denied = [line for line in self.rig.audit_lines() if line["result"] == "denied"]
        self.assertIn((USERS["nobody"], "Power", "none"), [(d["uid"], d["noun"], d["action"]) for d in denied])

    def test_lists_the_units_that_exist(self):
        services = json.loads(self.rig.call("operator", "Services.Describe"))["services"]
        self.assertEqual(["bristle-dataplane.service", "bristle-api.service", "bristle-worker.service",
                          "chrony.service"], [service["unit"] for service in services])
        capture = services[0]
        self.assertEqual(("Capture and flags", "active", 3, 1_000_000, "Serving"),
                         (capture["title"], capture["state"], capture["restarts"], capture["memory_bytes"],
                          capture["status_text"]))

    def test_restarts_a_service_and_writes_it_down(self):
        """Plan, action, progress, result, job and audit line of one restart by an operator."""
        plan = json.loads(self.rig.call("operator", "Services.Plan", "bristle-dataplane.service", "restart"))
        self.assertIn("no request is refused", " ".join(plan["warnings"]))
        monitor = subprocess.Popen(
            ["dbus-monitor", "--system", f"type='signal',interface='{SERVICE}.Operations'"],
            env=self.rig.environment, stdout=subprocess.PIPE, text=True)
        try:
            # The first line that is not of the bus itself comes after the monitor has been let in.
            monitor.stdout.readline()
            wait_until(lambda: self.rig.has_owner(SERVICE), "the monitor")
            state = self.wait_for_operation(
                self.rig.call("operator", "Services.Act", "bristle-dataplane.service", "restart"))
        finally:
            monitor.terminate()
            signals = monitor.communicate(timeout=10)[0]
        self.assertEqual("done", state["state"])
        self.assertEqual("Capture and flags was restarted and is running", state["result"])
        self.assertIn("member=Progress", signals)
        self.assertIn("RestartUnit bristle-dataplane.service replace", self.rig.jobs.read_text())
        line = [line for line in self.rig.audit_lines() if line["uid"] == USERS["operator"]][-1]
        self.assertEqual(("Services", "restart", "bristle-dataplane.service"),
                         (line["noun"], line["action"], line["argument"]))
        self.assertTrue(line["result"].startswith("done: "), line)
        entries = json.loads(self.rig.call("operator", "Audit.Read", "100"))["entries"]
        self.assertIn(line, entries)

    def test_says_why_an_action_failed(self):
        """A worker that does not come up: one more start is tried, then the failure is told and remembered."""
        state = self.wait_for_operation(
            self.rig.call("root", "Services.Act", "bristle-worker.service", "restart"))
        self.assertEqual("failed", state["state"])
        self.assertIn("Worker: ", state["result"])
        self.assertIn("StartUnit bristle-worker.service replace", self.rig.jobs.read_text())
        health = json.loads(self.rig.call("root", "Health.Describe"))
        self.assertIn(("unit-failed-critical", "Worker has failed"),
                      [(problem["code"], problem["text"]) for problem in health["problems"]])
        self.assertEqual("critical", health["state"])

    def test_names_each_error(self):
        error = f"{SERVICE}.Error."
        for expected, method, *arguments in [
                (error + "NotFound", "Services.Act", "ssh-agent.service", "stop"),
                (error + "Invalid", "Services.Act", "bristle-api.service", "kill"),
                (error + "Refused", "Services.Act", "bristle-applianced.service", "stop"),
                (error + "NotFound", "Operations.Describe", "1-1"),
                (error + "Invalid", "Audit.Read", "many"),
                (error + "Invalid", "Services.ReadLog", "", "", "", "100000"),
                (error + "Invalid", "Users.CreateLoginLink", "--help@x"),
                (error + "Invalid", "Network.Plan", '{"vswitch":{"vlan":99999}}'),
                (error + "Invalid", "Services.Plan", "x" * 20000, "start")]:
            with self.subTest(method=method, arguments=arguments[0][:20]):
                self.assertTrue(self.rig.call("root", method, *arguments).startswith(expected + " "),
                                self.rig.call("root", method, *arguments))

    def test_reports_health_of_a_plain_server(self):
        health = json.loads(self.rig.call("bristle-control", "Health.Describe"))
        self.assertEqual(("box", 1000, "a", "down"),
                         (health["hostname"], health["uptime_s"], health["slot"], health["capture"]["state"]))
        self.assertEqual([], health["raid"]["arrays"])
        self.assertFalse([p for p in health["problems"] if p["code"].startswith("raid")], health["problems"])
        self.assertEqual({"total_bytes": 1024000, "available_bytes": 614400}, health["memory"])

    def test_command_line(self):
        """The command line says the same, with exit codes for scripts."""
        services = self.rig.bristle("operator", "services")
        self.assertEqual(0, services.returncode, services.stderr)
        self.assertIn("Capture and flags", services.stdout)
        restart = self.rig.bristle("operator", "restart", "bristle-api")
        self.assertEqual(0, restart.returncode, restart.stderr)
        self.assertIn("API and page was restarted and is running", restart.stdout)
        denied = self.rig.bristle("bristle-control", "login-link")
        self.assertEqual(77, denied.returncode, denied.stderr)
        self.assertEqual(64, self.rig.bristle("root", "restrat").returncode)
        status = self.rig.bristle("root", "status", "--json")
        self.assertIn(status.returncode, (1, 2))
        self.assertEqual("box", json.loads(status.stdout)["hostname"])
        elsewhere = subprocess.run([os.environ["BRISTLE"], "status"], capture_output=True, text=True, check=False,
                                   env={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}, timeout=30)
        self.assertEqual(69, elsewhere.returncode, elsewhere.stderr)

    def test_nobody_else_can_be_the_service(self):
        answer = self.rig.send("operator", "org.freedesktop.DBus", "/", "org.freedesktop.DBus.RequestName", SERVICE)
        self.assertNotEqual(0, answer.returncode)


if __name__ == "__main__":
    if os.geteuid() == 0 and IN_NAMESPACE not in os.environ:
        enter_namespace()
    unittest.main()
